import { Buffer } from 'node:buffer';
import { constants } from 'node:os';
import { Ready, Received, SctpError, SctpSocket } from '@hermod/sctp';
import { frameDatagram, type OutgoingMessage } from '@hermod/sip';
import { bufferCodec } from './buffer-codec.ts';
import { messageBytes, writeMessage } from './encode-message.ts';
import type { CloseReason, Flow, SocketAddress } from './flow.ts';
import { type FlowGroup, type GroupMember, isOver } from './flow-group.ts';
import { PING_BYTES, PONG } from './keepalive.ts';
import type { PeerShare } from './peer-budget.ts';
import { endOf } from './socket-address.ts';
import { TURN_BYTES } from './stream-flow.ts';

const { EAGAIN } = constants.errno;
/** Messages read before the other flows get a turn. */
const TURN_MESSAGES = 64;
/** What is sent is written here first, and what is received arrives here: one at a time, for all flows. */
const outgoing = Buffer.allocUnsafeSlow(131_072);
const incoming = Buffer.allocUnsafeSlow(65_536);

type Queued = { readonly bytes: Buffer; readonly isOrdered: boolean };

/** What an {@link SctpFlow} may have besides its socket and group. */
export type SctpFlowOptions = {
  /** Of an association that we begin: where it was asked for, and directories know it by. */
  readonly connectTo?: SocketAddress;
  /** The peer has begun anew on the same association: it belongs to a new flow from now on. */
  readonly onRestart?: (socket: SctpSocket) => void;
};

/**
 * A flow over one SCTP association, which may have several paths: the kernel changes between them without a word.
 *
 * A SIP message is an SCTP message, both ways, on stream 0 (RFC 4168 §5.1). DEVIATION (ADR 0027): requests go in order, since what a
 * device shows is in the order in which it was sent; responses are unordered, as the RFC recommends for both.
 * The association has no half-open state: when the peer ends it, nothing can be answered any more.
 */
export class SctpFlow implements Flow, GroupMember {
  readonly transport = 'SCTP';
  readonly reliable = true;
  readonly remote: SocketAddress;
  readonly share: PeerShare;
  context: unknown = undefined;

  readonly #socket: SctpSocket;
  readonly #group: FlowGroup;
  readonly #isInitiator: boolean;
  readonly #onRestart: ((socket: SctpSocket) => void) | undefined;
  #local: SocketAddress = { address: '', port: 0 };
  #closeReason: CloseReason | undefined;
  #isEstablished = false;
  /** Its socket is closed. */
  #isReleased = false;
  #hasMessage = false;
  #isPaused = false;
  #polled = 0;
  #keepUntilMs = 0;
  #closedAtMs = 0;
  readonly #openedAtMs = performance.now();
  #lastUsedMs = this.#openedAtMs;
  /** What the kernel did not take yet, oldest first. */
  readonly #queue: Queued[] = [];
  #queuedBytes = 0;
  /** The message that has begun to arrive. */
  #parts: Buffer[] = [];
  #partBytes = 0;
  #begunAtMs = 0;

  /** @param socket of an association, polled for nothing; the flow owns it */
  constructor(socket: SctpSocket, group: FlowGroup, options: SctpFlowOptions = {}) {
    const { connectTo } = options;
    this.#socket = socket;
    this.#group = group;
    this.#onRestart = options.onRestart;
    this.#isInitiator = connectTo !== undefined;
    this.remote = connectTo ?? firstOf(socket.remote);
    this.share = group.budget.shareOf(this.remote.address);
    socket.onReady = (events) => this.#onReady(events);
    if (connectTo === undefined) {
      this.#isEstablished = true;
      this.#local = firstOf(socket.local);
    }
    this.#poll();
  }

  get local(): SocketAddress {
    return this.#local;
  }

  get isOpen(): boolean {
    return this.#closeReason === undefined;
  }

