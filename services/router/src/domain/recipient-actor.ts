import {
  type AppendMailResult,
  type ConsumedRecord,
  type RecipientState,
  RecordFlag,
} from '@hermod/contracts';
import type { Binding } from '@hermod/sip';
import { bestAnswer, warned } from './best-answer.ts';
import { Drain, type DrainEnd, type DrainHost } from './drain.ts';
import { FlowLanes } from './flow-lanes.ts';
import { FIRST_RETRY_MS } from './flow-memory.ts';
import { Fork, type ForkOwner, type ForkTools, placeOf } from './fork.ts';
import { type Held, heldOf, untried } from './held.ts';
import { Mailbox } from './mailbox.ts';
import type { BranchResult, Verdict } from './outcome.ts';
import { type EndOfEntry, RecordEnds } from './record-ends.ts';
import type { RecordOwner } from './record-owner.ts';
import type { RouterContext } from './router-context.ts';
import { Discarded, StoreCalls } from './store-calls.ts';

/** Messages of one AoR on their way at a time; more go to the mailbox, so that a slow recipient holds no partition. */
export const MAX_HELD_RECORDS = 64;
/** How often a moved binding version may send a message back to the fork before it is stored without comparing. */
const MAX_REROUTES = 5;
/** The status of a stored message, in the ledger and to its sender. */
const STORED = 202;

/** All that happens to one recipient, in order: starts records, forks them, stores what cannot be delivered, drains the mailbox.
 *  Exactly one lives per AoR in the whole cluster, in the router that owns its partition (design §3.5, §4 rules 3–5). */
export class RecipientActor implements ForkOwner<Held>, DrainHost {
  readonly aor: string;
  readonly #context: RouterContext;
  readonly #owner: RecordOwner;
  readonly #tools: ForkTools;
  readonly #calls: StoreCalls;
  readonly #lanes: FlowLanes;
  readonly #mailbox: Mailbox;
  readonly #ends: RecordEnds;
  readonly #queue: ConsumedRecord[] = [];
  #starting = false;
  /** The record that is being started by {@link #startAll}. */
  #startingRecord: ConsumedRecord | undefined;
  #forks = 0;
  /** What every fork under way knows of. */
  #forkedVersion = 0;
  #forkedBindings: readonly Binding[] = [];
  #drain: Drain | undefined;
  /** Started while a drain was about to end: they wait for it, at most {@link MAX_HELD_RECORDS}. */
  #parked: { readonly held: Held; readonly state: RecipientState }[] = [];
  #wakeWhenQuiet = false;

  constructor(context: RouterContext, owner: RecordOwner, aor: string) {
    this.#context = context;
    this.#owner = owner;
    this.aor = aor;
    this.#calls = new StoreCalls(context, owner);
    this.#lanes = new FlowLanes(context, owner);
    this.#mailbox = new Mailbox(context, owner, aor, this.#calls);
    this.#ends = new RecordEnds(context, owner, aor, this.#calls);
    const { trunk, timers, clock } = context;
    this.#tools = { lanes: this.#lanes, trunk, timers, clock, probing: false };
  }

