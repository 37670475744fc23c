import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import type { Server } from 'node:net';
import type { ConnectionOptions, TlsOptions } from 'node:tls';
import {
  buildResponse,
  type OutgoingMessage,
  type SipMessage,
  SipRequest,
  SipResponse,
} from '@hermod/sip';
import { DigestClient } from './digest-client.ts';
import {
  connectPeerSocket,
  listenPeerSocket,
  octets,
  type PeerAddress,
  type PeerSocket,
  type PeerSocketOwner,
  UdpPeerSocket,
} from './peer-socket.ts';
import { SctpPeerSocket } from './sctp-peer-socket.ts';
import { type WebSocketPeerOptions, WebSocketPeerSocket } from './web-socket-peer.ts';

/** What asks for a transport in a URI; TLS is asked for by its scheme. */
const TRANSPORT_PARAM = {
  UDP: '',
  TCP: ';transport=tcp',
  TLS: '',
  SCTP: ';transport=sctp',
  WS: ';transport=ws',
  WSS: ';transport=ws',
} as const;
const T1_MS = 500;
const T2_MS = 4_000;
const DEFAULT_TIMEOUT_MS = 10_000;

/** How a peer is set up. */
export type SipPeerOptions = {
  /** Host under test and of the peer's own sockets, default `127.0.0.1`. */
  readonly host?: string;
  /** User part of the peer's own AoR, default random. */
  readonly user?: string;
  /** Answers challenges with it, as the peer's own user; default: challenges are results. */
  readonly password?: string;
  /** Scheme of the peer's own AoR and Contact, default `sip`. */
  readonly scheme?: 'sip' | 'sips';
  /** Domain of the peer's own AoR and Request-URI of its REGISTERs, default `localhost`. */
  readonly domain?: string;
};

/** What may be said otherwise in one request. */
export type RequestOptions = {
  /** Extra `Name: value` lines. */
  readonly headers?: readonly string[];
  readonly from?: string;
  readonly fromTag?: string;
  readonly to?: string;
  /** That of the far end of a dialog. */
  readonly toTag?: string;
  readonly callId?: string;
  readonly cseq?: number;
  readonly branch?: string;
  /** Whole Via value instead of the peer's own. */
  readonly via?: string;
  readonly maxForwards?: number;
  readonly contentType?: string;
  readonly body?: string | Uint8Array;
  readonly timeoutMs?: number;
};

/** What may be said in a REGISTER. */
export type RegisterOptions = RequestOptions & {
  readonly expires?: number;
  /** Contact URI, default the peer's own address; `*` for all. */
  readonly contact?: string;
  /** `+sip.instance` as `urn:uuid:…`. */
  readonly instance?: string;
  readonly regId?: number;
};

/** A request and what came back for it. */
export type Exchange = {
  readonly status: number;
  readonly response: SipResponse;
  readonly provisionals: readonly SipResponse[];
  /** Time from the first transmission to the final response. */
  readonly elapsedMs: number;
  readonly callId: string;
  readonly cseq: number;
  readonly branch: string;
};

/** A request that came in. */
export type ReceivedRequest = {
  readonly request: SipRequest;
  /** Body as latin1 text. */
  readonly text: string;
  /** Monotonic milliseconds. */
  readonly atMs: number;
  readonly socket: PeerSocket;
};

/** How to answer: a status, a delayed or furnished one, or not at all. */
export type Answer =
  | number
  | 'silence'
  | {
      readonly status: number;
      readonly delayMs?: number;
      readonly headers?: readonly string[];
      readonly body?: string;
      /** In the place of the topmost Via value. */
      readonly via?: string;
    };

type Pending = {
  readonly provisionals: SipResponse[];
  readonly sentAtMs: number;
  readonly settle: (response: SipResponse) => void;
  readonly fail: (reason: Error) => void;
};

type Answered = { response: OutgoingMessage | undefined };

