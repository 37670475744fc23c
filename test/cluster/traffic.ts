import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { DeliveryLedger, messageIdentity, type RegisterOptions, SipPeer } from '@hermod/testkit';
import type { ClusterUnderTest } from './cluster-under-test.ts';

const TICK_MS = 5;
const WATCH_MS = 20;
const RECONNECT_MS = 50;
/** Longer than any answer may take: 64·T1 is the sender's own Timer F. */
const GIVE_UP_MS = 32_000;

/** What a slow device takes for an answer. A lane's window of 16 lets it take 16 messages a second. */
const SLOW_MS = 1000;
/** How many times as much a slow device gets as others. */
const SLOW_SHARE = 4;

/** One message as its sender knows it. Times are monotonic milliseconds. */
export type Sent = {
  readonly identity: string;
  readonly recipient: string;
  readonly sentAtMs: number;
  /** 0: not answered (yet). */
  status: number;
  answeredAtMs: number;
  retryAfter: string | undefined;
};

/** One message as a device was shown it. */
type Shown = { readonly identity: string; readonly atMs: number };

/** What the ledgers say at the end; everything that must not be is a list, so that a failure shows which. */
export type Judgement = {
  readonly sent: number;
  readonly byStatus: Readonly<Record<number, number>>;
  /** Answered 2xx and never shown. */
  readonly lost: readonly string[];
  readonly duplicates: number;
  readonly outOfOrder: number;
  /** Shown, of those that were answered neither 2xx nor a refusal (503 after a time-out, no answer). */
  readonly unknownShown: number;
  /** Answered 404 or 408, which no outage justifies. */
  readonly wrongAnswers: readonly Sent[];
};

/** How much, between whom. */
export type TrafficOptions = {
  readonly recipients: number;
  readonly ratePerSec: number;
  /** So many of the recipients answer slowly and get more than they can take, so that messages wait for them in the routers. */
  readonly slow?: number;
  /** An even number, half of them at each edge. Default 2. */
  readonly senders?: number;
  /** Nobody waits longer for an answer. Default 32,000: Timer F of the sender. */
  readonly giveUpMs?: number;
};

/** Open-loop load over both edges, with its ledger outside Hermod. Every recipient is one device on a flow of its own to one edge
 *  and gets one stream of messages (one Call-ID, rising CSeq) from a sender at the other edge. Devices and senders whose connection
 *  ends go to the other edge, register again and go on; what was unanswered then is never sent again. */
export class Traffic {
  readonly sent: Sent[] = [];
  readonly #options: TrafficOptions;
  readonly #prefix = randomBytes(6).toString('hex');
  readonly #devices: Device[] = [];
  /** Whose turn it is: indexes of devices. */
  readonly #turns: number[] = [];
  readonly #senders: readonly Sender[];
  readonly #open = new Set<Promise<void>>();
  #startedMs = 0;
  #count = 0;
  #timer: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;

