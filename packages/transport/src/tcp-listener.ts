import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type {
  Listener,
  ListenOptions,
  SocketAddress,
  TransportName,
  TransportStats,
} from './flow.ts';
import { FlowGroup } from './flow-group.ts';
import { plainAddress } from './socket-address.ts';
import { StreamFlow } from './stream-flow.ts';

/** A peer that vanished without a word is found by the kernel: above the 95–120 s of RFC 5626 §4.4.1, so that it never
 *  wakes a device that pings by itself. */
const KEEPALIVE_MS = 150_000;

/** Accepts TCP connections; each is a flow of the handlers given. */
export class TcpListener implements Listener {
  readonly transport: TransportName = 'TCP';
  readonly address: SocketAddress;
  readonly #server: Server;
  readonly #group: FlowGroup;
  #accepting = true;

  /** Bind and listen. Rejects with the system's error (`EADDRINUSE`, …). */
  static async listen(options: ListenOptions): Promise<TcpListener> {
    const server = createServer({
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEPALIVE_MS,
    });
    server.listen({ host: options.address ?? '127.0.0.1', port: options.port });
    await once(server, 'listening');
    return new TcpListener(server, new FlowGroup(options));
  }

  private constructor(server: Server, group: FlowGroup) {
    const bound = server.address();
    if (bound === null || typeof bound === 'string') throw new Error('a TCP server has an address');
    this.address = { address: plainAddress(bound.address), port: bound.port };
    this.#server = server;
    this.#group = group;
    server.on('connection', (socket) => this.#onConnection(socket));
    // Accept failures (out of descriptors) are the loop's to retry.
    server.on('error', () => {
      group.stats.socketErrors++;
    });
  }

  get stats(): TransportStats {
    return this.#group.stats;
  }

  stopAccepting(): void {
    if (!this.#accepting) return;
    this.#accepting = false;
    this.#server.close();
  }

  async close(): Promise<void> {
    this.stopAccepting();
    await this.#group.closeAll();
  }

  #onConnection(socket: Socket): void {
    const group = this.#group;
    if (group.isFull || !this.#accepting) {
      group.stats.refused++;
      socket.on('error', () => {
        group.stats.socketErrors++;
      });
      socket.destroy();
      return;
    }
    // The peer may be gone before we got here.
    if (socket.remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    group.stats.accepted++;
    const flow = new StreamFlow(socket, group, undefined);
    group.enter(flow);
    group.handlers.onOpen?.(flow);
  }
}