  get closeReason(): CloseReason | undefined {
    return this.#closeReason;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Whether the association ever came to be. */
  get wasEstablished(): boolean {
    return this.#isEstablished;
  }

  send(message: OutgoingMessage): boolean {
    if (this.#closeReason !== undefined) return false;
    const bytes = messageBytes(message);
    const { stats, limits } = this.#group;
    if (this.#queuedBytes + bytes > limits.maxQueuedBytes || this.share.exceeds(bytes)) {
      stats.backpressureRefusals++;
      return false;
    }
    const isOrdered = !message.head.startsWith('SIP/2.0 ');
    if (this.#isEstablished && this.#queue.length === 0 && bytes <= outgoing.length) {
      writeMessage(outgoing, message, 0);
      const result = this.#socket.send(outgoing, bytes, isOrdered);
      if (result !== -EAGAIN) return this.#isSent(result, bytes);
    }
    // In memory of its own: a slice of the shared pool would hold on to the pool's block while it waits.
    const waiting = Buffer.allocUnsafeSlow(bytes);
    writeMessage(waiting, message, 0);
    this.#queue.push({ bytes: waiting, isOrdered });
    this.#queuedBytes += bytes;
    this.share.change(bytes);
    this.#poll();
    return true;
  }

  close(): void {
    this.closeWith('local');
  }

  closeWith(reason: CloseReason): void {
    if (this.#closeReason !== undefined) return;
    this.#markClosed(reason);
    if (this.#isEstablished) this.#endSocket();
  }

  pauseReading(paused: boolean): void {
    if (this.#closeReason !== undefined || paused === this.#isPaused) return;
    this.#isPaused = paused;
    if (!paused) {
      // The peer is not to blame for the time in which we did not read.
      this.#lastUsedMs = performance.now();
      if (this.#begunAtMs > 0) this.#begunAtMs = this.#lastUsedMs;
    }
    this.#poll();
  }

  keepFor(ms: number): void {
    const untilMs = performance.now() + ms;
    if (untilMs > this.#keepUntilMs) this.#keepUntilMs = untilMs;
  }

  sweep(nowMs: number): void {
    const { limits } = this.#group;
    if (this.#closeReason !== undefined) {
      if (nowMs - this.#closedAtMs >= limits.lingerMs) this.#release(true);
    } else if (!this.#isEstablished) {
      if (nowMs - this.#openedAtMs >= limits.connectMs) this.#timeOut('error');
    } else if (this.#isPaused) {
      // Nothing is read, so nothing can be late.
    } else if (this.#begunAtMs > 0) {
      if (isOver(nowMs - this.#begunAtMs, limits.messageMs)) this.#timeOut('slow-message');
    } else if (!this.#hasMessage && !this.#isInitiator) {
      if (isOver(nowMs - this.#openedAtMs, limits.firstMessageMs)) this.#timeOut('idle');
    } else if (nowMs >= this.#keepUntilMs) {
      if (isOver(nowMs - this.#lastUsedMs, limits.idleMs)) this.#timeOut('idle');
    }
  }

  #onReady(events: number): void {
    if (!this.#isEstablished && (events & Ready.writable) !== 0) this.#onEstablished();
    if ((events & Ready.writable) !== 0) this.#writeQueue();
    if (events === 0 || (events & Ready.readable) !== 0) this.#read();
    // A socket that has failed is not polled any more, whatever was left in it.
    if (events === 0) this.#onLost('error');
  }

  #onEstablished(): void {
    this.#isEstablished = true;
    this.#local = firstOf(this.#socket.local);
    if (this.#closeReason === undefined) this.#group.handlers.onOpen?.(this);
    else this.#endSocket();
  }

  #read(): void {
    let bytes = 0;
    for (let count = 0; count < TURN_MESSAGES && bytes < TURN_BYTES; count += 1) {
      if (this.#isReleased || (this.#isPaused && this.#closeReason === undefined)) return;
      const result = this.#socket.receive(incoming);
      if (result === -EAGAIN) return;
      if (result <= 0) {
        this.#onLost(result === 0 ? 'remote' : 'error');
        return;
      }
      const kind = result & 7;
      if (kind > Received.end) this.#onNotification(kind);
      else {
        this.#onOctets(result >>> 3, kind === Received.end);
        bytes += result >>> 3;
      }
    }
  }

  #onNotification(kind: number): void {
    const { stats } = this.#group;
    switch (kind) {
      case Received.lost:
        this.#onLost('error');
        return;
      case Received.restart:
        this.#onRestarted();
        return;
      case Received.pathDown:
        stats.pathFailures++;
        return;
      case Received.abandoned:
        this.#forgetParts();
        return;
      default:
        // That a path is there again, or what else the kernel tells, changes nothing.
        return;
    }
  }

  /** The peer lost everything of this association, the registrations over it and our messages on their way included, so to its devices and
   *  transactions it is another one (RFC 9260 §5.2.2). */
  #onRestarted(): void {
    if (this.#closeReason === undefined) this.#markClosed('remote');
    if (this.#onRestart === undefined) {
      this.#release(true);
      return;
    }
    this.#letGo();
    this.#onRestart(this.#socket);
  }

  #onOctets(length: number, isEnd: boolean): void {
    this.#group.stats.bytesIn += length;
    // Unread octets would turn our close into an abort: they are read, and discarded.
    if (this.#closeReason !== undefined) return;
    this.#lastUsedMs = performance.now();
    const part = Buffer.from(incoming.subarray(0, length));
    if (isEnd && this.#partBytes === 0) {
      this.#onSctpMessage(part);
      return;
    }
    this.#parts.push(part);
    this.#partBytes += length;
    this.share.change(length);
    if (this.#begunAtMs === 0) this.#begunAtMs = this.#lastUsedMs;
    const { maxHeadBytes, maxBodyBytes } = this.#group.limits.framer;
    if (isEnd) {
      const whole = Buffer.concat(this.#parts);
      this.#forgetParts();
      this.#onSctpMessage(whole);
    } else if (this.#partBytes > maxHeadBytes + maxBodyBytes) {
      const begun = Buffer.concat(this.#parts);
      this.#forgetParts();
      // It is refused for its size, and what would follow belongs to no message.
      this.#onSctpMessage(begun);
      this.closeWith('framing');
    } else if (this.share.exceeds(0)) {
      this.#group.stats.evicted++;
      this.#markClosed('evicted');
      this.#release(true);
    }
  }

  /** RFC 4168 §5: one SIP message, whole. As it says itself where it ends, an error spoils no other. */
  #onSctpMessage(bytes: Buffer): void {
    const { stats, handlers, limits } = this.#group;
    const framed = frameDatagram(bytes, bufferCodec, limits.framer);
    if ('ping' in framed) {
      stats.pings++;
      if (bytes.length === PING_BYTES && !this.#isInitiator) this.send(PONG);
      return;
    }
    if (framed.ok) {
      this.#hasMessage = true;
      stats.messagesIn++;
      handlers.onMessage(this, framed.value);
    } else {
      stats.framingErrors++;
      handlers.onFramingError(this, framed, framed.partial);
    }
  }

  #writeQueue(): void {
    const queue = this.#queue;
    let sent = 0;
    while (sent < queue.length) {
      const next = queue[sent];
      if (next === undefined) break;
      const { bytes, isOrdered } = next;
      const result = this.#socket.send(bytes, bytes.length, isOrdered);
      if (result === -EAGAIN) break;
      sent += 1;
      this.#queuedBytes -= bytes.length;
      this.share.change(-bytes.length);
      this.#isSent(result, bytes.length);
    }
    queue.splice(0, sent);
    if (queue.length > 0) return;
    if (this.#closeReason === undefined) this.#poll();
    else this.#endSocket();
  }

  /** @param result of the socket's send, other than EAGAIN */
  #isSent(result: number, bytes: number): boolean {
    const { stats } = this.#group;
    if (result === 0) {
      stats.messagesOut++;
      stats.bytesOut += bytes;
      this.#lastUsedMs = performance.now();
      return true;
    }
    // Too large for this kernel, or the association is over: how it ended is read, behind the messages that came before the end.
    stats.socketErrors++;
    return false;
  }

  /** Closed: send what is left, then shut the association down, and read until the peer has agreed. */
  #endSocket(): void {
    if (this.#isReleased) return;
    if (this.#queue.length === 0) this.#socket.shutdown();
    this.#poll();
  }

  #timeOut(reason: CloseReason): void {
    this.#group.stats.timeouts++;
    this.#markClosed(reason);
    if (this.#isEstablished) this.#endSocket();
    else this.#release(true);
  }

  /** The association is over. */
  #onLost(reason: 'remote' | 'error'): void {
    if (this.#isReleased) return;
    if (this.#closeReason === undefined) {
      if (reason === 'error') this.#group.stats.socketErrors++;
      this.#markClosed(reason);
    }
    this.#release(false);
  }

  #markClosed(reason: CloseReason): void {
    this.#closeReason = reason;
    this.#closedAtMs = performance.now();
    this.#forgetParts();
    this.#group.closed(this);
  }

  #release(abort: boolean): void {
    if (this.#isReleased) return;
    this.#socket.close(abort);
    this.#letGo();
  }

  /** The socket is closed, or another flow's. */
  #letGo(): void {
    this.#isReleased = true;
    this.#queue.length = 0;
    this.share.change(-this.#queuedBytes);
    this.#queuedBytes = 0;
    this.#group.leave(this);
  }

  #forgetParts(): void {
    this.share.change(-this.#partBytes);
    this.#parts = [];
    this.#partBytes = 0;
    this.#begunAtMs = 0;
  }

  #poll(): void {
    if (this.#isReleased) return;
    const reads = !this.#isPaused || this.#closeReason !== undefined;
    const writes = !this.#isEstablished || this.#queue.length > 0;
    const events = (reads ? Ready.readable : 0) | (writes ? Ready.writable : 0);
    if (events === this.#polled) return;
    this.#polled = events;
    this.#socket.poll(events);
  }
}

function firstOf(end: SctpSocket['local']): SocketAddress {
  return endOf(end?.addresses[0], end?.port);
}

/** Begin an association as a member of a group; messages wait for it, within the flow's cap.
 *  @param local where to send from, literal addresses  @returns undefined where the system refuses it at once */
export function connectSctp(
  group: FlowGroup,
  remote: SocketAddress,
  local: readonly string[],
): SctpFlow | undefined {
  let socket: SctpSocket;
  try {
    socket = SctpSocket.connect({ remote: [remote.address], port: remote.port, local });
  } catch (error) {
    if (!(error instanceof SctpError)) throw error;
    group.stats.socketErrors++;
    return undefined;
  }
  group.stats.opened++;
  const flow = new SctpFlow(socket, group, { connectTo: remote });
  group.enter(flow);
  return flow;
}
