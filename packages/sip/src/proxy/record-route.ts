// RFC 3261 §16.6 step 4, RFC 3327 and RFC 5626 §5.3: staying on the path of a dialog, or of requests to a registered contact.
import type { SipRequest } from '../message.ts';

/** Where later requests are to come back to. */
export type RecordRouteUri = {
  /** Name or address, IPv6 in brackets. */
  readonly host: string;
  readonly port: number;
  /** Flow token: which flow of this element the dialog lives on; safe in a user part. */
  readonly user: string;
  /** Only where the neighbour is known to speak it.  @see RFC 3261 §16.6 step 4 */
  readonly transport: 'UDP' | 'TCP' | 'TLS' | 'SCTP' | 'WS' | 'WSS';
  /** URI parameters for this element itself, each with its leading ";"; '' for none. */
  readonly params: string;
};

/** By which parameter of a URI a transport is asked for. RFC 5630 §5.3: TLS by sips, never by `transport=tls`. RFC 7118 §5: `ws` is
 *  the WebSocket, with sips that over TLS. */
const TRANSPORT_PARAM: Readonly<Record<RecordRouteUri['transport'], string>> = {
  UDP: '',
  TCP: ';transport=tcp',
  TLS: '',
  SCTP: ';transport=sctp',
  WS: ';transport=ws',
  WSS: ';transport=ws',
};

/** A Record-Route or Path value: a name-addr with `lr`. */
export function formatRecordRoute({ host, port, user, transport, params }: RecordRouteUri): string {
  const scheme = transport === 'TLS' || transport === 'WSS' ? 'sips' : 'sip';
  return `<${scheme}:${user}@${host}:${port}${TRANSPORT_PARAM[transport]};lr${params}>`;
}

/** May this request begin a dialog, so that an element that wants to see the rest of it has to record itself now? Not a MESSAGE:
 *  RFC 3428 §4 has no dialogs, and a NOTIFY always: RFC 6665 §4.3. */
export function formsDialog(request: SipRequest): boolean {
  switch (request.method) {
    case 'INVITE':
    case 'SUBSCRIBE':
    case 'REFER':
      return !isInDialog(request);
    case 'NOTIFY':
      return true;
    default:
      return false;
  }
}

/** Is this a request within a dialog: does its To carry a tag?  @see RFC 3261 §12.2 */
export function isInDialog(request: SipRequest): boolean {
  return request.to.ok && request.to.value.params.has('tag');
}
