const PAGE = 65_536;

/** How a message ended that has no final response; below 100, so that it is no status code. */
export const ENDING = {
  /** No final response within Timer F (RFC 3261 §17.1.2.2). */
  UNANSWERED: 1,
  /** The sender's connection ended while it waited, as the plan wanted or by the server. */
  CUT: 2,
  /** Never written: the server did not read from the sender's connection, or there was none. */
  UNSENT: 3,
} as const;

/** What a delivery was. `repeat`: the device had it already, on this connection; `again`: on an earlier one, whose last answers may
 *  have been lost with it. */
export type Receipt = 'first' | 'copy' | 'repeat' | 'again';

/** Messages by what became of them, and what must not be. */
export type LedgerCounts = {
  sent: number;
  unsent: number;
  /** Final responses 200. */
  delivered: number;
  /** Final responses 202. */
  accepted: number;
  refused: number;
  unanswered: number;
  cut: number;
  /** Received by one device at least. */
  received: number;
  /** 202 for a user that has not come to fetch it: kept by the server, as far as one knows. */
  stored: number;
  /** Received, of those that were refused or not answered: their outcome was unknown to the sender. */
  refusedYetReceived: number;
  /** Answered 200, and no device has it. */
  lost200: number;
  /** Answered 202, and not received by a user that was there. */
  lost202: number;
};

/** One message, for a person who looks for it. */
export type LedgerEntry = {
  readonly number: number;
  readonly stream: number;
  /** Milliseconds, monotonic. */
  readonly intendedMs: number;
  readonly status: number;
};

class Page {
  readonly intendedMs = new Float64Array(PAGE);
  /** Of the first receipt; 0: none. */
  readonly receivedMs = new Float64Array(PAGE);
  readonly stream = new Uint32Array(PAGE);
  readonly devices = new Uint32Array(PAGE);
  readonly status = new Uint16Array(PAGE);
}

/** Every message of one process from the time it was due to what became of it. Messages are numbered from 0 in the order in which they are due;
 *  a stream is what one sender sends to one user. 26 octets a message. */
export class Ledger {
  readonly #pages: Page[] = [];
  readonly #devices: number;
  /** Highest number that each device of each stream has seen, plus 1. */
  readonly #highest: Uint32Array;
  #size = 0;
  #oldestOpen = 0;
  #open = 0;
  #awaited = 0;

  /** @param streams how many  @param devices of each user, at most 32 */
  constructor(streams: number, devices: number) {
    this.#devices = devices;
    this.#highest = new Uint32Array(streams * devices);
  }

  /** Messages so far. */
  get size(): number {
    return this.#size;
  }

  /** Messages without a final response. */
  get open(): number {
    return this.#open;
  }

  /** Messages answered 2xx that no device has yet. */
  get awaited(): number {
    return this.#awaited;
  }

  /** A message becomes due. @returns its number */
  add(stream: number, intendedMs: number): number {
    const number = this.#size;
    if (number % PAGE === 0) this.#pages.push(new Page());
    const page = this.#page(number);
    page.intendedMs[number % PAGE] = intendedMs;
    page.stream[number % PAGE] = stream;
    this.#size += 1;
    this.#open += 1;
    return number;
  }

  intendedMs(number: number): number {
    return this.#page(number).intendedMs[number % PAGE] ?? 0;
  }

  /** When the first of its devices had a message; undefined: none has. */
  receivedMs(number: number): number | undefined {
    const page = this.#page(number);
    return page.devices[number % PAGE] === 0 ? undefined : page.receivedMs[number % PAGE];
  }

  stream(number: number): number {
    return this.#page(number).stream[number % PAGE] ?? 0;
  }

  /** 0: no final response yet. */
  status(number: number): number {
    return this.#page(number).status[number % PAGE] ?? 0;
  }

  has(number: number): boolean {
    return number < this.#size;
  }

  /** A message has ended. @param status of the final response, or one of {@link ENDING}
   *  @returns false when it had ended before: a late or repeated response */
  end(number: number, status: number): boolean {
    const page = this.#page(number);
    const at = number % PAGE;
    if (page.status[at] !== 0) return false;
    page.status[at] = status;
    this.#open -= 1;
    if (isSuccess(status) && page.devices[at] === 0) this.#awaited += 1;
    return true;
  }

