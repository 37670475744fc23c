import {
  type ConsumedRecord,
  encodeRecordValue,
  type LogRecord,
  type MailEntry,
  type OutcomeRecord,
  PlatformError,
} from '@hermod/contracts';
import { type Disposition, forgetOldest, type SipResponse } from '@hermod/sip';
import { mayBeAccepted } from './acceptance.ts';
import type { Ending } from './endings.ts';
import type { Held } from './held.ts';
import type { RecordOwner } from './record-owner.ts';
import type { RouterContext } from './router-context.ts';
import { Discarded, mayRepeat, type StoreCalls } from './store-calls.ts';

const MAX_ATTEMPTS_ON_POISON_LOG = 3;
/** Ended messages remembered: as many as a drain ends at its pace while one of them may still be answered late. */
const MAX_ENDED = 16_384;
const ACCEPTED = 202;
/** Why a stored message is set aside. */
const NOT_A_REQUEST = 'not a SIP request, as stored';

/** How a stored message ended. */
export type EndOfEntry = {
  readonly deliveryId: string;
  /** Epoch ms; 0: not known. */
  readonly receivedAtMs: number;
  readonly status: number;
  readonly outcome: OutcomeRecord['outcome'];
  /** The message, for what was not delivered. */
  readonly entry?: MailEntry;
};

/** A message that ends without having been stored. */
class DirectEnding implements Ending {
  readonly outcome: OutcomeRecord;
  readonly #ends: RecordEnds;
  readonly #record: ConsumedRecord;

  constructor(ends: RecordEnds, record: ConsumedRecord, outcome: OutcomeRecord) {
    this.outcome = outcome;
    this.#ends = ends;
    this.#record = record;
  }

  onRecorded(): void {
    this.#ends.onRecorded(this.#record);
  }

  onRefused(error: unknown): void {
    this.#ends.onRefused(this.#record, this.outcome, error);
  }
}

/** How the records of one recipient end: the sender's answer, the outcome record, then the offset (ADR 0008); or set aside (rule 9). */
export class RecordEnds {
  readonly #context: RouterContext;
  readonly #owner: RecordOwner;
  readonly #aor: string;
  readonly #calls: StoreCalls;
  /** Work under way that nobody awaits. */
  #pending = 0;
  /** Stored messages that ended in this recipient's life, the last of them: a late 2xx and a drain may both report one. Made at the first. */
  #ended: Set<string> | undefined;

  constructor(context: RouterContext, owner: RecordOwner, aor: string, calls: StoreCalls) {
    this.#context = context;
    this.#owner = owner;
    this.#aor = aor;
    this.#calls = calls;
  }

  get idle(): boolean {
    return this.#pending === 0;
  }

  /** The terminal state of a message that was not stored. A sender that may have its 202 already is told of a failure by a notification,
   *  if it asked for one, and then by nothing else (RFC 5438 §12.1.3.1: never after a refusal). */
  end(
    held: Held,
    outcome: OutcomeRecord['outcome'],
    status: number,
    response: SipResponse | undefined,
  ): void {
    const { gate, endings, trunk } = this.#context;
    const { record } = held;
    const notification = outcome === 'delivered' ? undefined : this.#notificationOf(held);
    if (notification === undefined) trunk.reply(held.request, status, response);
    else trunk.reply(held.request, ACCEPTED, undefined);
    const recorded = this.#outcomeOf(record.deliveryId, outcome, status);
    this.#observe(held, outcome, recorded.atMs);
    held.span?.end(status);
    if (outcome === 'delivered') this.#owner.delivered(record, status, recorded.atMs);
    if (gate.open && notification === undefined) {
      endings.add(new DirectEnding(this, record, recorded));
    } else this.#finishRecorded(record, recorded, notification);
  }

  onRecorded(record: ConsumedRecord): void {
    if (!this.#owner.lost) this.#owner.finish(record.offset);
  }

  onRefused(record: ConsumedRecord, outcome: OutcomeRecord, error: unknown): void {
    if (error instanceof PlatformError && mayRepeat(error)) {
      this.#context.stats.storeRetries += 1;
      this.#finishRecorded(record, outcome, undefined);
    } else this.supervise(this.fail(record, error), undefined);
  }

  /** The long way: as often as it takes. */
  #finishRecorded(
    record: ConsumedRecord,
    outcome: OutcomeRecord,
    notification: LogRecord | undefined,
  ): void {
    this.supervise(this.#recordAndFinish(record, outcome, notification), record);
  }

  async #recordAndFinish(
    record: ConsumedRecord,
    outcome: OutcomeRecord,
    notification: LogRecord | undefined,
  ): Promise<void> {
    await this.#calls.persist(() => this.#context.outcomes.record(outcome), 'log');
    if (notification !== undefined) await this.tell(notification, 'failed');
    this.#owner.finish(record.offset);
  }

