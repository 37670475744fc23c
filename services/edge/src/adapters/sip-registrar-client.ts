import type {
  OutgoingMessage,
  SipRequest,
  SipResponse,
  TimerEntry,
  Timers,
  TimerTarget,
} from '@hermod/sip';
import { PeerLink, type PeerLinkHandlers, type PeerLinkTarget } from '@hermod/transport';
import type { RegistrarPort } from '../ports.ts';
import { TRUNK_FRAMER_LIMITS } from './trunk-framer-limits.ts';

/** A REGISTER without an answer after this is answered 503. */
const DEADLINE_MS = 5_000;
const DEADLINE = 0;
/** REGISTERs waiting for registrars at once. */
const MAX_PENDING = 50_000;

/** What the client is made with. */
export type SipRegistrarClientOptions = {
  /** Trunk addresses of the registrars, at least one. */
  readonly registrars: readonly PeerLinkTarget[];
  readonly timers: Timers;
};

/** Counters; all only grow. */
export type RegistrarClientStats = {
  answered: number;
  /** No registrar up, or its queue full, or the cap reached. */
  unreachable: number;
  /** Its registrar went down after the request was sent. */
  lost: number;
  /** Nothing for 5 s. */
  timeouts: number;
};

class PendingRegister implements TimerTarget {
  readonly branch: string;
  readonly request: OutgoingMessage;
  readonly resolve: (response: SipResponse | undefined) => void;
  readonly client: SipRegistrarClient;
  link: PeerLink | undefined;
  /** Its registrar was up when it was sent: it may have been processed. */
  mayBeProcessed = false;
  timer: TimerEntry | undefined;

  constructor(
    client: SipRegistrarClient,
    branch: string,
    request: OutgoingMessage,
    resolve: (response: SipResponse | undefined) => void,
  ) {
    this.client = client;
    this.branch = branch;
    this.request = request;
    this.resolve = resolve;
  }

  onTimer(_timer: number): void {
    this.timer = undefined;
    this.client.onDeadline(this);
  }
}

/** REGISTER over trunks to a list of registrars: in turn, the next one when one is down, matched by branch, with a deadline. */
export class SipRegistrarClient implements RegistrarPort, PeerLinkHandlers {
  readonly stats: RegistrarClientStats = {
    answered: 0,
    unreachable: 0,
    lost: 0,
    timeouts: 0,
  };
  readonly #links: readonly PeerLink[];
  readonly #timers: Timers;
  readonly #pending = new Map<string, PendingRegister>();
  #next = 0;

  constructor(options: SipRegistrarClientOptions) {
    this.#timers = options.timers;
    const limits = { framer: TRUNK_FRAMER_LIMITS };
    this.#links = options.registrars.map(
      (registrar) => new PeerLink({ ...registrar, handlers: this, limits }),
    );
  }

  /** Connects to every registrar and stays connected. */
  start(): void {
    for (const link of this.#links) link.start();
  }

  /** Whether any registrar answers: for readiness. */
  get isUp(): boolean {
    return this.#links.some((link) => link.isUp);
  }

  async close(): Promise<void> {
    for (const pending of this.#pending.values()) this.#finish(pending, undefined);
    await Promise.all(this.#links.map((link) => link.close()));
  }

  register(request: OutgoingMessage, branch: string): Promise<SipResponse | undefined> {
    return new Promise((resolve) => {
      const pending = new PendingRegister(this, branch, request, resolve);
      this.#pending.set(branch, pending);
      if (this.#pending.size > MAX_PENDING || !this.#dispatch(pending)) {
        this.stats.unreachable += 1;
        this.#finish(pending, undefined);
        return;
      }
      pending.timer = this.#timers.start(pending, DEADLINE, DEADLINE_MS);
    });
  }

  /** Those that are up first; then those that have not been reached yet, which queue for a moment. */
  #dispatch(pending: PendingRegister): boolean {
    return this.#sendToOne(pending, true) || this.#sendToOne(pending, false);
  }

  #sendToOne(pending: PendingRegister, wantUp: boolean): boolean {
    const count = this.#links.length;
    for (let i = 0; i < count; i += 1) {
      const link = this.#links[(this.#next + i) % count];
      if (link === undefined || link.isUp !== wantUp || !link.send(pending.request)) continue;
      this.#next = (this.#next + i + 1) % count;
      pending.link = link;
      pending.mayBeProcessed = wantUp;
      return true;
    }
    return false;
  }

  onMessage(_link: PeerLink, message: SipRequest | SipResponse): void {
    if (message.kind === 'request') return;
    const via = message.topVia;
    const branch = via.ok ? via.value.branch : undefined;
    const pending = branch === undefined ? undefined : this.#pending.get(branch);
    // Late, or not final.
    if (pending === undefined || message.status < 200) return;
    this.stats.answered += 1;
    this.#finish(pending, message);
  }

  onUp(link: PeerLink): void {
    for (const pending of this.#pending.values()) {
      if (pending.link === link) pending.mayBeProcessed = true;
    }
  }

  onDown(link: PeerLink): void {
    for (const pending of this.#pending.values()) {
      if (pending.link !== link) continue;
      // One that was processed is refused as a repeat by any other registrar (same Call-ID, CSeq not higher: RFC 3261 §10.3 step 7),
      // so only what never left goes to the next one; the device repeats the rest with a new CSeq.
      pending.link = undefined;
      if (!pending.mayBeProcessed && this.#dispatch(pending)) continue;
      this.stats.lost += 1;
      this.#finish(pending, undefined);
    }
  }

  /** Called by a pending REGISTER. */
  onDeadline(pending: PendingRegister): void {
    this.stats.timeouts += 1;
    this.#finish(pending, undefined);
  }

  #finish(pending: PendingRegister, response: SipResponse | undefined): void {
    this.#timers.stop(pending.timer);
    this.#pending.delete(pending.branch);
    pending.resolve(response);
  }
}
