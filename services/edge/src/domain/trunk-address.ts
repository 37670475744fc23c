import { OC_OFFER } from '@hermod/congestion';
import type { HostPort } from './settings.ts';

/** Where the other elements of the cluster reach an edge. In a single process nobody does: it is the address of a client listener. */
export type TrunkAddress = HostPort & { readonly transport: 'TCP' | 'TLS' };

/** Our Via value on the trunk: the router's final response comes to its sent-by and is matched by its branch (design §2).
 *  @param obeysOc routers may ask for less (RFC 7339 §5.1) */
export function trunkVia(trunk: TrunkAddress, branch: string, obeysOc = false): string {
  const oc = obeysOc ? OC_OFFER : '';
  return `SIP/2.0/${trunk.transport} ${trunk.host}:${trunk.port};branch=${branch}${oc}`;
}
