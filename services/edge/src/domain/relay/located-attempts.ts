import type { SipRequest } from '@hermod/sip';
import type { Hop } from '../../ports.ts';
import { MAX_DATAGRAM_REQUEST_BYTES } from '../next-hop.ts';
import type { Attempt } from '../proxy/ways.ts';

/** What a hop adds: a Via, Max-Breadth, and where a dialog begins two Record-Route values. */
const ADDED_BYTES = 300;

/** The hops of somebody else's domain as they are to be tried for this request: one too large for a datagram goes to the same address by
 *  TCP, and by UDP only when nobody is there.  @see RFC 3261 §18.1.1 */
export function locatedAttempts(
  hops: readonly Hop[],
  request: SipRequest,
  requestUri: string,
): readonly Attempt[] {
  const bytes = request.head.length + request.body.length + ADDED_BYTES;
  return hops.flatMap((hop) => {
    const attempt: Attempt = { kind: 'located', hop, requestUri };
    if (hop.transport !== 'UDP' || bytes <= MAX_DATAGRAM_REQUEST_BYTES) return [attempt];
    return [{ kind: 'located', hop: { ...hop, transport: 'TCP' }, requestUri }, attempt];
  });
}
