import { isOcParam } from '@hermod/congestion';
import type { Via } from '@hermod/sip';
import type { Flow } from '../ports.ts';

/** The client's Via value with the source filled in, so that the response finds its way back.
 *
 *  RFC 3261 §18.2.1: `received` when sent-by is a name or another address than the source. RFC 3581 §4: an `rport` flag gets the
 *  source port, and then `received` is always added. A `received` that the client wrote is a claim about itself: dropped, as is what it
 *  says about overload control. */
export function stampVia(via: Via, flow: Flow): string {
  const source = flow.remote.address;
  let text = `${via.protocol}/${via.transport} ${via.sentBy}`;
  const entries = via.params.entries;
  let hasRport = false;
  for (let i = 0; i < entries.length; i += 1) {
    const entry = entries[i];
    if (entry === undefined) continue;
    if (entry.name === 'received' || entry.name.toLowerCase() === 'received') continue;
    // RFC 7339 §5.6: they go no further than one hop.
    if ((entry.name.charCodeAt(0) | 0x20) === 0x6f && isOcParam(entry.name)) continue;
    if (entry.name === 'rport' || entry.name.toLowerCase() === 'rport') {
      hasRport = true;
      text += `;rport=${flow.remote.port}`;
    } else {
      text += entry.value === true ? `;${entry.name}` : `;${entry.name}=${entry.value}`;
    }
  }
  // RFC 5118 §4.5: an IPv6 address stands in received without brackets, in sent-by with them.
  if (hasRport || !isSameHost(via.host, source)) text += `;received=${source}`;
  return text;
}

function isSameHost(host: string, address: string): boolean {
  if (host === address) return true;
  return (
    host.length === address.length + 2 &&
    host.charCodeAt(0) === 0x5b &&
    host.slice(1, -1) === address
  );
}
