import type {
  ConsumedRecord,
  DueStore,
  LogAppender,
  LogConsumer,
  OutcomeLog,
  OwnedPartition,
  RecipientStore,
  RecordSink,
  ServedDomains,
  Tracer,
} from '@hermod/contracts';
import type { Clock, Hash, Latin1Codec, TimerEntry, Timers, TimerTarget } from '@hermod/sip';
import { DrainSlots } from './domain/drain-slots.ts';
import { Endings } from './domain/endings.ts';
import { FlowMemory } from './domain/flow-memory.ts';
import { MailboxGauges } from './domain/mailbox-gauges.ts';
import { Notifications } from './domain/notifications.ts';
import { OwnershipGate } from './domain/ownership-gate.ts';
import { MAX_UNFINISHED, PartitionState } from './domain/partition-state.ts';
import { RecipientActor } from './domain/recipient-actor.ts';
import type { RouterContext, RouterPolicy } from './domain/router-context.ts';
import { RouterStats } from './domain/router-stats.ts';
import { STORE_PROBE_MS, StoreWatch } from './domain/store-watch.ts';
import { type Delivery, LEDGER_AFTER_MS } from './domain/uncommitted-deliveries.ts';
import type { Trunk } from './ports.ts';

const TIMER = { TICK: 0, COMMIT: 1, SWEEP: 2, DUE: 3 } as const;

/** How often a router looks at its lease. */
const TICK_MS = 100;
/** How often it forgets idle actors. */
const SWEEP_MS = 1000;
/** How often the due set of each owned partition is read (design §4 rule 4). */
const DUE_MS = 1000;
const DUE_PAGE = 200;

/** What a router is built from. */
type RouterOptions = {
  readonly consumer: LogConsumer;
  readonly store: RecipientStore;
  readonly due: DueStore;
  readonly outcomes: OutcomeLog;
  /** Where notifications to senders go. */
  readonly inbox: LogAppender;
  /** Whose senders can be told, and are told apart. */
  readonly domains: ServedDomains;
  readonly hash: Hash;
  readonly codec: Latin1Codec;
  readonly trunk: Trunk;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly policy: RouterPolicy;
  /** Unique to this process. */
  readonly routerId: string;
  /** Milliseconds between commits; the standalone commits faster, since its edges forget their branches in a crash. */
  readonly commitIntervalMs: number;
  /** Undefined: nobody traces. */
  readonly tracer?: Tracer | undefined;
  log(level: 'warn' | 'error', message: string, detail: Record<string, unknown>): void;
};

/** A router worker: owns partitions of the log, runs one actor per recipient, commits what is finished (design §3.5–3.8, §4). */
export class Router implements RecordSink, TimerTarget {
  readonly stats = new RouterStats();
  readonly mailboxes: MailboxGauges;
  readonly #options: RouterOptions;
  readonly #gate: OwnershipGate;
  readonly #context: RouterContext;
  readonly #store: StoreWatch;
  readonly #partitions = new Map<number, PartitionState>();
  readonly #actors = new Map<string, RecipientActor>();
  readonly #periodic: readonly [timer: number, everyMs: number][];
  readonly #running = new Map<number, TimerEntry>();
  #stopped = false;
  #adoptions = 0;
  #committing: Promise<void> | undefined;
  /** The last round of commits failed, and that was logged. */
  #commitsFail = false;
  #polling = false;
  /** Of the partitions owned, the one whose mailboxes were looked at last. */
  #looked = -1;

