import { RecordFlag } from '@hermod/contracts';
import {
  dispositionOf,
  H,
  isMediaType,
  parseDeltaSeconds,
  parseSipDate,
  type SipRequest,
  TIMER_64_T1,
} from '@hermod/sip';

/** How far the Date of a request may be from our clock and still count (design §3, Expires; RFC 3428 §11.4: several minutes). */
export const MAX_DATE_SKEW_MS = 5 * 60_000;
/** What may not be stored is worthless later: a router that comes back after this drops it. 64·T1, the life of the transaction that brought it. */
const TRANSIENT_MS = TIMER_64_T1;

/** "Is typing" has no meaning later, so it is never stored (RFC 3994). */
const IS_COMPOSING = 'application/im-iscomposing+xml';

/** When a message ends, and whether it may be stored. */
export type Lifetime = {
  /** Epoch ms; 0 = never. */
  readonly expiresAtMs: number;
  /** {@link RecordFlag} bits. */
  readonly flags: number;
};

const FOREVER: Lifetime = { expiresAtMs: 0, flags: 0 };

/** Reads Expires, Date, Content-Type and Request-Disposition of a MESSAGE. A malformed Expires or Date counts as absent.
 *  @param nowMs receipt  @param isTransient whatever it says, it may not be stored
 *  @see RFC 3428 §4, §7; RFC 3994 §4; RFC 3841 §9.1 */
export function lifetimeOf(request: SipRequest, nowMs: number, isTransient = false): Lifetime {
  const expiresText = request.get(H.EXPIRES);
  const expiresSec = expiresText === undefined ? -1 : parseDeltaSeconds(expiresText);
  if (expiresSec === 0) return transient(nowMs, 0);
  const expiresAtMs = expiresSec < 0 ? 0 : expiryBase(request, nowMs) + expiresSec * 1000;
  if (
    isTransient ||
    isMediaType(request.get(H.CONTENT_TYPE), IS_COMPOSING) ||
    !dispositionOf(request).isQueued
  ) {
    return transient(nowMs, expiresAtMs);
  }
  return expiresAtMs === 0 ? FOREVER : { expiresAtMs, flags: 0 };
}

function transient(nowMs: number, expiresAtMs: number): Lifetime {
  const end = nowMs + TRANSIENT_MS;
  return {
    expiresAtMs: expiresAtMs === 0 || expiresAtMs > end ? end : expiresAtMs,
    flags: RecordFlag.NO_STORE,
  };
}

function expiryBase(request: SipRequest, nowMs: number): number {
  const text = request.get(H.DATE);
  if (text === undefined) return nowMs;
  const date = parseSipDate(text);
  if (!date.ok || Math.abs(date.value - nowMs) > MAX_DATE_SKEW_MS) return nowMs;
  return date.value;
}
