import type { ServedDomains } from '@hermod/contracts';
import { AddressRanges, type Sources } from '@hermod/platform';
import { DnsLocator, NodeDnsRecords, type TransportName } from '@hermod/transport';
import { RelayRules } from './domain/relay/relay-rules.ts';
import type { Locator } from './ports.ts';

/** What the configuration of an edge says about other domains. */
export type RelayConfig = {
  readonly relayFrom: Sources<'authenticated'>;
  readonly inboundFrom: Sources<'anybody'>;
  /** Undefined: those of the system. */
  readonly dnsServers: readonly string[] | undefined;
  readonly sipListen: readonly { readonly transport: 'udp' | 'tcp' | 'tls' }[];
};

const EVERYWHERE: readonly string[] = ['0.0.0.0/0', '::/0'];

/** The rules of the configuration.  @param isAuthenticating users of ours have to prove who they are */
export function newRelayRules(
  config: RelayConfig,
  domains: ServedDomains,
  isAuthenticating: boolean,
): RelayRules {
  const { relayFrom, inboundFrom } = config;
  const inbound = inboundFrom.words.includes('anybody') ? EVERYWHERE : inboundFrom.ranges;
  return new RelayRules({
    domains,
    forAuthenticated: isAuthenticating && relayFrom.words.includes('authenticated'),
    peers: new AddressRanges(relayFrom.ranges),
    inbound: new AddressRanges(inbound),
  });
}

/** Finds other domains by the DNS, for the transports that this edge can send by. A stream first: it says at once when nobody is there,
 *  and takes a message of any size (RFC 3261 §18.1.1). */
export function newLocator({ dnsServers, sipListen }: RelayConfig): Locator {
  const hasDatagrams = sipListen.some(({ transport }) => transport === 'udp');
  const transports: readonly TransportName[] = hasDatagrams
    ? ['TCP', 'UDP', 'TLS']
    : ['TCP', 'TLS'];
  const records = new NodeDnsRecords({ servers: dnsServers });
  return new DnsLocator({ records, transports, random: Math.random });
}
