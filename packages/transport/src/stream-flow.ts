import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import {
  defaultPort,
  type FramerSink,
  type OutgoingMessage,
  type ParseError,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  StreamFramer,
} from '@hermod/sip';
import { bufferCodec } from './buffer-codec.ts';
import { messageBytes, writeMessage } from './encode-message.ts';
import type { CloseReason, Flow, SocketAddress, StreamTransport } from './flow.ts';
import { type FlowGroup, type GroupMember, isOver } from './flow-group.ts';
import { type Flushable, flushQueue } from './flush-queue.ts';
import { PING, PONG } from './keepalive.ts';
import type { PeerShare } from './peer-budget.ts';
import { endOf } from './socket-address.ts';

/** Octets read before the other flows get a turn (one more buffer may be read already): whoever sends without a pause fills the loop no
 *  more than anybody else. Two full reads: a turn for each one costs a busy flow 5 % more. */
export const TURN_BYTES = 131_072;
/** What Node reads at a time at most: there is more behind a read that is that long. */
const READ_BYTES = 65_536;
/** From this event of a socket on it is known who is at the other end. */
const ESTABLISHED = { TCP: 'connect', TLS: 'secureConnect' } as const;

/** Who is at the other end of a connection, as far as it is known. */
export type OtherEnd = Pick<Flow, 'peerDomain' | 'clientHosts'> & {
  /** The address being connected to; undefined for an accepted connection, whose handshake is done. */
  readonly connectTo?: SocketAddress;
};

/**
 * A flow over one connection, TCP or TLS.
 *
 * What is sent in one turn of the loop goes out in one write. Two lives: the flow ends for its owner the moment it is
 * closed (`isOpen` false, `onClosed` in the next turn); its socket lingers until the queue is flushed and the peer has
 * closed too, at most `lingerMs`. When the peer ends its half first, an owner with answers under way may still send them.
 */
export class StreamFlow implements Flow, FramerSink, Flushable, GroupMember {
  readonly transport: StreamTransport;
  readonly peerDomain: string | undefined;
  readonly clientHosts: readonly string[] | undefined;
  readonly reliable = true;
  readonly share: PeerShare;
  context: unknown = undefined;
  /** Told of every read, before its messages: a sign of life. */
  onOctets: (() => void) | undefined = undefined;

  readonly #socket: Socket;
  readonly #group: FlowGroup;
  readonly #initiator: boolean;
  /** Of a connection that we opened as it was asked for: directories know the flow by it. */
  readonly #remote: SocketAddress;
  #local: SocketAddress = { address: '', port: 0 };
  #framer: StreamFramer | undefined;
  #closeReason: CloseReason | undefined;
  #established = false;
  #hasMessage = false;
  #isAliased = false;
  #completedInChunk = false;
  #begunAtMs = 0;
  #closedAtMs = 0;
  /** 0: it has not. */
  #peerEndedAtMs = 0;
  #paused = false;
  #keepUntilMs = 0;
  readonly #openedAtMs = performance.now();
  #lastReadMs = this.#openedAtMs;
  #lastWriteMs = this.#openedAtMs;
  readonly #pending: OutgoingMessage[] = [];
  #pendingBytes = 0;
  #scheduled = false;
  /** What the share was told of: at least what waits. */
  #heldBytes = 0;
  /** Octets read since the others had their turn. */
  #turnBytes = 0;
  /** Plain MESSAGEs with more octets of this read than that behind their first are passed over. */
  #passBeyond = Infinity;
  #passedOver = 0;
  /** Of the plain MESSAGEs that gather, or have gathered, in a pause and were not all read yet; 0: none are passed over. */
  #wanted = 0;
  /** Octets that were read before the pause had its effect. */
  #staleBytes = 0;
  /** Of the last message. */
  #messageBytes = 0;

