import type { SipRequest } from '@hermod/sip';

/** Counts what was delivered: distinct messages, repeats, and messages that came after a later one of their stream. Senders number
 *  their messages by CSeq; a stream is a Call-ID with a From tag. */
export class DeliveryLedger {
  readonly #seen = new Set<string>();
  readonly #highest = new Map<string, number>();
  #duplicates = 0;
  #outOfOrder = 0;

  get distinct(): number {
    return this.#seen.size;
  }

  get duplicates(): number {
    return this.#duplicates;
  }

  get outOfOrder(): number {
    return this.#outOfOrder;
  }

  /** Count one delivery. A repeat counts as a duplicate only. */
  record(request: SipRequest): void {
    const identity = messageIdentity(request);
    if (this.#seen.has(identity)) {
      this.#duplicates++;
      return;
    }
    this.#seen.add(identity);
    const stream = streamIdentity(request);
    const order = cseqNumber(request);
    const highest = this.#highest.get(stream);
    if (highest !== undefined && order < highest) this.#outOfOrder++;
    else this.#highest.set(stream, order);
  }

  /** Whether a message of this identity was delivered. */
  has(identity: string): boolean {
    return this.#seen.has(identity);
  }
}

/** Call-ID, From tag and CSeq number: the identity of a message (RFC 3428 §8). */
export function messageIdentity(request: SipRequest): string {
  return `${streamIdentity(request)} ${cseqNumber(request)}`;
}

function streamIdentity(request: SipRequest): string {
  const from = request.from;
  return `${request.callId} ${from.ok ? (from.value.tag ?? '') : ''}`;
}

function cseqNumber(request: SipRequest): number {
  const cseq = request.cseq;
  return cseq.ok ? cseq.value.number : 0;
}
