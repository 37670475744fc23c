import { uriHost } from '@hermod/sip';
import type { FlowTransport } from '../ports.ts';
import type { EdgeListener, HostPort } from './settings.ts';

/** Which advertised address belongs to which listener: one of its transport that is a name or of its address family, the one with its
 *  port if there are several; a listener without any is told as it is bound.
 *  @param bound in the order of the configuration, IPv6 in brackets
 *  @param advertise `HERMOD_SIP_ADVERTISE`, IPv6 with or without brackets */
export function edgeListeners(
  bound: readonly (HostPort & { readonly transport: FlowTransport })[],
  advertise: readonly (HostPort & { readonly transport: string })[],
): EdgeListener[] {
  return bound.map(({ transport, host, port }) => {
    const fitting = advertise.filter((one) => {
      return one.transport.toUpperCase() === transport && isReachable(one.host, host);
    });
    const told = fitting.find((one) => one.port === port) ?? fitting[0];
    const own = { host, port };
    return {
      transport,
      bound: own,
      told: told === undefined ? own : { host: uriHost(told.host), port: told.port },
    };
  });
}

/** `[::]` takes both families. */
function isReachable(advertised: string, bound: string): boolean {
  const family = familyOf(advertised);
  return family === undefined || bound === '[::]' || family === familyOf(bound);
}

/** Undefined for a name. */
function familyOf(host: string): 4 | 6 | undefined {
  if (host.includes(':')) return 6;
  return /^[\d.]+$/.test(host) ? 4 : undefined;
}
