import type {
  ConsumedRecord,
  LogConsumer,
  LogRecord,
  OutcomeLog,
  OutcomeRecord,
  OwnedPartition,
} from '@hermod/contracts';
import { ServedDomains } from '@hermod/contracts';
import { sha256Hash } from '@hermod/platform';
import {
  type BranchSink,
  Router,
  type RouterPolicy,
  type Trunk,
  type TrunkDelivery,
} from '@hermod/router';
import { type Binding, parseMessage, type SipRequest, SipResponse } from '@hermod/sip';
import { MemoryStores, VirtualClock } from '@hermod/testkit';
import { bufferCodec } from '@hermod/transport';

/** What a scripted device does with a delivery: a final status, after a while, or silence; or its edge is not there. */
export type DeviceAct =
  | number
  | { readonly status: number; readonly afterMs: number }
  | 'silence'
  | 'edge away';

/** A trunk whose edges and devices are a function. */
export class ScriptedTrunk implements Trunk {
  readonly deliveries: TrunkDelivery[] = [];
  /** Those that met silence. */
  readonly unanswered: BranchSink[] = [];
  readonly replies: { readonly callId: string; readonly status: number }[] = [];
  readonly #clock: VirtualClock;
  act: (delivery: TrunkDelivery) => DeviceAct = () => 200;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  deliver(delivery: TrunkDelivery, sink: BranchSink): void {
    this.deliveries.push(delivery);
    const act = this.act(delivery);
    if (act === 'silence') {
      this.unanswered.push(sink);
      return;
    }
    if (act === 'edge away') {
      sink.onFinal(503, undefined);
      return;
    }
    const status = typeof act === 'number' ? act : act.status;
    const end = { onTimer: () => sink.onFinal(status, responseTo(delivery.request, status)) };
    this.#clock.timers.start(end, 0, typeof act === 'number' ? 10 : act.afterMs);
  }

  reply(request: SipRequest, status: number): void {
    this.replies.push({ callId: request.callId, status });
  }

  /** Call-IDs of what was sent, in order. */
  get sent(): string[] {
    return this.deliveries.map((delivery) => delivery.request.callId);
  }

  statusOf(callId: string): number | undefined {
    return this.replies.find((reply) => reply.callId === callId)?.status;
  }
}

/** The consumer side of a log, seen from the router. */
export class FakeConsumer implements LogConsumer {
  leaseValid = true;
  unread = 0;
  readonly commits: { partition: number; next: number; metadata: string }[] = [];
  readonly paused = new Set<number>();
  async start(): Promise<void> {}
  async commit(partition: number, next: number, metadata: string): Promise<void> {
    this.commits.push({ partition, next, metadata });
  }
  pause(partition: number): void {
    this.paused.add(partition);
  }
  resume(partition: number): void {
    this.paused.delete(partition);
  }
  async stop(): Promise<void> {}
}

let rigs = 0;

export const AOR = 'sip:bob@example.com';
const DAY_MS = 86_400_000;

/** A router on in-memory ports and a virtual clock. */
export class RouterRig {
  readonly clock = new VirtualClock();
  readonly stores: MemoryStores;
  readonly trunk = new ScriptedTrunk(this.clock);
  readonly consumer = new FakeConsumer();
  readonly outcomes: OutcomeRecord[] = [];
  readonly dead: number[] = [];
  readonly logged: string[] = [];
  readonly deadBytes: Uint8Array[] = [];
  /** What the router appended to the log itself. */
  readonly appended: LogRecord[] = [];
  /** Awaited before each append: what it throws, the log rejects with. */
  appendGate: () => Promise<void> = async () => undefined;
  /** Awaited before each outcome record is written: what it throws, the outcome log rejects with. */
  outcomeGate: () => Promise<void> = async () => undefined;
  /** Awaited before a record counts as set aside. */
  deadGate: () => Promise<void> = async () => undefined;
  readonly router: Router;
  #offset = 0;

