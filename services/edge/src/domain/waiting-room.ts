import type { LogAppender, LogRecord, Span } from '@hermod/contracts';
import {
  type Clock,
  H,
  HeadEditor,
  type IdSource,
  type OutgoingMessage,
  type SipResponse,
  type TimerEntry,
  type Timers,
  type TimerTarget,
  TurnoverMap,
} from '@hermod/sip';
import type { EdgeStats } from './edge-stats.ts';
import type { Exchange } from './exchange.ts';
import type { RetryAfter } from './retry-after.ts';

const ACCEPT = 0;
const NO_BODY = new Uint8Array(0);

/** What the waiting room needs from its edge. */
export type WaitingRoomParts = {
  readonly log: LogAppender;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: IdSource;
  readonly acceptAfterMs: number;
  readonly retryAfter: RetryAfter;
  readonly stats: EdgeStats;
};

/** A sender whose message is being appended or delivered. Lives until its final response is sent. */
class WaitingSender implements TimerTarget {
  readonly branch: string;
  readonly exchange: Exchange;
  readonly room: WaitingRoom;
  /** Of the append; undefined: not traced. */
  readonly span: Span | undefined;
  timer: TimerEntry | undefined;
  /** The append resolved: the message survives a crash of this process. */
  isDurable = false;
  /** The accept time passed before the append resolved. */
  isAcceptDue = false;
  /** A 202 of the router that came before the append resolved. */
  held: OutgoingMessage | undefined;

  constructor(branch: string, exchange: Exchange, room: WaitingRoom, span: Span | undefined) {
    this.branch = branch;
    this.exchange = exchange;
    this.room = room;
    this.span = span;
  }

  onTimer(_timer: number): void {
    this.timer = undefined;
    this.room.onAcceptDue(this);
  }
}

/** Senders whose appends share one promise: the segment file gives one for all of a turn. */
type AppendGroup = {
  readonly appended: Promise<void>;
  readonly senders: WaitingSender[];
  isSettled: boolean;
  /** The one that was begun after it. */
  next: AppendGroup | undefined;
};

/**
 * The senders that wait for their answer, by the branch of the Via that went into the log (design §3.4).
 *
 * A router's final goes out as soon as it comes, a 202 only once the append has resolved (rule 1). After `acceptAfterMs` from arrival
 * the sender gets 202, on the same condition. What comes for a branch that is not here any more is dropped.
 */
export class WaitingRoom {
  readonly #parts: WaitingRoomParts;
  /** Those of the last append, if more may share its promise. */
  #group: AppendGroup | undefined;
  /** Appends without an answer, and some with one behind the oldest of those: a list, in order. */
  #oldest: AppendGroup | undefined;
  #newest: AppendGroup | undefined;
  readonly #byBranch = new TurnoverMap<string, WaitingSender>();
  #appending = 0;

  constructor(parts: WaitingRoomParts) {
    this.#parts = parts;
  }

  /** Senders waiting: a gauge. */
  get size(): number {
    return this.#byBranch.size;
  }

  /** Appends without an answer. */
  get appending(): number {
    return this.#appending;
  }

  /** Age of the oldest append without an answer, milliseconds; 0: there is none. */
  oldestAppendMs(nowMs: number): number {
    const arrivedAtMs = this.#oldest?.senders[0]?.exchange.arrivedAtMs ?? nowMs;
    return Math.max(0, nowMs - arrivedAtMs);
  }