  static async open(cluster: ClusterUnderTest, options: TrafficOptions): Promise<Traffic> {
    const traffic = new Traffic(cluster, options);
    await Promise.all(traffic.#senders.map((sender) => sender.connect()));
    for (let i = 0; i < options.recipients; i += 1) {
      const user = `${traffic.#prefix}-${i}`;
      // Half of them use outbound (RFC 5626), the others write their own address into their Contact.
      const isSlow = i < (options.slow ?? 0);
      const device = new Device(cluster, user, i % 2, { isOutbound: i % 4 < 2, isSlow });
      await device.connect();
      traffic.#devices.push(device);
      for (let turn = 0; turn < (isSlow ? SLOW_SHARE : 1); turn += 1) traffic.#turns.push(i);
    }
    traffic.#watch = setInterval(() => traffic.#reconnect(), WATCH_MS);
    return traffic;
  }

  private constructor(cluster: ClusterUnderTest, options: TrafficOptions) {
    this.#options = options;
    const { senders = 2 } = options;
    this.#senders = Array.from({ length: senders }, (_, i) => new Sender(cluster, i % 2));
  }

  /** Sent and not yet answered. */
  get unanswered(): number {
    return this.#open.size;
  }

  /** Messages that devices were shown. */
  get shown(): number {
    return this.#devices.reduce((sum, device) => sum + device.shown.length, 0);
  }

  start(): void {
    this.#startedMs = performance.now();
    this.#count = 0;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Sends no more and waits until everything is answered or given up. */
  async finish(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
  }

  /** Waits until all that was answered 2xx has arrived, at most `timeoutMs`, and a little longer for repeats. */
  async judge(timeoutMs: number): Promise<Judgement> {
    const promised = this.sent.filter((one) => isSuccess(one.status));
    const deadline = performance.now() + timeoutMs;
    while (this.#missing(promised).length > 0 && performance.now() < deadline) await delay(50);
    await delay(1000);
    const byStatus: Record<number, number> = {};
    let unknownShown = 0;
    for (const one of this.sent) {
      byStatus[one.status] = (byStatus[one.status] ?? 0) + 1;
      if (!isSuccess(one.status) && this.#wasShown(one)) unknownShown += 1;
    }
    return {
      sent: this.sent.length,
      byStatus,
      lost: this.#missing(promised),
      duplicates: this.#sum((ledger) => ledger.duplicates),
      outOfOrder: this.#sum((ledger) => ledger.outOfOrder),
      unknownShown,
      wrongAnswers: this.sent.filter(({ status }) => status === 404 || status === 408),
    };
  }

  /** For each recipient that is not slow, the time from `sinceMs` until it was shown a message that was sent after that; Infinity: never. */
  resumedAfterMs(sinceMs: number): readonly number[] {
    const sentAtMs = new Map(this.sent.map((one) => [one.identity, one.sentAtMs]));
    const prompt = this.#devices.filter((device) => !device.isSlow);
    return prompt.map((device) => {
      const first = device.shown.find(
        ({ identity, atMs }) => atMs > sinceMs && (sentAtMs.get(identity) ?? 0) > sinceMs,
      );
      return (first?.atMs ?? Number.POSITIVE_INFINITY) - sinceMs;
    });
  }

  /** Resolves when each of them was shown such a message, at the latest `timeoutMs` after `sinceMs`. */
  async untilResumed(sinceMs: number, timeoutMs: number): Promise<void> {
    while (performance.now() < sinceMs + timeoutMs) {
      if (Math.max(...this.resumedAfterMs(sinceMs)) < Number.POSITIVE_INFINITY) return;
      await delay(100);
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    clearInterval(this.#watch);
    await Promise.all([...this.#devices, ...this.#senders].map((party) => party.close()));
  }

  #tick(): void {
    const due = Math.floor(
      ((performance.now() - this.#startedMs) * this.#options.ratePerSec) / 1000,
    );
    while (this.#count < due) {
      this.#send();
      this.#count += 1;
    }
  }

  #send(): void {
    const index = this.#turns[this.#count % this.#turns.length] ?? 0;
    const device = this.#devices[index];
    const sender = this.#senders[(index + 1) % this.#senders.length];
    // While it connects to the other edge, a sender sends nothing.
    if (device === undefined || sender?.peer?.socket.isOpen !== true) return;
    device.cseq += 1;
    const { cseq } = device;
    const callId = `${this.#prefix}-${index}@load`;
    const fromTag = `t${index}`;
    const sent: Sent = {
      identity: `${callId} ${fromTag} ${cseq}`,
      recipient: device.user,
      sentAtMs: performance.now(),
      ...{ status: 0, answeredAtMs: 0, retryAfter: undefined },
    };
    this.sent.push(sent);
    const exchange = sender.peer
      .sendMessage(`sip:${device.user}@localhost`, `${cseq}`, {
        ...{ callId, cseq, fromTag, timeoutMs: this.#options.giveUpMs ?? GIVE_UP_MS },
      })
      .then(
        ({ status, response }) => {
          sent.status = status;
          sent.answeredAtMs = performance.now();
          sent.retryAfter = response.byName('Retry-After');
        },
        () => undefined,
      )
      .finally(() => this.#open.delete(exchange));
    this.#open.add(exchange);
  }

  #reconnect(): void {
    for (const party of [...this.#senders, ...this.#devices]) party.reconnectIfLost();
  }

  #wasShown(one: Sent): boolean {
    return this.#deviceOf(one)?.ledger.has(one.identity) ?? false;
  }

  #missing(promised: readonly Sent[]): string[] {
    return promised.filter((one) => !this.#wasShown(one)).map((one) => one.identity);
  }

  #deviceOf(one: Sent): Device | undefined {
    return this.#devices[Number(one.recipient.split('-')[1])];
  }

  #sum(count: (ledger: DeliveryLedger) => number): number {
    return this.#devices.reduce((sum, device) => sum + count(device.ledger), 0);
  }
}

/** A connection to one edge, or to the other when that one is gone. */
abstract class Party {
  peer: SipPeer | undefined;
  readonly #cluster: ClusterUnderTest;
  #edge: number;
  #connecting = false;
  #closed = false;

  constructor(cluster: ClusterUnderTest, edge: number) {
    this.#cluster = cluster;
    this.#edge = edge;
  }

  abstract open(port: number): Promise<SipPeer>;

  async connect(): Promise<void> {
    this.peer = await this.open(this.#cluster.sipPort(`edge-${this.#edge + 1}`));
  }

  reconnectIfLost(): void {
    if (this.#connecting || this.peer?.socket.isOpen === true) return;
    this.#connecting = true;
    void this.#reconnect();
  }

  async #reconnect(): Promise<void> {
    while (!this.#closed) {
      this.#edge = 1 - this.#edge;
      try {
        await this.connect();
        break;
      } catch {
        // This edge is away too, or cannot register just now.
        await delay(RECONNECT_MS);
      }
    }
    this.#connecting = false;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.peer?.close();
  }
}

class Sender extends Party {
  open(port: number): Promise<SipPeer> {
    return SipPeer.tcp(port, { user: 'sender' });
  }
}

class Device extends Party {
  readonly user: string;
  readonly isSlow: boolean;
  readonly ledger = new DeliveryLedger();
  readonly shown: Shown[] = [];
  cseq = 0;
  readonly #outbound: RegisterOptions;
  #registrations = 0;

  constructor(
    cluster: ClusterUnderTest,
    user: string,
    edge: number,
    { isOutbound, isSlow }: { readonly isOutbound: boolean; readonly isSlow: boolean },
  ) {
    super(cluster, edge);
    this.user = user;
    this.isSlow = isSlow;
    // The same instance each time: a device that comes back replaces its own binding (RFC 5626 §6).
    const instance = `urn:uuid:00000000-0000-4000-8000-${user.slice(0, 12)}`;
    this.#outbound = isOutbound ? { instance, regId: 1 } : {};
  }

  async open(port: number): Promise<SipPeer> {
    const peer = await SipPeer.tcp(port, { user: this.user });
    peer.onRequest = (request) => {
      this.ledger.record(request);
      this.shown.push({ identity: messageIdentity(request), atMs: performance.now() });
    };
    if (this.isSlow) peer.answer = () => ({ status: 200, delayMs: SLOW_MS });
    this.#registrations += 1;
    try {
      const { status } = await peer.register(peer.aor, {
        ...this.#outbound,
        callId: `${this.user}@device`,
        cseq: this.#registrations,
        timeoutMs: 5000,
      });
      if (status !== 200) throw new Error(`REGISTER of ${this.user}: ${status}`);
    } catch (error) {
      await peer.close();
      throw error;
    }
    return peer;
  }
}

/** The figures of a test, one line. */
export function report(
  title: string,
  judgement: Judgement,
  more: Readonly<Record<string, unknown>> = {},
): void {
  const { lost, wrongAnswers, ...counts } = judgement;
  const figures = { ...counts, lost: lost.length, wrongAnswers: wrongAnswers.length, ...more };
  console.info(`${title}: ${JSON.stringify(figures)}`);
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}