  /** Nothing under way, and no late answer to come: may be forgotten. A second actor of the AoR would break its order. */
  get idle(): boolean {
    if (this.#queue.length > 0 || this.#starting || this.#drain !== undefined) return false;
    if (this.#parked.length > 0 || this.#forks > 0) return false;
    return !this.#mailbox.isBusy && this.#ends.idle && this.#lanes.idle;
  }

  /** When the oldest message arrived whose way is not decided, since the store has not said where its recipient is: epoch ms; 0: there is none. */
  get startingReceivedAtMs(): number {
    return this.#startingRecord?.receivedAtMs ?? 0;
  }

  /** Takes the next record of this AoR, in log order. */
  enqueue(record: ConsumedRecord): void {
    if (!this.#starting && this.#startNow(record)) return;
    this.#queue.push(record);
    if (!this.#starting) this.#ends.supervise(this.#startAll(), undefined);
  }

  /** The due set says that something may have to be done: a drain, a retry, an expiry. */
  onDue(): void {
    if (this.#drain !== undefined) return;
    if (this.#mailbox.isClear) this.#ends.supervise(this.#mailbox.clearDue(), undefined);
    else this.#wake(true);
  }

  /** A record that several owners died of is set aside without being run. */
  failPoison(record: ConsumedRecord): void {
    this.#ends.supervise(this.#ends.fail(record, new Error('its routers crashed')), undefined);
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
    this.#lanes.pump();
  }

  // ---- starting records -------------------------------------------------------------------------------------------

  async #startAll(): Promise<void> {
    this.#starting = true;
    for (let record = this.#queue.shift(); record !== undefined; record = this.#queue.shift()) {
      this.#startingRecord = record;
      try {
        await this.#start(record);
      } catch (error) {
        await this.#ends.fail(record, error);
      }
    }
    this.#startingRecord = undefined;
    this.#starting = false;
  }

  /** The short way, without a promise: a new message, and a store that answers at once.
   *  @returns false when the record must be started by {@link #start}, which knows every other case */
  #startNow(record: ConsumedRecord): boolean {
    const { store, gate, clock } = this.#context;
    if (store.readNow === undefined || record.type !== 'message') return false;
    if (!gate.open || this.#owner.lost) return false;
    const nowMs = clock.nowMs();
    let state: RecipientState;
    try {
      state = store.readNow(this.aor, record.deliveryId, nowMs);
    } catch {
      // The long way meets the same failure, and waits until it is over.
      return false;
    }
    if (state.ledgerStatus !== 0) return false;
    this.#context.onStoreAnswer();
    try {
      const held = heldOf(record, nowMs, this.#context.tracer);
      this.#noteLookup(held);
      this.#route(held, state);
    } catch (error) {
      this.#ends.supervise(this.#ends.fail(record, error), undefined);
    }
    return true;
  }

  async #start(record: ConsumedRecord): Promise<void> {
    if (record.type === 'registered') {
      // Finished once the AoR is due: from then on it cannot be forgotten (rule 4).
      await this.#mailbox.makeDue(this.#context.clock.nowMs());
      this.#owner.finish(record.offset);
      this.#context.flows.forgetRetries(this.aor);
      this.#wake(true);
      return;
    }
    const held = heldOf(record, this.#context.clock.nowMs(), this.#context.tracer);
    const state = await this.#mailbox.read(record.deliveryId);
    this.#noteLookup(held);
    if (state.ledgerStatus !== 0) {
      await this.#endRepeat(held, state);
      return;
    }
    this.#route(held, state);
  }

  /** Its recipient's state is known. */
  #noteLookup({ record, startedAtMs }: Held): void {
    const { stats, clock } = this.#context;
    stats.logDurations.observe(startedAtMs - record.receivedAtMs);
    stats.lookupDurations.observe(clock.nowMs() - startedAtMs);
  }

  /** A repeat gets the recorded outcome (rule 2). */
  async #endRepeat(held: Held, state: RecipientState): Promise<void> {
    const { record, request } = held;
    this.#context.stats.repeats += 1;
    held.span?.end(state.ledgerStatus);
    held.isStored = state.ledgerStatus === STORED;
    this.#mailbox.note(state);
    // Its predecessor may have died before the AoR was due.
    if (state.mailboxCount > 0) await this.#mailbox.makeDue(this.#context.clock.nowMs());
    this.#context.trunk.reply(request, state.ledgerStatus, undefined);
    if (isDelivered(state.ledgerStatus)) {
      // Whoever delivered it may have died before it could say so. Readers key by delivery id.
      await this.#ends.recordOutcome(record.deliveryId, 'delivered', state.ledgerStatus);
    }
    if (held.isStored) {
      const notification = this.#context.notifications.of(record, 'stored', request);
      if (notification !== undefined && (await this.#mailbox.holds(record))) {
        await this.#ends.tell(notification, 'stored');
      }
    }
    this.#owner.finish(record.offset);
  }

  /** Decides what happens to a message now that the recipient's state is known. */
  #route(held: Held, state: RecipientState): void {
    this.#mailbox.note(state);
    const nowMs = this.#context.clock.nowMs();
    if (held.record.expiresAtMs !== 0 && held.record.expiresAtMs <= nowMs) {
      this.#ends.end(held, 'expired', 480, undefined);
      return;
    }
    if (this.#drain !== undefined && (this.#drain.finishing || this.#parked.length > 0)) {
      this.#parked.push({ held, state });
      if (this.#parked.length > MAX_HELD_RECORDS) this.#storeParked();
      return;
    }
    // Rule 3: while a mailbox is non-empty, new messages go behind it.
    if (!this.#mailbox.isClear || this.#drain !== undefined) {
      this.#store(held, state);
      return;
    }
    if (this.#forks >= MAX_HELD_RECORDS) {
      this.#wakeWhenQuiet = true;
      this.#store(held, state);
      return;
    }
    // Rule 3: what is on its way may have missed a device that has come back by a new flow, and would follow it there.
    const mayOvertake =
      this.#forks > 0 &&
      state.version !== this.#forkedVersion &&
      hasNewPlace(state.bindings, this.#forkedBindings);
    if (mayOvertake && (held.record.flags & RecordFlag.NO_STORE) === 0) {
      this.#wakeWhenQuiet = true;
      this.#store(held, state);
      return;
    }
    const { targets, refusal, isSequential, warning } = untried(held, state, nowMs);
    if (targets.length > 0) {
      held.tried = held.tried.length === 0 ? targets : [...held.tried, ...targets];
      held.forkedAtMs = nowMs;
      this.#forks += 1;
      if (!mayOvertake) {
        this.#forkedVersion = state.version;
        this.#forkedBindings = state.bindings;
      }
      this.#context.stats.branches += targets.length;
      const fork = new Fork(this, held, held.request, held.record.deliveryId, this.#tools);
      fork.start(targets, isSequential);
      return;
    }
    const isKnown = this.#context.policy.openDomain || state.provisioned;
    if (!isKnown) this.#ends.end(held, 'refused', statusForNobody(held.record), undefined);
    // Its sender wants none of the devices, or a device that is not there (RFC 3841 §7.2.4, RFC 5627 §5.1).
    else if (refusal !== 0) {
      const answer = warned(held.request, refusal, held.record.deliveryId, warning);
      this.#ends.end(held, 'refused', refusal, answer);
    } else this.#store(held, state);
  }

  // ---- a fork's end -----------------------------------------------------------------------------------------------

  onForkSettled(fork: Fork<Held>, verdict: Verdict): void {
    this.#forks -= 1;
    if (this.#owner.lost) return;
    const held = fork.subject;
    const { stats, clock } = this.#context;
    stats.forkDurations.of(verdict).observe(clock.nowMs() - held.forkedAtMs);
    switch (verdict) {
      case 'delivered': {
        const success = fork.results.at(-1);
        this.#ends.end(held, 'delivered', success?.status ?? 200, success?.response);
        break;
      }
      case 'refused': {
        const answer = bestAnswer(fork.results);
        this.#ends.end(held, 'refused', answer.status, answer.response);
        break;
      }
      case 'temporary':
        if ((held.record.flags & RecordFlag.NO_STORE) !== 0) {
          const answer = bestAnswer(fork.results);
          this.#ends.end(held, 'refused', answer.status, answer.response);
        } else {
          held.storing = this.#storeAfterFailure(held);
          this.#ends.supervise(held.storing, held.record);
          // Unsent messages queue behind the stored one (rule 3): it counts as being stored already.
          this.#lanes.abandonWaiting();
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
    this.#mailbox.expect(held.record.offset);
    let state: RecipientState | undefined;
    try {
      // The version seen at lookup is not kept over the fork: a fresh read with the ledger costs one call, on the rare path.
      state = await this.#mailbox.read(held.record.deliveryId);
    } finally {
      this.#mailbox.settle(held.record.offset);
    }
    if (state.ledgerStatus !== 0) {
      // Another record of the same message came to its end meanwhile.
      await this.#endRepeat(held, state);
      return;
    }
    const fresh = untried(held, state, clock.nowMs()).targets.length > 0;
    if (fresh && this.#mailbox.isClear && held.reroutes < MAX_REROUTES) {
      held.reroutes += 1;
      this.#route(held, state);
      return;
    }
    await this.#append(held, state, dueAtMs);
  }

  onLateSuccess(fork: Fork<Held>, status: number): void {
    this.#context.stats.lateSuccesses += 1;
    const { deliveryId, receivedAtMs } = fork.subject.record;
    this.#ends.supervise(
      this.#endLate({ deliveryId, receivedAtMs, status, outcome: 'delivered' }, fork.subject),
      undefined,
    );
  }

  onLateEnd(end: EndOfEntry): void {
    this.#ends.supervise(this.#endLate(end, undefined), undefined);
  }

  /** The flow spoke after its deadline: the stored copy goes, and so does the pause before the next attempt. */
  async #endLate(end: EndOfEntry, held: Held | undefined): Promise<void> {
    // The mailbox ignores ids that it does not hold: a write under way must land first, and the one that follows when it was vain.
    let landed: Promise<void> | undefined;
    while (held?.storing !== landed) {
      landed = held?.storing;
      await landed;
    }
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
      this.#ends.supervise(
        this.#calls.persist(() => store.removeBinding(this.aor, target.key, target.flowToken)),
        undefined,
      );
    } else if ((status === 405 || status === 501) && spoke) {
      this.#ends.supervise(
        this.#calls.persist(() => store.refuseMessage(this.aor, target.key, target.flowToken)),
        undefined,
      );
    }
  }

  // ---- storing ----------------------------------------------------------------------------------------------------

  #store(held: Held, state: RecipientState): void {
    if ((held.record.flags & RecordFlag.NO_STORE) !== 0) {
      this.#ends.end(held, 'refused', 480, undefined);
      return;
    }
    const { flows, clock } = this.#context;
    // With nobody registered there is nothing to try before the entry expires: a REGISTER wakes the mailbox.
    const dueAtMs =
      state.bindings.length > 0
        ? Math.max(flows.retryNotBefore(this.aor), clock.nowMs() + FIRST_RETRY_MS)
        : 0;
    held.storing = this.#append(held, state, dueAtMs);
    this.#ends.supervise(held.storing, held.record);
  }

  /** @param dueAtMs when the recipient must be looked at, 0 = at the entry's expiry */
  async #append(held: Held, state: RecipientState, dueAtMs: number): Promise<void> {
    const { record } = held;
    const lastByTtlMs = record.receivedAtMs + this.#context.policy.mailboxTtlMs;
    const expiresAtMs =
      record.expiresAtMs === 0 ? lastByTtlMs : Math.min(record.expiresAtMs, lastByTtlMs);
    const seenVersion = held.reroutes < MAX_REROUTES ? state.version : undefined;
    this.#mailbox.expect(record.offset);
    let result: AppendMailResult;
    try {
      result = await this.#mailbox.append(record, held.request, expiresAtMs, seenVersion);
    } finally {
      this.#mailbox.settle(record.offset);
    }
    switch (result.kind) {
      case 'moved':
        // Rule 5: somebody registered since the lookup; perhaps there is a device now.
        held.reroutes += 1;
        this.#route(held, result.state);
        return;
      case 'ended':
        await this.#endRepeat(held, result.state);
        return;
      case 'full':
        this.#ends.end(held, 'refused', 480, undefined);
        return;
      case 'stored': {
        held.isStored = true;
        this.#ends.noteStored(held);
        // RFC 3428 §7: 202 promises later delivery, so it follows the durable write.
        this.#context.trunk.reply(held.request, STORED, undefined);
        // A non-empty mailbox is due already, at the latest when its first entry expires; by default later entries expire later.
        const isFirst = result.count <= 1 || record.expiresAtMs !== 0 || seenVersion === undefined;
        if (dueAtMs !== 0) await this.#mailbox.makeDue(Math.min(dueAtMs, expiresAtMs));
        else if (isFirst) await this.#mailbox.makeDue(expiresAtMs);
        await this.#ends.recordOutcome(record.deliveryId, 'stored', STORED);
        const notification = this.#context.notifications.of(record, 'stored', held.request);
        if (notification !== undefined) await this.#ends.tell(notification, 'stored');
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
    if (this.#owner.lost || !this.#mailbox.mayHold) return;
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
    this.#drain = new Drain(this.#context, this, this.#mailbox, this.#lanes);
    this.#ends.supervise(this.#runDrain(this.#drain), undefined);
  }

  async #runDrain(drain: Drain): Promise<void> {
    const { flows, clock } = this.#context;
    let end: DrainEnd = { kind: 'failed' };
    try {
      end = await drain.run();
    } catch (error) {
      if (error instanceof Discarded) throw error;
      // A bug in one drain must not leave its recipient waiting: it is tried again like any that failed.
      this.#ends.logFailure(error);
    } finally {
      this.#drain = undefined;
    }
    // A write that landed behind the drain's last read makes the mailbox non-empty again.
    if (end.kind === 'empty' && this.#mailbox.noteEmpty(end.landed)) {
      flows.forgetRetries(this.aor);
      this.#routeParked(end.state);
      await this.#mailbox.clearDue();
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
    await this.#mailbox.postponeDue(nextMs, () => this.#wakeWhenQuiet);
    // Somebody registered, or a silent flow spoke, while this drain ran.
    if (this.#wakeWhenQuiet) this.#wake(true);
  }

  /** Direct delivery again, in log order. */
  #routeParked(state: RecipientState): void {
    const parked = this.#parked;
    this.#parked = [];
    for (const { held } of parked) this.#route(held, state);
  }

  /** Ends stored messages: their senders are told, if it is a failure; out of the mailbox, into the ledger and the outcomes. */
  async endStored(ends: readonly EndOfEntry[]): Promise<void> {
    await this.#ends.setFailuresAside(ends);
    await this.#ends.tellFailures(ends);
    await this.#mailbox.remove(ends);
    await this.#ends.recordStored(ends);
  }

  get lost(): boolean {
    return this.#owner.lost;
  }

  get settledBefore(): number {
    const { startedBefore } = this.#owner;
    const starting = this.#startingRecord?.offset ?? -1;
    return this.#mailbox.settledBelow(
      starting < 0 ? startedBefore : Math.min(starting, startedBefore),
    );
  }
}

/** Every 2xx in the ledger but {@link STORED} is a device's. */
function isDelivered(ledgerStatus: number): boolean {
  return ledgerStatus < 300 && ledgerStatus !== STORED;
}

/** Is there one that leads where none of the known ones did? */
function hasNewPlace(bindings: readonly Binding[], known: readonly Binding[]): boolean {
  const places = new Set(known.map(placeOf));
  return bindings.some((binding) => !places.has(placeOf(binding)));
}

/** Who proved to be somebody learns that there is no such user. Anybody else gets what a user without a device would get stored, or not (outcome
 *  table, row 6): nobody finds out who exists by sending. */
function statusForNobody(record: ConsumedRecord): number {
  if ((record.flags & RecordFlag.AUTHENTICATED) !== 0) return 404;
  return (record.flags & RecordFlag.NO_STORE) !== 0 ? 480 : 202;
}
