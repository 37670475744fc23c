import {
  buildResponse,
  H,
  type SipRequest,
  SipResponse,
  T1,
  T2,
  TIMER_64_T1,
  type TimerEntry,
  type Timers,
  type TimerTarget,
} from '@hermod/sip';
import { DigestClient } from '@hermod/testkit';
import type { TargetUrl } from '../options.ts';
import {
  type Connection,
  type ConnectionOwner,
  type ConnectOptions,
  openConnection,
} from './connection.ts';

const MAX_CHALLENGES = 2;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 16_000;
/** Share of Flow-Timer after which a ping goes out: RFC 5626 §4.4.1 wants 80 to 100 percent. */
const PING_SHARE = 0.85;
/** Requests over UDP whose responses are kept for their retransmissions. */
const KEPT_RESPONSES = 64;
/** Not written to a connection whose other side has so much still to read. */
const MAX_UNSENT_BYTES = 262_144;

const TIMER = { RETRANSMIT: 1, GIVE_UP: 2, REFRESH: 3, PING: 4, RETRY: 5 } as const;

/** Who a device is. */
export type DeviceIdentity = {
  /** Local index of its user. */
  readonly user: number;
  /** Which of the user's devices. */
  readonly index: number;
  readonly aor: string;
  readonly userName: string;
  readonly domain: string;
  readonly password: string | undefined;
  /** `urn:uuid:…`, the same in every run, so that a run takes the place of the one before. */
  readonly instance: string;
};

/** What all devices have in common. */
export type DeviceEnvironment = {
  readonly owner: DeviceOwner;
  readonly timers: Timers;
  readonly nowMs: () => number;
  /** 0 – 1. */
  readonly random: () => number;
  readonly run: string;
  readonly expiresSec: number;
};

/** What a device tells. */
export interface DeviceOwner {
  /** @param tookMs from the first REGISTER; undefined: that of a refresh */
  onRegistered(device: Device, tookMs: number | undefined): void;
  /** It will try again. @param status 0: no response, because of `cause` */
  onRegisterFailed(device: Device, status: number, cause?: string): void;
  /** The connection ended without our doing; the device connects again by itself. */
  onBroken(device: Device, cause: string): void;
  /** A MESSAGE has come, for the first time; it is answered 200 after this. */
  onMessage(device: Device, request: SipRequest): void;
  /** A response to something else than REGISTER. */
  onResponse(device: Device, response: SipResponse): void;
}

/**
 * One registered device on its own connection: connects, registers (RFC 5626: instance and reg-id), refreshes, pings, answers what it gets, and comes
 * back when its connection ends.
 *
 * States: idle → connecting → registering → ready; leaving → idle on request; waiting → connecting after a failure.
 */
export class Device implements ConnectionOwner, TimerTarget {
  readonly identity: DeviceIdentity;
  readonly target: TargetUrl;
  /** Since when it has had its connection, monotonic. */
  connectedMs = 0;
  /** When its connection last ended without a word to the server, monotonic. */
  lostMs = Number.NEGATIVE_INFINITY;
  /** Keeps quiet until then: Retry-After. */
  quietUntilMs = 0;
  readonly #env: DeviceEnvironment;
  readonly #options: ConnectOptions;
  readonly #digest: DigestClient | undefined;
  readonly #callId: string;
  readonly #tag: string;
  #connection: Connection | undefined;
  #state: 'idle' | 'connecting' | 'registering' | 'ready' | 'leaving' | 'waiting' = 'idle';
  #onLeft: (() => void) | undefined;
  #cseq = 0;
  #challenges = 0;
  #isChallenged = false;
  #registeringSinceMs = 0;
  #isRefresh = false;
  #request: Uint8Array | undefined;
  #retransmitMs = T1;
  #retryMs = FIRST_RETRY_MS;
  #pingMs = 0;
  readonly #running: (TimerEntry | undefined)[] = [];
  #responses: Map<string, Uint8Array> | undefined;

  constructor(
    identity: DeviceIdentity,
    target: TargetUrl,
    options: ConnectOptions,
    env: DeviceEnvironment,
  ) {
    this.identity = identity;
    this.target = target;
    this.#options = options;
    this.#env = env;
    this.#tag = `${env.run}${identity.index}`;
    this.#callId = `${env.run}r${identity.index}-${identity.userName}@load`;
    if (identity.password !== undefined) {
      this.#digest = new DigestClient(identity.userName, identity.password);
    }
  }

  /** Registered, and not about to leave. */
  get isReady(): boolean {
    return this.#state === 'ready';
  }

  get isIdle(): boolean {
    return this.#state === 'idle';
  }

  get isConnected(): boolean {
    return this.#connection !== undefined;
  }

  get isStream(): boolean {
    return this.target.transport !== 'UDP';
  }

  /** Via sent-by of its connection. */
  get sentBy(): string {
    return this.#connection?.sentBy ?? '';
  }

  /** From tag of its messages. */
  get tag(): string {
    return this.#tag;
  }