  constructor(options: RouterOptions) {
    this.#options = options;
    this.mailboxes = new MailboxGauges(options.store, options.due, options.clock);
    this.#periodic = [
      [TIMER.TICK, TICK_MS],
      [TIMER.COMMIT, options.commitIntervalMs],
      [TIMER.SWEEP, SWEEP_MS],
      [TIMER.DUE, DUE_MS],
    ];
    this.#gate = new OwnershipGate(() => options.consumer.leaseValid);
    this.#store = new StoreWatch({
      ...options,
      pause: (ms) => this.#pause(ms),
      onChange: (isAway) => {
        for (const state of this.#partitions.values()) state.setStoreAway(isAway);
      },
    });
    this.#context = {
      store: options.store,
      due: options.due,
      outcomes: options.outcomes,
      endings: new Endings(options.outcomes),
      notifications: new Notifications({ ...options, stats: this.stats }),
      trunk: options.trunk,
      domains: options.domains,
      hash: options.hash,
      codec: options.codec,
      clock: options.clock,
      timers: options.timers,
      gate: this.#gate,
      flows: new FlowMemory(),
      drains: new DrainSlots(),
      policy: options.policy,
      stats: this.stats,
      tracer: options.tracer,
      onStoreFailure: (error) => this.#store.onFailure(error),
      onStoreAnswer: () => this.#store.onAnswer(),
      pause: (ms) => this.#pause(ms),
      log: (level, message, detail) => options.log(level, message, detail),
    };
  }

  /** Starts consuming. Rejects with PlatformError when the log cannot be joined. */
  async start(): Promise<void> {
    for (const [timer] of this.#periodic) this.#restart(timer);
    await this.#options.consumer.start(this);
  }

  /** Finishes what is under way within the grace period, commits, leaves the group (design §4 rule 10). */
  async stop(graceMs: number): Promise<void> {
    const { consumer, clock } = this.#options;
    for (const partition of this.#partitions.values()) partition.stopReading();
    const deadlineMs = clock.nowMs() + graceMs;
    // What a drain has delivered must be out of the mailbox, or the next owner delivers it again.
    const { drains } = this.#context;
    drains.close();
    while ((this.unfinished > 0 || drains.held > 0) && clock.nowMs() < deadlineMs) {
      await this.#pause(20);
    }
    this.#stopped = true;
    this.#store.stop();
    for (const entry of this.#running.values()) this.#options.timers.stop(entry);
    await this.#committing;
    await this.#commit();
    for (const partition of this.#partitions.values()) {
      partition.lost = true;
      await this.#quietly(partition.poison.withdraw());
    }
    await consumer.stop();
  }

  /** Records started and not finished, all partitions. */
  get unfinished(): number {
    let sum = 0;
    for (const partition of this.#partitions.values()) sum += partition.unfinished;
    return sum;
  }

  /** Records read and not started, all partitions. */
  get waiting(): number {
    let sum = 0;
    for (const partition of this.#partitions.values()) sum += partition.waiting;
    return sum;
  }

  /** How many records may be unfinished, all partitions. */
  get maxUnfinished(): number {
    return this.#partitions.size * MAX_UNFINISHED;
  }

  /** Records of the log that were not read yet, all partitions. */
  get unread(): number {
    return this.#options.consumer.unread;
  }

  /** Age of the oldest message that was read and is not finished, milliseconds; 0: there is none. */
  get lagMs(): number {
    let oldestMs = Number.POSITIVE_INFINITY;
    for (const partition of this.#partitions.values()) {
      oldestMs = Math.min(oldestMs, partition.oldestReceivedAtMs || Number.POSITIVE_INFINITY);
    }
    return Math.max(0, this.#options.clock.nowMs() - oldestMs);
  }

  /** How long the message that is to be started next has waited since its arrival, milliseconds; 0: none waits. */
  get sojournMs(): number {
    return Math.max(0, this.#options.clock.nowMs() - this.#nextReceivedAtMs());
  }

  /** When the oldest of the messages arrived that are to be started next, epoch ms; Infinity: none waits. */
  #nextReceivedAtMs(): number {
    let oldestMs = Number.POSITIVE_INFINITY;
    for (const partition of this.#partitions.values()) {
      oldestMs = Math.min(oldestMs, partition.nextReceivedAtMs || Number.POSITIVE_INFINITY);
    }
    return oldestMs;
  }

  /** Age of the oldest message that was read and that nothing was decided about, milliseconds; 0: there is none. It waits for this router or
   *  for its store, while {@link lagMs} also waits for devices. */
  get routingLagMs(): number {
    let oldestMs = this.#nextReceivedAtMs();
    for (const actor of this.#actors.values()) {
      oldestMs = Math.min(oldestMs, actor.startingReceivedAtMs || Number.POSITIVE_INFINITY);
    }
    return Math.max(0, this.#options.clock.nowMs() - oldestMs);
  }

  /** Records started and not finished, of as many as may be, 0–1. */
  get fill(): number {
    return this.maxUnfinished === 0 ? 0 : this.unfinished / this.maxUnfinished;
  }

  /** Drains under way. */
  get drains(): number {
    return this.#context.drains.held;
  }

  get ownedPartitions(): number {
    return this.#partitions.size;
  }

  get activeRecipients(): number {
    return this.#actors.size;
  }

  /** Ready to do its work: the lease holds and the store answers. */
  get ready(): boolean {
    return this.#gate.open && !this.#store.isAway;
  }

  // ---- RecordSink -------------------------------------------------------------------------------------------------

  onFrozen(): void {
    this.#gate.freeze();
    for (const state of this.#partitions.values()) this.#withdrawMark(state);
  }

  onOwned(partitions: readonly OwnedPartition[]): void {
    const owned = new Set(partitions.map((p) => p.partition));
    for (const [number, state] of this.#partitions) {
      if (owned.has(number)) continue;
      state.lost = true;
      this.#partitions.delete(number);
      this.mailboxes.forget(number);
      void this.#enterLedger(state, Number.POSITIVE_INFINITY);
      this.#withdrawMark(state);
      for (const [aor, actor] of this.#actors) {
        if (!actor.lost) continue;
        actor.onLost();
        this.#actors.delete(aor);
      }
    }
    for (const entry of partitions) {
      // A retained partition keeps its actors; offsets already in flight are skipped when they are shown again.
      if (!this.#partitions.has(entry.partition)) this.#adopt(entry);
    }
    this.#gate.thaw();
    for (const actor of this.#actors.values()) actor.onThawed();
    this.#pollDueSoon();
  }

  onRecord(record: ConsumedRecord): void {
    this.#partitions.get(record.partition)?.offer(record);
  }

  onUndecodable(partition: number, offset: number, bytes: Uint8Array): void {
    const state = this.#partitions.get(partition);
    if (state === undefined) return;
    state.offer({
      ...{ partition, offset, type: 'message', aor: '', deliveryId: '', receivedAtMs: 0 },
      ...{ expiresAtMs: 0, flags: 0, head: '', body: bytes },
    });
  }

  // ---- timers -----------------------------------------------------------------------------------------------------

  onTimer(timer: number): void {
    if (this.#stopped) return;
    switch (timer) {
      case TIMER.TICK:
        this.#tick();
        break;
      case TIMER.COMMIT:
        this.#commitSoon();
        break;
      case TIMER.SWEEP:
        this.#sweep();
        break;
      case TIMER.DUE:
        this.#pollDueSoon();
        break;
    }
    this.#restart(timer);
  }

  #restart(timer: number): void {
    const everyMs = this.#periodic.find(([id]) => id === timer)?.[1] ?? TICK_MS;
    this.#running.set(timer, this.#options.timers.start(this, timer, everyMs));
  }

  // ---- partitions and actors --------------------------------------------------------------------------------------

  #adopt(entry: OwnedPartition): void {
    const { consumer, due } = this.#options;
    this.#adoptions += 1;
    const life = `${this.#options.routerId}.${this.#adoptions}`;
    const begin = (owner: PartitionState, record: ConsumedRecord): void =>
      this.#begin(owner, record);
    const state = new PartitionState(entry, consumer, due, begin, life);
    state.onPoison = (record) => this.#actor(state, record.aor).failPoison(record);
    state.onStoreFailure = (error) => this.#store.onFailure(error);
    this.#partitions.set(entry.partition, state);
    void this.#openPartition(state);
  }

  /** The predecessor's crash mark is read before anything starts. */
  async #openPartition(state: PartitionState): Promise<void> {
    while (!state.lost && !this.#stopped) {
      try {
        await state.poison.open();
        break;
      } catch (error) {
        this.#store.onFailure(error);
        await this.#pause(STORE_PROBE_MS);
      }
    }
    state.pump();
  }

  /** Whoever can say so has not died of a record. */
  #withdrawMark(state: PartitionState): void {
    void this.#quietly(state.poison.withdraw());
  }

  #begin(owner: PartitionState, record: ConsumedRecord): void {
    this.stats.records += 1;
    this.#actor(owner, record.aor).enqueue(record);
  }

  #actor(owner: PartitionState, aor: string): RecipientActor {
    let actor = this.#actors.get(aor);
    // Records that cannot be decoded have no AoR, in whatever partition they are.
    if (actor === undefined || !actor.isOf(owner)) {
      actor = new RecipientActor(this.#context, owner, aor);
      this.#actors.set(aor, actor);
    }
    return actor;
  }

  #sweep(): void {
    for (const [aor, actor] of this.#actors) if (actor.idle) this.#actors.delete(aor);
    const untilMs = this.#options.clock.nowMs() - LEDGER_AFTER_MS;
    for (const state of this.#partitions.values()) void this.#enterLedger(state, untilMs);
  }

  /** Rule 2: a delivery that no commit covers outlives the edges' memory of it, so a later owner must find it in the ledger. It is a
   *  fact: whoever knows it may write it, whether it owns the partition or not. What fails is tried again by the next sweep. */
  async #enterLedger(state: PartitionState, untilMs: number): Promise<void> {
    const writing = state.deliveries
      .take(untilMs)
      .map((delivery) => this.#enterOne(state, delivery));
    await Promise.all(writing);
  }

  async #enterOne(state: PartitionState, delivery: Delivery): Promise<void> {
    const { aor, deliveryId } = delivery.record;
    try {
      await this.#options.store.recordStatus(aor, deliveryId, delivery.status);
    } catch (error) {
      state.deliveries.putBack(delivery);
      this.#store.onFailure(error);
    }
  }

  #tick(): void {
    if (this.#gate.poll()) for (const actor of this.#actors.values()) actor.onThawed();
  }

  // ---- commits ----------------------------------------------------------------------------------------------------

  #commitSoon(): void {
    if (this.#committing !== undefined) return;
    this.#committing = this.#commit().finally(() => {
      this.#committing = undefined;
    });
  }

  /** Commits the low watermark and the finished runs of every owned partition (design §4 rule 2). */
  async #commit(): Promise<void> {
    // Together: a log writes all that it is given in one turn by one request.
    const commits = Array.from(this.#partitions.values(), (state) => this.#commitOne(state));
    const failures = (await Promise.all(commits)).filter((failure) => failure !== undefined);
    const [reason] = failures;
    if (reason !== undefined && !this.#commitsFail) {
      this.#options.log('warn', 'commits fail', { partitions: failures.length, reason });
    }
    this.#commitsFail = reason !== undefined;
  }

  /** @returns why it failed */
  async #commitOne(state: PartitionState): Promise<string | undefined> {
    if (!this.#gate.open || state.lost) return undefined;
    const position = state.uncommitted();
    if (position === undefined) return undefined;
    try {
      await this.#options.consumer.commit(state.partition, position.next, position.metadata);
      state.onCommitted(position);
      this.stats.commits += 1;
      if (position.next > state.firstOffset) await this.#quietly(state.poison.clear());
      return undefined;
    } catch (error) {
      // The next commit carries the same and more; the successor would repeat a little.
      this.stats.commitFailures += 1;
      return String(error);
    }
  }

  // ---- due --------------------------------------------------------------------------------------------------------

  #pollDueSoon(): void {
    if (this.#polling) return;
    this.#polling = true;
    void this.#pollDue().finally(() => {
      this.#polling = false;
    });
  }

  /** Rule 4: what is due is looked at by the partition's owner, whoever wrote it. */
  async #pollDue(): Promise<void> {
    for (const state of this.#partitions.values()) {
      if (!this.#gate.open || state.lost) continue;
      try {
        const now = this.#options.clock.nowMs();
        const due = await this.#options.due.due(state.partition, now, DUE_PAGE);
        if (state.lost) continue;
        for (const { aor } of due) this.#actor(state, aor).onDue();
      } catch (error) {
        this.#store.onFailure(error);
        return;
      }
    }
    await this.#quietly(this.#lookIntoMailboxes());
  }

  /** One partition at a time, each in its turn. */
  async #lookIntoMailboxes(): Promise<void> {
    const numbers = [...this.#partitions.keys()].toSorted((a, b) => a - b);
    const next = numbers.find((number) => number > this.#looked) ?? numbers[0];
    if (next === undefined) return;
    this.#looked = next;
    await this.mailboxes.look(next);
    // Lost meanwhile.
    if (!this.#partitions.has(next)) this.mailboxes.forget(next);
  }

  // ---- the store --------------------------------------------------------------------------------------------------

  async #quietly(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#store.onFailure(error);
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#options.timers.start({ onTimer: () => resolve() }, 0, ms);
    });
  }
}
