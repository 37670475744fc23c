import {
  type AppendMailResult,
  type ConsumedRecord,
  type OutcomeRecord,
  PlatformError,
  type RecipientState,
  RecordFlag,
} from '@hermod/contracts';
import type { Binding, SipResponse } from '@hermod/sip';
import { bestAnswer } from './best-answer.ts';
import { Drain, type DrainEnd, type DrainHost, type EndOfEntry } from './drain.ts';
import type { Ending } from './endings.ts';
import { FIRST_RETRY_MS } from './flow-memory.ts';
import { Fork, type ForkLanes, type ForkOwner, type ForkTools, placeOf } from './fork.ts';
import { type Held, heldOf, untried } from './held.ts';
import { DATAGRAM_WINDOW, Lane, STREAM_WINDOW } from './lane.ts';
import type { BranchResult, Verdict } from './outcome.ts';
import type { RouterContext } from './router-context.ts';
import { Discarded, mayRepeat, StoreCalls } from './store-calls.ts';

/** Messages of one AoR on their way at a time; more go to the mailbox, so that a slow recipient holds no partition. */
export const MAX_HELD_RECORDS = 64;
/** How often a moved binding version may send a message back to the fork before it is stored without comparing. */
const MAX_REROUTES = 5;
const MAX_ATTEMPTS_ON_POISON_LOG = 3;
/** Ended messages remembered: as many as a drain ends at its pace while one of them may still be answered late. */
const MAX_ENDED = 16_384;
/** The status of a stored message, in the ledger and to its sender. */
const STORED = 202;

/** Where an actor's records come from and end. */
export interface RecordOwner {
  readonly partition: number;
  /** True once the partition belongs to another router: nothing more may be done for it. */
  readonly lost: boolean;
  /** All records below this offset have been given to their recipients, as far as they are not finished. */
  readonly startedBefore: number;
  /** A device has the message. Its offset is finished later, once the outcome is recorded. */
  delivered(record: ConsumedRecord, status: number, nowMs: number): void;
  finish(offset: number): void;
}

/** A message that ends without having been stored. */
class DirectEnding implements Ending {
  readonly outcome: OutcomeRecord;
  readonly #actor: RecipientActor;
  readonly #record: ConsumedRecord;

  constructor(actor: RecipientActor, record: ConsumedRecord, outcome: OutcomeRecord) {
    this.outcome = outcome;
    this.#actor = actor;
    this.#record = record;
  }

  onRecorded(): void {
    this.#actor.onEndRecorded(this.#record);
  }

  onRefused(error: unknown): void {
    this.#actor.onEndRefused(this.#record, this.outcome, error);
  }
}

/** All that happens to one recipient, in order: starts records, forks them, stores what cannot be delivered, drains the mailbox.
 *  Exactly one lives per AoR in the whole cluster, in the router that owns its partition (design §3.5, §4 rules 3–5). */
export class RecipientActor implements ForkOwner<Held>, ForkLanes, DrainHost {
  readonly aor: string;
  readonly #context: RouterContext;
  readonly #owner: RecordOwner;
  readonly #tools: ForkTools;
  readonly #calls: StoreCalls;
  readonly #queue: ConsumedRecord[] = [];
  readonly #lanes = new Map<string, Lane>();
  #starting = false;
  #forks = 0;
  /** Mailbox writes under way: until they land, newer messages must not overtake. */
  #storing = 0;
  /** The same, by offset. */
  readonly #unsettled = new Set<number>();
  /** Offset of the record that is being started, -1 for none. */
  #startingOffset = -1;
  /** Other asynchronous work under way. */
  #pending = 0;
  /** Entries in the mailbox; −1 until the first read. Too high does no harm: a drain finds it empty. */
  #mailCount = -1;
  /** Mailbox writes that landed: a drain that read before one of them has not seen it. */
  #landed = 0;
  #drain: Drain | undefined;
  /** Started while a drain was about to end: they wait for it, at most {@link MAX_HELD_RECORDS}. */
  #parked: { readonly held: Held; readonly state: RecipientState }[] = [];
  #wakeWhenQuiet = false;
  /** Times asked for: a drain that ends must not put them off. */
  #schedules = 0;
  /** Stored messages that came to their end in this actor's life, the last of them: a late 2xx and a drain may both report one. */
  readonly #ended = new Set<string>();

