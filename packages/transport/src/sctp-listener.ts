import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Ready, SctpError, SctpSocket } from '@hermod/sctp';
import { withoutBrackets } from '@hermod/sip';
import type { Listener, ListenOptions, SocketAddress, TransportStats } from './flow.ts';
import { FlowGroup } from './flow-group.ts';
import { SctpFlow } from './sctp-flow.ts';
import { plainAddress } from './socket-address.ts';

/** Associations that wait to be accepted, as Node has it for TCP. */
const BACKLOG = 511;
/** Accepted before what they send is looked at. */
const TURN_ACCEPTS = 64;
/** How long none is accepted where the process has no descriptor left. */
const EXHAUSTED_MS = 100;

/** What an SCTP listener is started with. */
export type SctpListenOptions = ListenOptions & {
  /** Further addresses of the same endpoint, for other paths to it (RFC 9260 §6.4). */
  readonly alsoAt?: readonly string[];
};

/** Accepts SCTP associations; each is a flow of the handlers given. */
export class SctpListener implements Listener {
  readonly transport = 'SCTP';
  readonly address: SocketAddress;
  readonly alsoAt: readonly SocketAddress[];
  readonly #socket: SctpSocket;
  readonly #group: FlowGroup;
  #resume: NodeJS.Timeout | undefined;
  #isAccepting = true;

  /** Bind and listen. Rejects with `SctpUnavailable` where there is no SCTP, and with the system's error (`EADDRINUSE`, …). */
  static async listen(options: SctpListenOptions): Promise<SctpListener> {
    const { address = '127.0.0.1', alsoAt = [], port } = options;
    const addresses = await Promise.all([address, ...alsoAt].map(literalOf));
    const socket = SctpSocket.listen({ addresses, port, backlog: BACKLOG });
    return new SctpListener(socket, addresses, options);
  }

  private constructor(socket: SctpSocket, addresses: readonly string[], options: ListenOptions) {
    const port = socket.local?.port ?? options.port;
    const [first = '', ...others] = addresses;
    this.address = { address: first, port };
    this.alsoAt = others.map((address) => ({ address, port }));
    this.#group = new FlowGroup(options);
    this.#socket = socket;
    socket.onReady = () => this.#accept();
    socket.poll(Ready.readable);
  }

  get stats(): TransportStats {
    return this.#group.stats;
  }

  stopAccepting(): void {
    if (!this.#isAccepting) return;
    this.#isAccepting = false;
    clearTimeout(this.#resume);
    this.#socket.close(false);
  }

  async close(): Promise<void> {
    this.stopAccepting();
    await this.#group.closeAll();
  }

  #accept(): void {
    for (let count = 0; count < TURN_ACCEPTS && this.#isAccepting; count += 1) {
      let accepted: SctpSocket | undefined;
      try {
        accepted = this.#socket.accept();
      } catch (error) {
        if (!(error instanceof SctpError)) throw error;
        this.#onAcceptError(error.code);
        return;
      }
      if (accepted === undefined) return;
      this.#open(accepted);
    }
  }

  #onAcceptError(code: string): void {
    this.stats.socketErrors++;
    if (code !== 'EMFILE' && code !== 'ENFILE') return;
    // It stays readable, and the loop would do nothing else.
    this.#socket.poll(0);
    this.#resume = setTimeout(() => this.#socket.poll(Ready.readable), EXHAUSTED_MS).unref();
  }

  /** An association that SIP may be spoken on: a new one, or one that its peer has begun anew. */
  #open(socket: SctpSocket): void {
    const group = this.#group;
    const address = socket.remote?.addresses[0];
    // The peer may be gone before we got here.
    const isAdmitted =
      address !== undefined && !group.isFull && group.budget.admits(plainAddress(address));
    if (!isAdmitted) {
      if (address !== undefined) group.stats.refused++;
      socket.close(true);
      return;
    }
    group.stats.accepted++;
    const flow = new SctpFlow(socket, group, { onRestart: (begunAnew) => this.#open(begunAnew) });
    group.enter(flow);
    group.handlers.onOpen?.(flow);
  }
}

async function literalOf(host: string): Promise<string> {
  const address = withoutBrackets(host);
  return isIP(address) === 0 ? (await lookup(address)).address : address;
}
