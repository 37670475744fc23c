import { H, isMediaType, type ProxyReject, parseSipDate, type SipRequest } from '@hermod/sip';
import { MAX_DATE_SKEW_MS } from './expiry.ts';

const INCORRECT_DATE: ProxyReject = { ok: false, status: 400, reason: 'Incorrect Date or Time' };

/** Is a signed message from another time? Whoever has recorded it can send it again, and the signature still holds. The date that the
 *  signature covers is the recipient's to check; a Date header that says so itself is refused here. A Date that is malformed or absent says nothing.
 *  Not for what a store-and-forward server sends, which is old with good reason.
 *  @param nowMs arrival
 *  @see RFC 3428 §11.4 */
export function checkSignedDate(request: SipRequest, nowMs: number): ProxyReject | undefined {
  if (!isSigned(request.get(H.CONTENT_TYPE))) return undefined;
  const text = request.get(H.DATE);
  const date = text === undefined ? undefined : parseSipDate(text);
  if (date?.ok !== true || Math.abs(date.value - nowMs) <= MAX_DATE_SKEW_MS) return undefined;
  return INCORRECT_DATE;
}

/** RFC 8551 §3.2, §3.5: what is enveloped may be signed inside, which only its recipient can see. */
function isSigned(type: string | undefined): boolean {
  if (isMediaType(type, 'multipart/signed')) return true;
  const isPkcs7 =
    isMediaType(type, 'application/pkcs7-mime') || isMediaType(type, 'application/x-pkcs7-mime');
  return isPkcs7 && !/;\s*smime-type\s*=\s*"?(?:auth-)?enveloped-data/i.test(type ?? '');
}
