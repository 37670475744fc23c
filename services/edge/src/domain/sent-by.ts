import type { Flow } from '../ports.ts';
import type { EdgeListener, HostPort } from './settings.ts';

const WILDCARDS: readonly string[] = ['0.0.0.0', '[::]'];

type Candidate = { readonly listener: EdgeListener; readonly isV6: boolean; readonly text: string };

/**
 * The Via sent-by of what goes out over a flow: that of the listener it belongs to, so that whoever answers over a new connection, or
 * without rport, finds a socket of the same transport and address family.
 * @see RFC 3261 §18.1.1
 */
export class SentBys {
  readonly #candidates: readonly Candidate[];
  /** Characters of the longest of them. */
  readonly longest: number;

  /** @param listeners at least one */
  constructor(listeners: readonly EdgeListener[]) {
    this.#candidates = listeners.map((listener) => ({
      listener,
      isV6: listener.bound.host.startsWith('['),
      text: `${listener.told.host}:${listener.told.port}`,
    }));
    this.longest = Math.max(...this.#candidates.map(({ text }) => text.length));
  }

  /** `host:port`. A connection that we opened came from no listener: it gets the first of its transport and family. */
  of(flow: Flow): string {
    return this.#bestOf(flow).text;
  }

  /** The address that {@link of} writes. */
  addressOf(flow: Flow): HostPort {
    return this.#bestOf(flow).listener.told;
  }

  #bestOf(flow: Flow): Candidate {
    // While a connect is under way only the other end is known.
    const isV6 = flow.remote.address.includes(':');
    let best: Candidate | undefined;
    let bestScore = -1;
    for (let i = 0; i < this.#candidates.length; i += 1) {
      const candidate = this.#candidates[i];
      if (candidate === undefined) continue;
      const score = scoreOf(candidate, flow, isV6);
      if (score <= bestScore) continue;
      best = candidate;
      bestScore = score;
    }
    if (best === undefined) throw new Error('an edge has a client listener');
    return best;
  }
}

function scoreOf({ listener, isV6 }: Candidate, flow: Flow, wantV6: boolean): number {
  const { transport, bound } = listener;
  // An address of the other family cannot be answered to at all; one of another transport may.
  let score =
    (isV6 === wantV6 || bound.host === '[::]' ? 8 : 0) + (transport === flow.transport ? 4 : 0);
  if (score === 12 && bound.port === flow.local.port) {
    score += 1;
    if (isHost(bound.host, flow.local.address)) score += 2;
    else if (WILDCARDS.includes(bound.host)) score += 1;
  }
  return score;
}

function isHost(host: string, address: string): boolean {
  if (!host.startsWith('[')) return host === address;
  return host.length === address.length + 2 && host.startsWith(address, 1);
}