/**
 * A scripted SIP user agent over real sockets, for tests: registers, sends, collects what comes in and answers it by
 * `answer`. Every request that is not a retransmission is in `received`, in order.
 */
export class SipPeer implements PeerSocketOwner {
  readonly user: string;
  readonly domain: string;
  readonly scheme: 'sip' | 'sips';
  readonly received: ReceivedRequest[] = [];
  /** Responses that no request of ours was waiting for. */
  readonly strayResponses: SipResponse[] = [];
  /** Requests that came again with the same branch. */
  retransmissions = 0;
  /** Decides the answer to a request; `index` counts those received before it. Default 200. */
  answer: (request: SipRequest, index: number) => Answer = () => 200;
  /** Called for each new request, before it is answered. */
  onRequest: ((request: SipRequest) => void) | undefined = undefined;

  readonly #host: string;
  readonly #sockets = new Set<PeerSocket>();
  readonly #servers: Server[] = [];
  readonly #pending = new Map<string, Pending>();
  readonly #answered = new Map<string, Answered>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #callId = `${randomToken()}@peer`;
  readonly #fromTag = randomToken();
  readonly #registerCallId = `${randomToken()}@peer-reg`;
  #waiters: { count: number; resolve: () => void }[] = [];
  #cseq = 0;
  readonly #digest: DigestClient | undefined;
  #main: PeerSocket | undefined;

  /** A user agent with one TCP connection to the port under test. */
  static async tcp(remotePort: number, options: SipPeerOptions = {}): Promise<SipPeer> {
    const peer = new SipPeer(options);
    peer.#main = await connectPeerSocket(peer.#host, remotePort, peer);
    peer.#sockets.add(peer.#main);
    return peer;
  }

  /** A user agent with one TLS connection to the port under test; rejects when the handshake fails.
   *  @param tls whom to trust, what to show */
  static async tls(
    remotePort: number,
    tls: ConnectionOptions,
    options: SipPeerOptions = {},
  ): Promise<SipPeer> {
    const peer = new SipPeer(options);
    peer.#main = await connectPeerSocket(peer.#host, remotePort, peer, tls);
    peer.#sockets.add(peer.#main);
    return peer;
  }

  /** A user agent like a browser: with one WebSocket to the port under test, and no address of its own (RFC 7118 §5).
   *  @param ws whose page it is, and what it is over TLS: `wss: true` */
  static async ws(
    remotePort: number,
    options: SipPeerOptions = {},
    ws: WebSocketPeerOptions = {},
  ): Promise<SipPeer> {
    const peer = new SipPeer(options);
    peer.#main = await WebSocketPeerSocket.open(peer.#host, remotePort, peer, ws);
    peer.#sockets.add(peer.#main);
    return peer;
  }

  /** A user agent with one SCTP association with the port under test; rejects where there is no SCTP. */
  static async sctp(remotePort: number, options: SipPeerOptions = {}): Promise<SipPeer> {
    const peer = new SipPeer(options);
    peer.#main = await SctpPeerSocket.open(peer.#host, remotePort, peer);
    peer.#sockets.add(peer.#main);
    return peer;
  }

