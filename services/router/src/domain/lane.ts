/** Unanswered requests at a time: on a stream the transport keeps their order; a datagram flow has no order to rely on. */
export const STREAM_WINDOW = 16;
export const DATAGRAM_WINDOW = 1;

/** What a lane sends: one branch of a fork. */
export interface LaneEntry {
  /** Sends now. Called once, in submission order. */
  sendOnLane(): void;
  /** Will not be sent: the window was closed by a temporary failure (design §4 rule 3). */
  abandon(): void;
}

/** The order of one (AoR, flow): at most `window` unanswered, the rest wait their turn.
 *  Not a queue of bytes: a waiting entry is a record that the log still holds. */
export class Lane {
  readonly #window: number;
  readonly #mayAct: () => boolean;
  #inFlight = 0;
  /** Sent, and not answered by their deadline. */
  #late = 0;
  /** Its flow is lost: nothing is sent before all that was sent has ended. */
  #isLost = false;
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
    if (this.#waiting.length === 0 && this.#isOpen && this.#mayAct()) {
      this.#inFlight += 1;
      entry.sendOnLane();
    } else {
      // At most 64 (the actor's bound), so shift() below moves little.
      this.#waiting.push(entry);
    }
  }

  /** A sent entry was answered. */
  release(): void {
    this.#isLost = false;
    this.#end();
  }

  /** A sent entry was told that the flow is lost. The others will be, too, and go on over another flow: before what waits here. */
  releaseLost(): void {
    this.#isLost = true;
    this.#end();
  }

  /** A sent entry missed its deadline: the next may go, though its answer may still come. */
  releaseLate(): void {
    this.#late += 1;
    this.#end();
  }

  /** A late entry was answered after all, or never will be. */
  endLate(): void {
    this.#late -= 1;
  }

  /** Sends what the window allows; also called when the router may act again. */
  pump(): void {
    while (this.#isOpen && this.#mayAct()) {
      const entry = this.#waiting.shift();
      if (entry === undefined) return;
      this.#inFlight += 1;
      entry.sendOnLane();
    }
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
