import type { OutgoingMessage, ParseError, SipMessage, SipRequest, SipResponse } from '@hermod/sip';
import { messageBytes } from './encode-message.ts';
import type { Flow, FlowLimits, SocketAddress, TransportStats } from './flow.ts';
import { FlowGroup } from './flow-group.ts';
import { connectInGroup, type TlsTarget } from './stream-connect.ts';
import type { StreamFlow } from './stream-flow.ts';
import type { TlsCredentials } from './tls-credentials.ts';

const PING_MS = 1_000;
const MISSES_ALLOWED = 2;
const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 2_000;
/** How long messages may wait for a peer that was never reached yet. */
const EARLY_MS = 1_000;
const MAX_EARLY_BYTES = 1_048_576;

/** What a trunk tells its owner. Calls come from the loop, never from inside `send`. */
export interface PeerLinkHandlers {
  /** The peer answers. */
  onUp?(link: PeerLink): void;
  onMessage(link: PeerLink, message: SipRequest | SipResponse): void;
  /** The peer is gone, or could not be reached within a second of `start`: all that awaits an answer from it has failed. */
  onDown(link: PeerLink): void;
}

/** The other end of a trunk. */
export type PeerLinkTarget = {
  /** Host name or literal address; names are resolved at each connect. */
  readonly remote: SocketAddress;
  /** TLS with these, the peer's certificate naming the host of `remote`; undefined: TCP in clear. */
  readonly credentials?: TlsCredentials | undefined;
};

/** What a trunk is made with. */
export type PeerLinkOptions = PeerLinkTarget & {
  readonly handlers: PeerLinkHandlers;
  readonly limits?: Partial<FlowLimits>;
  /** Time between keepalives, default 1000 ms; two without any sign of life bring the link down. */
  readonly pingMs?: number;
  /** Uniform in [0, 1), for the jitter of reconnects. */
  readonly random?: () => number;
};

/** `early`: never up yet, messages wait, for at most a second. */
export type PeerLinkState = 'idle' | 'early' | 'up' | 'down' | 'closed';

/**
 * A trunk: one kept connection, TCP or TLS, to a peer that answers keepalives (RFC 5626 §3.5.1, §5.4).
 *
 * A connection alone proves nothing, a stopped process still accepts: the link is up when the peer has answered a ping,
 * and down after two pings without a single octet in return. What was queued is dropped then, and `send` refuses at once
 * until a jittered reconnect (100 ms … 2 s) has been answered.
 */
export class PeerLink {
  readonly remote: SocketAddress;

  readonly #handlers: PeerLinkHandlers;
  readonly #group: FlowGroup;
  readonly #tls: TlsTarget | undefined;
  readonly #pingMs: number;
  readonly #random: () => number;
  #state: PeerLinkState = 'idle';
  #flow: StreamFlow | undefined;
  #early: OutgoingMessage[] = [];
  #earlyBytes = 0;
  #earlyTimer: NodeJS.Timeout | undefined;
  #pingTimer: NodeJS.Timeout | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #pingedAtMs = 0;
  #misses = 0;
  #failures = 0;

