import { type Parsed, parsed, parseError } from './result.ts';
import { type OtherUri, parseUri, type SipUri } from './uri.ts';

/** Does this URI name an instant inbox, whatever protocol serves it?  @see RFC 3860 */
export function isImUri(uri: { readonly scheme: string }): boolean {
  return uri.scheme === 'im';
}

/** The SIP URI with the user and domain of an `im:` URI. Its headers are for whoever writes the message, and are left out.
 *  Error: `SIP_BAD_URI`, 400, for what is no `user@domain`: a mailbox with a display name has no SIP form.
 *  @see RFC 3860 §3.1, RFC 5509 §3 */
// IM-URI = "im:" [ to ] [ headers ]; to = mailbox
export function sipUriOfIm(uri: OtherUri): Parsed<SipUri> {
  const colon = uri.text.indexOf(':');
  const question = uri.text.indexOf('?');
  const mailbox = uri.text.slice(colon + 1, question === -1 ? undefined : question);
  const sip = parseUri(`sip:${mailbox}`);
  if (!sip.ok || sip.value.kind !== 'sip') return badImUri();
  const { user, password, port, params } = sip.value;
  const isMailbox = user !== undefined && password === undefined && port === undefined;
  return isMailbox && params.entries.length === 0 ? parsed(sip.value) : badImUri();
}

function badImUri(): Parsed<SipUri> {
  return parseError('SIP_BAD_URI', 0, 'Malformed im URI');
}
