import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { DeliveryLedger, SipPeer } from '@hermod/testkit';

const TICK_MS = 5;
/** Above the accept time of 3 s: without an answer by then there is none. */
const GIVE_UP_MS = 5_000;

/** What became of the messages of a load, by identity (Call-ID, From tag, CSeq). */
export type LoadResult = {
  /** Answered 200: a device has it. */
  readonly delivered: ReadonlySet<string>;
  /** Answered 202. */
  readonly accepted: ReadonlySet<string>;
  /** Answered otherwise: status by identity. */
  readonly refused: ReadonlyMap<string, number>;
  /** Never answered: may arrive. */
  readonly unknown: ReadonlySet<string>;
};

/** Open-loop load: each sender's messages are one stream (one Call-ID) to one recipient, at a fixed rate whatever the answers are. */
export class MessageLoad {
  readonly #streams: { readonly sender: SipPeer; readonly to: string; cseq: number }[];
  readonly #ratePerSec: number;
  readonly #prefix = randomBytes(6).toString('hex');
  readonly #delivered = new Set<string>();
  readonly #accepted = new Set<string>();
  readonly #refused = new Map<string, number>();
  readonly #pending = new Map<string, Promise<void>>();
  readonly #startedMs = performance.now();
  /** Final of each message with the time it took, in the order of the answers. */
  readonly finals: { readonly status: number; readonly atMs: number }[] = [];
  #sent = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Starts at once.  @param ratePerSec over all streams */
  constructor(pairs: readonly { sender: SipPeer; to: string }[], ratePerSec: number) {
    this.#streams = pairs.map((pair) => ({ ...pair, cseq: 0 }));
    this.#ratePerSec = ratePerSec;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  get sent(): number {
    return this.#sent;
  }

  /** Sent and not yet answered. */
  get inFlight(): number {
    return this.#pending.size;
  }

  /** Sends no more. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Sends no more, and waits until everything is answered or given up. */
  async finish(): Promise<LoadResult> {
    this.stop();
    const unknown = new Set<string>();
    for (const [identity, exchange] of [...this.#pending]) {
      await exchange.catch(() => unknown.add(identity));
    }
    return {
      delivered: this.#delivered,
      accepted: this.#accepted,
      refused: this.#refused,
      unknown,
    };
  }

  #tick(): void {
    const due = Math.floor(((performance.now() - this.#startedMs) * this.#ratePerSec) / 1000);
    while (this.#sent < due) this.#send();
  }

  #send(): void {
    const index = this.#sent % this.#streams.length;
    const stream = this.#streams[index];
    if (stream === undefined) return;
    this.#sent += 1;
    stream.cseq += 1;
    const { cseq, sender, to } = stream;
    const callId = `${this.#prefix}-${index}@load`;
    const identity = `${callId} t${index} ${cseq}`;
    const exchange = sender
      .sendMessage(to, `${this.#prefix} ${index} ${cseq}`, {
        callId,
        cseq,
        fromTag: `t${index}`,
        timeoutMs: GIVE_UP_MS,
      })
      .then(({ status }) => {
        this.#pending.delete(identity);
        this.finals.push({ status, atMs: performance.now() });
        if (status === 200) this.#delivered.add(identity);
        else if (status === 202) this.#accepted.add(identity);
        else this.#refused.set(identity, status);
      });
    // Given up by its peer: finish() counts it.
    exchange.catch(() => undefined);
    this.#pending.set(identity, exchange);
  }
}

/** The ledger of one user's device over all its connections, kept outside the process under test. */
export function keepLedger(ledger: DeliveryLedger, device: SipPeer): SipPeer {
  device.onRequest = (request) => ledger.record(request);
  return device;
}

/** Resolves when all `expected` are in one of the ledgers, or after `timeoutMs`. @returns those that are not */
export async function missingAfter(
  ledgers: readonly DeliveryLedger[],
  expected: ReadonlySet<string>,
  timeoutMs: number,
): Promise<string[]> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const missing = [...expected].filter((one) => !ledgers.some((ledger) => ledger.has(one)));
    if (missing.length === 0 || performance.now() > deadline) return missing;
    await delay(50);
  }
}

/** Sum of one count over several ledgers. */
export function total(
  ledgers: readonly DeliveryLedger[],
  count: 'distinct' | 'duplicates' | 'outOfOrder',
): number {
  return ledgers.reduce((sum, ledger) => sum + ledger[count], 0);
}