  constructor(options: PeerLinkOptions) {
    this.remote = options.remote;
    this.#handlers = options.handlers;
    const { credentials, remote } = options;
    this.#tls = credentials === undefined ? undefined : { credentials, domain: remote.address };
    this.#pingMs = options.pingMs ?? PING_MS;
    this.#random = options.random ?? Math.random;
    this.#group = new FlowGroup({
      handlers: {
        onOpen: (flow) => this.#onConnected(flow),
        onMessage: (flow, message) => this.#onMessage(flow, message),
        onFramingError: (_flow: Flow, _error: ParseError, _partial: SipMessage | undefined) => {
          // Counted by the flow, which closes: a peer that cannot be framed is down.
        },
        onClosed: (flow) => this.#onClosed(flow),
      },
      limits: { connectMs: EARLY_MS, ...options.limits },
    });
  }

  get state(): PeerLinkState {
    return this.#state;
  }

  get isUp(): boolean {
    return this.#state === 'up';
  }

  get stats(): TransportStats {
    return this.#group.stats;
  }

  /** Octets waiting to be sent. */
  get queuedBytes(): number {
    return this.#earlyBytes + (this.#flow?.queuedBytes ?? 0);
  }

  /** Connect, and stay connected until `close`. */
  start(): void {
    if (this.#state !== 'idle') return;
    this.#state = 'early';
    this.#earlyTimer = setTimeout(() => this.#giveUpEarly(), EARLY_MS);
    this.#connect();
  }

  /** Queue a message. @returns false when the peer is down or the queue is full: a temporary failure of that peer. */
  send(message: OutgoingMessage): boolean {
    if (this.#state === 'up') return this.#flow?.send(message) ?? false;
    if (this.#state !== 'early') return false;
    const bytes = messageBytes(message);
    if (this.#earlyBytes + bytes > MAX_EARLY_BYTES) {
      this.#group.stats.backpressureRefusals++;
      return false;
    }
    this.#early.push(message);
    this.#earlyBytes += bytes;
    return true;
  }

  /** End the link, flushing what is queued; `onDown` is not called. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    clearTimeout(this.#earlyTimer);
    clearTimeout(this.#retryTimer);
    clearInterval(this.#pingTimer);
    this.#dropEarly();
    this.#flow = undefined;
    await this.#group.closeAll();
  }

  #connect(): void {
    this.#flow = connectInGroup(this.#group, this.remote, this.#tls);
  }

  #onConnected(flow: Flow): void {
    const link = this.#flow;
    if (link === undefined || flow !== link) return;
    this.#misses = 0;
    this.#ping(link);
    this.#pingTimer = setInterval(() => this.#onPingTimer(link), this.#pingMs);
    link.onOctets = () => this.#onOctets();
  }

  #onMessage(flow: Flow, message: SipRequest | SipResponse): void {
    if (flow === this.#flow) this.#handlers.onMessage(this, message);
  }

  #onOctets(): void {
    this.#misses = 0;
    if (this.#state !== 'early' && this.#state !== 'down') return;
    this.#state = 'up';
    this.#failures = 0;
    clearTimeout(this.#earlyTimer);
    const waiting = this.#early;
    this.#early = [];
    this.#earlyBytes = 0;
    for (const message of waiting) this.#flow?.send(message);
    this.#handlers.onUp?.(this);
  }

  #ping(flow: StreamFlow): void {
    this.#pingedAtMs = performance.now();
    flow.ping();
  }

  #onPingTimer(flow: StreamFlow): void {
    if (flow.lastReadMs < this.#pingedAtMs) this.#misses++;
    else this.#misses = 0;
    if (this.#misses >= MISSES_ALLOWED) flow.destroy('error');
    else this.#ping(flow);
  }

  #onClosed(flow: Flow): void {
    if (flow !== this.#flow) return;
    this.#flow = undefined;
    clearInterval(this.#pingTimer);
    const wasUp = this.#state === 'up';
    if (wasUp) this.#state = 'down';
    this.#retry();
    if (wasUp) this.#handlers.onDown(this);
  }

  #giveUpEarly(): void {
    if (this.#state !== 'early') return;
    this.#state = 'down';
    this.#dropEarly();
    this.#handlers.onDown(this);
  }

  #retry(): void {
    const ceilingMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(this.#failures, 8));
    this.#failures++;
    // Between half and all of it: peers of a restarted process do not come back in step.
    const delayMs = ceilingMs * (0.5 + this.#random() / 2);
    this.#retryTimer = setTimeout(() => this.#connect(), delayMs);
  }

  #dropEarly(): void {
    this.#early = [];
    this.#earlyBytes = 0;
  }
}
