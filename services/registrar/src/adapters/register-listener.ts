import { formatHostPort, listenError } from '@hermod/platform';
import { buildResponse, type SipRequest } from '@hermod/sip';
import {
  type Flow,
  type FlowHandlers,
  type Listener,
  listenForPeers,
  PeerList,
  type TlsCredentials,
} from '@hermod/transport';
import type { RegistrarApp } from '../app.ts';

/** REGISTERs under way at once; more get 503 without being looked at. */
const MAX_PENDING_REGISTERS = 20_000;

/** What the listener is started with. */
export type RegisterListenerOptions = {
  readonly registrar: RegistrarApp;
  readonly address: string;
  /** 0 for any free one. */
  readonly port: number;
  /** Addresses of edges, besides loopback: their Path and the client's source that they tell are believed, so nobody else may speak. */
  readonly peers: readonly string[];
  /** TLS, admitting by certificate whoever connects; undefined: TCP in clear. */
  readonly credentials?: TlsCredentials | undefined;
};

/** SIP over TCP or TLS from edges: REGISTER in, its answer back on the same connection. */
export class RegisterListener implements FlowHandlers {
  readonly stats = {
    /** Connections in clear from addresses that are no peers. */
    refusedPeers: 0,
    /** REGISTERs answered with 503 at the cap. */
    capped: 0,
  };
  readonly #registrar: RegistrarApp;
  readonly #peers: PeerList;
  #listener: Listener | undefined;
  #pending = 0;

  private constructor(options: RegisterListenerOptions) {
    this.#registrar = options.registrar;
    this.#peers = new PeerList(options.peers);
  }

  /** Binds and listens. Rejects when that cannot be done, with a message that says what to change. */
  static async listen(options: RegisterListenerOptions): Promise<RegisterListener> {
    const { address, port, credentials } = options;
    const self = new RegisterListener(options);
    self.#listener = await listenForPeers({
      address,
      port,
      handlers: self,
      credentials,
    }).catch((cause: unknown) => {
      const url = `${credentials === undefined ? 'tcp' : 'tls'}://${formatHostPort({ host: address, port })}`;
      throw listenError(cause, url, 'HERMOD_TRUNK_LISTEN');
    });
    return self;
  }

  /** The port it is bound to. */
  get port(): number {
    return this.#listener?.address.port ?? 0;
  }

  /** REGISTERs under way. */
  get pending(): number {
    return this.#pending;
  }

  stopAccepting(): void {
    this.#listener?.stopAccepting();
  }

  async close(): Promise<void> {
    await this.#listener?.close();
  }

  onOpen(flow: Flow): void {
    if (this.#peers.admits(flow)) return;
    this.stats.refusedPeers += 1;
    flow.close();
  }

  onMessage(flow: Flow, message: Parameters<FlowHandlers['onMessage']>[1]): void {
    if (message.kind === 'response' || !this.#peers.admits(flow)) return;
    if (this.#pending >= MAX_PENDING_REGISTERS) {
      this.stats.capped += 1;
      flow.send(buildResponse(message, 503, { headers: ['Retry-After: 5'] }));
      return;
    }
    void this.#answer(flow, message);
  }

  onFramingError(): void {
    // The connection closes: its edge connects anew and answers the clients 503.
  }

  onClosed(): void {
    // A REGISTER under way takes effect; its edge answers the client 503, which then repeats it.
  }

  async #answer(flow: Flow, request: SipRequest): Promise<void> {
    this.#pending += 1;
    try {
      flow.send(await this.#registrar.register(request));
    } finally {
      this.#pending -= 1;
    }
  }
}
