/** Unanswered requests at a time: on a stream the transport keeps their order; a datagram flow has no order to rely on. */
export const STREAM_WINDOW = 16;
export const DATAGRAM_WINDOW = 1;

/** What a lane sends: one branch of a fork. */
export interface LaneEntry {
  /** Delivery id of a message that Hermod originates; '' of one that it forwards. */
  readonly ownId: string;
  /** Sends now. Called once, in submission order. */
  sendOnLane(): void;
  /** Will not be sent: the window was closed by a temporary failure (design §4 rule 3). */
  abandon(): void;
}

/** The order of one (AoR, flow): at most `window` unanswered, the rest wait their turn. Of Hermod's own messages only one is on its way
 *  at a time (RFC 3428 §8: no MESSAGE to a URI while another to it is pending, which it is until its final response or Timer F).
 *  Not a queue of bytes: a waiting entry is a record that the log still holds. */
export class Lane {
  readonly #window: number;
  readonly #mayAct: () => boolean;
  #inFlight = 0;
  /** Sent, and not answered by their deadline. */
  #late = 0;
  /** Its flow is lost: nothing is sent before all that was sent has ended. */
  #isLost = false;
  /** The message of Hermod's own that is pending; a drain may repeat it, which its edge joins to the same transaction. */
  #ownId = '';
  #ownPending = 0;
  #waiting: LaneEntry[] = [];

  /** @param mayAct false while this router may not send (design §4 rule 7) */
  constructor(window: number, mayAct: () => boolean) {
    this.#window = window;
    this.#mayAct = mayAct;
  }

  /** Nothing waits, and no answer can come any more. */
  get idle(): boolean {
    return this.#inFlight === 0 && this.#late === 0 && this.#waiting.length === 0;
  }

  submit(entry: LaneEntry): void {
    if (this.#waiting.length === 0 && this.#maySend(entry)) this.#send(entry);
    // At most 64 (the actor's bound), so shift() below moves little.
    else this.#waiting.push(entry);
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
      if (!this.#maySend(entry)) return;
      this.#waiting.shift();
      this.#send(entry);
    }
  }

  #maySend(entry: LaneEntry): boolean {
    if (!this.#isOpen || !this.#mayAct()) return false;
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
