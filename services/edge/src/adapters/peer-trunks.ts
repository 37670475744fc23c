import {
  normalHost,
  type OutgoingMessage,
  type SipRequest,
  type SipResponse,
  uriHost,
} from '@hermod/sip';
import {
  PeerLink,
  type PeerLinkHandlers,
  type PeerLinkTarget,
  type SocketAddress,
} from '@hermod/transport';
import type { EdgeTrunks, Outlet } from '../ports.ts';
import { TRUNK_FRAMER_LIMITS } from './trunk-framer-limits.ts';

/** Told what comes back over trunks: the edge. */
export interface TrunkClient {
  onTrunkResponse(response: SipResponse): void;
  /** All that waits for an answer over this trunk has failed. */
  onTrunkDown(trunk: Outlet): void;
}

/** The kept connection to one other edge, as something that requests are sent by. */
class PeerTrunk implements Outlet {
  readonly transport: 'TCP' | 'TLS';
  readonly reliable = true;
  context: unknown = undefined;
  readonly link: PeerLink;

  constructor(target: PeerLinkTarget, handlers: PeerLinkHandlers) {
    this.transport = target.credentials === undefined ? 'TCP' : 'TLS';
    this.link = new PeerLink({ ...target, handlers, limits: { framer: TRUNK_FRAMER_LIMITS } });
  }

  /** Up, or not reached yet: the link queues for its first second. */
  get isOpen(): boolean {
    return this.link.state === 'up' || this.link.state === 'early';
  }

  send(message: OutgoingMessage): boolean {
    return this.link.send(message);
  }
}

/** {@link EdgeTrunks} over one kept connection to each other edge (design §2): dead ones fail fast. */
export class PeerTrunks implements EdgeTrunks, PeerLinkHandlers {
  readonly #trunks = new Map<string, PeerTrunk>();
  #client: TrunkClient | undefined;

  /** @param edges trunk addresses of the edges as they advertise them, this one's own among them or not
   *  @param own this edge's: it needs no trunk to itself */
  constructor(edges: readonly PeerLinkTarget[], own: SocketAddress) {
    for (const edge of edges) {
      const key = keyOf(uriHost(edge.remote.address), edge.remote.port);
      if (key === keyOf(uriHost(own.address), own.port)) continue;
      this.#trunks.set(key, new PeerTrunk(edge, this));
    }
  }

  /** Connects to every other edge and stays connected. */
  start(client: TrunkClient): void {
    this.#client = client;
    for (const { link } of this.#trunks.values()) link.start();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#trunks.values()].map(({ link }) => link.close()));
  }

  /** Edges that answer: a gauge. */
  get edgesUp(): number {
    let up = 0;
    for (const { link } of this.#trunks.values()) if (link.isUp) up += 1;
    return up;
  }

  trunkTo(host: string, port: number): Outlet | undefined {
    return this.#trunks.get(keyOf(host, port));
  }

  onMessage(_link: PeerLink, message: SipRequest | SipResponse): void {
    // An edge sends its own requests over its own connection.
    if (message.kind === 'response') this.#client?.onTrunkResponse(message);
  }

  onDown(link: PeerLink): void {
    for (const trunk of this.#trunks.values()) {
      if (trunk.link === link) this.#client?.onTrunkDown(trunk);
    }
  }
}

function keyOf(host: string, port: number): string {
  return `${normalHost(host)}:${port}`;
}