  constructor(policy: Partial<RouterPolicy> = {}, stores: MemoryStores = new MemoryStores()) {
    this.stores = stores;
    const outcomes: OutcomeLog = {
      record: async (outcome) => {
        await this.outcomeGate();
        this.outcomes.push(outcome);
      },
      dead: async ({ offset, bytes }) => {
        this.dead.push(offset);
        await this.deadGate();
        this.deadBytes.push(bytes);
      },
    };
    this.router = new Router({
      consumer: this.consumer,
      store: this.stores,
      due: this.stores,
      outcomes,
      inbox: {
        append: async (record) => {
          await this.appendGate();
          this.appended.push(record);
        },
        probe: async () => undefined,
      },
      domains: new ServedDomains(['example.com', 'example.net'], true),
      hash: sha256Hash,
      codec: bufferCodec,
      trunk: this.trunk,
      clock: this.clock,
      timers: this.clock.timers,
      policy: {
        openDomain: true,
        mailboxTtlMs: DAY_MS,
        mailboxMax: 1000,
        mailboxMaxPerSender: 0,
        acceptAfterMs: 3000,
        ...policy,
      },
      routerId: `rig-${++rigs}`,
      commitIntervalMs: 100,
      log: (level, message) => this.logged.push(`${level}: ${message}`),
    });
  }

  async start(owned: OwnedPartition = { partition: 0, next: 0, metadata: '' }): Promise<this> {
    await this.router.start();
    this.#offset = owned.next;
    this.router.onOwned([owned]);
    await this.clock.advanceAsync(10);
    return this;
  }

  /** Registers `bob` at one or more contacts; the version moves as with a REGISTER. */
  async register(...contacts: (string | Partial<Binding>)[]): Promise<void> {
    const { version } = await this.stores.readBindings(AOR);
    const bindings = contacts.map((contact) =>
      binding(typeof contact === 'string' ? { contact } : contact, this.clock.nowMs() + DAY_MS),
    );
    await this.stores.compareAndSet(AOR, version, bindings);
  }

  /** What the registrar appends after a REGISTER with a non-empty mailbox. */
  registered(): void {
    this.offer({ type: 'registered', head: '', deliveryId: '' });
  }

  /** Appends a message and lets the router see it. @returns its offset */
  message(callId: string, change: Partial<ConsumedRecord> = {}): number {
    const head = this.headOf(callId);
    return this.offer({ head, deliveryId: callId.padEnd(22, '_'), ...change });
  }

  /** The head of such a message. */
  headOf(callId: string): string {
    return (
      `MESSAGE ${AOR} SIP/2.0\r\nVia: SIP/2.0/TCP edge-a:5070;branch=z9hG4bK${callId}\r\n` +
      `From: <sip:alice@example.com>;tag=1\r\nTo: <${AOR}>\r\nCall-ID: ${callId}\r\nCSeq: 1 MESSAGE\r\n` +
      'Max-Forwards: 70\r\nContent-Length: 2\r\n\r\n'
    );
  }

  offer(change: Partial<ConsumedRecord>): number {
    const offset = change.offset ?? this.#offset;
    this.#offset = Math.max(this.#offset, offset + 1);
    this.router.onRecord({
      partition: 0,
      type: 'message',
      aor: AOR,
      deliveryId: '',
      receivedAtMs: this.clock.nowMs(),
      expiresAtMs: 0,
      flags: 0,
      head: '',
      body: new Uint8Array([104, 105]),
      ...change,
      offset,
    });
    return offset;
  }

  async run(ms: number): Promise<void> {
    await this.clock.advanceAsync(ms);
  }

  async mailCount(): Promise<number> {
    return (await this.stores.readMail(AOR, -1, 10_000)).length;
  }
}

function binding(change: Partial<Binding>, expiresAtMs: number): Binding {
  const contact = change.contact ?? 'sip:bob@192.0.2.1:5060;transport=tcp';
  return {
    key: contact,
    contact,
    params: '',
    q: 1000,
    callId: 'r',
    cseq: 1,
    expiresAtMs,
    path: [],
    flowToken: '',
    flowBound: false,
    refusesMessage: false,
    gruuSinceMs: 0,
    ...change,
  };
}

function responseTo(request: SipRequest, status: number): SipResponse | undefined {
  const head = `SIP/2.0 ${status} X\r\nVia: SIP/2.0/TCP edge-a:5070;branch=z9hG4bKx\r\nCall-ID: ${request.callId}\r\n\r\n`;
  const parsed = parseMessage(head, new Uint8Array(0));
  return parsed.ok && parsed.value instanceof SipResponse ? parsed.value : undefined;
}
