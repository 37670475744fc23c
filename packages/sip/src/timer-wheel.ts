import type { Clock } from './clock.ts';

/** Whoever is told when a timer is over. One target may own several timers. */
export interface TimerTarget {
  /** @param timer the number given to {@link Timers.start}. May start and stop timers. */
  onTimer(timer: number): void;
}

/** A running timer. Owned by the wheel; the holder only keeps it for {@link Timers.stop}. */
export interface TimerEntry {
  /** False once it has fired or was stopped. */
  readonly active: boolean;
}

/** The only way to wait in `packages/sip` and in the services' domains. */
export interface Timers {
  /** Calls `target.onTimer(timer)` once, not before `delayMs` have passed. */
  start(target: TimerTarget, timer: number, delayMs: number): TimerEntry;
  /** Forgets a timer; one that is over, stopped or `undefined` is ignored. */
  stop(entry: TimerEntry | undefined): void;
}

/** Ticks in one turn of the wheel: at 10 ms a turn is 41 s, so 64·T1 (RFC 3261 §17) is visited only once. */
const SLOTS = 4096;
const SLOT_MASK = SLOTS - 1;
const DEFAULT_TICK_MS = 10;

/** Node of a circular doubly linked list; the list heads are nodes too. */
class ListNode {
  prev: ListNode = this;
  next: ListNode = this;

  unlink(): void {
    this.prev.next = this.next;
    this.next.prev = this.prev;
    this.prev = this;
    this.next = this;
  }

  insertBefore(node: ListNode): void {
    this.prev = node.prev;
    this.next = node;
    node.prev.next = this;
    node.prev = this;
  }
}

class WheelEntry extends ListNode implements TimerEntry {
  readonly target: TimerTarget;
  readonly timer: number;
  readonly dueTick: number;
  active = true;

  constructor(target: TimerTarget, timer: number, dueTick: number) {
    super();
    this.target = target;
    this.timer = timer;
    this.dueTick = dueTick;
  }
}

/**
 * Hashed timer wheel: start and stop are O(1) and allocate one entry, no closure; firing order is the order of due ticks, then of starts.
 *
 * It never fires early. Late by at most one tick plus the delay of the driver that calls {@link TimerWheel.advance}.
 * Times are only compared with each other, so any clock will do; a step backwards is ignored.
 */
export class TimerWheel implements Timers {
  readonly #tickMs: number;
  readonly #originMs: number;
  readonly #clock: Clock | undefined;
  readonly #slots: ListNode[] = [];
  /** Entries of the tick being fired; survives an exception thrown by a target. */
  readonly #firing = new ListNode();
  #nowMs: number;
  #tick = 0;
  #size = 0;

  /**
   * @param nowMs the present
   * @param tickMs resolution in milliseconds, > 0
   * @param clock when given, a delay counts from `clock.nowMs()`, so that no timer is early however late the driver is;
   *   else from the last `advance` (the due time of the tick, while it fires), which lets one long `advance` replay a virtual clock
   */
  constructor(nowMs: number, tickMs: number = DEFAULT_TICK_MS, clock?: Clock) {
    if (!(tickMs > 0)) throw new Error(`tickMs must be > 0, not ${tickMs}`);
    this.#tickMs = tickMs;
    this.#originMs = nowMs;
    this.#nowMs = nowMs;
    this.#clock = clock;
    for (let i = 0; i < SLOTS; i++) this.#slots.push(new ListNode());
  }

  /** Timers running now. */
  get size(): number {
    return this.#size;
  }

  start(target: TimerTarget, timer: number, delayMs: number): TimerEntry {
    let baseMs = this.#nowMs;
    if (this.#clock !== undefined) {
      const clockMs = this.#clock.nowMs();
      if (clockMs > baseMs) baseMs = clockMs;
    }
    const delay = delayMs > 0 ? delayMs : 0;
    let dueTick = Math.ceil((baseMs + delay - this.#originMs) / this.#tickMs);
    // Also for a delay of 0: a target is never called from within start().
    if (dueTick <= this.#tick) dueTick = this.#tick + 1;
    const entry = new WheelEntry(target, timer, dueTick);
    this.#insert(entry);
    this.#size++;
    return entry;
  }

  stop(entry: TimerEntry | undefined): void {
    if (!(entry instanceof WheelEntry) || !entry.active) return;
    entry.active = false;
    entry.unlink();
    this.#size--;
  }

  /** Fires everything that is due at `nowMs`. Called by the platform's driver every tick; must not be called from within a target. */
  advance(nowMs: number): void {
    if (nowMs < this.#nowMs) return;
    const lastTick = Math.floor((nowMs - this.#originMs) / this.#tickMs);
    this.#fire();
    while (this.#tick < lastTick) {
      if (this.#size === 0) {
        this.#tick = lastTick;
        break;
      }
      this.#tick++;
      const slot = this.#slot(this.#tick);
      if (slot.next === slot) continue;
      const dueMs = this.#originMs + this.#tick * this.#tickMs;
      if (dueMs > this.#nowMs) this.#nowMs = dueMs;
      this.#moveToFiring(slot);
      this.#fire();
    }
    this.#nowMs = nowMs;
  }

  #fire(): void {
    const firing = this.#firing;
    for (let node = firing.next; node !== firing; node = firing.next) {
      node.unlink();
      if (!(node instanceof WheelEntry)) throw new Error('only entries are linked into the wheel');
      if (node.dueTick > this.#tick) {
        this.#insert(node);
        continue;
      }
      node.active = false;
      this.#size--;
      node.target.onTimer(node.timer);
    }
  }

  /** Takes the whole list at once: what targets start meanwhile goes into later slots, what they stop unlinks itself. */
  #moveToFiring(slot: ListNode): void {
    const first = slot.next;
    const last = slot.prev;
    slot.next = slot;
    slot.prev = slot;
    const firing = this.#firing;
    first.prev = firing.prev;
    firing.prev.next = first;
    last.next = firing;
    firing.prev = last;
  }

  #insert(entry: WheelEntry): void {
    entry.insertBefore(this.#slot(entry.dueTick));
  }

  #slot(tick: number): ListNode {
    const slot = this.#slots[tick & SLOT_MASK];
    if (slot === undefined) throw new Error('slot out of range');
    return slot;
  }
}
