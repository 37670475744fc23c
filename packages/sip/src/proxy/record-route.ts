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
  readonly transport: 'UDP' | 'TCP' | 'TLS' | 'SCTP';
  /** URI parameters for this element itself, each with its leading ";"; '' for none. */
  readonly params: string;
};

/** A Record-Route or Path value: a name-addr with `lr`. RFC 5630 §5.3: TLS is asked for by sips, never by `transport=tls`. */
export function formatRecordRoute(uri: RecordRouteUri): string {
  const scheme = uri.transport === 'TLS' ? 'sips' : 'sip';
  const { transport: name } = uri;
  const transport = name === 'TCP' || name === 'SCTP' ? `;transport=${name.toLowerCase()}` : '';
  return `<${scheme}:${uri.user}@${uri.host}:${uri.port}${transport};lr${uri.params}>`;
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