  /** A user agent with one UDP socket whose requests go to the port under test. */
  static async udp(remotePort: number, options: SipPeerOptions = {}): Promise<SipPeer> {
    const peer = new SipPeer(options);
    const remote = { address: peer.#host, port: remotePort };
    peer.#main = await UdpPeerSocket.bind(peer.#host, 0, remote, peer);
    peer.#sockets.add(peer.#main);
    return peer;
  }

  /** A user agent that only listens, until told more. */
  static idle(options: SipPeerOptions = {}): SipPeer {
    return new SipPeer(options);
  }

  private constructor(options: SipPeerOptions) {
    this.#host = options.host ?? '127.0.0.1';
    this.user = options.user ?? `u${randomToken()}`;
    this.domain = options.domain ?? 'localhost';
    this.scheme = options.scheme ?? 'sip';
    if (options.password !== undefined) {
      this.#digest = new DigestClient(this.user, options.password);
    }
  }

  get aor(): string {
    return `${this.scheme}:${this.user}@${this.domain}`;
  }

  /** The socket that requests go out on. */
  get socket(): PeerSocket {
    if (this.#main === undefined) throw new Error('this peer has no connection');
    return this.#main;
  }

  /** Contact URI of the peer's own connection. */
  get contact(): string {
    const { local, transport } = this.socket;
    return `${this.scheme}:${this.user}@${hostPort(local)}${TRANSPORT_PARAM[transport]}`;
  }

  /** Open a TCP listener, for a Contact that is reached by a new connection. */
  listenTcp(port = 0): Promise<PeerAddress> {
    return this.#listen(port, undefined);
  }

  /** The same for TLS. @param tls what to show, whom to trust */
  listenTls(tls: TlsOptions, port = 0): Promise<PeerAddress> {
    return this.#listen(port, tls);
  }

  async #listen(port: number, tls: TlsOptions | undefined): Promise<PeerAddress> {
    const accept = (socket: PeerSocket) => void this.#sockets.add(socket);
    const { server, address } = await listenPeerSocket(this.#host, port, this, accept, tls);
    this.#servers.push(server);
    return address;
  }

  /** Open a UDP socket, for a Contact that is not the address that registered. */
  async listenUdp(port = 0): Promise<PeerAddress> {
    const nowhere = { address: this.#host, port: 9 };
    const socket = await UdpPeerSocket.bind(this.#host, port, nowhere, this);
    this.#sockets.add(socket);
    return socket.local;
  }

  /** Register a Contact for an AoR, default the peer's own for both; resolves with the final response. */
  register(aor: string = this.aor, options: RegisterOptions = {}): Promise<Exchange> {
    const contact = options.contact ?? this.contact;
    let line = contact === '*' ? 'Contact: *' : `Contact: <${contact}>`;
    if (options.instance !== undefined) line += `;+sip.instance="<${options.instance}>"`;
    if (options.regId !== undefined) line += `;reg-id=${options.regId}`;
    const headers = [line];
    if (options.expires !== undefined) headers.push(`Expires: ${options.expires}`);
    const outbound = options.regId !== undefined;
    headers.push(outbound ? 'Supported: path, outbound' : 'Supported: path');
    const scheme = aor.slice(0, aor.indexOf(':'));
    return this.request('REGISTER', `${scheme}:${aor.slice(aor.indexOf('@') + 1)}`, {
      callId: this.#registerCallId,
      ...options,
      from: options.from ?? aor,
      to: options.to ?? aor,
      headers: [...headers, ...(options.headers ?? [])],
    });
  }

  /** Send a MESSAGE to a URI; resolves with the final response. */
  sendMessage(
    to: string,
    body: string | Uint8Array,
    options: RequestOptions = {},
  ): Promise<Exchange> {
    return this.request('MESSAGE', to, { contentType: 'text/plain', ...options, body });
  }

  /** Send any request; resolves with its final response, rejects after `timeoutMs` or when the connection closes. */
  request(method: string, uri: string, options: RequestOptions = {}): Promise<Exchange> {
    const digest = this.#digest;
    if (digest === undefined) return this.#exchange(method, uri, options);
    const exchange = this.#authenticated(digest, method, uri, options);
    // A test may close the peer without having waited for an answer: that is no unhandled rejection.
    exchange.catch(() => undefined);
    return exchange;
  }

  /** Answers a challenge, twice at most: the second may be about a stale nonce. */
  async #authenticated(
    digest: DigestClient,
    method: string,
    uri: string,
    options: RequestOptions,
  ): Promise<Exchange> {
    let exchange = await this.#exchange(method, uri, options);
    for (let i = 0; i < 2 && (exchange.status === 401 || exchange.status === 407); i += 1) {
      digest.challenged(exchange.response);
      const line = digest.line(method, uri, options.body ?? '');
      const { cseq: _cseq, branch: _branch, ...rest } = options;
      const headers = [...(options.headers ?? []), line];
      exchange = await this.#exchange(method, uri, { ...rest, headers });
    }
    return exchange;
  }

  #exchange(method: string, uri: string, options: RequestOptions): Promise<Exchange> {
    const socket = this.socket;
    const cseq = options.cseq ?? ++this.#cseq;
    const callId = options.callId ?? this.#callId;
    const branch = options.branch ?? `z9hG4bK${randomToken()}`;
    const bytes = this.format(method, uri, { ...options, cseq, callId, branch });
    const sentAtMs = performance.now();
    const provisionals: SipResponse[] = [];
    const final = new Promise<SipResponse>((resolve, reject) => {
      this.#pending.set(`${branch} ${method}`, {
        provisionals,
        sentAtMs,
        settle: resolve,
        fail: reject,
      });
    });
    socket.write(bytes);
    if (socket.transport === 'UDP') {
      this.#scheduleRetransmit(`${branch} ${method}`, socket, bytes, T1_MS);
    }
    const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const timer = this.#after(timeoutMs, () =>
      this.#fail(`${branch} ${method}`, `${method} to ${uri}: no final after ${timeoutMs} ms`),
    );
    const exchange = final
      .then((response) => ({
        status: response.status,
        response,
        provisionals,
        elapsedMs: performance.now() - sentAtMs,
        callId,
        cseq,
        branch,
      }))
      .finally(() => this.#cancel(timer));
    // A test may close the peer without having waited for an answer: that is no unhandled rejection.
    exchange.catch(() => undefined);
    return exchange;
  }

