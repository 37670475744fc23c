import type { ServedDomains } from '@hermod/contracts';
import { AddressRanges, ContactRanges, isGlobalUnicast, type Sources } from '@hermod/platform';
import { DnsLocator, NodeDnsRecords, type TransportName } from '@hermod/transport';
import { RelayRules } from './domain/relay/relay-rules.ts';
import type { Destinations, Locator } from './ports.ts';

/** What the configuration of an edge says about other domains. */
export type RelayConfig = {
  readonly relayFrom: Sources<'authenticated'>;
  /** Undefined: nowhere. */
  readonly contactNetworks: Sources<'anywhere'> | undefined;
  readonly inboundFrom: Sources<'anybody'>;
  /** Undefined: those of the system. */
  readonly dnsServers: readonly string[] | undefined;
  readonly sipListen: readonly { readonly transport: string }[];
};

const EVERYWHERE: readonly string[] = ['0.0.0.0/0', '::/0'];

/** Where the configuration lets others make the edge connect to. Servers that may relay are known, so they may be relayed to, too. */
export function newDestinations({
  contactNetworks,
  relayFrom,
}: Pick<RelayConfig, 'contactNetworks' | 'relayFrom'>): Destinations {
  const listed = new ContactRanges(contactNetworks);
  const peers = new AddressRanges(relayFrom.ranges);
  return {
    ofDevices: listed,
    ofDomains: {
      has: (address) => isGlobalUnicast(address) || listed.has(address) || peers.has(address),
    },
  };
}

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
    destinations: newDestinations(config).ofDomains,
  });
}

/** Finds other domains by the DNS, for the transports that this edge can send by. A stream first: it says at once when nobody is there,
 *  and takes a message of any size (RFC 3261 §18.1.1). */
export function newLocator({ dnsServers, sipListen }: RelayConfig): Locator {
  const listens = new Set(sipListen.map(({ transport }) => transport));
  const transports: TransportName[] = ['TCP'];
  if (listens.has('sctp')) transports.push('SCTP');
  if (listens.has('udp')) transports.push('UDP');
  transports.push('TLS');
  const records = new NodeDnsRecords({ servers: dnsServers });
  return new DnsLocator({ records, transports, random: Math.random });
}
