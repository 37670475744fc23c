import { H, parseVia, type RegisterSource, type SipRequest } from '@hermod/sip';

/**
 * The address a REGISTER came from, as its first hop stamped it into the client's own Via, the bottom-most, and the transport that the
 * client used.
 *
 * @returns undefined when the source port is not known: the client did not ask for it (`rport`, RFC 3581 §4), and so
 *   said that it can be reached where its Via says
 */
export function clientSource(request: SipRequest): RegisterSource | undefined {
  const vias = request.values(H.VIA);
  const via = parseVia(vias[vias.length - 1] ?? '');
  if (!via.ok) return undefined;
  const { rport, received, host, transport } = via.value;
  return typeof rport === 'number' ? { host: received ?? host, port: rport, transport } : undefined;
}
