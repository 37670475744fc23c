// RFC 5630 §5.3: what the scheme of a Request-URI asks of the way to its targets.

/** RFC 5630 §5.3, RFC 3261 §20.43: why a request for a sips URI goes to nobody. */
export const SIPS_NOT_ALLOWED = 'Warning: 380 hermod "SIPS Not Allowed"';

/** Does a URI ask for TLS on every hop?  @param text of the URI, without angle brackets */
export function isSips(text: string): boolean {
  // "sips:", in any case: the fifth character tells it from "sip:" nearly always.
  return text.charCodeAt(4) === 58 && (text.charCodeAt(3) | 32) === 115 && /^sips:/i.test(text);
}

/**
 * The Request-URI with which a request goes to a registered contact: that contact, but never sips for a request that came for a sip URI.
 * TLS is used towards a sips contact all the same.
 * @param isSecured whether it came for a sips URI
 */
export function requestUriFor(isSecured: boolean, contact: string): string {
  return isSips(contact) && !isSecured ? `sip:${contact.slice(5)}` : contact;
}
