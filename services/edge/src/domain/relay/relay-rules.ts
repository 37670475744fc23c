import type { ServedDomains } from '@hermod/contracts';
import {
  isImUri,
  normalHost,
  type SipRequest,
  type SipUri,
  sipUriOfIm,
  withoutBrackets,
} from '@hermod/sip';
import type { AddressSet, Flow, RelayPolicy, Toward } from '../../ports.ts';

/** What {@link RelayRules} are made of. */
export type RelayRulesParts = {
  readonly domains: ServedDomains;
  /** Everybody whose From is ours has to prove it (`HERMOD_AUTH=digest`), and may then send to other domains. */
  readonly forAuthenticated: boolean;
  /** Sources that may send to other domains, as themselves. */
  readonly peers: AddressSet;
  /** Sources from which users of other domains may send to ours without proof. */
  readonly inbound: AddressSet;
  /** Addresses of other domains' servers that may be connected to (ADR 0020). */
  readonly destinations: AddressSet;
};

/** Who may use this edge as a relay, and who may come in from other domains. Decisions: docs/adr/0014. */
export class RelayRules implements RelayPolicy {
  readonly #parts: RelayRulesParts;

  constructor(parts: RelayRulesParts) {
    this.#parts = parts;
  }

  mayRelay(flow: Flow, request: SipRequest, uri: SipUri): boolean {
    if (!this.#mayReach(uri)) return false;
    if (this.isPeer(flow)) return true;
    return this.#parts.forAuthenticated && !this.#isFromElsewhere(request);
  }

  needsNoProof(flow: Flow, request: SipRequest, toward: Toward): boolean {
    return this.#mayEnter(flow, toward) && this.#isFromElsewhere(request);
  }

  isPeer({ remote }: Flow): boolean {
    return this.#parts.peers.has(remote.address);
  }

  /** What a name stands for is looked up later, and judged then. */
  #mayReach({ host, params }: SipUri): boolean {
    const maddr = params.get('maddr');
    const named = normalHost(typeof maddr === 'string' ? maddr : host);
    return !ADDRESS.test(named) || this.#parts.destinations.has(withoutBrackets(named));
  }

  #mayEnter({ remote }: Flow, toward: Toward): boolean {
    switch (toward) {
      case 'user':
        return this.#parts.inbound.has(remote.address);
      case 'dialog':
        // Whoever knows the token has been told it by this edge, when it let the dialog be set up.
        return true;
      case 'elsewhere':
        return this.#parts.peers.has(remote.address);
    }
  }

  /** Does From name a user of a domain that is certainly not ours? What cannot be told has to be proved. */
  #isFromElsewhere({ from }: SipRequest): boolean {
    if (!from.ok || !from.value.uri.ok) return false;
    const named = from.value.uri.value;
    if (named.kind === 'sip') return this.#isElsewhere(named.host);
    const inbox = isImUri(named) ? sipUriOfIm(named) : undefined;
    return inbox?.ok === true && this.#isElsewhere(inbox.value.host);
  }

  #isElsewhere(host: string): boolean {
    // An address is nobody's domain, and may be ours.
    if (ADDRESS.test(host)) return false;
    // The root may be written: `example.com.` is shown to users as if it were example.com.
    const name = host.endsWith('.') ? host.slice(0, -1) : host;
    return this.#parts.domains.canonical(normalHost(name)) === undefined;
  }
}

const ADDRESS = /^(\[|[0-9.]+$)/;
