/** How long what we say holds: as long as three answers to a client that sends ten requests per second. */
const VALIDITY_MS = 500;
/** What we say changes as often as the controller's rate. */
const RENEW_MS = 100;

/**
 * What this server says to clients that obey `oc`, in the Via of every response: the loss algorithm, for which it needs to
 * remember nothing about them.  @see RFC 7339 §5.5, §7
 */
export class OcAdvice {
  #text = '';
  #madeMs = -Infinity;
  /** Source of oc-seq: milliseconds, but always more than before. */
  #seqMs = 0;

  /** @param loss per cent, 0–100, whole
   *  @param nowMs epoch milliseconds, a clock that may step back
   *  @returns Via parameters with their leading ";", the same text for a while */
  text(loss: number, nowMs: number): string {
    if (Math.abs(nowMs - this.#madeMs) >= RENEW_MS) this.#make(loss, nowMs);
    return this.#text;
  }

  #make(loss: number, nowMs: number): void {
    this.#madeMs = nowMs;
    this.#seqMs = Math.max(this.#seqMs + 1, Math.floor(nowMs));
    const seq = (this.#seqMs / 1_000).toFixed(3);
    // §4.3: a validity of 0 says that nothing is limited, and a client that was told otherwise forgets it.
    const validityMs = loss === 0 ? 0 : VALIDITY_MS;
    this.#text = `;oc=${loss};oc-algo="loss";oc-validity=${validityMs};oc-seq=${seq}`;
  }
}
