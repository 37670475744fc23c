import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type {
  Listener,
  ListenOptions,
  SocketAddress,
  StreamTransport,
  TransportStats,
  WebSocketTransport,
} from './flow.ts';
import { FlowGroup, type GroupMember } from './flow-group.ts';
import { plainAddress } from './socket-address.ts';

/** A peer that vanished without a word is found by the kernel: above the 95–120 s of RFC 5626 §4.4.1, so that it never
 *  wakes a device that pings by itself. */
const KEEPALIVE_MS = 150_000;
/** A socket that is paused reads on until it holds so much. What it has not read stays in the kernel's buffer and holds the peer up. */
const PAUSED_BYTES = 1;

/** Connections that the kernel holds until they are accepted (no more than net.core.somaxconn). Node's 511 would turn the others of a crowd away,
 *  and a client whose SYN was lost waits 1, 3, 7, 15 s. */
const BACKLOG = 4_096;

/** Bind and listen for connections. Rejects with the system's error (`EADDRINUSE`, …). */
export async function listenForStreams({ address, port }: ListenOptions): Promise<Server> {
  const server = createServer({
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEPALIVE_MS,
    highWaterMark: PAUSED_BYTES,
  });
  server.listen({ host: address ?? '127.0.0.1', port, backlog: BACKLOG });
  await once(server, 'listening');
  return server;
}

/** What listeners for connections share: a listening socket, the cap on what it accepts, the flows that come of it. */
export abstract class StreamListener implements Listener {
  abstract readonly transport: StreamTransport | WebSocketTransport;
  readonly address: SocketAddress;
  protected readonly group: FlowGroup;
  readonly #server: Server;
  #accepting = true;

  /** @param server listening, nothing accepted yet */
  protected constructor(server: Server, options: ListenOptions) {
    const bound = server.address();
    if (bound === null || typeof bound === 'string') throw new Error('a server has an address');
    this.address = { address: plainAddress(bound.address), port: bound.port };
    this.group = new FlowGroup(options);
    this.#server = server;
    server.on('connection', (socket) => this.#onConnection(socket));
    // Accept failures (out of descriptors) are the loop's to retry.
    server.on('error', () => {
      this.stats.socketErrors++;
    });
  }

  get stats(): TransportStats {
    return this.group.stats;
  }

  stopAccepting(): void {
    if (!this.#accepting) return;
    this.#accepting = false;
    this.#server.close();
  }

  async close(): Promise<void> {
    this.stopAccepting();
    await this.group.closeAll();
  }

  /** Whether the cap on connections is reached. */
  protected get isFull(): boolean {
    return this.group.isFull;
  }

  /** A connection within the cap: it becomes a flow by {@link open}, now or later. */
  protected abstract onAccepted(socket: Socket): void;

  /** Turn a connection away. */
  protected refuse(socket: Socket): void {
    this.stats.refused++;
    socket.on('error', () => {
      this.stats.socketErrors++;
    });
    socket.destroy();
  }

  /** The flow that a connection becomes: open already, or it says itself when it is.  @param clientHosts as {@link Flow.clientHosts} */
  protected abstract newFlow(socket: Socket, clientHosts?: readonly string[]): GroupMember;

  /** A connection that may be used.  @param clientHosts as {@link Flow.clientHosts} */
  protected open(socket: Socket, clientHosts?: readonly string[]): void {
    // The peer may be gone before we got here.
    if (socket.remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    const { group } = this;
    if (!group.budget.admits(plainAddress(socket.remoteAddress))) {
      this.refuse(socket);
      return;
    }
    group.stats.accepted++;
    const flow = this.newFlow(socket, clientHosts);
    group.enter(flow);
    if (flow.isOpen) group.handlers.onOpen?.(flow);
  }

  #onConnection(socket: Socket): void {
    if (this.isFull || !this.#accepting) this.refuse(socket);
    else this.onAccepted(socket);
  }
}