  /** Appends the record of a request that came just now, and waits for its answer.
   *  @param branch of our Via in the record's head  @param span of the append */
  enter(branch: string, exchange: Exchange, record: LogRecord, span?: Span): void {
    const parts = this.#parts;
    const sender = new WaitingSender(branch, exchange, this, span);
    this.#byBranch.set(branch, sender);
    // RFC 4320 §4.1 counts from arrival, however long the append takes.
    sender.timer = parts.timers.start(sender, ACCEPT, parts.acceptAfterMs);
    parts.stats.appended += 1;
    const appended = parts.log.append(record);
    let group = this.#group;
    if (group?.appended !== appended) {
      group = { appended, senders: [], isSettled: false, next: undefined };
      this.#group = group;
      if (this.#newest === undefined) this.#oldest = group;
      else this.#newest.next = group;
      this.#newest = group;
      void this.#awaitAppend(group);
    }
    group.senders.push(sender);
    this.#appending += 1;
  }

  async #awaitAppend(group: AppendGroup): Promise<void> {
    let isDurable = true;
    try {
      await group.appended;
    } catch {
      // LOG_UNAVAILABLE: not accepted. LOG_TIMEOUT: outcome unknown, documented as such. Either way the sender must try again (design §3.3).
      isDurable = false;
    }
    if (this.#group === group) this.#group = undefined;
    group.isSettled = true;
    this.#appending -= group.senders.length;
    while (this.#oldest?.isSettled === true) {
      const { next } = this.#oldest;
      // V8 takes whatever an old object links to for alive, dead or not: one old group would keep all that came after it.
      this.#oldest.next = undefined;
      this.#oldest = next;
    }
    if (this.#oldest === undefined) this.#newest = undefined;
    const { appendDurations } = this.#parts.stats;
    const nowMs = this.#parts.clock.nowMs();
    for (const sender of group.senders) {
      sender.span?.end(isDurable ? 0 : 503);
      if (isDurable) {
        appendDurations.observe(nowMs - sender.exchange.arrivedAtMs);
        this.#onDurable(sender);
      } else this.#onAppendFailed(sender);
    }
  }

  #onDurable(sender: WaitingSender): void {
    sender.isDurable = true;
    if (sender.held !== undefined) this.#finish(sender, sender.held);
    else if (sender.isAcceptDue) this.#accept(sender);
  }

  #onAppendFailed(sender: WaitingSender): void {
    this.#parts.stats.appendFailures += 1;
    if (!this.#leave(sender)) return;
    sender.exchange.respond(503, {
      toTag: this.#parts.ids.token(),
      headers: [this.#parts.retryAfter.line()],
    });
  }

  /** Called by the sender's timer. */
  onAcceptDue(sender: WaitingSender): void {
    // RFC 3428 §7: 202 promises later delivery, so it follows the log's acknowledgement.
    if (sender.isDurable) this.#accept(sender);
    else sender.isAcceptDue = true;
  }

  #accept(sender: WaitingSender): void {
    if (!this.#leave(sender)) return;
    this.#parts.stats.acceptedByTime += 1;
    sender.exchange.respond(202, { toTag: this.#parts.ids.token() });
  }

  /** The router's final response. @param response its topmost Via is ours; undefined: built from the request */
  reply(branch: string, status: number, response: SipResponse | undefined): void {
    const sender = this.#byBranch.get(branch);
    if (sender === undefined) {
      // RFC 4320 §4.2, RFC 6026 §8.3: answered already, or never ours. Not forwarded.
      this.#parts.stats.lateReplies += 1;
      return;
    }
    if (status < 200) return;
    this.#parts.stats.repliesForwarded += 1;
    // RFC 4320 §4.2: a 408 is never sent for a non-INVITE request; the sender's own Timer F says the same better.
    const message =
      status === 408
        ? sender.exchange.build(480, { toTag: this.#parts.ids.token() })
        : response === undefined
          ? sender.exchange.build(status, { toTag: this.#parts.ids.token() })
          : finalForSender(response);
    if (status === 202 && !sender.isDurable) sender.held = message;
    else this.#finish(sender, message);
  }

  #finish(sender: WaitingSender, message: OutgoingMessage): void {
    if (this.#leave(sender)) sender.exchange.forward(message);
  }

  /** Answers 202 to all whose message is durable; the rest is answered by what its append says. For shutdown. */
  acceptAll(): void {
    for (const sender of this.#byBranch.snapshot()) this.onAcceptDue(sender);
  }

  #leave(sender: WaitingSender): boolean {
    if (!this.#byBranch.delete(sender.branch)) return false;
    this.#parts.timers.stop(sender.timer);
    sender.timer = undefined;
    return true;
  }
}

/** Pops our Via. RFC 3428 §7: a 2xx carries no body and no Contact, whatever the device wrote. */
function finalForSender(response: SipResponse): OutgoingMessage {
  const editor = new HeadEditor(response).popFirstValue(H.VIA);
  if (response.status >= 300) return { head: editor.toHead(), body: response.body };
  if (response.has(H.CONTACT)) editor.removeAll(H.CONTACT);
  if (response.body.length > 0) {
    editor.removeAll(H.CONTENT_TYPE).removeAll(H.CONTENT_ENCODING).removeAll(H.CONTENT_DISPOSITION);
    editor.replace(H.CONTENT_LENGTH, 'Content-Length: 0');
  }
  return { head: editor.toHead(), body: NO_BODY };
}
