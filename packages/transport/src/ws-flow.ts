import { Buffer, isUtf8 } from 'node:buffer';
import type { Socket } from 'node:net';
import { frameDatagram, type OutgoingMessage } from '@hermod/sip';
import { WebSocket } from 'ws';
import { bufferCodec } from './buffer-codec.ts';
import { encodeMessage, messageBytes } from './encode-message.ts';
import type { CloseReason, Flow, SocketAddress, WebSocketTransport } from './flow.ts';
import { type FlowGroup, type GroupMember, isOver } from './flow-group.ts';
import { type Flushable, flushQueue } from './flush-queue.ts';
import { PING_BYTES, PONG } from './keepalive.ts';
import type { PeerShare } from './peer-budget.ts';
import { endOf } from './socket-address.ts';
import { TURN_BYTES } from './stream-flow.ts';

/** RFC 6455 §7.4.1: what a close says to the other end. */
const CLOSE_CODES: Readonly<Record<CloseReason, number>> = {
  local: 1000,
  remote: 1000,
  error: 1011,
  framing: 1007,
  idle: 1001,
  'slow-message': 1008,
  evicted: 1013,
  shutdown: 1001,
};

/**
 * A flow over one WebSocket, plain or over TLS: one SIP message in each WebSocket message (RFC 7118 §4).
 *
 * It begins with the connection, before HTTP has made a WebSocket of this, so that one set of caps and time-outs holds for both; it is
 * open, and its owner hears of it, from `upgraded` on. What is sent in one turn of the loop goes out in one write.
 */
export class WebSocketFlow implements Flow, Flushable, GroupMember {
  readonly transport: WebSocketTransport;
  readonly reliable = true;
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly share: PeerShare;
  context: unknown = undefined;

  readonly #socket: Socket;
  readonly #group: FlowGroup;
  #ws: WebSocket | undefined;
  #closeReason: CloseReason | undefined;
  #hasMessage = false;
  /** Within a read: a message, or what stands between two, has ended in it. */
  #completedInChunk = false;
  /** When the message that is incomplete began; 0: none is. */
  #begunAtMs = 0;
  /** Octets read of it, frame heads included. */
  #partialBytes = 0;
  #closedAtMs = 0;
  #paused = false;
  #corked = false;
  #keepUntilMs = 0;
  readonly #openedAtMs = performance.now();
  #lastReadMs = this.#openedAtMs;
  /** Of the last message or keepalive of the peer's own, either way: what it answers to our pings is none. */
  #lastUsedMs = this.#openedAtMs;
  /** When a sign of life was asked for that has not come; 0: none was. */
  #askedAtMs = 0;
  /** What the share was told of. */
  #heldBytes = 0;
  /** Octets read since the others had their turn. */
  #turnBytes = 0;

