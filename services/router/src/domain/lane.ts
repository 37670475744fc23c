import type { Clock, TimerEntry, Timers, TimerTarget } from '@hermod/sip';

/** Unanswered requests at a time: on a stream the transport keeps their order; a datagram flow has no order to rely on. */
export const STREAM_WINDOW = 16;
export const DATAGRAM_WINDOW = 1;

/** What a lane sends: one branch of a fork. */
export interface LaneEntry {
  /** Delivery id of a message that Hermod originates; '' of one that it forwards. */
  readonly ownId: string;
  /** Epoch ms at which waiting is over; Infinity for what nobody waits for. */
  readonly beginByMs: number;
  /** Sends now. Called once, in submission order. */
  sendOnLane(): void;
  /** Will not be sent: the window was closed by a temporary failure (design §4 rule 3), or its turn has not come in time. */
  abandon(): void;
}

/** What a lane waits with, and whether it may send at all. */
export type LaneTools = {
  readonly clock: Clock;
  readonly timers: Timers;
  /** False while this router may not send (design §4 rule 7). */
  mayAct(): boolean;
};

/** The order of one (AoR, flow): at most `window` unanswered, the rest wait their turn. Of Hermod's own messages only one is on its way
 *  at a time (RFC 3428 §8: no MESSAGE to a URI while another to it is pending, which it is until its final response or Timer F).
 *  Not a queue of bytes: a waiting entry is a record that the log still holds, so it may not wait long. */
export class Lane implements TimerTarget {
  readonly #window: number;
  readonly #tools: LaneTools;
  #inFlight = 0;
  /** Sent, and not answered by their deadline. */
  #late = 0;
  /** Its flow is lost: nothing is sent before all that was sent has ended. */
  #isLost = false;
  /** The message of Hermod's own that is pending; a drain may repeat it, which its edge joins to the same transaction. */
  #ownId = '';
  #ownPending = 0;
  #waiting: LaneEntry[] = [];
  #timer: TimerEntry | undefined;
  /** When the timer fires, epoch ms; Infinity for never. */
  #timerAtMs = Number.POSITIVE_INFINITY;
  /** The timer has fired while nothing could be sent. */
  #isOverdue = false;

  constructor(window: number, tools: LaneTools) {
    this.#window = window;
    this.#tools = tools;
  }

  /** Nothing waits, and no answer can come any more. */
  get idle(): boolean {
    return this.#inFlight === 0 && this.#late === 0 && this.#waiting.length === 0;
  }

  /** Something waits where one goes at a time. A stream's window is as large as a drain's, and what waits there waits for a flow that is
   *  lost: no reason to hold back what goes elsewhere. */
  get isFull(): boolean {
    return this.#window === DATAGRAM_WINDOW && this.#waiting.length > 0;
  }

  submit(entry: LaneEntry): void {
    if (this.#waiting.length === 0 && this.#maySend(entry)) this.#send(entry);
    else {
      // At most 64 (the actor's bound), so shift() below moves little.
      this.#waiting.push(entry);
      this.#watch(entry);
    }
  }

  /** A sent entry was answered. */
  release(entry: LaneEntry): void {
    this.#isLost = false;
    this.#endOwn(entry);
    this.#end();
  }

  /** A sent entry was told that the flow is lost. The others will be, too, and go on over another flow: before what waits here. */
  releaseLost(entry: LaneEntry): void {
    this.#isLost = true;
    this.#endOwn(entry);
    this.#end();
  }

  /** A sent entry missed its deadline: the next may go, though its answer may still come.
   *  @param isLost it goes on over another flow, as all that were sent with it will: before what waits here */
  releaseLate(isLost = false): void {
    this.#late += 1;
    if (isLost) this.#isLost = true;
    this.#end();
  }

  /** A late entry was answered after all, or never will be. */
  endLate(entry: LaneEntry): void {
    this.#late -= 1;
    if (this.#endOwn(entry)) this.pump();
  }

  /** Sends what the window allows; also called when the router may act again. */
  pump(): void {
    for (let entry = this.#waiting[0]; entry !== undefined; entry = this.#waiting[0]) {
      if (!this.#maySend(entry)) break;
      this.#waiting.shift();
      this.#send(entry);
    }
    if (this.#isOverdue) this.#abandonOverdue();
  }

  onTimer(): void {
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    this.#abandonOverdue();
  }

  /** What has waited too long is not sent, nor is what stands behind it: whoever takes them keeps their order. */
  #abandonOverdue(): void {
    // The turn of what waits comes first when the router may act again.
    this.#isOverdue = !this.#tools.mayAct();
    if (this.#isOverdue) return;
    const nowMs = this.#tools.clock.nowMs();
    const at = this.#waiting.findIndex((entry) => entry.beginByMs <= nowMs);
    if (at >= 0) for (const entry of this.#waiting.splice(at)) entry.abandon();
    for (const entry of this.#waiting) this.#watch(entry);
  }

  #watch({ beginByMs }: LaneEntry): void {
    if (beginByMs >= this.#timerAtMs) return;
    const { clock, timers } = this.#tools;
    timers.stop(this.#timer);
    this.#timerAtMs = beginByMs;
    this.#timer = timers.start(this, 0, Math.max(0, beginByMs - clock.nowMs()));
  }

  #maySend(entry: LaneEntry): boolean {
    if (!this.#isOpen || !this.#tools.mayAct()) return false;
    return this.#ownPending === 0 || entry.ownId === '' || entry.ownId === this.#ownId;
  }

  #send(entry: LaneEntry): void {
    this.#inFlight += 1;
    if (entry.ownId !== '') {
      this.#ownId = entry.ownId;
      this.#ownPending += 1;
    }
    entry.sendOnLane();
  }

  #endOwn(entry: LaneEntry): boolean {
    if (entry.ownId === '') return false;
    this.#ownPending -= 1;
    return true;
  }

  #end(): void {
    this.#inFlight -= 1;
    this.pump();
  }

  get #isOpen(): boolean {
    return this.#isLost ? this.#inFlight === 0 : this.#inFlight < this.#window;
  }

  /** Closes the window: nothing that waits will be sent. */
  abandonWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const entry of waiting) entry.abandon();
  }
}
