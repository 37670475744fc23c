import type { SipRequest, SipResponse } from '@hermod/sip';
import { H } from '@hermod/sip';
import { Random } from '../fuzz/random.ts';
import { Arrivals } from './core/arrivals.ts';
import type { Interval } from './core/interval.ts';
import { ENDING, isSuccess, Ledger, type LedgerCounts } from './core/ledger.ts';
import type { Plan } from './core/plan.ts';
import { RateProfile } from './core/rate-profile.ts';
import { Retransmissions } from './core/retransmissions.ts';
import type { Invariant } from './core/verdict.ts';
import { aorOf, type LoadOptions } from './options.ts';
import type { Population } from './population.ts';
import type { Device } from './wire/device.ts';
import { MessageIdentity, NUMBER_BYTES, readNumber } from './wire/message-identity.ts';
import { MessageTemplate } from './wire/message-template.ts';

/** Timer F (RFC 3261 §17.1.2.2). */
const GIVE_UP_MS = 32_000;
/** Senders tried when the one whose turn it is cannot send. */
const TRIES = 16;
/** Sent in one turn of the event loop, about 1 ms of it. */
const MAX_AT_ONCE = 64;
/** How long a message that is sent to a device may be waited for: Hermod's deadline of a branch, and some. */
const UNDER_WAY_MS = 2500;
const RETRY_SLOT_MS = 100;
const TWO_32 = 0x1_0000_0000;
const MAX_EXAMPLES = 20;

/** Messages that are due at times of their own. */
type Source = {
  readonly arrivals: Arrivals;
  readonly startMs: number;
  readonly isAbusive: boolean;
  nextMs: number;
};

/** Which of the recipient's devices had a message, and when; and when the first of them had it. Seconds into the run. */
export type ReceivedAt = {
  readonly device: number;
  readonly atSec: number;
  readonly firstAtSec: number;
};

/** A message for which an invariant is broken. */
export type BrokenMessage = {
  readonly invariant: Invariant;
  readonly callId: string;
  readonly from: string;
  readonly to: string;
  /** Of the final response; below 100: none. */
  readonly status: number;
  /** When it was due, seconds into the run. */
  readonly atSec: number;
  /** Undefined: no device had it. */
  readonly received: ReceivedAt | undefined;
};

/** The messages of one process: sends them when they are due, and keeps the ledger of what becomes of them. No promise and no timer per message. */
export class Traffic {
  readonly #options: LoadOptions;
  readonly #plan: Plan;
  readonly #population: Population;
  readonly #interval: Interval;
  readonly #ledger: Ledger;
  readonly #identity: MessageIdentity;
  readonly #random: Random;
  readonly #worker: number;
  readonly #nowMs: () => number;
  readonly #sources: Source[] = [];
  readonly #templates: (MessageTemplate | undefined)[] = [];
  readonly #templateSentBy: string[] = [];
  readonly #bodies: readonly { readonly body: Uint8Array; readonly upTo: number }[];
  readonly #retransmissions = new Retransmissions();
  /** How often the message has been challenged; only of those that were. */
  readonly #challenged = new Map<number, number>();
  /** When the free slots of the closed loop send again. */
  readonly #slots: number[] = [];
  #slotHead = 0;
  #startMs = Number.POSITIVE_INFINITY;
  #endMs = Number.NEGATIVE_INFINITY;
  #received = 0;
  readonly #broken: BrokenMessage[] = [];
  /** Grows whenever something is learnt about a message. */
  progress = 0;