  /** The bytes of a request of this peer's, without sending it. */
  format(method: string, uri: string, options: RequestOptions = {}): Buffer {
    const body = octets(options.body ?? '');
    const cseq = options.cseq ?? ++this.#cseq;
    const lines = [
      `${method} ${uri} SIP/2.0`,
      `Via: ${options.via ?? this.#via(options.branch ?? `z9hG4bK${randomToken()}`)}`,
      `Max-Forwards: ${options.maxForwards ?? 70}`,
      `From: <${options.from ?? this.aor}>;tag=${options.fromTag ?? this.#fromTag}`,
      `To: <${options.to ?? uri}>${options.toTag === undefined ? '' : `;tag=${options.toTag}`}`,
      `Call-ID: ${options.callId ?? this.#callId}`,
      `CSeq: ${cseq} ${method}`,
      ...(options.headers ?? []),
    ];
    if (options.contentType !== undefined) lines.push(`Content-Type: ${options.contentType}`);
    lines.push(`Content-Length: ${body.length}`, '', '');
    return Buffer.concat([octets(lines.join('\r\n')), body]);
  }

  /** Resolves when `count` requests have come in altogether; rejects after `timeoutMs`. */
  async waitForRequests(count: number, timeoutMs = DEFAULT_TIMEOUT_MS): Promise<void> {
    if (this.received.length >= count) return;
    await new Promise<void>((resolve, reject) => {
      const timer = this.#after(timeoutMs, () =>
        reject(new Error(`${this.received.length} of ${count} requests after ${timeoutMs} ms`)),
      );
      this.#waiters.push({
        count,
        resolve: () => {
          this.#cancel(timer);
          resolve();
        },
      });
    });
  }

  /** The bodies received, as latin1 text, in order. */
  get texts(): string[] {
    return this.received.map((entry) => entry.text);
  }

  /** Close every socket and listener in good order. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.close();
    await this.#end();
  }

  /** Reset every connection (RST). */
  async destroy(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await this.#end();
  }

  // What the sockets tell.

  onMessage(socket: PeerSocket, message: SipMessage): void {
    if (message instanceof SipResponse) this.#onResponse(message);
    else if (message instanceof SipRequest) this.#onRequest(socket, message);
  }

  onClosed(socket: PeerSocket): void {
    this.#sockets.delete(socket);
    if (socket !== this.#main) return;
    for (const key of this.#pending.keys()) this.#fail(key, 'the connection was closed');
  }

  #onResponse(response: SipResponse): void {
    const via = response.topVia;
    const cseq = response.cseq;
    const branch = via.ok ? (via.value.branch ?? '') : '';
    const key = `${branch} ${cseq.ok ? cseq.value.method : ''}`;
    const pending = this.#pending.get(key);
    if (pending === undefined) {
      this.strayResponses.push(response);
    } else if (response.status < 200) {
      pending.provisionals.push(response);
    } else {
      this.#pending.delete(key);
      pending.settle(response);
    }
  }

  #onRequest(socket: PeerSocket, request: SipRequest): void {
    const via = request.topVia;
    const branch = via.ok ? (via.value.branch ?? '') : '';
    const key = `${branch} ${via.ok ? via.value.sentBy : ''} ${request.method}`;
    const known = this.#answered.get(key);
    if (known !== undefined) {
      this.retransmissions++;
      if (known.response !== undefined) writeMessage(socket, known.response);
      return;
    }
    const answered: Answered = { response: undefined };
    this.#answered.set(key, answered);
    const index = this.received.length;
    const text = Buffer.from(request.body).toString('latin1');
    this.received.push({ request, text, atMs: performance.now(), socket });
    this.onRequest?.(request);
    this.#answer(socket, request, answered, this.answer(request, index));
    this.#waiters = this.#waiters.filter((waiter) => {
      if (this.received.length < waiter.count) return true;
      waiter.resolve();
      return false;
    });
  }

  #answer(socket: PeerSocket, request: SipRequest, answered: Answered, answer: Answer): void {
    if (answer === 'silence') return;
    const furnished = typeof answer === 'number' ? { status: answer } : answer;
    const send = (): void => {
      const response = buildResponse(request, furnished.status, {
        toTag: this.#fromTag,
        headers: furnished.headers,
        body: furnished.body === undefined ? undefined : octets(furnished.body),
        via: furnished.via,
      });
      answered.response = response;
      writeMessage(socket, response);
    };
    if (furnished.delayMs === undefined) send();
    else this.#after(furnished.delayMs, send);
  }

  #scheduleRetransmit(key: string, socket: PeerSocket, bytes: Buffer, delayMs: number): void {
    this.#after(delayMs, () => {
      const pending = this.#pending.get(key);
      if (pending === undefined) return;
      socket.write(bytes);
      // RFC 3261 §17.1.2.2: T2 once a provisional response has come.
      const nextMs = pending.provisionals.length > 0 ? T2_MS : Math.min(delayMs * 2, T2_MS);
      this.#scheduleRetransmit(key, socket, bytes, nextMs);
    });
  }

  #via(branch: string): string {
    const { local, transport } = this.socket;
    return `SIP/2.0/${transport} ${hostPort(local)};branch=${branch};rport`;
  }

  #fail(key: string, reason: string): void {
    const pending = this.#pending.get(key);
    this.#pending.delete(key);
    pending?.fail(new Error(reason));
  }

  #after(delayMs: number, action: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, delayMs);
    this.#timers.add(timer);
    return timer;
  }

  #cancel(timer: NodeJS.Timeout): void {
    clearTimeout(timer);
    this.#timers.delete(timer);
  }

  async #end(): Promise<void> {
    for (const key of this.#pending.keys()) this.#fail(key, 'the peer was closed');
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    const closing = this.#servers
      .splice(0)
      .map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    await Promise.all(closing);
  }
}

function writeMessage(socket: PeerSocket, message: OutgoingMessage): void {
  socket.write(Buffer.concat([octets(message.head), message.body]));
}

/** A name that stands for no address has no port. */
function hostPort({ address, port }: PeerAddress): string {
  return port === 0 ? address : `${address}:${port}`;
}

/** 72 random bits as 18 hexadecimal digits. */
function randomToken(): string {
  return randomBytes(9).toString('hex');
}
