import type { Socket } from 'node:dgram';
import type { OutgoingMessage } from '@hermod/sip';
import { encodeMessage, messageBytes } from './encode-message.ts';
import type { CloseReason, Flow, SocketAddress, TransportName } from './flow.ts';
import type { FlowGroup, GroupMember } from './flow-group.ts';
import type { PeerShare } from './peer-budget.ts';

/** The most that an IPv4 datagram carries: 65,535 less 20 for IP and 8 for UDP. */
export const MAX_DATAGRAM_BYTES = 65_507;

/**
 * A flow over UDP: one local socket, one remote address and port. Answers leave from the address that was asked
 * (RFC 3581 §4).
 */
export class DatagramFlow implements Flow, GroupMember {
  readonly transport: TransportName = 'UDP';
  readonly reliable = false;
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly share: PeerShare;
  context: unknown = undefined;
  /** Monotonic time at which the listener last put this flow behind the others. */
  orderedMs: number;

  readonly #socket: Socket;
  readonly #group: FlowGroup;
  readonly #onSent: (error: Error | null) => void;
  readonly #passing: Set<DatagramFlow>;
  #closeReason: CloseReason | undefined;
  #lastUsedMs: number;
  #keepUntilMs = 0;

  /** @param passing the listener's flows that nothing keeps: this one is in it, save while it is kept */
  constructor(
    socket: Socket,
    group: FlowGroup,
    local: SocketAddress,
    remote: SocketAddress,
    onSent: (error: Error | null) => void,
    passing: Set<DatagramFlow>,
  ) {
    this.#socket = socket;
    this.#group = group;
    this.local = local;
    this.remote = remote;
    this.share = group.budget.shareOf(remote.address);
    this.#onSent = onSent;
    this.#passing = passing;
    passing.add(this);
    this.#lastUsedMs = performance.now();
    this.orderedMs = this.#lastUsedMs;
  }

  get isOpen(): boolean {
    return this.#closeReason === undefined;
  }

  get closeReason(): CloseReason | undefined {
    return this.#closeReason;
  }

  /** The socket's queue: its flows share it. */
  get queuedBytes(): number {
    return this.#closeReason === undefined ? this.#socket.getSendQueueSize() : 0;
  }

  send(message: OutgoingMessage): boolean {
    if (this.#closeReason !== undefined) return false;
    const bytes = messageBytes(message);
    if (
      bytes > MAX_DATAGRAM_BYTES ||
      this.#socket.getSendQueueSize() + bytes > this.#group.limits.maxQueuedBytes
    ) {
      this.#group.stats.backpressureRefusals++;
      return false;
    }
    this.#lastUsedMs = performance.now();
    this.#group.stats.messagesOut++;
    this.#group.stats.bytesOut += bytes;
    this.#socket.send(encodeMessage(message), this.remote.port, this.remote.address, this.#onSent);
    return true;
  }

  close(): void {
    this.closeWith('local');
  }

  closeWith(reason: CloseReason): void {
    if (this.#closeReason !== undefined) return;
    this.#closeReason = reason;
    if (this.#keepUntilMs > 0) this.share.keptFlows -= 1;
    this.#passing.delete(this);
    this.#group.closed(this);
    this.#group.leave(this);
  }

  pauseReading(_paused: boolean): void {
    // The socket is everybody's: one peer cannot be told to wait.
  }

  keepFor(ms: number): void {
    if (this.#closeReason !== undefined) return;
    if (this.#keepUntilMs === 0) {
      if (this.share.keptFlows >= this.share.maxConnections) return;
      this.share.keptFlows += 1;
      this.#passing.delete(this);
    }
    const untilMs = performance.now() + ms;
    if (untilMs > this.#keepUntilMs) this.#keepUntilMs = untilMs;
  }

  /** A datagram came in. */
  touch(nowMs: number): void {
    this.#lastUsedMs = nowMs;
  }

  sweep(nowMs: number): void {
    if (nowMs < this.#keepUntilMs) return;
    if (this.#keepUntilMs > 0) {
      this.#keepUntilMs = 0;
      this.share.keptFlows -= 1;
      this.#passing.add(this);
    }
    const idleMs = this.#group.limits.datagramIdleMs;
    if (idleMs <= 0 || nowMs - this.#lastUsedMs < idleMs) return;
    this.#group.stats.timeouts++;
    this.closeWith('idle');
  }
}
