import {
  type AppendMailResult,
  type ConsumedRecord,
  type MailEntry,
  type RecipientState,
  RecordFlag,
} from '@hermod/contracts';
import type { SipRequest } from '@hermod/sip';
import { mayBeAccepted } from './acceptance.ts';
import { mailSenderOf } from './mail-sender.ts';
import type { RecordOwner } from './record-owner.ts';
import type { RouterContext } from './router-context.ts';
import type { StoreCalls } from './store-calls.ts';

/** The mailbox of one recipient as its owner knows it: what is in it, what is on its way into it, when it is due (design §4 rules 3–6).
 *  Every call to the store waits until it is answered. */
export class Mailbox {
  readonly #context: RouterContext;
  readonly #owner: RecordOwner;
  readonly #aor: string;
  readonly #calls: StoreCalls;
  /** −1 until the first read. Too high does no harm: a drain finds it empty. */
  #count = -1;
  #writing = 0;
  /** Offsets on their way in; made at the first. */
  #unsettled: Set<number> | undefined;
  #landed = 0;
  /** Times asked for: a drain that ends must not put them off. */
  #schedules = 0;

  constructor(context: RouterContext, owner: RecordOwner, aor: string, calls: StoreCalls) {
    this.#context = context;
    this.#owner = owner;
    this.#aor = aor;
    this.#calls = calls;
  }

  /** Writes are under way. */
  get isBusy(): boolean {
    return this.#writing > 0;
  }

  /** Known to be empty, and nothing is on its way in: nothing can be overtaken. */
  get isClear(): boolean {
    return this.#count === 0 && this.#writing === 0;
  }

  /** It may hold something that a drain can find. */
  get mayHold(): boolean {
    return this.#count !== 0;
  }

  /** Writes that have landed: a drain that read before one of them has not seen it. */
  get landed(): number {
    return this.#landed;
  }

  /** @returns `bound`, or the first offset that is on its way in */
  settledBelow(bound: number): number {
    let first = bound;
    if (this.#unsettled !== undefined) {
      for (const offset of this.#unsettled) if (offset < first) first = offset;
    }
    return first;
  }

  /** A record is about to be stored: newer ones must not overtake it. */
  expect(offset: number): void {
    this.#writing += 1;
    this.#unsettled ??= new Set();
    this.#unsettled.add(offset);
  }

  /** It is stored, or goes another way in this very turn. */
  settle(offset: number): void {
    this.#writing -= 1;
    this.#unsettled?.delete(offset);
  }

  /** What a read has found. A mailbox that was empty may not be: a predecessor's last write can land after our first read. */
  note(state: RecipientState): void {
    if (this.#count <= 0) this.#count = state.mailboxCount;
  }

  /** A drain found it empty when `landed` writes had landed. @returns whether it still is */
  noteEmpty(landed: number): boolean {
    if (this.#writing > 0 || this.#landed !== landed) return false;
    this.#count = 0;
    return true;
  }

  async read(deliveryId: string): Promise<RecipientState> {
    const { store, clock } = this.#context;
    return await this.#calls.persist(() => store.read(this.#aor, deliveryId, clock.nowMs()));
  }

  async readMail(afterOrder: number, limit: number): Promise<readonly MailEntry[]> {
    return await this.#calls.persist(() =>
      this.#context.store.readMail(this.#aor, afterOrder, limit),
    );
  }

  /** Is this very record in the mailbox? A repeat that its sender has sent stands elsewhere in the log. */
  async holds(record: ConsumedRecord): Promise<boolean> {
    const [entry] = await this.readMail(record.offset - 1, 1);
    return entry?.order === record.offset && entry.record.deliveryId === record.deliveryId;
  }

  /** Resolves when the entry is durable, or was not taken. Stands between {@link expect} and {@link settle}.
   *  @param request of the record
   *  @param expiresAtMs of the entry, epoch ms
   *  @param seenVersion as {@link RecipientStore.appendMail} has it */
  async append(
    record: ConsumedRecord,
    request: SipRequest,
    expiresAtMs: number,
    seenVersion: number | undefined,
  ): Promise<AppendMailResult> {
    const { store, clock, policy } = this.#context;
    const entry = { order: record.offset, record: { ...record, expiresAtMs } };
    const sender = this.#senderOf(record, request);
    const result = await this.#calls.persist(() => {
      const nowMs = clock.nowMs();
      // No bound rejects what its sender may have been told is accepted, whenever it comes to be stored.
      const mayReject = !mayBeAccepted(record, policy, nowMs);
      const maxOfSender = mayReject ? policy.mailboxMaxPerSender : 0;
      return store.appendMail(this.#aor, entry, {
        seenVersion,
        maxEntries: mayReject ? policy.mailboxMax : 0,
        perSender: sender === undefined ? undefined : { sender, maxEntries: maxOfSender },
        nowMs,
      });
    });
    if (result.kind === 'stored') {
      this.#count = result.count;
      this.#landed += 1;
    }
    return result;
  }

  /** Of Hermod's own messages each was asked for by the recipient itself: they count for nobody. */
  #senderOf(record: ConsumedRecord, request: SipRequest): string | undefined {
    const { policy, domains, hash } = this.#context;
    const isOwn = (record.flags & RecordFlag.ORIGINATED) !== 0;
    if (policy.mailboxMaxPerSender === 0 || isOwn) return undefined;
    return mailSenderOf(record, request, domains, hash);
  }

  /** Takes entries out, and their status into the ledger. */
  async remove(
    ends: readonly { readonly deliveryId: string; readonly status: number }[],
  ): Promise<void> {
    this.#count = await this.#calls.persist(() => this.#context.store.removeMail(this.#aor, ends));
  }

  /** Makes the recipient due at `atMs`, or earlier if it is. */
  async makeDue(atMs: number): Promise<void> {
    const { due } = this.#context;
    this.#schedules += 1;
    await this.#calls.persist(() =>
      due.schedule(this.#owner.partition, this.#aor, atMs, 'earliest'),
    );
  }

  /** Nothing is due, unless something was stored while this call waited for the store. */
  async clearDue(): Promise<void> {
    const { due } = this.#context;
    await this.#calls.persist(async () => {
      if (this.isClear) await due.clear(this.#owner.partition, this.#aor);
    });
  }

  /** A drain has looked: the next look may be later than the one that started it, but never later than what was asked for meanwhile.
   *  @param isWanted asked at each try: true when somebody wants a drain now */
  async postponeDue(atMs: number, isWanted: () => boolean): Promise<void> {
    const { due, clock } = this.#context;
    const schedules = this.#schedules;
    await this.#calls.persist(() => {
      if (isWanted()) {
        return due.schedule(this.#owner.partition, this.#aor, clock.nowMs(), 'earliest');
      }
      const mode = this.#schedules === schedules && this.#writing === 0 ? 'replace' : 'earliest';
      return due.schedule(this.#owner.partition, this.#aor, atMs, mode);
    });
  }
}
