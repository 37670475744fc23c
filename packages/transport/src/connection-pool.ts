import { isIP } from 'node:net';
import { forgetOldest, withoutBrackets } from '@hermod/sip';
import type {
  Flow,
  FlowDirectory,
  FlowHandlers,
  FlowLimits,
  FlowTransport,
  SocketAddress,
  StreamTransport,
  TransportStats,
} from './flow.ts';
import { FlowGroup } from './flow-group.ts';
import type { PeerBudget } from './peer-budget.ts';
import { connectSctp, type SctpFlow } from './sctp-flow.ts';
import { addressKey, plainAddress } from './socket-address.ts';
import { connectInGroup, type TlsTarget } from './stream-connect.ts';
import type { StreamFlow } from './stream-flow.ts';
import type { TlsCredentials } from './tls-credentials.ts';

/** A target that refused is not tried again for this long: whoever waits for it learns at once. */
const FAILED_MS = 1_000;
const MAX_FAILED = 4_096;
/** RFC 3261 §18: keep a connection for at least 64*T1 after the last message. */
const POOL_IDLE_MS = 120_000;

/** What a pool is made with. */
export type ConnectionPoolOptions = {
  readonly handlers: FlowHandlers;
  readonly limits?: Partial<FlowLimits>;
  /** Shown to servers that ask, and whom to trust. */
  readonly credentials: TlsCredentials;
  /** As that of a listener. */
  readonly budget?: PeerBudget;
  /** The literal addresses, each for a path, that an SCTP association with an address is begun from; undefined: none is begun. */
  readonly sctpFrom?: (remote: string) => readonly string[] | undefined;
};

/**
 * Connections by remote address: one that is open, whoever opened it, before a new one (RFC 3261 §18.1.1). A TLS connection is found
 * only by a domain that its other end has proved to speak for.
 * Give it to a listener as `directory`, and accepted connections are found too; those of TLS clients if these offer it (RFC 5923).
 */
export class ConnectionPool implements FlowDirectory {
  readonly #group: FlowGroup;
  readonly #credentials: TlsCredentials;
  readonly #flows = new Map<string, Flow>();
  readonly #sctpFrom: ConnectionPoolOptions['sctpFrom'];
  readonly #own = new Map<Flow, StreamFlow | SctpFlow>();
  /** Keys of accepted TLS flows. */
  readonly #aliases = new Map<Flow, readonly string[]>();
  readonly #failedUntil = new Map<string, number>();
  #closed = false;

  constructor(options: ConnectionPoolOptions) {
    this.#group = new FlowGroup({
      ...options,
      limits: { idleMs: POOL_IDLE_MS, ...options.limits },
      directory: this,
    });
    this.#credentials = options.credentials;
    this.#sctpFrom = options.sctpFrom;
  }

  get stats(): TransportStats {
    return this.#group.stats;
  }

  /** Flows that can be found by their remote address. */
  get size(): number {
    return this.#flows.size;
  }

  /**
   * A flow to a literal address (brackets allowed). It may still be connecting: messages wait, a failure ends in `onClosed`.
   * @param domain that the certificate must name, the host of the URI that is to be reached; without meaning save for TLS
   * @returns undefined: a name, a target that failed within the last second, the cap, or closed
   */
  flowTo(
    literal: string,
    port: number,
    transport: StreamTransport | 'SCTP',
    domain: string,
  ): Flow | undefined {
    const address = plainAddress(withoutBrackets(literal));
    const key = keyOf(address, port, transport, domain);
    const known = this.#flows.get(key);
    if (known?.isOpen === true) return known;
    if (this.#closed || isIP(address) === 0 || port < 1 || port > 65_535) return undefined;
    if (this.#hasFailed(key)) return undefined;
    if (this.#group.isFull || !this.#group.budget.admits(address)) {
      this.#group.stats.refused++;
      return undefined;
    }
    const flow = this.#connect({ address, port }, transport, domain);
    if (flow === undefined) this.#rememberFailure(key);
    else this.#own.set(flow, flow);
    return flow;
  }

  #connect(
    remote: SocketAddress,
    transport: StreamTransport | 'SCTP',
    domain: string,
  ): StreamFlow | SctpFlow | undefined {
    if (transport === 'SCTP') {
      const local = this.#sctpFrom?.(remote.address);
      return local && connectSctp(this.#group, remote, local);
    }
    const tls: TlsTarget | undefined =
      transport === 'TCP' ? undefined : { credentials: this.#credentials, domain };
    return connectInGroup(this.#group, remote, tls);
  }

  /** A flow opened, here or at a listener. */
  add(flow: Flow): void {
    // From where a client came says nothing about who it is.
    if (flow.transport === 'TLS' && flow.peerDomain === undefined) return;
    this.#flows.set(keyOfFlow(flow), flow);
  }

  alias(flow: Flow, port: number): void {
    const { clientHosts = [], remote } = flow;
    const keys = clientHosts.map((host) => keyOf(remote.address, port, 'TLS', host));
    this.#aliases.set(flow, keys);
    // The latest one: whoever connects again may have lost the others.
    for (const key of keys) this.#flows.set(key, flow);
  }

  /** A flow closed. */
  remove(flow: Flow): void {
    const key = keyOfFlow(flow);
    for (const known of this.#aliases.get(flow) ?? [key]) {
      if (this.#flows.get(known) === flow) this.#flows.delete(known);
    }
    this.#aliases.delete(flow);
    const own = this.#own.get(flow);
    if (own === undefined) return;
    this.#own.delete(flow);
    if (!own.wasEstablished && own.closeReason === 'error') this.#rememberFailure(key);
  }

  /** Close the flows that the pool opened and open no more; those of listeners are theirs to close. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#group.closeAll();
  }

  #hasFailed(key: string): boolean {
    const untilMs = this.#failedUntil.get(key);
    if (untilMs === undefined) return false;
    if (untilMs > performance.now()) return true;
    this.#failedUntil.delete(key);
    return false;
  }

  #rememberFailure(key: string): void {
    const failed = this.#failedUntil;
    if (failed.size >= MAX_FAILED) forgetOldest(failed);
    failed.set(key, performance.now() + FAILED_MS);
  }
}

function keyOfFlow({ remote, transport, peerDomain = '' }: Flow): string {
  return keyOf(remote.address, remote.port, transport, peerDomain);
}

function keyOf(address: string, port: number, transport: FlowTransport, domain: string): string {
  const key = addressKey(address, port);
  if (transport === 'TLS') return `${key} ${domain}`;
  return transport === 'SCTP' ? `${key} SCTP` : key;
}
