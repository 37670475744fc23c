import { formatHostPort, listenError } from '@hermod/platform';
import { buildResponse, type SipRequest } from '@hermod/sip';
import { type Flow, type FlowHandlers, TcpListener } from '@hermod/transport';
import type { RegistrarApp } from '../app.ts';

const LOOPBACK: readonly string[] = ['127.0.0.1', '::1'];
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
};

/** SIP over TCP from edges: REGISTER in, its answer back on the same connection. */
export class RegisterListener implements FlowHandlers {
  readonly stats = {
    /** Connections from addresses that are no peers. */
    refusedPeers: 0,
    /** REGISTERs answered with 503 at the cap. */
    capped: 0,
  };
  readonly #registrar: RegistrarApp;
  readonly #peers: ReadonlySet<string>;
  #listener: TcpListener | undefined;
  #pending = 0;

  private constructor(options: RegisterListenerOptions) {
    this.#registrar = options.registrar;
    this.#peers = new Set([...LOOPBACK, ...options.peers]);
  }

  /** Binds and listens. Rejects when that cannot be done, with a message that says what to change. */
  static async listen(options: RegisterListenerOptions): Promise<RegisterListener> {
    const { address, port } = options;
    const self = new RegisterListener(options);
    self.#listener = await TcpListener.listen({
      address,
      port,
      handlers: self,
      // An edge that is idle stays connected: its pings tell whether it lives.
      limits: { firstMessageMs: 0 },
    }).catch((cause: unknown) => {
      const url = `tcp://${formatHostPort({ host: address, port })}`;
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
    if (this.#peers.has(flow.remote.address)) return;
    this.stats.refusedPeers += 1;
    flow.close();
  }

  onMessage(flow: Flow, message: Parameters<FlowHandlers['onMessage']>[1]): void {
    if (message.kind === 'response' || !this.#peers.has(flow.remote.address)) return;
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
