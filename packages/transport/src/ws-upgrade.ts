import { createServer, type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { FlowLimits, WebSocketTransport } from './flow.ts';
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
type Refusal = {
  readonly status: 400 | 403 | 426;
  readonly headers?: readonly string[];
  readonly text: string;
};

const NOT_AN_UPGRADE: Refusal = {
  status: 426,
  headers: ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Protocol: ${SUBPROTOCOL}`],
  text: 'SIP over WebSocket is spoken here (RFC 7118)\n',
};
const OTHER_SUBPROTOCOL: Refusal = {
  status: 400,
  text: `Sec-WebSocket-Protocol has to offer "${SUBPROTOCOL}" (RFC 7118)\n`,
};
const OTHER_ORIGIN: Refusal = {
  status: 403,
  text: 'pages of this origin may not connect\n',
};

/** May pages of an origin (`https://chat.example.com`, `null`) open WebSockets? Only browsers say whence a page is. */
export type MayOpen = (origin: string) => boolean;

/** Makes WebSockets of connections: the HTTP in front of a {@link WebSocketFlow} (RFC 6455 §4.2, RFC 7118 §4). */
export class WebSocketUpgrades {
  readonly #mayOpen: MayOpen;
  /** It never listens: connections are given to it. */
  readonly #http = createServer({ maxHeaderSize: MAX_HEADER_BYTES, noDelay: true });
  readonly #ws: WebSocketServer;
  readonly #flows = new WeakMap<Duplex, WebSocketFlow>();

  constructor(limits: FlowLimits, mayOpen: MayOpen) {
    this.#mayOpen = mayOpen;
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
    if (refusal !== undefined) {
      refuse(socket, refusal);
      return;
    }
    this.#ws.handleUpgrade(request, socket, head, (ws) => this.#flows.get(socket)?.upgraded(ws));
  }

  #refusalOf({ headers }: IncomingMessage): Refusal | undefined {
    if (headers.upgrade?.toLowerCase() !== 'websocket') return NOT_AN_UPGRADE;
    const { origin } = headers;
    // RFC 6455 §10.2: a browser lets any page connect anywhere, and says whose it is.
    if (origin !== undefined && !this.#mayOpen(origin)) return OTHER_ORIGIN;
    const offered = headers['sec-websocket-protocol']?.split(',') ?? [];
    return offered.some((name) => name.trim() === SUBPROTOCOL) ? undefined : OTHER_SUBPROTOCOL;
  }
}

/** On the connection itself, with whatever was asked for: there will be nothing else on it. */
function refuse(socket: Duplex, { status, headers = [], text }: Refusal): void {
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