  constructor(context: RouterContext, owner: RecordOwner, aor: string) {
    this.#context = context;
    this.#owner = owner;
    this.aor = aor;
    this.#calls = new StoreCalls(context, owner);
    const { trunk, timers } = context;
    this.#tools = { lanes: this, trunk, timers, probing: false };
  }

  /** Nothing under way, and no late answer to come: may be forgotten. A second actor of the AoR would break its order. */
  get idle(): boolean {
    if (this.#queue.length > 0 || this.#starting || this.#drain !== undefined) return false;
    if (this.#parked.length > 0) return false;
    if (this.#forks > 0 || this.#storing > 0 || this.#pending > 0) return false;
    for (const lane of this.#lanes.values()) if (!lane.idle) return false;
    return true;
  }

  /** Takes the next record of this AoR, in log order. */
  enqueue(record: ConsumedRecord): void {
    if (!this.#starting && this.#startNow(record)) return;
    this.#queue.push(record);
    if (!this.#starting) this.#supervise(this.#startAll(), undefined);
  }

  /** The due set says that something may have to be done: a drain, a retry, an expiry. */
  onDue(): void {
    if (this.#drain !== undefined) return;
    if (this.#mailCount === 0 && this.#storing === 0) this.#supervise(this.#clearDue(), undefined);
    else this.#wake(true);
  }

  /** A record that several owners died of is set aside without being run. */
  failPoison(record: ConsumedRecord): void {
    this.#supervise(this.#failRecord(record, new Error('its routers crashed')), undefined);
  }

  /** Whether it works for this owner: records of another partition must not end here. */
  isOf(owner: RecordOwner): boolean {
    return this.#owner === owner;
  }

  /** The partition belongs to another router: nothing may be left waiting. */
  onLost(): void {
    this.#drain?.onLost();
  }

  /** The router may act again: lanes send what waited. */
  onThawed(): void {
    for (const lane of this.#lanes.values()) lane.pump();
  }

  // ---- starting records -------------------------------------------------------------------------------------------

  async #startAll(): Promise<void> {
    this.#starting = true;
    for (let record = this.#queue.shift(); record !== undefined; record = this.#queue.shift()) {
      this.#startingOffset = record.offset;
      try {
        await this.#start(record);
      } catch (error) {
        await this.#failRecord(record, error);
      }
    }
    this.#startingOffset = -1;
    this.#starting = false;
  }

  /** The short way, without a promise: a new message, and a store that answers at once.
   *  @returns false when the record must be started by {@link #start}, which knows every other case */
  #startNow(record: ConsumedRecord): boolean {
    const { store, gate, clock } = this.#context;
    if (store.readNow === undefined || record.type !== 'message') return false;
    if (!gate.open || this.#owner.lost) return false;
    let state: RecipientState;
    try {
      state = store.readNow(this.aor, record.deliveryId, clock.nowMs());
    } catch {
      // The long way meets the same failure, and waits until it is over.
      return false;
    }
    if (state.ledgerStatus !== 0) return false;
    this.#context.onStoreAnswer();
    try {
      this.#route(heldOf(record), state);
    } catch (error) {
      this.#supervise(this.#failRecord(record, error), undefined);
    }
    return true;
  }

  async #start(record: ConsumedRecord): Promise<void> {
    if (record.type === 'registered') {
      // Finished once the AoR is due: from then on it cannot be forgotten (rule 4).
      await this.#scheduleDue(this.#context.clock.nowMs());
      this.#owner.finish(record.offset);
      this.#context.flows.forgetRetries(this.aor);
      this.#wake(true);
      return;
    }
    const held = heldOf(record);
    const state = await this.readState(record.deliveryId);
    if (state.ledgerStatus !== 0) {
      await this.#endRepeat(held, state);
      return;
    }
    this.#route(held, state);
  }

  /** A repeat gets the recorded outcome (rule 2). */
  async #endRepeat(held: Held, state: RecipientState): Promise<void> {
    const { record, request } = held;
    this.#context.stats.repeats += 1;
    held.isStored = state.ledgerStatus === STORED;
    this.#noteMail(state);
    // Its predecessor may have died before the AoR was due.
    if (state.mailboxCount > 0) await this.#scheduleDue(this.#context.clock.nowMs());
    this.#context.trunk.reply(request, state.ledgerStatus, undefined);
    if (isDelivered(state.ledgerStatus)) {
      // Whoever delivered it may have died before it could say so. Readers key by delivery id.
      await this.#recordOutcome(record.deliveryId, 'delivered', state.ledgerStatus);
    }
    this.#owner.finish(record.offset);
  }

  /** Decides what happens to a message now that the recipient's state is known. */
  #route(held: Held, state: RecipientState): void {
    this.#noteMail(state);
    const nowMs = this.#context.clock.nowMs();
    if (held.record.expiresAtMs !== 0 && held.record.expiresAtMs <= nowMs) {
      this.#end(held, 'expired', 480, undefined);
      return;
    }
    if (this.#drain !== undefined && (this.#drain.finishing || this.#parked.length > 0)) {
      this.#parked.push({ held, state });
      if (this.#parked.length > MAX_HELD_RECORDS) this.#storeParked();
      return;
    }
    // Rule 3: while a mailbox is non-empty, new messages go behind it.
    if (this.#mailCount > 0 || this.#storing > 0 || this.#drain !== undefined) {
      this.#store(held, state);
      return;
    }
    if (this.#forks >= MAX_HELD_RECORDS) {
      this.#wakeWhenQuiet = true;
      this.#store(held, state);
      return;
    }
    const targets = untried(held, state, nowMs);
    if (targets.length > 0) {
      held.tried = held.tried.length === 0 ? targets : [...held.tried, ...targets];
      this.#forks += 1;
      this.#context.stats.branches += targets.length;
      const fork = new Fork(this, held, held.request, held.record.deliveryId, this.#tools);
      fork.start(targets);
      return;
    }
    if (this.#context.policy.openDomain || state.provisioned) this.#store(held, state);
    else this.#end(held, 'refused', 404, undefined);
  }

  /** A mailbox that was empty may not be: a predecessor's last write can land after we have read it. */
  #noteMail(state: RecipientState): void {
    if (this.#mailCount <= 0) this.#mailCount = state.mailboxCount;
  }

  // ---- a fork's end -----------------------------------------------------------------------------------------------

  onForkSettled(fork: Fork<Held>, verdict: Verdict): void {
    this.#forks -= 1;
    if (this.#owner.lost) return;
    const held = fork.subject;
    switch (verdict) {
      case 'delivered': {
        const success = fork.results.at(-1);
        this.#end(held, 'delivered', success?.status ?? 200, success?.response);
        break;
      }
      case 'refused': {
        const answer = bestAnswer(fork.results);
        this.#end(held, 'refused', answer.status, answer.response);
        break;
      }
      case 'temporary':
        if ((held.record.flags & RecordFlag.NO_STORE) !== 0) {
          const answer = bestAnswer(fork.results);
          this.#end(held, 'refused', answer.status, answer.response);
        } else {
          held.storing = this.#storeAfterFailure(held);
          this.#supervise(held.storing, held.record);
          // Unsent messages queue behind the stored one (rule 3): #storing is already counted.
          this.abandonWaiting();
        }
        break;
    }
    if (this.#forks === 0 && this.#wakeWhenQuiet) this.#wake(false);
  }

  async #storeAfterFailure(held: Held): Promise<void> {
    const { flows, clock } = this.#context;
    // One pause for all messages that were on their way to the same failure.
    const notBeforeMs = flows.retryNotBefore(this.aor);
    const dueAtMs =
      notBeforeMs > clock.nowMs() ? notBeforeMs : flows.retryAfterFailure(this.aor, clock.nowMs());
    this.#storing += 1;
    this.#unsettled.add(held.record.offset);
    let state: RecipientState | undefined;
    try {
      // The version seen at lookup is not kept over the fork: a fresh read with the ledger costs one call, on the rare path.
      state = await this.readState(held.record.deliveryId);
    } finally {
      this.#storing -= 1;
      this.#unsettled.delete(held.record.offset);
    }
    if (state.ledgerStatus !== 0) {
      // Another record of the same message came to its end meanwhile.
      await this.#endRepeat(held, state);
      return;
    }
    const fresh = untried(held, state, clock.nowMs()).length > 0;
    if (fresh && this.#mailCount <= 0 && this.#storing === 0 && held.reroutes < MAX_REROUTES) {
      held.reroutes += 1;
      this.#route(held, state);
      return;
    }
    await this.#append(held, state, dueAtMs);
  }

  onLateSuccess(fork: Fork<Held>, status: number): void {
    this.#context.stats.lateSuccesses += 1;
    const { deliveryId } = fork.subject.record;
    this.#supervise(
      this.#endLate({ deliveryId, status, outcome: 'delivered' }, fork.subject),
      undefined,
    );
  }

  onLateEnd(end: EndOfEntry): void {
    this.#supervise(this.#endLate(end, undefined), undefined);
  }

  /** The flow spoke after its deadline: the stored copy goes, and so does the pause before the next attempt. */
  async #endLate(end: EndOfEntry, held: Held | undefined): Promise<void> {
    // The mailbox ignores ids that it does not hold: a write under way must land first.
    await held?.storing;
    // Never stored: another device has it, or its sender was told that nobody takes it. One terminal outcome (ADR 0008).
    if (held === undefined || held.isStored) await this.endStored([end]);
    this.#context.flows.forgetRetries(this.aor);
    this.#wake(true);
  }

  onBranchEnd(target: Binding, result: BranchResult, spoke: boolean): void {
    const { flows, stats, store, clock } = this.#context;
    const place = placeOf(target);
    if (spoke) {
      flows.spoke(place);
    } else if (result.status === 408) {
      stats.deadlines += 1;
      flows.suspect(place, clock.nowMs());
    }
    if (this.#owner.lost) return;
    const { status } = result;
    if (status === 430 && target.flowBound) {
      this.#supervise(
        this.#calls.persist(() => store.removeBinding(this.aor, target.key, target.flowToken)),
        undefined,
      );
    } else if ((status === 405 || status === 501) && spoke) {
      this.#supervise(
        this.#calls.persist(() => store.refuseMessage(this.aor, target.key, target.flowToken)),
        undefined,
      );
    }
  }

  // ---- lanes ------------------------------------------------------------------------------------------------------

  laneFor(target: Binding): Lane {
    const place = placeOf(target);
    let lane = this.#lanes.get(place);
    if (lane === undefined) {
      const window = isDatagram(target) ? DATAGRAM_WINDOW : STREAM_WINDOW;
      lane = new Lane(window, () => this.#context.gate.open && !this.#owner.lost);
      this.#lanes.set(place, lane);
    }
    return lane;
  }

  abandonWaiting(): void {
    for (const lane of this.#lanes.values()) lane.abandonWaiting();
  }

  isSuspect(target: Binding): boolean {
    return this.#context.flows.isSuspect(placeOf(target), this.#context.clock.nowMs());
  }

  // ---- storing ----------------------------------------------------------------------------------------------------

  #store(held: Held, state: RecipientState): void {
    if ((held.record.flags & RecordFlag.NO_STORE) !== 0) {
      this.#end(held, 'refused', 480, undefined);
      return;
    }
    const { flows, clock } = this.#context;
    // With nobody registered there is nothing to try before the entry expires: a REGISTER wakes the mailbox.
    const dueAtMs =
      state.bindings.length > 0
        ? Math.max(flows.retryNotBefore(this.aor), clock.nowMs() + FIRST_RETRY_MS)
        : 0;
    held.storing = this.#append(held, state, dueAtMs);
    this.#supervise(held.storing, held.record);
  }

  /** @param dueAtMs when the recipient must be looked at, 0 = at the entry's expiry */
  async #append(held: Held, state: RecipientState, dueAtMs: number): Promise<void> {
    const { store, clock, policy } = this.#context;
    const { record } = held;
    const lastByTtlMs = record.receivedAtMs + policy.mailboxTtlMs;
    const expiresAtMs =
      record.expiresAtMs === 0 ? lastByTtlMs : Math.min(record.expiresAtMs, lastByTtlMs);
    const seenVersion = held.reroutes < MAX_REROUTES ? state.version : undefined;
    const entry = { order: record.offset, record: { ...record, expiresAtMs } };
    this.#storing += 1;
    this.#unsettled.add(record.offset);
    let result: AppendMailResult;
    try {
      result = await this.#calls.persist(() => {
        const nowMs = clock.nowMs();
        // Past the accept time the sender may have its 202: then no bound may reject the message (design §3.4). 500 ms of margin.
        const mayReject = nowMs - record.receivedAtMs < policy.acceptAfterMs - 500;
        const maxEntries = mayReject ? policy.mailboxMax : 0;
        return store.appendMail(this.aor, entry, { seenVersion, maxEntries, nowMs });
      });
      if (result.kind === 'stored') {
        this.#mailCount = result.count;
        this.#landed += 1;
      }
    } finally {
      this.#storing -= 1;
      this.#unsettled.delete(record.offset);
    }
    switch (result.kind) {
      case 'moved':
        // Rule 5: somebody registered since the lookup; perhaps there is a device now.
        held.reroutes += 1;
        this.#route(held, result.state);
        return;
      case 'full':
        this.#end(held, 'refused', 480, undefined);
        return;
      case 'stored': {
        held.isStored = true;
        this.#context.stats.stored += 1;
        // RFC 3428 §7: 202 promises later delivery, so it follows the durable write.
        this.#context.trunk.reply(held.request, STORED, undefined);
        // A non-empty mailbox is due already, at the latest when its first entry expires; by default later entries expire later.
        const isFirst = result.count <= 1 || record.expiresAtMs !== 0 || seenVersion === undefined;
        if (dueAtMs !== 0) await this.#scheduleDue(Math.min(dueAtMs, expiresAtMs));
        else if (isFirst) await this.#scheduleDue(expiresAtMs);
        await this.#recordOutcome(record.deliveryId, 'stored', STORED);
        this.#owner.finish(record.offset);
        if (dueAtMs !== 0) this.#wake(false);
      }
    }
  }

  /** The mailbox sorts by first transmission, so what was parked takes its place behind whatever is there. */
  #storeParked(): void {
    const parked = this.#parked;
    this.#parked = [];
    for (const { held, state } of parked) this.#store(held, state);
  }

  // ---- draining ---------------------------------------------------------------------------------------------------

  /** Starts a drain if there may be something to drain. @param force also before the pause after a failure is over */
  #wake(force: boolean): void {
    if (this.#owner.lost || this.#mailCount === 0) return;
    if (this.#drain !== undefined) {
      if (force) this.#wakeWhenQuiet = true;
      return;
    }
    const { flows, clock } = this.#context;
    if (!force && clock.nowMs() < flows.retryNotBefore(this.aor)) return;
    if (this.#forks > 0) {
      // What was sent before must be answered first, or the stored message could overtake it.
      this.#wakeWhenQuiet = true;
      return;
    }
    this.#wakeWhenQuiet = false;
    this.#context.stats.drainsStarted += 1;
    this.#drain = new Drain(this.#context, this);
    this.#supervise(this.#runDrain(this.#drain), undefined);
  }

  async #runDrain(drain: Drain): Promise<void> {
    const { flows, clock } = this.#context;
    let end: DrainEnd = { kind: 'failed' };
    try {
      end = await drain.run();
    } catch (error) {
      if (error instanceof Discarded) throw error;
      // A bug in one drain must not leave its recipient waiting: it is tried again like any that failed.
      this.#logFailure(error);
    } finally {
      this.#drain = undefined;
    }
    // A write that landed behind the drain's last read makes the mailbox non-empty again.
    const isEmpty = end.kind === 'empty' && this.#storing === 0 && this.#landed === end.landed;
    if (end.kind === 'empty' && isEmpty) {
      flows.forgetRetries(this.aor);
      this.#mailCount = 0;
      this.#routeParked(end.state);
      await this.#clearDue();
      return;
    }
    this.#storeParked();
    if (end.kind === 'empty') {
      flows.forgetRetries(this.aor);
      this.#wake(true);
      return;
    }
    const nextMs =
      end.kind === 'absent' ? end.nextExpiryMs : flows.retryAfterFailure(this.aor, clock.nowMs());
    await this.#postponeDue(nextMs);
    // Somebody registered, or a silent flow spoke, while this drain ran.
    if (this.#wakeWhenQuiet) this.#wake(true);
  }

  /** The mailbox is empty: nothing is due, unless something was stored while this call waited for the store. */
  async #clearDue(): Promise<void> {
    const { due } = this.#context;
    await this.#calls.persist(async () => {
      if (this.#mailCount === 0 && this.#storing === 0) {
        await due.clear(this.#owner.partition, this.aor);
      }
    });
  }

  /** A drain has looked: the next look may be later than the one that started it, but never later than what was asked for meanwhile. */
  async #postponeDue(atMs: number): Promise<void> {
    const { due, clock } = this.#context;
    const schedules = this.#schedules;
    await this.#calls.persist(() => {
      if (this.#wakeWhenQuiet) {
        return due.schedule(this.#owner.partition, this.aor, clock.nowMs(), 'earliest');
      }
      const mode = this.#schedules === schedules && this.#storing === 0 ? 'replace' : 'earliest';
      return due.schedule(this.#owner.partition, this.aor, atMs, mode);
    });
  }

