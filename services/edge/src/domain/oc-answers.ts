import { OcAdvice, type OcLoss, offersLoss } from '@hermod/congestion';
import { type Clock, type OutgoingMessage, type Via, withTopVia } from '@hermod/sip';
import type { Flow, RelayPolicy } from '../ports.ts';
import { stampVia } from './stamped-via.ts';

/** Asks servers that are known, and say that they obey, to send less: in their Via of every response.  @see RFC 7339 §4, §5.5 */
export class OcAnswers {
  readonly #loss: OcLoss;
  readonly #relay: RelayPolicy | undefined;
  readonly #clock: Clock;
  readonly #advice = new OcAdvice();

  constructor(loss: OcLoss, relay: RelayPolicy | undefined, clock: Clock) {
    this.#loss = loss;
    this.#relay = relay;
    this.#clock = clock;
  }

  /** @param via the client's topmost Via as received
   *  @returns the response as it is to be sent; the same for whoever is not asked anything */
  advise(flow: Flow, via: Via, response: OutgoingMessage): OutgoingMessage {
    // Nearly nobody has it. To strangers our load is no business (RFC 6357 §4, RFC 5390 §4 REQ 22).
    if (!via.params.has('oc') || this.#relay?.isPeer(flow) !== true) return response;
    if (!offersLoss(via.params)) return response;
    const advice = this.#advice.text(this.#loss.percent, this.#clock.nowMs());
    // §5.6: whoever answered may have written anything into it.
    return withTopVia(response, `${stampVia(via, flow)}${advice}`);
  }
}
