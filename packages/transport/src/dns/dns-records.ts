import type { TransportName } from '../flow.ts';

/** One NAPTR record (RFC 3403 §4.1), as far as RFC 3263 uses it. */
export type NaptrRecord = {
  readonly order: number;
  readonly preference: number;
  readonly flags: string;
  readonly service: string;
  /** The name to go on with; '' when the record has a regular expression instead. */
  readonly replacement: string;
};

/** One SRV record (RFC 2782). */
export type SrvRecord = {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  /** Host name; '' or '.': the service is decidedly not offered. */
  readonly name: string;
};

/** Answers of the DNS. `undefined`: it did not answer, or refused to; an empty list: there is no such record. Never rejects. */
export interface DnsRecords {
  naptr(name: string): Promise<readonly NaptrRecord[] | undefined>;
  srv(name: string): Promise<readonly SrvRecord[] | undefined>;
  /** Literal addresses, IPv6 without brackets, in the order in which they are to be tried. */
  addresses(name: string): Promise<readonly string[] | undefined>;
}

/** A way to serve a SIP domain: an SRV name, and the transport that its servers are reached by. */
export type SrvService = { readonly name: string; readonly transport: TransportName };

/** The services that RFC 3263 §4.1, RFC 3261 §26.2.2 and RFC 4168 §6 give a NAPTR service field; TLS over SCTP and WebSockets are not
 *  had here. */
const TRANSPORTS: ReadonlyMap<string, TransportName> = new Map([
  ['SIP+D2U', 'UDP'],
  ['SIP+D2T', 'TCP'],
  ['SIP+D2S', 'SCTP'],
  ['SIPS+D2T', 'TLS'],
]);

/**
 * What a domain's NAPTR records offer to this element.
 *
 * @param records of one name, in any order
 * @param isUsable transports that this element has and the URI allows: for sips TLS alone
 * @returns most preferred first; empty: SIP is offered, but by nothing usable; undefined: no record is about SIP
 * @see RFC 3263 §4.1; RFC 3403 §4.1: of several orders only the lowest that matches counts
 */
export function offeredServices(
  records: readonly NaptrRecord[],
  isUsable: (transport: TransportName) => boolean,
): readonly SrvService[] | undefined {
  const ours = records.filter(({ service }) => /^sips?\+/i.test(service));
  if (ours.length === 0) return undefined;
  const sorted = ours.toSorted((a, b) => a.order - b.order || a.preference - b.preference);
  const services: SrvService[] = [];
  let order: number | undefined;
  for (const record of sorted) {
    if (order !== undefined && record.order !== order) break;
    const transport = TRANSPORTS.get(record.service.toUpperCase());
    // RFC 3263 §4.1: the flag of a record that leads to an SRV record is "s".
    if (transport === undefined || record.flags.toLowerCase() !== 's') continue;
    if (record.replacement === '' || !isUsable(transport)) continue;
    order = record.order;
    services.push({ name: record.replacement, transport });
  }
  return services;
}

/**
 * Sort SRV records as a client has to try them: by priority, and at random by weight within one.
 *
 * @param random a number ≥ 0 and < 1, independent for each call
 * @see RFC 2782, "Usage rules"
 */
export function orderSrv(
  records: readonly SrvRecord[],
  random: () => number,
): readonly SrvRecord[] {
  // Records of weight 0 come first, so that they have a chance at all.
  const rest = records.toSorted((a, b) => a.priority - b.priority || a.weight - b.weight);
  const ordered: SrvRecord[] = [];
  while (rest.length > 0) {
    const index = pickByWeight(rest, random);
    ordered.push(...rest.splice(index, 1));
  }
  return ordered;
}

// Among the records of the first priority, a number between 0 and the sum of weights, both included, decides.
function pickByWeight(sorted: readonly SrvRecord[], random: () => number): number {
  const priority = sorted[0]?.priority;
  let sum = 0;
  for (const record of sorted) if (record.priority === priority) sum += record.weight;
  const chosen = Math.floor(random() * (sum + 1));
  let running = 0;
  for (let i = 0; i < sorted.length; i += 1) {
    running += sorted[i]?.weight ?? 0;
    if (running >= chosen) return i;
  }
  return 0;
}
