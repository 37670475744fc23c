import type { Server, Socket } from 'node:net';
import type { ListenOptions } from './flow.ts';
import { StreamFlow } from './stream-flow.ts';
import { listenForStreams, StreamListener } from './stream-listener.ts';

/** Accepts TCP connections; each is a flow of the handlers given. */
export class TcpListener extends StreamListener {
  readonly transport = 'TCP';

  /** Bind and listen. Rejects with the system's error (`EADDRINUSE`, …). */
  static async listen(options: ListenOptions): Promise<TcpListener> {
    return new TcpListener(await listenForStreams(options), options);
  }

  private constructor(server: Server, options: ListenOptions) {
    super(server, options);
  }

  protected override onAccepted(socket: Socket): void {
    this.open(socket);
  }

  protected override newFlow(socket: Socket): StreamFlow {
    return new StreamFlow(socket, this.group, this.transport, {});
  }
}