  #notificationOf(held: Held): LogRecord | undefined {
    const { clock, policy, notifications } = this.#context;
    if (!mayBeAccepted(held.record, policy, clock.nowMs())) return undefined;
    return notifications.of(held.record, 'failed', held.request);
  }

  /** Appends a notification. Resolves when it is durable: what it is about is finished after that, so a crash repeats it, and never loses it. */
  async tell(notification: LogRecord, disposition: Disposition): Promise<void> {
    const { notifications, stats } = this.#context;
    await this.#calls.persist(() => notifications.append(notification), 'log');
    if (disposition === 'stored') stats.notificationsStored += 1;
    else stats.notificationsFailed += 1;
  }

  /** Tells the senders of stored messages that were not delivered. Comes before they leave the mailbox: who finds them there after a crash
   *  ends them again, with the same notification. */
  async tellFailures(ends: readonly EndOfEntry[]): Promise<void> {
    const telling: Promise<void>[] = [];
    for (const { entry, deliveryId } of ends) {
      if (entry === undefined || this.#ended?.has(deliveryId) === true) continue;
      const notification = this.#context.notifications.of(entry.record, 'failed');
      if (notification !== undefined) telling.push(this.tell(notification, 'failed'));
    }
    await Promise.all(telling);
  }

  /** Rule 9: what was stored and cannot be sent is set aside before it leaves the mailbox. */
  async setFailuresAside(ends: readonly EndOfEntry[]): Promise<void> {
    for (const { entry, outcome } of ends) {
      if (entry === undefined || outcome !== 'failed') continue;
      const { order, record } = entry;
      this.#noteDead(record, order, NOT_A_REQUEST);
      await this.#setAside(record, order, NOT_A_REQUEST);
    }
  }

  /** The terminal states of messages that were stored, each once. */
  async recordStored(ends: readonly EndOfEntry[]): Promise<void> {
    this.#ended ??= new Set();
    const { stats, clock } = this.#context;
    const nowMs = clock.nowMs();
    const recorded: Promise<void>[] = [];
    for (const { deliveryId, receivedAtMs, outcome, status } of ends) {
      if (this.#ended.has(deliveryId)) continue;
      this.#ended.add(deliveryId);
      stats.mailboxRemoved += 1;
      if (receivedAtMs > 0) stats.mailboxDurations.of(outcome).observe(nowMs - receivedAtMs);
      if (this.#ended.size > MAX_ENDED) forgetOldest(this.#ended);
      // Together: outcome logs wait for company, and one after the other would wait each time.
      recorded.push(this.recordOutcome(deliveryId, outcome, status));
    }
    await Promise.all(recorded);
  }

  /** A message is in the mailbox. */
  noteStored(held: Held): void {
    const { stats, clock } = this.#context;
    stats.stored += 1;
    this.#observe(held, 'stored', clock.nowMs());
    held.span?.end(ACCEPTED);
  }

  #observe({ record, span }: Held, outcome: OutcomeRecord['outcome'], atMs: number): void {
    const durations = this.#context.stats.deliveryDurations.of(outcome);
    const ms = atMs - record.receivedAtMs;
    durations.observe(ms);
    if (span === undefined) return;
    durations.exemplify(ms, span.traceId, atMs);
    span.note('outcome', outcome);
  }

  async recordOutcome(
    deliveryId: string,
    outcome: OutcomeRecord['outcome'],
    status: number,
  ): Promise<void> {
    const { outcomes } = this.#context;
    const record = this.#outcomeOf(deliveryId, outcome, status);
    await this.#calls.persist(() => outcomes.record(record), 'log');
  }

  /** Counts the outcome, and puts it into a record. */
  #outcomeOf(deliveryId: string, outcome: OutcomeRecord['outcome'], status: number): OutcomeRecord {
    const { clock, stats } = this.#context;
    if (outcome !== 'stored') stats[outcome] += 1;
    return { deliveryId, aor: this.#aor, outcome, status, atMs: clock.nowMs() };
  }

  /** Rule 9: an assertion fails the record, not the router. */
  async fail(record: ConsumedRecord, error: unknown): Promise<void> {
    if (error instanceof Discarded || this.#owner.lost) return;
    const reason = error instanceof Error ? error.message : String(error);
    this.#noteDead(record, record.offset, reason);
    for (let attempt = 1; attempt <= MAX_ATTEMPTS_ON_POISON_LOG; attempt += 1) {
      try {
        await this.#setAside(record, record.offset, reason);
        await this.recordOutcome(record.deliveryId, 'failed', 500);
        this.#owner.finish(record.offset);
        return;
      } catch (failure) {
        if (failure instanceof Discarded) return;
        this.#context.log('error', 'dead-letter log refused a record', { reason: String(failure) });
      }
    }
  }

  #noteDead({ deliveryId }: LogRecord, offset: number, reason: string): void {
    const { stats, log } = this.#context;
    const { partition } = this.#owner;
    log('error', 'record failed and was set aside', { partition, offset, deliveryId, reason });
    stats.dead += 1;
  }

  async #setAside(record: LogRecord, offset: number, reason: string): Promise<void> {
    const { outcomes, codec } = this.#context;
    const { partition } = this.#owner;
    const bytes = encodeRecordValue(record, codec);
    await this.#calls.persist(() => outcomes.dead({ partition, offset, bytes, reason }), 'log');
  }

  /** A step failed that belongs to no record. */
  logFailure(error: unknown): void {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#context.log('error', 'recipient step failed', { aor: this.#aor, reason });
  }

  /** The named supervisor of everything that is started for this recipient and not awaited.
   *  @param record fails with the work */
  supervise(work: Promise<unknown>, record: ConsumedRecord | undefined): void {
    this.#pending += 1;
    work
      .catch(async (error: unknown) => {
        if (error instanceof Discarded) return;
        if (record !== undefined) await this.fail(record, error);
        else this.logFailure(error);
      })
      .finally(() => {
        this.#pending -= 1;
      });
  }
}