  /**
   * @param socket made with `allowHalfOpen`, without listeners, not yet read; a TLS one checks the other end before `secureConnect`
   */
  constructor(socket: Socket, group: FlowGroup, transport: StreamTransport, end: OtherEnd) {
    const { connectTo } = end;
    this.transport = transport;
    this.peerDomain = end.peerDomain;
    this.clientHosts = end.clientHosts;
    this.#socket = socket;
    this.#group = group;
    this.#initiator = connectTo !== undefined;
    this.#remote = connectTo ?? endOf(socket.remoteAddress, socket.remotePort);
    this.share = group.budget.shareOf(this.#remote.address);
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('end', () => this.#onPeerEnded());
    socket.on('error', () => this.#onError());
    socket.on('close', () => this.#onSocketClosed());
    if (connectTo === undefined) this.#onEstablished();
    else socket.on(ESTABLISHED[transport], () => this.#onEstablished());
  }

  get local(): SocketAddress {
    return this.#local;
  }

  get remote(): SocketAddress {
    return this.#remote;
  }

  get isOpen(): boolean {
    return this.#closeReason === undefined && this.#peerEndedAtMs === 0;
  }

  get closeReason(): CloseReason | undefined {
    return this.#closeReason;
  }

  get queuedBytes(): number {
    return this.#pendingBytes + this.#socket.writableLength;
  }

  /** Whether the connection ever came to be. */
  get wasEstablished(): boolean {
    return this.#established;
  }

  /** Monotonic time of the last octet read. */
  get lastReadMs(): number {
    return this.#lastReadMs;
  }

  send(message: OutgoingMessage): boolean {
    if (this.#closeReason !== undefined) return false;
    const bytes = messageBytes(message);
    if (
      this.#pendingBytes + this.#socket.writableLength + bytes >
        this.#group.limits.maxQueuedBytes ||
      this.share.exceeds(bytes)
    ) {
      this.#group.stats.backpressureRefusals++;
      return false;
    }
    this.#pending.push(message);
    this.#pendingBytes += bytes;
    this.#heldBytes += bytes;
    this.share.change(bytes);
    if (!this.#scheduled) {
      this.#scheduled = true;
      flushQueue.schedule(this);
    }
    return true;
  }

  /** Ask the peer for a sign of life. @returns as `send` */
  ping(): boolean {
    return this.send(PING);
  }

  flush(): void {
    this.#scheduled = false;
    this.#writePending();
  }

  close(): void {
    this.closeWith('local');
  }

  closeWith(reason: CloseReason): void {
    if (this.#closeReason !== undefined) return;
    this.#markClosed(reason);
    if (this.#established) this.#endSocket();
  }

  /** Close without flushing. */
  destroy(reason: CloseReason): void {
    if (this.#closeReason === undefined) this.#markClosed(reason);
    this.#dropPending();
    this.#socket.destroy();
  }

  pauseReading(paused: boolean, newest = 0): void {
    if (this.#closeReason !== undefined || paused === this.#paused) return;
    this.#paused = paused;
    if (paused) {
      this.#wanted = newest;
      this.#socket.pause();
    } else {
      // The peer is not to blame for the time in which we did not read.
      const nowMs = performance.now();
      if (this.#begunAtMs > 0) this.#begunAtMs = nowMs;
      this.#lastReadMs = nowMs;
      this.#staleBytes = this.#socket.readableLength;
      this.#socket.resume();
    }
  }

  keepFor(ms: number): void {
    const untilMs = performance.now() + ms;
    if (untilMs > this.#keepUntilMs) this.#keepUntilMs = untilMs;
  }

  sweep(nowMs: number): void {
    // The kernel takes what waits without a word.
    if (this.#heldBytes > 0) this.#account();
    const limits = this.#group.limits;
    if (this.#closeReason !== undefined) {
      if (nowMs - this.#closedAtMs >= limits.lingerMs) this.#socket.destroy();
    } else if (this.#peerEndedAtMs > 0) {
      if (nowMs - this.#peerEndedAtMs >= limits.halfClosedMs) this.closeWith('remote');
    } else if (!this.#established) {
      if (nowMs - this.#openedAtMs >= limits.connectMs) this.#timeOut('error');
    } else if (this.#paused) {
      // Nothing is read, so nothing can be late.
    } else if (this.#begunAtMs > 0) {
      if (isOver(nowMs - this.#begunAtMs, limits.messageMs)) this.#timeOut('slow-message');
    } else if (!this.#hasMessage && !this.#initiator) {
      if (isOver(nowMs - this.#openedAtMs, limits.firstMessageMs)) this.#timeOut('idle');
    } else if (nowMs >= this.#keepUntilMs) {
      const lastMs = this.#lastReadMs > this.#lastWriteMs ? this.#lastReadMs : this.#lastWriteMs;
      if (isOver(nowMs - lastMs, limits.idleMs)) this.#timeOut('idle');
    }
  }

  // FramerSink: what the framer found in the octets read.

  onMessage(message: SipRequest | SipResponse): void {
    // The owner may have closed the flow at an earlier message of the same read.
    if (this.#closeReason !== undefined) return;
    this.#hasMessage = true;
    this.#completedInChunk = true;
    this.#messageBytes = message.head.length + message.body.length;
    this.#group.stats.messagesIn++;
    if (this.clientHosts !== undefined && message.kind === 'request') this.#learnAlias(message);
    this.#group.handlers.onMessage(this, message);
  }

  passesOver(left: number): boolean {
    if (left > this.#passBeyond) return true;
    if (this.#group.handlers.passesOver?.(this) !== true) return false;
    this.#passBeyond = 0;
    return true;
  }

  onPassedOver(): void {
    this.#completedInChunk = true;
    this.#passedOver++;
  }

  onPing(): void {
    if (this.#closeReason !== undefined) return;
    this.#group.stats.pings++;
    this.send(PONG);
  }

  onError(error: ParseError, partial: SipMessage | undefined): void {
    if (this.#closeReason !== undefined) return;
    this.#group.stats.framingErrors++;
    this.#group.handlers.onFramingError(this, error, partial);
    // RFC 3261 §18.3: where a message ends is unknown from here on, so the stream is of no more use.
    this.closeWith('framing');
  }

  /** RFC 5923 §8.2: with `alias`, the address it came from and the port of its sent-by, 5061 when it names none, mean this connection. */
  #learnAlias({ topVia }: SipRequest): void {
    if (this.#isAliased || !topVia.ok || topVia.value.params.get('alias') !== true) return;
    this.#isAliased = true;
    this.#group.alias(this, topVia.value.port ?? defaultPort(true));
  }

  #onData(chunk: Buffer): void {
    if (this.#closeReason !== undefined) return;
    const nowMs = performance.now();
    this.#lastReadMs = nowMs;
    this.#group.stats.bytesIn += chunk.length;
    // Made at the first octet: an idle connection keeps no framer.
    this.#framer ??= new StreamFramer(
      bufferCodec,
      this.#group.limits.framer,
      this.#initiator ? 'connected' : 'accepted',
    );
    const framer = this.#framer;
    this.#completedInChunk = false;
    this.onOctets?.();
    if (this.#wanted > 0) this.#catchUp(chunk.length);
    framer.push(chunk, this);
    this.#passBeyond = Infinity;
    if (this.#passedOver > 0) this.#tellPassedOver();
    // The clock of a message runs from its first octet, however slowly the others drip in.
    if (!framer.hasPartial) this.#begunAtMs = 0;
    else if (this.#begunAtMs === 0 || this.#completedInChunk) this.#begunAtMs = nowMs;
    if (framer.hasPartial || this.#heldBytes > 0) this.#account();
    if (framer.hasPartial && this.share.exceeds(0)) {
      this.#group.stats.evicted++;
      this.destroy('evicted');
      return;
    }
    this.#turnBytes += chunk.length;
    if (this.#turnBytes >= TURN_BYTES) this.#yieldTurn();
  }

  /** Of what has gathered during a pause only the newest is of use, which is what the last read ends with. */
  #catchUp(readBytes: number): void {
    if (this.#staleBytes > 0) this.#staleBytes -= readBytes;
    else if (readBytes < READ_BYTES) {
      this.#passBeyond = this.#wanted * this.#messageBytes;
      this.#wanted = 0;
      return;
    }
    this.#passBeyond = 0;
  }

  #tellPassedOver(): void {
    const count = this.#passedOver;
    this.#passedOver = 0;
    this.#group.stats.messagesIn += count;
    this.#group.handlers.onPassedOver?.(this, count);
  }

  /** Let the other flows be read first. */
  #yieldTurn(): void {
    this.#turnBytes = 0;
    if (this.#closeReason !== undefined || this.#paused) return;
    this.#socket.pause();
    setImmediate(readOn, this);
  }

  /** Called by the loop behind the reads of this turn. */
  readOn(): void {
    if (this.#closeReason === undefined && !this.#paused) this.#socket.resume();
  }

  /** Tell the share what waits now. */
  #account(): void {
    const held = this.#pendingBytes + this.#socket.writableLength + (this.#framer?.heldBytes ?? 0);
    if (held === this.#heldBytes) return;
    this.share.change(held - this.#heldBytes);
    this.#heldBytes = held;
  }

  // A sender may end its half behind its last request and wait for the answer (RFC 9293 §3.6, `nc -N`).
  #onPeerEnded(): void {
    if (this.#closeReason !== undefined) return;
    this.#peerEndedAtMs = performance.now();
    if (!this.#group.peerEnded(this)) this.closeWith('remote');
  }

  #onEstablished(): void {
    const socket = this.#socket;
    this.#established = true;
    this.#local = endOf(socket.localAddress, socket.localPort);
    if (!this.#initiator) return;
    if (this.#closeReason === undefined) {
      this.#group.handlers.onOpen?.(this);
      this.#writePending();
    } else this.#endSocket();
  }

  /** Closed: write what is left, and our end of the connection. */
  #endSocket(): void {
    this.#writePending();
    this.#socket.end();
    // Unread octets would turn the close into a reset and take our last answer with it: read on, and discard.
    this.#socket.resume();
  }

  #writePending(): void {
    const pending = this.#pending;
    const count = pending.length;
    // Nothing is given to a socket before it is known who is at its other end.
    if (count === 0 || !this.#established) return;
    const bytes = this.#pendingBytes;
    // A write that has to wait holds on to its memory: a slice of the shared pool would hold on to the pool's block.
    const waits = this.#socket.writableLength > 0;
    const buffer = waits ? Buffer.allocUnsafeSlow(bytes) : Buffer.allocUnsafe(bytes);
    let at = 0;
    for (let i = 0; i < count; i++) {
      const message = pending[i];
      if (message !== undefined) at = writeMessage(buffer, message, at);
    }
    pending.length = 0;
    this.#pendingBytes = 0;
    this.#group.stats.messagesOut += count;
    this.#group.stats.bytesOut += bytes;
    this.#lastWriteMs = performance.now();
    this.#socket.write(buffer);
    this.#account();
  }

  #timeOut(reason: CloseReason): void {
    this.#group.stats.timeouts++;
    if (this.#established) this.closeWith(reason);
    else this.destroy(reason);
  }

  #markClosed(reason: CloseReason): void {
    this.#closeReason = reason;
    this.#closedAtMs = performance.now();
    // What is left of the read in progress is not for an owner who has closed.
    this.#framer?.close();
    this.#framer = undefined;
    this.#group.closed(this);
  }

  #onError(): void {
    this.#group.stats.socketErrors++;
    if (this.#closeReason === undefined) this.#markClosed('error');
    this.#dropPending();
  }

  #onSocketClosed(): void {
    if (this.#closeReason === undefined) this.#markClosed('remote');
    this.#dropPending();
    // Whatever waits dies with the socket.
    this.share.change(-this.#heldBytes);
    this.#heldBytes = 0;
    this.#group.leave(this);
  }

  #dropPending(): void {
    this.#pending.length = 0;
    this.#pendingBytes = 0;
    this.#account();
  }
}

function readOn(flow: StreamFlow): void {
  flow.readOn();
}