  /** A device has a message. @param connectedMs since when the device has had its connection */
  receive(number: number, device: number, nowMs: number, connectedMs: number): Receipt {
    const page = this.#page(number);
    const at = number % PAGE;
    const before = page.devices[at] ?? 0;
    const bit = 1 << device;
    if ((before & bit) !== 0) {
      return (page.receivedMs[at] ?? 0) < connectedMs ? 'again' : 'repeat';
    }
    page.devices[at] = before | bit;
    if (before !== 0) return 'copy';
    page.receivedMs[at] = nowMs;
    if (isSuccess(page.status[at] ?? 0)) this.#awaited -= 1;
    return 'first';
  }

  /** Whether a new message of its stream comes to a device after those that were sent before it. Once per receipt. */
  isInOrder(number: number, device: number): boolean {
    const at = this.stream(number) * this.#devices + device;
    const inOrder = number + 1 > (this.#highest[at] ?? 0);
    if (inOrder) this.#highest[at] = number + 1;
    return inOrder;
  }

  /** Ends every open message that was due before a time: Timer F. @returns how many */
  endOverdue(beforeMs: number, onEnd: (number: number) => void): number {
    let ended = 0;
    for (; this.#oldestOpen < this.#size; this.#oldestOpen += 1) {
      const number = this.#oldestOpen;
      if (this.status(number) !== 0) continue;
      if (this.intendedMs(number) >= beforeMs) break;
      this.end(number, ENDING.UNANSWERED);
      onEnd(number);
      ended += 1;
    }
    return ended;
  }

  /** Ends every open message of the streams that `isCut` names. @returns how many */
  cut(isCut: (stream: number) => boolean): number {
    let ended = 0;
    for (let number = this.#oldestOpen; number < this.#size; number += 1) {
      if (this.status(number) !== 0 || !isCut(this.stream(number))) continue;
      this.end(number, ENDING.CUT);
      ended += 1;
    }
    return ended;
  }

  /** The sum. @param isAway whether the recipient of a stream has not come to fetch what is stored for it
   *  @param onBroken called for each message that is lost */
  count(isAway: (stream: number) => boolean, onBroken: (entry: LedgerEntry) => void): LedgerCounts {
    const counts = noCounts();
    for (let number = 0; number < this.#size; number += 1) {
      const page = this.#page(number);
      const at = number % PAGE;
      const status = page.status[at] ?? 0;
      const isReceived = page.devices[at] !== 0;
      const stream = page.stream[at] ?? 0;
      counts.sent += 1;
      if (isReceived) counts.received += 1;
      if (status === 200) counts.delivered += 1;
      else if (status === 202) counts.accepted += 1;
      else if (isReceived) counts.refusedYetReceived += 1;
      if (status === ENDING.UNSENT) counts.unsent += 1;
      else if (status === ENDING.CUT) counts.cut += 1;
      else if (status === 0 || status === ENDING.UNANSWERED) counts.unanswered += 1;
      else if (!isSuccess(status)) counts.refused += 1;
      if (isReceived || !isSuccess(status)) continue;
      if (status === 202 && isAway(stream)) {
        counts.stored += 1;
        continue;
      }
      if (status === 202) counts.lost202 += 1;
      else counts.lost200 += 1;
      onBroken({ number, stream, intendedMs: page.intendedMs[at] ?? 0, status });
    }
    counts.sent -= counts.unsent;
    return counts;
  }

  #page(number: number): Page {
    const page = this.#pages[Math.floor(number / PAGE)];
    if (page === undefined || number >= this.#size + 1) throw new Error(`no message ${number}`);
    return page;
  }
}

/** Counts to be added up. */
export function noCounts(): LedgerCounts {
  return {
    ...{ sent: 0, unsent: 0, delivered: 0, accepted: 0, refused: 0, unanswered: 0, cut: 0 },
    ...{ received: 0, stored: 0, refusedYetReceived: 0, lost200: 0, lost202: 0 },
  };
}

/** 2xx. */
export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}
