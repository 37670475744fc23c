import { H, parseVia, type RegisterSource, type SipRequest } from '@hermod/sip';

/**
 * Where a REGISTER came from: as its first hop stamped it into the client's own Via, the bottom-most, and as the edge stamped it into the
 * Via below its own.
 *
 * @returns undefined when one of them cannot be read
 */
export function clientSource(request: SipRequest): RegisterSource | undefined {
  const vias = request.values(H.VIA);
  const own = parseVia(vias[vias.length - 1] ?? '');
  const seen = vias.length > 2 ? parseVia(vias[1] ?? '') : own;
  if (!own.ok || !seen.ok) return undefined;
  const { rport, received, host, transport } = own.value;
  return {
    host: received ?? host,
    port: typeof rport === 'number' ? rport : undefined,
    transport,
    seenFrom: seen.value.received ?? seen.value.host,
  };
}