  /** @param socket accepted and, for WSS, its TLS handshake done */
  constructor(socket: Socket, group: FlowGroup, transport: WebSocketTransport) {
    this.transport = transport;
    this.#socket = socket;
    this.#group = group;
    this.local = endOf(socket.localAddress, socket.localPort);
    this.remote = endOf(socket.remoteAddress, socket.remotePort);
    this.share = group.budget.shareOf(this.remote.address);
    socket.on('error', () => {
      this.#group.stats.socketErrors++;
      if (this.#closeReason === undefined) this.#markClosed('error');
    });
    socket.on('close', () => this.#onSocketClosed());
  }

  get isOpen(): boolean {
    // A close that the peer has begun shows in the state at once, and as an event only when the connection is gone.
    return this.#closeReason === undefined && this.#ws?.readyState === WebSocket.OPEN;
  }

  get closeReason(): CloseReason | undefined {
    return this.#closeReason;
  }

  get queuedBytes(): number {
    return this.#socket.destroyed ? 0 : this.#socket.writableLength;
  }

  /** HTTP is done with the connection: SIP may be spoken. @param ws over the socket, its head already sent */
  upgraded(ws: WebSocket): void {
    this.#ws = ws;
    ws.on('message', (data) => {
      // Always: other forms have to be asked for.
      if (data instanceof Buffer) this.#onData(data);
    });
    ws.on('ping', (data) => this.#onPing(data));
    ws.on('pong', () => this.#onControl());
    // A breach of RFC 6455, or of our caps: the library says which by the code of its close. The socket tells its errors itself.
    ws.on('error', () => {
      if (this.#closeReason !== undefined) return;
      this.#group.stats.framingErrors++;
      this.#markClosed('framing');
    });
    // Behind the library's own listener: by then it has reported what the chunk held.
    this.#socket.on('data', (chunk: Buffer) => this.#onChunk(chunk));
    this.#group.handlers.onOpen?.(this);
  }

  send(message: OutgoingMessage): boolean {
    const ws = this.#ws;
    if (ws === undefined || !this.isOpen) return false;
    if (!this.#mayQueue(messageBytes(message))) return false;
    const bytes = encodeMessage(message);
    this.#cork();
    // RFC 6455 §5.6: a text message is UTF-8; SIP may carry any octet.
    ws.send(bytes, { binary: !isUtf8(bytes), compress: false });
    const { stats } = this.#group;
    stats.messagesOut++;
    stats.bytesOut += bytes.length;
    this.#lastUsedMs = performance.now();
    this.#account();
    return true;
  }

  flush(): void {
    this.#corked = false;
    this.#socket.uncork();
    this.#account();
  }

  close(): void {
    this.closeWith('local');
  }

  closeWith(reason: CloseReason): void {
    if (this.#closeReason !== undefined) return;
    this.#markClosed(reason);
    if (this.#ws === undefined) {
      this.#socket.destroy();
      return;
    }
    this.#ws.close(CLOSE_CODES[reason]);
    // The peer's own close has to be read.
    this.#ws.resume();
  }

  pauseReading(paused: boolean): void {
    if (this.#ws === undefined || this.#closeReason !== undefined || paused === this.#paused) {
      return;
    }
    this.#paused = paused;
    if (paused) {
      this.#ws.pause();
      return;
    }
    // The peer is not to blame for the time in which we did not read.
    const nowMs = performance.now();
    if (this.#begunAtMs > 0) this.#begunAtMs = nowMs;
    if (this.#askedAtMs > 0) this.#askedAtMs = nowMs;
    this.#lastReadMs = nowMs;
    this.#lastUsedMs = nowMs;
    this.#ws.resume();
  }

  keepFor(ms: number): void {
    const untilMs = performance.now() + ms;
    if (untilMs > this.#keepUntilMs) this.#keepUntilMs = untilMs;
  }

  sweep(nowMs: number): void {
    // The kernel takes what waits without a word.
    if (this.#heldBytes > 0) this.#account();
    const { limits } = this.#group;
    if (this.#closeReason !== undefined) {
      if (nowMs - this.#closedAtMs >= limits.lingerMs) this.#socket.destroy();
    } else if (this.#ws === undefined) {
      if (nowMs - this.#openedAtMs >= limits.handshakeMs) this.#timeOut('error');
    } else if (!this.isOpen) {
      // The peer has begun to close, and leaves it at that.
      this.#markClosed('remote');
    } else if (this.#paused) {
      // Nothing is read, so nothing can be late.
    } else if (this.#begunAtMs > 0) {
      if (isOver(nowMs - this.#begunAtMs, limits.messageMs)) this.#timeOut('slow-message');
    } else if (!this.#hasMessage) {
      if (isOver(nowMs - this.#openedAtMs, limits.firstMessageMs)) this.#timeOut('idle');
    } else if (nowMs >= this.#keepUntilMs && isOver(nowMs - this.#lastUsedMs, limits.idleMs)) {
      this.#timeOut('idle');
    } else if (this.#askedAtMs > 0) {
      if (isOver(nowMs - this.#askedAtMs, limits.pingMs)) this.#timeOut('idle');
    } else if (isOver(nowMs - this.#lastReadMs, limits.pingMs)) {
      this.#askedAtMs = nowMs;
      this.#ws.ping();
    }
  }

  #onData(data: Buffer): void {
    if (this.#closeReason !== undefined) return;
    this.#endPartial();
    const { handlers, limits, stats } = this.#group;
    const framed = frameDatagram(data, bufferCodec, limits.framer);
    if ('ping' in framed) {
      stats.pings++;
      this.#lastUsedMs = performance.now();
      if (data.length >= PING_BYTES) this.send(PONG);
    } else if (framed.ok) {
      this.#hasMessage = true;
      this.#lastUsedMs = performance.now();
      stats.messagesIn++;
      handlers.onMessage(this, framed.value);
    } else {
      // Where the next one begins is still known, so the flow stays (as over UDP; RFC 3261 §18.3 is about streams).
      stats.framingErrors++;
      handlers.onFramingError(this, framed, framed.partial);
    }
  }

  #onPing(data: Buffer): void {
    if (this.#closeReason !== undefined) return;
    this.#onControl();
    this.#group.stats.pings++;
    this.#lastUsedMs = performance.now();
    // Not left to the library: whoever asks without reading the answers fills this queue alone.
    if (this.isOpen && this.#mayQueue(data.length)) this.#ws?.pong(data);
  }

  /** It may stand between the frames of a message, which has not ended then. */
  #onControl(): void {
    if (this.#begunAtMs === 0) this.#completedInChunk = true;
  }

  /** What the library has read, frame by frame, is known by its events: here it is only measured. */
  #onChunk(chunk: Buffer): void {
    if (this.#closeReason !== undefined) return;
    const nowMs = performance.now();
    this.#lastReadMs = nowMs;
    this.#askedAtMs = 0;
    this.#group.stats.bytesIn += chunk.length;
    if (this.#completedInChunk) this.#completedInChunk = false;
    else this.#growPartial(chunk.length, nowMs);
    this.#turnBytes += chunk.length;
    if (this.#turnBytes >= TURN_BYTES) this.#yieldTurn();
  }

  #growPartial(bytes: number, nowMs: number): void {
    // The clock of a message runs from its first octet, however slowly the others drip in.
    if (this.#begunAtMs === 0) this.#begunAtMs = nowMs;
    this.#partialBytes += bytes;
    this.#account();
    if (!this.share.exceeds(0)) return;
    this.#group.stats.evicted++;
    this.#markClosed('evicted');
    this.#socket.destroy();
  }

  #endPartial(): void {
    this.#completedInChunk = true;
    this.#begunAtMs = 0;
    if (this.#partialBytes === 0) return;
    this.#partialBytes = 0;
    this.#account();
  }

  /** Let the other flows be read first. */
  #yieldTurn(): void {
    this.#turnBytes = 0;
    if (this.#closeReason !== undefined || this.#paused) return;
    this.#ws?.pause();
    setImmediate(readOn, this);
  }

  /** Called by the loop behind the reads of this turn. */
  readOn(): void {
    if (!this.#paused) this.#ws?.resume();
  }

  #mayQueue(bytes: number): boolean {
    const { limits, stats } = this.#group;
    if (this.queuedBytes + bytes <= limits.maxQueuedBytes && !this.share.exceeds(bytes))
      return true;
    stats.backpressureRefusals++;
    return false;
  }

  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#socket.cork();
    flushQueue.schedule(this);
  }

  /** Tell the share what waits now. */
  #account(): void {
    const held = this.queuedBytes + this.#partialBytes;
    if (held === this.#heldBytes) return;
    this.share.change(held - this.#heldBytes);
    this.#heldBytes = held;
  }

  #timeOut(reason: CloseReason): void {
    this.#group.stats.timeouts++;
    this.closeWith(reason);
  }

  #markClosed(reason: CloseReason): void {
    this.#closeReason = reason;
    this.#closedAtMs = performance.now();
    if (this.#ws === undefined) this.#group.stats.handshakeFailures++;
    this.#group.closed(this);
  }

  #onSocketClosed(): void {
    if (this.#closeReason === undefined) this.#markClosed('remote');
    // Whatever waits dies with the socket.
    this.share.change(-this.#heldBytes);
    this.#heldBytes = 0;
    this.#partialBytes = 0;
    this.#group.leave(this);
  }
}

function readOn(flow: WebSocketFlow): void {
  flow.readOn();
}
