import { readOcFeedback } from '@hermod/congestion';
import type { SipResponse } from '@hermod/sip';

/** What routers elsewhere want left out: the most that any of them has asked for, while that holds. Which router a message goes to is not for an
 *  edge to choose. They speak over connections that keep the order, so that oc-seq tells nothing.  @see RFC 7339 §5.4 */
export class RouterAdvice {
  #loss = 0;
  #validityMs = 0;
  #heardMs = 0;

  /** @param response its topmost Via is ours */
  receive({ topVia }: SipResponse, nowMs: number): void {
    const said = topVia.ok ? readOcFeedback(topVia.value.params) : undefined;
    if (said?.algorithm !== 'loss' || said.validityMs === 0) return;
    if (said.value < this.percent(nowMs)) return;
    this.#loss = said.value;
    this.#validityMs = said.validityMs;
    this.#heardMs = nowMs;
  }

  /** Per cent of the messages that there are, 0–100. */
  percent(nowMs: number): number {
    const ageMs = nowMs - this.#heardMs;
    return ageMs >= 0 && ageMs < this.#validityMs ? this.#loss : 0;
  }
}
