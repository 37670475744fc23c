import { joinTrace, type MailEntry, type RecipientState, type Span } from '@hermod/contracts';
import { type Binding, selectTargets, targetSet } from '@hermod/sip';
import { bestAnswer } from './best-answer.ts';
import type { FlowLanes } from './flow-lanes.ts';
import { Fork, type ForkOwner } from './fork.ts';
import { requestOf } from './held.ts';
import type { Mailbox } from './mailbox.ts';
import type { BranchResult, Verdict } from './outcome.ts';
import type { EndOfEntry } from './record-ends.ts';
import type { RouterContext } from './router-context.ts';

/** Entries read at a time, and their pace: all stored messages at once would be a burst onto one phone. */
const DRAIN_PAGE = 64;
const DRAIN_RATE_PER_SEC = 320;
/** Unanswered drained messages once the recipient has answered the first one. */
const DRAIN_WINDOW = 16;
const SWEEP_PAGE = 256;
/** Ends that wait for the one write under way: a crash would bring these messages again. */
const MAX_UNWRITTEN = DRAIN_WINDOW;
/** How often and how long a drain waits for older records on their way into the mailbox. Not for ever: the offsets of a topic that was
 *  made anew begin at 0 again. */
const SETTLE_PAUSE_MS = 20;
const MAX_SETTLE_PAUSES = 250;

/** A stored message on its way; its span is undefined where it is not traced. */
type Drained = MailEntry & { readonly span?: Span | undefined };

/** Why a drain ended. `empty`: as `state` shows, read when `landed` writes had landed. `absent`: no device; the mailbox must be looked at when its next entry expires.
 *  `failed`: to be tried again, by the next owner when this router stops. */
export type DrainEnd =
  | { readonly kind: 'empty'; readonly state: RecipientState; readonly landed: number }
  | { readonly kind: 'absent'; readonly nextExpiryMs: number }
  | { readonly kind: 'failed' };

/** What a drain needs of its recipient. */
export interface DrainHost {
  readonly lost: boolean;
  /** All records below this offset that have to be in the mailbox are there. */
  readonly settledBefore: number;
  /** Out of the mailbox, into the ledger and the outcomes. */
  endStored(ends: readonly EndOfEntry[]): Promise<void>;
  onBranchEnd(target: Binding, result: BranchResult, spoke: boolean): void;
  /** A drained message was answered 2xx after its deadline, perhaps after the drain's end. */
  onLateEnd(end: EndOfEntry): void;
}

/** Delivers a mailbox in order: deferred forwarding of the original bytes, not origination (design §4 rule 3).
 *  The first message goes alone, as a probe; then a window. A temporary failure ends the drain, a refusal ends only its entry. */
export class Drain implements ForkOwner<Drained> {
  readonly #context: RouterContext;
  readonly #host: DrainHost;
  readonly #mailbox: Mailbox;
  readonly #lanes: FlowLanes;
  #inFlight = 0;
  #answered = false;
  #failed = false;
  #ends: EndOfEntry[] = [];
  #writing: Promise<void> | undefined;
  #resume: (() => void) | undefined;
  #finishing = false;
  #settlePauses = 0;

  constructor(context: RouterContext, host: DrainHost, mailbox: Mailbox, lanes: FlowLanes) {
    this.#context = context;
    this.#host = host;
    this.#mailbox = mailbox;
    this.#lanes = lanes;
  }

  /** True when all that was in the mailbox is on its way: whoever waits for the answers now instead of queueing behind
   *  lets the drain come to its end, also while messages arrive faster than a round trip. */
  get finishing(): boolean {
    return this.#finishing;
  }

