import type { Buffer } from 'node:buffer';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { isIP } from 'node:net';
import { answerStunBinding, frameDatagram, isStun, withoutBrackets } from '@hermod/sip';
import { bufferCodec } from './buffer-codec.ts';
import { DatagramFlow } from './datagram-flow.ts';
import type {
  DatagramListener,
  Flow,
  ListenOptions,
  SocketAddress,
  TransportName,
  TransportStats,
} from './flow.ts';
import { FlowGroup } from './flow-group.ts';
import { addressKey, mappedAddress, plainAddress } from './socket-address.ts';

/** Asked of the kernel, which grants what it allows: a burst must not be lost between two turns of the loop. */
const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;

/** Flows that are compared where one has to make room. */
const EVICTION_CANDIDATES = 8;

/** One UDP socket; each remote address and port that speaks to it is a flow. */
export class UdpListener implements DatagramListener {
  readonly transport: TransportName = 'UDP';
  readonly address: SocketAddress;
  readonly #socket: Socket;
  readonly #group: FlowGroup;
  readonly #flows = new Map<string, DatagramFlow>();
  /** Those that no registration keeps, in order of use, coarsely: the first make room. */
  readonly #passing = new Set<DatagramFlow>();
  readonly #onSent = (error: Error | null): void => {
    if (error !== null && error !== undefined) this.#group.stats.socketErrors++;
  };
  #accepting = true;
  #closed = false;

  /** Bind. Rejects with the system's error (`EADDRINUSE`, …). */
  static async listen(options: ListenOptions): Promise<UdpListener> {
    const host = withoutBrackets(options.address ?? '127.0.0.1');
    const address = isIP(host) === 0 ? (await lookup(host)).address : host;
    const family = isIP(address);
    const socket = createSocket({
      type: family === 6 ? 'udp6' : 'udp4',
      // Remote addresses are literals: the resolver's turn of the loop is saved for every datagram.
      lookup: (literal, _options, done) => {
        done(null, family === 6 ? mappedAddress(literal) : literal, family);
      },
    });
    // Asked first: with that lookup the socket is bound before `bind` returns.
    const listening = once(socket, 'listening');
    socket.bind({ address, port: options.port });
    await listening;
    return new UdpListener(socket, options);
  }

  private constructor(socket: Socket, options: ListenOptions) {
    this.#socket = socket;
    this.#group = new FlowGroup({
      ...options,
      directory: { add: () => undefined, remove: (flow) => this.#forget(flow) },
    });
    const bound = socket.address();
    this.address = { address: plainAddress(bound.address), port: bound.port };
    socket.setRecvBufferSize(SOCKET_BUFFER_BYTES);
    socket.setSendBufferSize(SOCKET_BUFFER_BYTES);
    socket.on('message', (bytes, from) => this.#onDatagram(bytes, from));
    // An ICMP error for one peer is no reason to stop serving the others.
    socket.on('error', () => {
      this.#group.stats.socketErrors++;
    });
  }

  get stats(): TransportStats {
    return this.#group.stats;
  }

  /** The flow to a literal address; one that has not been used for long makes room where the table is full. */
  flowTo(remote: SocketAddress): Flow | undefined {
    if (this.#closed) return undefined;
    const address = plainAddress(withoutBrackets(remote.address));
    const known = this.#flows.get(addressKey(address, remote.port));
    if (known !== undefined) return known;
    const flow = this.#open(address, remote.port);
    if (flow !== undefined) this.#group.stats.opened++;
    return flow;
  }

  stopAccepting(): void {
    this.#accepting = false;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#accepting = false;
    this.#closed = true;
    await this.#group.closeAll();
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  #onDatagram(bytes: Buffer, from: RemoteInfo): void {
    // RFC 768: a source port of 0 asks for no reply, and Node throws when it is told to send to one.
    if (this.#closed || from.port === 0) return;
    const { stats, handlers, limits } = this.#group;
    stats.bytesIn += bytes.length;
    const address = plainAddress(from.address);
    const known = this.#flows.get(addressKey(address, from.port));
    if (known !== undefined) this.#touch(known);
    if (isStun(bytes)) {
      if (known !== undefined) this.#answerKeepalive(bytes, known);
      return;
    }
    const framed = frameDatagram(bytes, bufferCodec, limits.framer);
    if ('ping' in framed) {
      // A NAT keepalive of old: no answer on UDP.
      stats.pings++;
      return;
    }
    if (framed.ok) stats.messagesIn++;
    else stats.framingErrors++;
    // No flow for somebody who never sent a message: it would push a registered one out of the table.
    if (known === undefined && !framed.ok && framed.partial === undefined) return;
    const flow = known ?? this.#accept(address, from.port);
    if (flow === undefined) return;
    if (framed.ok) handlers.onMessage(flow, framed.value);
    else handlers.onFramingError(flow, framed, framed.partial);
  }

  /** RFC 5626 §8. DEVIATION (ADR 0016): flows that are not there any more get no answer. Their devices learn it, and nobody is sent what he
   *  has not asked for. */
  #answerKeepalive(bytes: Buffer, { remote }: DatagramFlow): void {
    const answer = answerStunBinding(bytes, remote.address, remote.port);
    if (answer === undefined) return;
    this.#group.stats.pings++;
    this.#group.stats.bytesOut += answer.length;
    this.#socket.send(answer, remote.port, remote.address, this.#onSent);
  }

  #accept(address: string, port: number): DatagramFlow | undefined {
    if (!this.#accepting) {
      this.#group.stats.refused++;
      return undefined;
    }
    const flow = this.#open(address, port);
    if (flow !== undefined) this.#group.stats.accepted++;
    return flow;
  }

  /** @returns undefined where the table is full of flows that are kept for registrations */
  #open(address: string, port: number): DatagramFlow | undefined {
    const group = this.#group;
    if (group.isFull) {
      const evicted = this.#leastNeeded();
      if (evicted === undefined) {
        group.stats.refused++;
        return undefined;
      }
      group.stats.evicted++;
      evicted.closeWith('evicted');
    }
    const flow = new DatagramFlow(
      this.#socket,
      group,
      this.address,
      { address, port },
      this.#onSent,
      this.#passing,
    );
    this.#flows.set(addressKey(address, port), flow);
    group.enter(flow);
    group.handlers.onOpen?.(flow);
    return flow;
  }

  /** Keep the order of use, to the second: re-inserting for every datagram buys nothing. */
  #touch(flow: DatagramFlow): void {
    const nowMs = performance.now();
    if (nowMs - flow.orderedMs >= 1_000) {
      if (this.#passing.delete(flow)) this.#passing.add(flow);
      flow.orderedMs = nowMs;
    }
    flow.touch(nowMs);
  }

  /** Of the least recently used, the one whose address has the most: who opens many pushes out its own. */
  #leastNeeded(): DatagramFlow | undefined {
    let found: DatagramFlow | undefined;
    let seen = 0;
    for (const flow of this.#passing) {
      if (found === undefined || flow.share.datagramFlows > found.share.datagramFlows) found = flow;
      seen += 1;
      if (seen === EVICTION_CANDIDATES) break;
    }
    return found;
  }

  #forget(flow: Flow): void {
    const key = addressKey(flow.remote.address, flow.remote.port);
    if (this.#flows.get(key) === flow) this.#flows.delete(key);
  }
}