  /** Direct delivery again, in log order. */
  #routeParked(state: RecipientState): void {
    const parked = this.#parked;
    this.#parked = [];
    for (const { held } of parked) this.#route(held, state);
  }

  async readState(deliveryId: string): Promise<RecipientState> {
    const { store, clock } = this.#context;
    return await this.#calls.persist(() => store.read(this.aor, deliveryId, clock.nowMs()));
  }

  /** Ends stored messages: out of the mailbox, into the ledger and the outcomes. */
  async endStored(ends: readonly EndOfEntry[]): Promise<void> {
    this.#mailCount = await this.#calls.persist(() =>
      this.#context.store.removeMail(this.aor, ends),
    );
    const recorded: Promise<void>[] = [];
    for (const end of ends) {
      if (this.#ended.has(end.deliveryId)) continue;
      this.#ended.add(end.deliveryId);
      if (this.#ended.size > MAX_ENDED) forgetFirst(this.#ended);
      // Together: outcome logs wait for company, and one after the other would wait each time.
      recorded.push(this.#recordOutcome(end.deliveryId, end.outcome, end.status));
    }
    await Promise.all(recorded);
  }

  async readMail(afterOrder: number, limit: number): ReturnType<DrainHost['readMail']> {
    return await this.#calls.persist(() =>
      this.#context.store.readMail(this.aor, afterOrder, limit),
    );
  }

  get landed(): number {
    return this.#landed;
  }

  get lost(): boolean {
    return this.#owner.lost;
  }

  get settledBefore(): number {
    let bound = this.#owner.startedBefore;
    if (this.#startingOffset >= 0 && this.#startingOffset < bound) bound = this.#startingOffset;
    for (const offset of this.#unsettled) if (offset < bound) bound = offset;
    return bound;
  }

  // ---- endings ----------------------------------------------------------------------------------------------------

  /** The terminal state of a message that was not stored: the sender's answer, the outcome record, then the offset. */
  #end(
    held: Held,
    outcome: OutcomeRecord['outcome'],
    status: number,
    response: SipResponse | undefined,
  ): void {
    this.#context.trunk.reply(held.request, status, response);
    const { gate, endings } = this.#context;
    const { record } = held;
    const recorded = this.#outcomeOf(record.deliveryId, outcome, status);
    if (outcome === 'delivered') this.#owner.delivered(record, status, recorded.atMs);
    if (gate.open) endings.add(new DirectEnding(this, record, recorded));
    else this.#recordEnd(record, recorded);
  }

  onEndRecorded(record: ConsumedRecord): void {
    if (!this.#owner.lost) this.#owner.finish(record.offset);
  }

  onEndRefused(record: ConsumedRecord, outcome: OutcomeRecord, error: unknown): void {
    if (error instanceof PlatformError && mayRepeat(error)) {
      this.#context.stats.storeRetries += 1;
      this.#recordEnd(record, outcome);
    } else this.#supervise(this.#failRecord(record, error), undefined);
  }

  /** The long way: as often as it takes. */
  #recordEnd(record: ConsumedRecord, outcome: OutcomeRecord): void {
    const { outcomes } = this.#context;
    this.#supervise(
      this.#calls
        .persist(() => outcomes.record(outcome), 'log')
        .then(() => this.#owner.finish(record.offset)),
      record,
    );
  }

  async #recordOutcome(
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
    return { deliveryId, aor: this.aor, outcome, status, atMs: clock.nowMs() };
  }

  async #scheduleDue(atMs: number): Promise<void> {
    const { due } = this.#context;
    this.#schedules += 1;
    await this.#calls.persist(() =>
      due.schedule(this.#owner.partition, this.aor, atMs, 'earliest'),
    );
  }

  /** Rule 9: an assertion fails the record, not the router. */
  async #failRecord(record: ConsumedRecord, error: unknown): Promise<void> {
    if (error instanceof Discarded || this.#owner.lost) return;
    const { outcomes, stats, log } = this.#context;
    const reason = error instanceof Error ? error.message : String(error);
    log('error', 'record failed and was set aside', {
      partition: record.partition,
      offset: record.offset,
      deliveryId: record.deliveryId,
      reason,
    });
    stats.dead += 1;
    const bytes = new Uint8Array(record.head.length + record.body.length);
    for (let i = 0; i < record.head.length; i += 1) bytes[i] = record.head.charCodeAt(i);
    bytes.set(record.body, record.head.length);
    for (let attempt = 1; attempt <= MAX_ATTEMPTS_ON_POISON_LOG; attempt += 1) {
      try {
        const { partition, offset } = record;
        await this.#calls.persist(() => outcomes.dead({ partition, offset, bytes, reason }), 'log');
        await this.#recordOutcome(record.deliveryId, 'failed', 500);
        this.#owner.finish(record.offset);
        return;
      } catch (failure) {
        if (failure instanceof Discarded) return;
        log('error', 'dead-letter log refused a record', { reason: String(failure) });
      }
    }
  }

  #logFailure(error: unknown): void {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#context.log('error', 'recipient step failed', { aor: this.aor, reason });
  }

  /** The named supervisor of everything this actor starts and does not await. */
  #supervise(work: Promise<unknown>, record: ConsumedRecord | undefined): void {
    this.#pending += 1;
    work
      .catch(async (error: unknown) => {
        if (error instanceof Discarded) return;
        if (record !== undefined) await this.#failRecord(record, error);
        else this.#logFailure(error);
      })
      .finally(() => {
        this.#pending -= 1;
      });
  }
}

/** The one that was added first. */
function forgetFirst(ids: Set<string>): void {
  for (const id of ids) {
    ids.delete(id);
    return;
  }
}

/** Every 2xx in the ledger but {@link STORED} is a device's. */
function isDelivered(ledgerStatus: number): boolean {
  return ledgerStatus < 300 && ledgerStatus !== STORED;
}

/** The edge marks the Path of a datagram flow; without a flow the Contact's transport decides (RFC 3263 §4.1: UDP by default). */
function isDatagram(target: Binding): boolean {
  const path = target.path[0];
  if (path !== undefined && target.flowToken !== '') return path.includes(';ft=udp');
  return (
    !/;transport=(tcp|tls|sctp|ws|wss)/i.test(target.contact) && !target.contact.startsWith('sips:')
  );
}