  constructor(
    options: LoadOptions,
    plan: Plan,
    population: Population,
    interval: Interval,
    run: string,
    worker: number,
    nowMs: () => number,
  ) {
    this.#options = options;
    this.#plan = plan;
    this.#population = population;
    this.#interval = interval;
    this.#worker = worker;
    this.#nowMs = nowMs;
    this.#ledger = new Ledger(plan.streams, options.devices);
    this.#identity = new MessageIdentity(run, worker);
    this.#random = new Random(options.seed, worker);
    let upTo = 0;
    const shares = options.bodies.reduce((sum, { share }) => sum + share, 0);
    this.#bodies = options.bodies.map(({ bytes, share }) => {
      upTo += share / shares;
      return { body: fillerOf(bytes), upTo };
    });
  }

  /** Messages without a final response. */
  get open(): number {
    return this.#ledger.open;
  }

  /** Whether every message is answered, and received if that was said. */
  get isComplete(): boolean {
    return this.#ledger.open === 0 && this.#ledger.awaited === 0;
  }

  /** Begins at `startMs` less the warm-up. @param startMs monotonic, begin of what is measured */
  start(startMs: number): void {
    const { segments, seconds, warmUpSec, arrivals, workers, closed, abuse, senders } =
      this.#options;
    const worker = this.#worker;
    this.#startMs = startMs;
    this.#endMs = startMs + seconds * 1000;
    const first = segments[0]?.fromPerSec ?? 0;
    const profiles = [{ profile: new RateProfile(segments, seconds), atMs: startMs }];
    if (warmUpSec > 0) {
      const steady = [{ fromPerSec: first, toPerSec: first, seconds: warmUpSec }];
      const atMs = startMs - warmUpSec * 1000;
      profiles.unshift({ profile: new RateProfile(steady, warmUpSec), atMs });
    }
    const add = (profile: RateProfile, atMs: number, share: number, isAbusive: boolean): void => {
      const random = new Random(this.#options.seed, 1000 * (worker + 1) + this.#sources.length);
      const phase = isAbusive ? 0.5 : (worker + 0.5) / workers;
      const made = new Arrivals(profile, arrivals, random, share, phase);
      const nextMs = atMs + made.next() * 1000;
      this.#sources.push({ arrivals: made, startMs: atMs, isAbusive, nextMs });
    };
    for (const { profile, atMs } of profiles) {
      if (closed === 0) add(profile, atMs, 1 / workers, false);
      if (this.#plan.abuser !== undefined) add(profile, atMs, abuse / senders, true);
    }
    if (closed === 0) return;
    const slots = Math.floor(closed / workers) + (worker < closed % workers ? 1 : 0);
    for (let i = 0; i < slots; i += 1) this.#slots.push(startMs - warmUpSec * 1000);
  }

  /** Sends no more. */
  stop(): void {
    this.#sources.length = 0;
    this.#endMs = Number.NEGATIVE_INFINITY;
  }

  /** Sends what is due, repeats what is due over UDP, gives up what is overdue.
   *  @returns whether more is due than may be sent at once: answers are to be read in between */
  tick(nowMs: number): boolean {
    let mayNow = MAX_AT_ONCE;
    for (const source of this.#sources) {
      for (; source.nextMs <= nowMs && mayNow > 0; mayNow -= 1) {
        this.#sendFrom(source.isAbusive, source.nextMs);
        source.nextMs = source.startMs + source.arrivals.next() * 1000;
      }
    }
    this.#tickSlots(nowMs);
    this.#retransmissions.advance(nowMs, this.#isOpen, this.#resend);
    this.#ledger.endOverdue(nowMs - GIVE_UP_MS, this.#onOverdue);
    return mayNow === 0;
  }

  /** The connections of these devices are gone: what they were waiting for cannot come any more. */
  onGone(devices: readonly Device[]): void {
    const users = new Set<number>();
    for (const { identity } of devices) if (identity.index === 0) users.add(identity.user);
    const cut = this.#ledger.cut((stream) => users.has(this.#plan.senderOf(stream)));
    this.#interval.counts.cut += cut;
    if (this.#options.closed > 0) this.#free(cut, this.#nowMs());
  }

  /** A device has got a MESSAGE. */
  onMessage(device: Device, request: SipRequest): void {
    const { counts } = this.#interval;
    const number = request.method === 'MESSAGE' ? this.#identity.numberOf(request.callId) : NaN;
    if (!(number < this.#ledger.size)) {
      counts.strays += 1;
      return;
    }
    this.#received += 1;
    if (this.#options.forget > 0 && this.#received % this.#options.forget === 0) return;
    const stream = this.#ledger.stream(number);
    const { user, index } = device.identity;
    if (this.#plan.recipientOf(stream) !== user || !this.#isIntact(number, request.body)) {
      counts.damaged += 1;
      this.#note('damage', number, device);
      return;
    }
    const nowMs = this.#nowMs();
    // Who answers too late gets a message once more, and behind those that it has got in time.
    const isSlow = this.#plan.roleOf(user) === 'slow';
    const receipt = this.#ledger.receive(number, index, nowMs, device.connectedMs);
    if (receipt === 'first') {
      this.progress += 1;
      counts.received += 1;
      const intendedMs = this.#ledger.intendedMs(number);
      if (intendedMs >= this.#startMs && this.#plan.roleOf(user) !== 'away') {
        this.#interval.time('delivery', nowMs - intendedMs);
      }
    } else if (receipt === 'copy') {
      counts.copies += 1;
    } else {
      // One that broke off may not have been heard.
      if (receipt === 'again' || isSlow) counts.repeatsExcused += 1;
      else {
        counts.repeats += 1;
        this.#note('duplicates', number, device);
      }
      return;
    }
    if (this.#ledger.isInOrder(number, index)) return;
    // Datagrams of one sender may pass each other on their way to the server.
    const sender = this.#population.senderOf(this.#plan.senderOf(stream));
    const isDatagram = !sender.isStream || !device.isStream;
    // What was under way when the device broke off is still waited for when the next goes to its new connection.
    const intendedMs = this.#ledger.intendedMs(number);
    const wasUnderWay =
      intendedMs > device.lostMs - UNDER_WAY_MS && intendedMs < device.connectedMs;
    if (isSlow || isDatagram || (device.lostMs > 0 && wasUnderWay)) counts.disorderedExcused += 1;
    else {
      counts.disordered += 1;
      this.#note('order', number, device);
    }
  }

  /** A sender has got a response. */
  onResponse(device: Device, response: SipResponse): void {
    const { status } = response;
    if (status < 200) return;
    const number = this.#identity.numberOf(response.callId);
    if (!(number < this.#ledger.size)) {
      this.#interval.counts.strays += 1;
      return;
    }
    if ((status === 401 || status === 407) && this.#answerChallenge(device, number, response)) {
      return;
    }
    if (!this.#ledger.end(number, status)) {
      this.#interval.counts.lateAnswers += 1;
      return;
    }
    this.progress += 1;
    this.#interval.status(status);
    const intendedMs = this.#ledger.intendedMs(number);
    const nowMs = this.#nowMs();
    const user = this.#plan.senderOf(this.#ledger.stream(number));
    if (intendedMs >= this.#startMs && user !== this.#plan.abuser) {
      this.#interval.time(isSuccess(status) ? 'success' : 'refusal', nowMs - intendedMs);
    }
    if (user === this.#plan.abuser && isSuccess(status)) this.#interval.counts.abuseSucceeded += 1;
    if (status === 503 && this.#options.obeyRetryAfter) {
      const seconds = Number.parseInt(response.get(H.RETRY_AFTER) ?? '', 10);
      if (seconds > 0) device.quietUntilMs = nowMs + seconds * 1000;
    }
    if (this.#options.closed > 0) this.#free(1, nowMs + this.#options.thinkMs);
  }

  /** What has become of all messages, and examples of those for which an invariant is broken. */
  count(): { readonly counts: LedgerCounts; readonly broken: readonly BrokenMessage[] } {
    const isAway = (stream: number): boolean => {
      if (!this.#options.collect) return true;
      return !this.#population.senderOf(this.#plan.recipientOf(stream)).isReady;
    };
    const counts = this.#ledger.count(isAway, ({ number }) => this.#note('lost', number));
    return { counts, broken: this.#broken };
  }

  #note(invariant: Invariant, number: number, device?: Device): void {
    if (this.#broken.filter((one) => one.invariant === invariant).length >= MAX_EXAMPLES) return;
    const stream = this.#ledger.stream(number);
    const inRunSec = (ms: number): number => (ms - this.#startMs) / 1000;
    const nowMs = this.#nowMs();
    const digits = number.toString(16).padStart(NUMBER_BYTES, '0');
    this.#broken.push({
      invariant,
      callId: `${this.#identity.prefix}${digits}@load`,
      from: this.#aorOf(this.#plan.senderOf(stream)),
      to: this.#aorOf(this.#plan.recipientOf(stream)),
      status: this.#ledger.status(number),
      atSec: inRunSec(this.#ledger.intendedMs(number)),
      received:
        device === undefined
          ? undefined
          : {
              device: device.identity.index,
              atSec: inRunSec(nowMs),
              firstAtSec: inRunSec(this.#ledger.receivedMs(number) ?? nowMs),
            },
    });
  }

  #tickSlots(nowMs: number): void {
    while ((this.#slots[this.#slotHead] ?? Infinity) <= nowMs) {
      this.#slotHead += 1;
      if (nowMs < this.#endMs) this.#sendFrom(false, nowMs);
    }
    if (this.#slotHead < 1024) return;
    this.#slots.splice(0, this.#slotHead);
    this.#slotHead = 0;
  }

  #free(slots: number, atMs: number): void {
    for (let i = 0; i < slots; i += 1) this.#slots.push(atMs);
  }

  #sendFrom(isAbusive: boolean, intendedMs: number): void {
    const { counts } = this.#interval;
    const nowMs = this.#nowMs();
    const user = isAbusive ? (this.#plan.abuser ?? 0) : this.#nextSender(nowMs);
    const { contacts, away } = this.#options;
    const isAway = away > 0 && this.#random.int(TWO_32) < away * TWO_32;
    const stream = this.#plan.streamOf(user, isAway ? contacts : this.#random.int(contacts));
    const number = this.#ledger.add(stream, intendedMs);
    counts.intended += 1;
    if (isAbusive) counts.abuseIntended += 1;
    const device = this.#population.senderOf(user);
    if (!device.canSend || device.quietUntilMs > nowMs) {
      this.#ledger.end(number, ENDING.UNSENT);
      counts.unsent += 1;
      if (this.#options.closed > 0 && !isAbusive) this.#free(1, nowMs + RETRY_SLOT_MS);
      return;
    }
    device.write(this.#bytesOf(number, stream, device));
    counts.sent += 1;
    if (intendedMs >= this.#startMs) this.#interval.time('lateness', nowMs - intendedMs);
    if (!device.isStream) this.#retransmissions.start(number, nowMs);
  }

  // Somebody who can send, beginning with anybody.
  #nextSender(nowMs: number): number {
    const { senders } = this.#plan;
    const first = this.#random.int(senders.length);
    for (let i = 0; i < TRIES; i += 1) {
      const user = senders[(first + i) % senders.length] ?? 0;
      const device = this.#population.senderOf(user);
      if (device.canSend && device.quietUntilMs <= nowMs) return user;
    }
    return senders[first] ?? 0;
  }

  #bytesOf(number: number, stream: number, device: Device): Uint8Array {
    const body = this.#bodyOf(number);
    let template = this.#templates[stream];
    if (template === undefined || this.#templateSentBy[stream] !== device.sentBy) {
      template = new MessageTemplate({
        from: device.identity.aor,
        fromTag: device.tag,
        to: this.#aorOf(this.#plan.recipientOf(stream)),
        transport: device.target.transport,
        sentBy: device.sentBy,
        callIdPrefix: this.#identity.prefix,
      });
      this.#templates[stream] = template;
      this.#templateSentBy[stream] = device.sentBy;
    }
    if (!device.provesEachRequest) return template.fill(number, body);
    const to = this.#aorOf(this.#plan.recipientOf(stream));
    const line = device.authorization('MESSAGE', to, body);
    return line === undefined
      ? template.fill(number, body)
      : template.fillAgain(number, body, 0, line);
  }

  #answerChallenge(device: Device, number: number, response: SipResponse): boolean {
    const attempt = (this.#challenged.get(number) ?? 0) + 1;
    if (attempt > 2 || this.#ledger.status(number) !== 0) return false;
    const stream = this.#ledger.stream(number);
    const body = this.#bodyOf(number);
    const to = this.#aorOf(this.#plan.recipientOf(stream));
    const line = device.authorization('MESSAGE', to, body, response);
    const template = this.#templates[stream];
    if (line === undefined || template === undefined) return false;
    this.#challenged.set(number, attempt);
    device.write(template.fillAgain(number, body, attempt, line));
    this.#interval.counts.challenged += 1;
    return true;
  }

  /** The same for every transmission. */
  #bodyOf(number: number): Uint8Array {
    const [first] = this.#bodies;
    if (first === undefined) throw new Error('no bodies');
    if (this.#bodies.length === 1) return first.body;
    const at = (Math.imul(number, 0x9e37_79b1) >>> 0) / TWO_32;
    return (this.#bodies.find(({ upTo }) => at < upTo) ?? first).body;
  }

  #isIntact(number: number, body: Uint8Array): boolean {
    const sent = this.#bodyOf(number);
    if (body.length !== sent.length || readNumber(body, 0) !== number) return false;
    for (let i = NUMBER_BYTES; i < body.length; i += 1) if (body[i] !== sent[i]) return false;
    return true;
  }

  #aorOf(user: number): string {
    return aorOf(this.#options, this.#plan.users[user] ?? 0);
  }

  readonly #isOpen = (number: number): boolean =>
    this.#ledger.status(number) === 0 && !this.#challenged.has(number);

  readonly #resend = (number: number): void => {
    const stream = this.#ledger.stream(number);
    const device = this.#population.senderOf(this.#plan.senderOf(stream));
    if (!device.canSend) return;
    this.#interval.counts.retransmitted += 1;
    device.write(this.#bytesOf(number, stream, device));
  };

  readonly #onOverdue = (number: number): void => {
    this.#note('unanswered', number);
    this.#interval.counts.unanswered += 1;
    this.progress += 1;
    if (this.#options.closed > 0) this.#free(1, this.#nowMs());
  };
}

function fillerOf(bytes: number): Uint8Array {
  return Buffer.alloc(bytes, 'Watson, come here. I want to see you. ', 'latin1');
}
