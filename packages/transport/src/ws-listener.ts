import type { Server, Socket } from 'node:net';
import type { ListenOptions } from './flow.ts';
import { listenForStreams, StreamListener } from './stream-listener.ts';
import { TlsListener, type TlsListenOptions } from './tls-listener.ts';
import type { WebSocketFlow } from './ws-flow.ts';
import { type UpgradeRules, WebSocketUpgrades } from './ws-upgrade.ts';

/** What a listener for WebSockets is started with. A directory has no use for them: nothing that it looks for is there (RFC 7118 §5). */
export type WsListenOptions = Omit<ListenOptions, 'directory'> & UpgradeRules;

/** The same over TLS. */
export type WssListenOptions = Omit<TlsListenOptions, 'directory' | 'requireClientCertificate'> &
  UpgradeRules;

/** Accepts WebSockets (RFC 7118); each is a flow of the handlers given once its upgrade is done. */
export class WsListener extends StreamListener {
  readonly transport = 'WS';
  readonly #upgrades: WebSocketUpgrades;

  /** Bind and listen. Rejects with the system's error (`EADDRINUSE`, …). */
  static async listen(options: WsListenOptions): Promise<WsListener> {
    return new WsListener(await listenForStreams(options), options);
  }

  private constructor(server: Server, options: WsListenOptions) {
    super(server, options);
    this.#upgrades = new WebSocketUpgrades(this.group.limits, options);
  }

  protected override onAccepted(socket: Socket): void {
    this.open(socket);
  }

  protected override newFlow(socket: Socket): WebSocketFlow {
    return this.#upgrades.begin(socket, this.group, this.transport);
  }
}

/** RFC 7301: a WebSocket over TLS begins as HTTP (RFC 6455 §4.1). */
const HTTP_PROTOCOLS = ['http/1.1'];

/** Accepts WebSockets over TLS, with all that bounds the handshakes of a {@link TlsListener}. */
export class WssListener extends TlsListener {
  override readonly transport = 'WSS';
  readonly #upgrades: WebSocketUpgrades;

  /** Bind and listen. Rejects with the system's error (`EADDRINUSE`, …). */
  static override async listen(options: WssListenOptions): Promise<WssListener> {
    return new WssListener(await listenForStreams(options), options);
  }

  private constructor(server: Server, options: WssListenOptions) {
    super(server, options, HTTP_PROTOCOLS);
    this.#upgrades = new WebSocketUpgrades(this.group.limits, options);
  }

  protected override newFlow(socket: Socket): WebSocketFlow {
    return this.#upgrades.begin(socket, this.group, this.transport);
  }
}
