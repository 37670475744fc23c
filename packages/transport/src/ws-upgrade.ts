import { createServer, type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { parseBearerToken } from '@hermod/sip';
import { WebSocketServer } from 'ws';
import type { Flow, FlowLimits, WebSocketTransport } from './flow.ts';
import type { FlowGroup } from './flow-group.ts';
import { WebSocketFlow } from './ws-flow.ts';

/** RFC 7118 §4. */
const SUBPROTOCOL = 'sip';
/** Of an HTTP request that may become a WebSocket. */
const MAX_HEADER_BYTES = 8_192;
/** A SIP message comes in one frame, as far as anybody is known to send it; each costs far more than its octets. */
const MAX_FRAGMENTS = 64;
/** Reads that one frame may come in. */
const MAX_CHUNKS = 1_024;

/** Why a request becomes no WebSocket. */
export type UpgradeRefusal = {
  readonly status: 400 | 401 | 403 | 426 | 503;
  /** Whole lines. */
  readonly headers?: readonly string[];
  /** For people: ASCII, a line. */
  readonly text: string;
};

const NOT_AN_UPGRADE: UpgradeRefusal = {
  status: 426,
  headers: ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Protocol: ${SUBPROTOCOL}`],
  text: 'SIP over WebSocket is spoken here (RFC 7118)\n',
};
const OTHER_SUBPROTOCOL: UpgradeRefusal = {
  status: 400,
  text: `Sec-WebSocket-Protocol has to offer "${SUBPROTOCOL}" (RFC 7118)\n`,
};
const OTHER_ORIGIN: UpgradeRefusal = {
  status: 403,
  text: 'pages of this origin may not connect\n',
};

const SEVERAL_TOKENS: UpgradeRefusal = {
  status: 400,
  headers: ['Cache-Control: no-store'],
  text: 'an access token comes in one way (RFC 6750)\n',
};

/** May pages of an origin (`https://chat.example.com`, `null`) open WebSockets? Only browsers say whence a page is. */
export type MayOpen = (origin: string) => boolean;

/**
 * May somebody open a WebSocket with an access token, or without? Never rejects.
 * @param flow not open yet; what is found out about its user belongs into its context
 * @param token as sent, not looked into; undefined: there was none
 * @returns undefined: he may
 */
export type AuthorizeUpgrade = (
  flow: Flow,
  token: string | undefined,
) => Promise<UpgradeRefusal | undefined>;

/** Who may open WebSockets. */
export type UpgradeRules = {
  readonly mayOpen: MayOpen;
  /** Undefined: tokens are not looked at. */
  readonly authorize?: AuthorizeUpgrade | undefined;
};

/** Makes WebSockets of connections: the HTTP in front of a {@link WebSocketFlow} (RFC 6455 §4.2, RFC 7118 §4). */
export class WebSocketUpgrades {
  readonly #rules: UpgradeRules;
  /** It never listens: connections are given to it. */
  readonly #http = createServer({ maxHeaderSize: MAX_HEADER_BYTES, noDelay: true });
  readonly #ws: WebSocketServer;
  readonly #flows = new WeakMap<Duplex, WebSocketFlow>();

  constructor(limits: FlowLimits, rules: UpgradeRules) {
    this.#rules = rules;
    const options = {
      noServer: true,
      clientTracking: false,
      // The first that is offered, otherwise.
      handleProtocols: () => SUBPROTOCOL,
      // It costs memory for each connection, and what SIP says is short.
      perMessageDeflate: false,
      autoPong: false,
      maxPayload: limits.framer.maxHeadBytes + limits.framer.maxBodyBytes,
      // Younger than their type declarations, as the next.
      maxFragments: MAX_FRAGMENTS,
      maxBufferedChunks: MAX_CHUNKS,
    };
    this.#ws = new WebSocketServer(options);
    // Without Upgrade, whatever it asks for.
    this.#http.on('request', ({ socket }) => refuse(socket, NOT_AN_UPGRADE));
    this.#http.on('upgrade', (request, socket, head) => this.#onUpgrade(request, socket, head));
    this.#http.on('clientError', (_error, socket) => socket.destroy());
  }

  /** Speak HTTP on a connection, until it is a WebSocket.  @returns its flow, not open yet */
  begin(socket: Socket, group: FlowGroup, transport: WebSocketTransport): WebSocketFlow {
    const flow = new WebSocketFlow(socket, group, transport);
    this.#flows.set(socket, flow);
    this.#http.emit('connection', socket);
    return flow;
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refusal = this.#refusalOf(request);
    const flow = this.#flows.get(socket);
    if (refusal !== undefined || flow === undefined) refuse(socket, refusal ?? NOT_AN_UPGRADE);
    else void this.#upgrade(request, socket, head, flow);
  }

  /** While it is authorized the connection is not read, and its handshake time-out runs. */
  async #upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    flow: WebSocketFlow,
  ): Promise<void> {
    const refusal = await this.#refusalOfToken(request, flow);
    if (refusal !== undefined) refuse(socket, refusal);
    else this.#ws.handleUpgrade(request, socket, head, (ws) => flow.upgraded(ws));
  }

  async #refusalOfToken(
    request: IncomingMessage,
    flow: WebSocketFlow,
  ): Promise<UpgradeRefusal | undefined> {
    const { authorize } = this.#rules;
    if (authorize === undefined) return undefined;
    const [token, ...others] = tokensIn(request);
    return others.length > 0 ? SEVERAL_TOKENS : authorize(flow, token);
  }

  #refusalOf({ headers }: IncomingMessage): UpgradeRefusal | undefined {
    if (headers.upgrade?.toLowerCase() !== 'websocket') return NOT_AN_UPGRADE;
    const { origin } = headers;
    // RFC 6455 §10.2: a browser lets any page connect anywhere, and says whose it is.
    if (origin !== undefined && !this.#rules.mayOpen(origin)) return OTHER_ORIGIN;
    const offered = headers['sec-websocket-protocol']?.split(',') ?? [];
    return offered.some((name) => name.trim() === SUBPROTOCOL) ? undefined : OTHER_SUBPROTOCOL;
  }
}

/** Access tokens of a request: in Authorization or, since a browser lets no page set that, in the query (RFC 6750 §2.1, §2.3). */
function tokensIn({ headers: { authorization }, url = '' }: IncomingMessage): readonly string[] {
  const query = url.includes('?') ? url.slice(url.indexOf('?')) : '';
  const tokens = new URLSearchParams(query).getAll('access_token');
  const shown = parseBearerToken(authorization ?? '');
  return shown.ok ? [shown.value, ...tokens] : tokens;
}

/** On the connection itself, with whatever was asked for: there will be nothing else on it. */
function refuse(socket: Duplex, { status, headers = [], text }: UpgradeRefusal): void {
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
      ...headers,
      'Connection: close',
      'Content-Type: text/plain',
      `Content-Length: ${text.length}`,
      '',
      text,
    ].join('\r\n'),
  );
}
