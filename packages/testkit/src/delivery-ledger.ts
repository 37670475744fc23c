import type { SipRequest } from '@hermod/sip';

/** What a ledger tells apart; the defaults suit senders that number their messages by CSeq. */
export type DeliveryLedgerOptions = {
  /** Identity of a message, default Call-ID + From tag + CSeq number. */
  readonly identityOf?: (request: SipRequest) => string;
  /** The sequence that a message belongs to, default Call-ID + From tag. */
  readonly streamOf?: (request: SipRequest) => string;
  /** Place in its stream, default the CSeq number. */
  readonly orderOf?: (request: SipRequest) => number;
};

/** Counts what was delivered: distinct messages, repeats, and messages that came after a later one of their stream. */
export class DeliveryLedger {
  readonly #identityOf: (request: SipRequest) => string;
  readonly #streamOf: (request: SipRequest) => string;
  readonly #orderOf: (request: SipRequest) => number;
  readonly #seen = new Set<string>();
  readonly #highest = new Map<string, number>();
  #duplicates = 0;
  #outOfOrder = 0;

  constructor(options: DeliveryLedgerOptions = {}) {
    this.#identityOf = options.identityOf ?? messageIdentity;
    this.#streamOf = options.streamOf ?? streamIdentity;
    this.#orderOf = options.orderOf ?? cseqNumber;
  }

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
    const identity = this.#identityOf(request);
    if (this.#seen.has(identity)) {
      this.#duplicates++;
      return;
    }
    this.#seen.add(identity);
    const stream = this.#streamOf(request);
    const order = this.#orderOf(request);
    const highest = this.#highest.get(stream);
    if (highest !== undefined && order < highest) this.#outOfOrder++;
    else this.#highest.set(stream, order);
  }

  /** Whether a message of this identity was delivered. */
  has(identity: string): boolean {
    return this.#seen.has(identity);
  }

  /** The identities expected that were not delivered. */
  missing(expected: Iterable<string>): string[] {
    const absent: string[] = [];
    for (const identity of expected) if (!this.#seen.has(identity)) absent.push(identity);
    return absent;
  }
}

/** Call-ID, From tag and CSeq number, the default identity of a message (RFC 3428 §8). */
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