  /** Whether messages can be sent: the server reads what it is sent. */
  get canSend(): boolean {
    return (
      this.#state === 'ready' && (this.#connection?.unsentBytes ?? Infinity) < MAX_UNSENT_BYTES
    );
  }

  /** Whether each request should bring credentials: on a stream the server knows who has registered there. */
  get provesEachRequest(): boolean {
    return this.#isChallenged && !this.isStream;
  }

  /** Connects and registers. */
  join(): void {
    this.#stopAll();
    this.#state = 'connecting';
    // A connection or handshake that hangs is given up like a request.
    this.#start(TIMER.GIVE_UP, TIMER_64_T1);
    this.#connection = openConnection(this.target, this, this.#options);
  }

  /** Registers once more: the server looks for stored messages. */
  refresh(): void {
    if (this.#state === 'ready') this.#register(true);
  }

  /** Takes its registration back and ends the connection. What comes in from then on nobody sees. */
  leave(onLeft: () => void): void {
    this.#stopAll();
    this.#onLeft = onLeft;
    this.#state = 'leaving';
    this.#sendRegister(0);
  }

  /** The network goes away. Comes back at once. */
  break(): void {
    this.#stopAll();
    this.lostMs = this.#env.nowMs();
    this.#connection?.abort();
    this.join();
  }

  /** Ends the connection, and that is all. */
  end(): void {
    this.#stopAll();
    this.#state = 'idle';
    this.#connection?.close();
  }

  readSlowly(isSlow: boolean): void {
    this.#connection?.readSlowly(isSlow);
  }

  write(bytes: Uint8Array): void {
    this.#connection?.write(bytes);
  }

  /** The Authorization line for a request by the last challenge.
   *  @param challenge a new one, 401 or 407
   *  @returns undefined when there is no password, or no challenge that can be answered */
  authorization(
    method: string,
    uri: string,
    body: Uint8Array,
    challenge?: SipResponse,
  ): string | undefined {
    if (this.#digest === undefined) return undefined;
    if (challenge !== undefined) this.#digest.challenged(challenge);
    else if (!this.#isChallenged) return undefined;
    this.#isChallenged = true;
    try {
      return this.#digest.line(method, uri, body);
    } catch {
      // No challenge that can be answered: the response is what it is.
      return undefined;
    }
  }

  // What the connection tells.

  onOpen(): void {
    this.connectedMs = this.#env.nowMs();
    this.#registeringSinceMs = this.connectedMs;
    this.#register(false);
  }

  onClosed(cause: string | undefined): void {
    this.#connection = undefined;
    this.#responses = undefined;
    if (this.#state === 'leaving') this.#left();
    else if (cause !== undefined) this.#broken(cause);
  }

  #broken(cause: string): void {
    this.lostMs = this.#env.nowMs();
    const wasConnected = this.#state === 'ready' || this.#state === 'registering';
    this.#retryLater();
    if (wasConnected) this.#env.owner.onBroken(this, cause);
    else this.#env.owner.onRegisterFailed(this, 0, cause);
  }

  onMessage(message: SipRequest | SipResponse): void {
    if (message instanceof SipResponse) {
      const { cseq } = message;
      if (cseq.ok && cseq.value.method === 'REGISTER') {
        if (cseq.value.number === this.#cseq) this.#onRegisterResponse(message);
      } else {
        this.#env.owner.onResponse(this, message);
      }
    } else if (this.#state !== 'leaving') {
      this.#onRequest(message);
    }
  }

  onTimer(timer: number): void {
    switch (timer) {
      case TIMER.RETRANSMIT:
        if (this.#request === undefined) return;
        this.#connection?.write(this.#request);
        this.#retransmitMs = Math.min(this.#retransmitMs * 2, T2);
        this.#start(TIMER.RETRANSMIT, this.#retransmitMs);
        return;
      case TIMER.GIVE_UP:
        this.#connection?.abort();
        if (!this.isIdle) this.#failed(0, undefined);
        return;
      case TIMER.REFRESH:
        this.#register(true);
        return;
      case TIMER.PING:
        this.#connection?.ping();
        this.#start(TIMER.PING, this.#pingMs);
        return;
      case TIMER.RETRY:
        if (this.#connection === undefined) this.join();
        else this.#register(false);
        return;
      default:
        throw new Error(`no timer ${timer}`);
    }
  }

  #onRequest(request: SipRequest): void {
    if (request.method === 'ACK') return;
    if (!this.isStream) {
      const branch = request.topVia.ok ? (request.topVia.value.branch ?? '') : '';
      this.#responses ??= new Map();
      const kept = this.#responses.get(branch);
      if (kept !== undefined) {
        // RFC 3261 §17.2.2: a retransmission is answered as before and shown to nobody.
        this.write(kept);
        return;
      }
      this.#env.owner.onMessage(this, request);
      const response = this.#answer(request);
      this.#responses.set(branch, response);
      if (this.#responses.size > KEPT_RESPONSES) {
        const [oldest = ''] = this.#responses.keys();
        this.#responses.delete(oldest);
      }
      return;
    }
    this.#env.owner.onMessage(this, request);
    this.#answer(request);
  }

  #answer(request: SipRequest): Uint8Array {
    const status = request.method === 'MESSAGE' ? 200 : 405;
    const response = Buffer.from(
      buildResponse(request, status, { toTag: this.#tag }).head,
      'latin1',
    );
    this.write(response);
    return response;
  }

  #register(isRefresh: boolean): void {
    this.#isRefresh = isRefresh;
    this.#challenges = 0;
    if (!isRefresh) this.#state = 'registering';
    this.#sendRegister(this.#env.expiresSec);
  }

  #sendRegister(expiresSec: number, challenge?: SipResponse): void {
    const { aor, domain, userName, instance, index } = this.identity;
    const { transport } = this.target;
    const uri = `sip:${domain}`;
    this.#cseq += 1;
    const contact =
      `<sip:${userName}@${this.sentBy}${transport === 'TCP' ? ';transport=tcp' : ''}>` +
      `;+sip.instance="<${instance}>";reg-id=1`;
    const authorization = this.authorization('REGISTER', uri, NO_BODY, challenge);
    this.#request = Buffer.from(
      `REGISTER ${uri} SIP/2.0\r\n` +
        `Via: SIP/2.0/${transport} ${this.sentBy};branch=z9hG4bK${this.#env.run}${userName}-${index}-${this.#cseq};rport\r\n` +
        `Max-Forwards: 70\r\nFrom: <${aor}>;tag=${this.#tag}\r\nTo: <${aor}>\r\nCall-ID: ${this.#callId}\r\n` +
        `CSeq: ${this.#cseq} REGISTER\r\nContact: ${contact}\r\nExpires: ${expiresSec}\r\nSupported: path, outbound\r\n` +
        `${authorization === undefined ? '' : `${authorization}\r\n`}Content-Length: 0\r\n\r\n`,
      'latin1',
    );
    this.write(this.#request);
    this.#start(TIMER.GIVE_UP, TIMER_64_T1);
    if (this.isStream) return;
    this.#retransmitMs = T1;
    this.#start(TIMER.RETRANSMIT, T1);
  }

  #onRegisterResponse(response: SipResponse): void {
    const { status } = response;
    if (status < 200) return;
    this.#request = undefined;
    this.#stop(TIMER.GIVE_UP);
    this.#stop(TIMER.RETRANSMIT);
    const isChallenge = status === 401 || status === 407;
    if (isChallenge && this.#digest !== undefined && this.#challenges < MAX_CHALLENGES) {
      this.#challenges += 1;
      this.#sendRegister(this.#state === 'leaving' ? 0 : this.#env.expiresSec, response);
      return;
    }
    if (this.#state === 'leaving') {
      this.#connection?.close();
      return;
    }
    if (status >= 300) {
      this.#failed(status, response.get(H.RETRY_AFTER));
      return;
    }
    this.#state = 'ready';
    this.#retryMs = FIRST_RETRY_MS;
    this.#start(TIMER.REFRESH, this.#env.expiresSec * 500);
    const flowTimerSec = Number(response.get(H.FLOW_TIMER));
    if (flowTimerSec > 0 && this.#pingMs === 0) {
      this.#pingMs = flowTimerSec * 1000 * PING_SHARE;
      // Spread, so that those who came together do not ping together.
      this.#start(TIMER.PING, this.#pingMs * this.#env.random());
    }
    const tookMs = this.#env.nowMs() - this.#registeringSinceMs;
    this.#env.owner.onRegistered(this, this.#isRefresh ? undefined : tookMs);
  }

  #failed(status: number, retryAfter: string | undefined): void {
    const askedMs = Number.parseInt(retryAfter ?? '', 10) * 1000;
    // A refusal of a refresh leaves the registration as it is.
    if (this.#isRefresh && status > 0) this.#start(TIMER.REFRESH, this.#pauseMs(askedMs));
    else this.#retryLater(askedMs);
    this.#env.owner.onRegisterFailed(this, status);
  }

  // RFC 5626 §4.5: the pause doubles with every failure and has a random part, so that those who fell together do not come back together.
  #retryLater(askedMs = Number.NaN): void {
    this.#stopAll();
    this.#state = 'waiting';
    this.#start(TIMER.RETRY, this.#pauseMs(askedMs));
  }

  #pauseMs(askedMs: number): number {
    const ownMs = this.#retryMs * (0.5 + this.#env.random() / 2);
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
    return askedMs > 0 ? askedMs + ownMs : ownMs;
  }

  #left(): void {
    this.#stopAll();
    this.#state = 'idle';
    const onLeft = this.#onLeft;
    this.#onLeft = undefined;
    onLeft?.();
  }

  #start(timer: number, delayMs: number): void {
    this.#stop(timer);
    this.#running[timer] = this.#env.timers.start(this, timer, delayMs);
  }

  #stop(timer: number): void {
    this.#env.timers.stop(this.#running[timer]);
    this.#running[timer] = undefined;
  }

  #stopAll(): void {
    for (let timer = 0; timer < this.#running.length; timer += 1) this.#stop(timer);
    this.#request = undefined;
    this.#pingMs = 0;
  }
}

const NO_BODY = new Uint8Array(0);
