import { isLoopback, networkOf } from '@hermod/sip';

/** What all peers of a process together, and each address by itself, may take of it. */
export type PeerCaps = {
  /** Connections of one address (of one /64 network in IPv6), whoever opened them. */
  readonly maxConnectionsPerAddress: number;
  /** Bytes of output that waits and of messages that are not complete, of all flows. */
  readonly maxBytes: number;
  /** Loopback addresses have no caps of their own: whoever sends from this machine can harm it otherwise. */
  readonly sparesLoopback: boolean;
};

/** The caps used where none are given. */
export const DEFAULT_PEER_CAPS: PeerCaps = {
  maxConnectionsPerAddress: 1_024,
  maxBytes: 268_435_456,
  sparesLoopback: true,
};

/** An address may hold this part of all bytes: no single one makes the others go short. */
const ADDRESS_PART = 16;
/** An address that holds no more than this is served also when the bytes of all are used up: that is the others' doing. */
const ALWAYS_BYTES = 16_384;

/** What the peers of one process hold of it, by address. One for all its listeners and pools. */
export class PeerBudget {
  readonly caps: PeerCaps;
  /** Bytes held for all peers: a gauge. */
  bytes = 0;
  readonly #shares = new Map<string, PeerShare>();

  constructor(caps: PeerCaps = DEFAULT_PEER_CAPS) {
    this.caps = caps;
  }

  /** Addresses that hold something: a gauge. */
  get addresses(): number {
    return this.#shares.size;
  }

  /** May an address have one more connection? @param address literal, IPv6 without brackets */
  admits(address: string): boolean {
    const share = this.#shares.get(networkOf(address));
    return share === undefined || share.connections < share.maxConnections;
  }

  /** The share of an address; it lasts until `leave` was called for each `enter`. @param address as in {@link admits} */
  shareOf(address: string): PeerShare {
    const network = networkOf(address);
    return this.#shares.get(network) ?? new PeerShare(this, this.#shares, network);
  }
}

/** What one address holds. Changed by its flows alone. */
export class PeerShare {
  /** Streams. */
  connections = 0;
  /** UDP flows. */
  datagramFlows = 0;
  /** UDP flows that are kept for a registration. */
  keptFlows = 0;
  bytes = 0;
  /** Infinite where it is spared. */
  readonly maxConnections: number;
  readonly #budget: PeerBudget;
  readonly #shares: Map<string, PeerShare>;
  readonly #network: string;
  readonly #maxBytes: number;

  constructor(budget: PeerBudget, shares: Map<string, PeerShare>, network: string) {
    const { maxConnectionsPerAddress, maxBytes, sparesLoopback } = budget.caps;
    const isSpared = sparesLoopback && isLoopback(network);
    this.maxConnections = isSpared ? Infinity : maxConnectionsPerAddress;
    this.#maxBytes = isSpared ? Infinity : maxBytes / ADDRESS_PART;
    this.#budget = budget;
    this.#shares = shares;
    this.#network = network;
  }

  /** A flow came into being. */
  enter(isStream: boolean): void {
    this.#shares.set(this.#network, this);
    if (isStream) this.connections += 1;
    else this.datagramFlows += 1;
  }

  /** A flow is gone, and what it held given back. */
  leave(isStream: boolean): void {
    if (isStream) this.connections -= 1;
    else this.datagramFlows -= 1;
    if (this.connections + this.datagramFlows === 0) this.#shares.delete(this.#network);
  }

  /** Holds more, or less. @param bytes by how many; negative gives back */
  change(bytes: number): void {
    this.bytes += bytes;
    this.#budget.bytes += bytes;
  }

  /** Would this address hold too much with so many bytes more? */
  exceeds(bytes: number): boolean {
    const own = this.bytes + bytes;
    if (own > this.#maxBytes) return true;
    return own > ALWAYS_BYTES && this.#budget.bytes + bytes > this.#budget.caps.maxBytes;
  }
}