  /** Runs until the mailbox is empty, nobody is there, or a delivery failed for now. */
  async run(): Promise<DrainEnd> {
    const { drains, clock } = this.#context;
    if (!(await drains.acquire())) return { kind: 'failed' };
    try {
      for (;;) {
        const { landed } = this.#mailbox;
        const state = await this.#mailbox.read('');
        if (state.mailboxCount === 0) return { kind: 'empty', state, landed };
        if (targetSet(state.bindings, clock.nowMs()).length === 0) {
          const nextExpiryMs = await this.#sweepExpired();
          if (nextExpiryMs === 0) return { kind: 'empty', state, landed };
          return { kind: 'absent', nextExpiryMs };
        }
        const startedMs = clock.nowMs();
        const sent = await this.#drainPage(state.bindings);
        if (this.#failed || this.#host.lost || drains.isClosed) return { kind: 'failed' };
        const paceMs = (sent * 1000) / DRAIN_RATE_PER_SEC - (clock.nowMs() - startedMs);
        if (paceMs > 0) await this.#context.pause(paceMs);
      }
    } finally {
      drains.release();
    }
  }

  async #drainPage(bindings: readonly Binding[]): Promise<number> {
    const { clock, trunk, timers, stats, drains, tracer } = this.#context;
    // A drain is what finds out whether a suspect flow is alive again.
    const tools = { lanes: this.#lanes, trunk, timers, clock, probing: true };
    // Rule 3 over a change of owners: what the predecessor held for a device is shown by the log again, and is older than what it
    // stored. Asked before the page is read: what is settled by then is in it.
    const bound =
      this.#settlePauses < MAX_SETTLE_PAUSES ? this.#host.settledBefore : Number.POSITIVE_INFINITY;
    const page = await this.#mailbox.readMail(-1, DRAIN_PAGE);
    let sent = 0;
    let isCut = false;
    for (const entry of page) {
      if (entry.order >= bound) {
        isCut = true;
        break;
      }
      const { record } = entry;
      if (this.#hasEnded(entry, clock.nowMs())) continue;
      const request = requestOf(record);
      if (request === undefined) {
        this.#endEntry(entry, 'failed', 500);
        continue;
      }
      while (this.#isWindowFull && !this.#failed && !this.#host.lost) await this.#nextEnd();
      if (this.#ends.length >= MAX_UNWRITTEN) await this.#written();
      if (this.#failed || this.#host.lost || drains.isClosed) break;
      const { targets, refusal, isSequential } = selectTargets(request, bindings, clock.nowMs());
      if (refusal !== 0) {
        // None of the devices is one that its sender wants (RFC 3841 §7.2.4, ADR 0017).
        this.#endEntry(entry, 'refused', refusal);
        continue;
      }
      // The last device has just expired: looked at again.
      if (targets.length === 0) break;
      this.#inFlight += 1;
      sent += 1;
      stats.branches += targets.length;
      const span = joinTrace(tracer, 'drain', request);
      const drained = span === undefined ? entry : { ...entry, span };
      const fork = new Fork(this, drained, request, record.deliveryId, tools);
      fork.start(targets, isSequential);
    }
    this.#finishing = page.length < DRAIN_PAGE && !isCut;
    while (this.#inFlight > 0 && !this.#host.lost) await this.#nextEnd();
    await this.#written();
    this.#finishing = false;
    if (isCut) {
      this.#settlePauses += 1;
      await this.#context.pause(SETTLE_PAUSE_MS);
    }
    return sent;
  }

  /** What would only wait for its turn stays in the mailbox: whoever waits for the end of the drain waits for what is on its way alone. */
  get #isWindowFull(): boolean {
    if (this.#inFlight >= (this.#answered ? DRAIN_WINDOW : 1)) return true;
    return this.#inFlight > 0 && this.#lanes.areFull;
  }

  /** The partition was lost: what waits in lanes will never be sent, so nobody else ends the wait for it. */
  onLost(): void {
    this.#resume?.();
  }

  onForkSettled(fork: Fork<Drained>, verdict: Verdict): void {
    this.#inFlight -= 1;
    fork.span?.end(bestAnswer(fork.results).status);
    switch (verdict) {
      case 'delivered':
        this.#answered = true;
        this.#context.stats.drained += 1;
        this.#endEntry(fork.subject, 'delivered', fork.results.at(-1)?.status ?? 200);
        break;
      case 'refused':
        // Rule 9: a refusal ends that entry, and the drain goes on.
        this.#answered = true;
        this.#endEntry(fork.subject, 'refused', bestAnswer(fork.results).status);
        break;
      case 'temporary':
        this.#failed = true;
        // Rule 3: what waits its turn behind it must not overtake it.
        this.#lanes.abandonWaiting();
        break;
    }
    this.#resume?.();
  }

  onLateSuccess(fork: Fork<Drained>, status: number): void {
    this.#context.stats.lateSuccesses += 1;
    const { deliveryId, receivedAtMs } = fork.subject.record;
    this.#host.onLateEnd({ deliveryId, receivedAtMs, status, outcome: 'delivered' });
  }

  onBranchEnd(target: Binding, result: BranchResult, spoke: boolean): void {
    this.#host.onBranchEnd(target, result, spoke);
  }

  /** Ends what is over without being sent: what has expired, and what is no message (as the store shows it: without a head). */
  #hasEnded(entry: MailEntry, nowMs: number): boolean {
    const { head, expiresAtMs } = entry.record;
    if (head === '') this.#endEntry(entry, 'failed', 500);
    else if (expiresAtMs <= nowMs) this.#endEntry(entry, 'expired', 480);
    else return false;
    return true;
  }

  #endEntry(entry: MailEntry, outcome: EndOfEntry['outcome'], status: number): void {
    const { deliveryId, receivedAtMs } = entry.record;
    const end = { deliveryId, receivedAtMs, status, outcome };
    this.#ends.push(outcome === 'delivered' ? end : { ...end, entry });
    if (this.#writing !== undefined) return;
    this.#writing = this.#writeEnds();
    // It is written() that fails: the drain comes there in any case.
    this.#writing.catch(() => undefined);
  }

  /** One write at a time, for all that has ended meanwhile: a sync per message would make the store's latency the drain's pace. */
  async #writeEnds(): Promise<void> {
    while (this.#ends.length > 0) {
      const ends = this.#ends;
      this.#ends = [];
      await this.#host.endStored(ends);
    }
    this.#writing = undefined;
  }

  /** Waits until what has ended is written; fails as the write did. */
  async #written(): Promise<void> {
    await this.#writing;
  }

  #nextEnd(): Promise<void> {
    return new Promise((resolve) => {
      this.#resume = (): void => {
        this.#resume = undefined;
        resolve();
      };
    });
  }

  /** Ends what is over. @returns when the next one expires, 0 when none is left */
  async #sweepExpired(): Promise<number> {
    const nowMs = this.#context.clock.nowMs();
    let next = 0;
    let after = -1;
    for (;;) {
      const page = await this.#mailbox.readMail(after, SWEEP_PAGE);
      for (const entry of page) {
        after = entry.order;
        if (this.#hasEnded(entry, nowMs)) continue;
        const { expiresAtMs } = entry.record;
        if (next === 0 || expiresAtMs < next) next = expiresAtMs;
      }
      if (page.length < SWEEP_PAGE) break;
    }
    await this.#written();
    return next;
  }
}
