// RFC 3261 §10.2.1, §20.10: the Contact header fields of a REGISTER, judged one by one.
import { parseDigits } from '../chars.ts';
import { parseDeltaSeconds } from '../delta-seconds.ts';
import { type NameAddr, parseNameAddr } from '../name-addr.ts';
import type { SipUri } from '../uri.ts';
import type { RegisterPolicy } from './binding.ts';

/** One Contact value as asked for. */
export type RequestedContact = {
  readonly ok: true;
  readonly address: NameAddr;
  readonly uri: SipUri;
  /** Seconds granted, 0 = remove. */
  readonly expiresSec: number;
  /** 0 … 1000. */
  readonly q: number;
  /** Value of `+sip.instance` without quotes; '' if there is none. */
  readonly instance: string;
  /** 1 … 2^31-1, or 0 if there is none. */
  readonly regId: number;
};

/** Why a Contact, and with it the whole REGISTER, is refused. */
export type ContactReject = {
  readonly ok: false;
  readonly status: number;
  readonly reason: string | undefined;
  readonly headers: readonly string[];
};

const MAX_REG_ID = 0x7fffffff;
/** A registrar must not find anything of an hour or more too brief (RFC 3261 §10.3 step 7). */
const HOUR_SEC = 3_600;

/**
 * Parse one Contact value of a REGISTER.
 *
 * @param text one comma-list value, not `*`
 * @param headerExpiresSec from the Expires header field; undefined if there is none
 * @returns 400 for what cannot be parsed, 423 with Min-Expires for a life that is too short
 */
export function parseContact(
  text: string,
  headerExpiresSec: number | undefined,
  policy: RegisterPolicy,
): RequestedContact | ContactReject {
  const address = parseNameAddr(text);
  if (!address.ok) return badContact('Malformed Contact');
  const uri = address.value.uri;
  if (!uri.ok) return badContact('Malformed Contact URI');
  if (uri.value.kind !== 'sip') return badContact('Contact Is Not a SIP URI');
  const params = address.value.params;
  const q = parseQ(params.get('q'));
  if (q === undefined) return badContact('Malformed Contact q');
  const regId = parseRegId(params.get('reg-id'));
  if (regId === undefined) return badContact('Malformed Contact reg-id');
  const ownExpires = params.get('expires');
  const requestedSec =
    ownExpires === undefined
      ? (headerExpiresSec ?? policy.defaultExpiresSec)
      : parseExpires(ownExpires, policy);
  if (requestedSec > 0 && requestedSec < policy.minExpiresSec && requestedSec < HOUR_SEC) {
    return {
      ok: false,
      status: 423,
      reason: undefined,
      headers: [`Min-Expires: ${policy.minExpiresSec}`],
    };
  }
  return {
    ok: true,
    address: address.value,
    uri: uri.value,
    expiresSec: Math.min(requestedSec, policy.maxExpiresSec),
    q,
    instance: params.getText('+sip.instance') ?? '',
    regId,
  };
}

/** Seconds of an Expires header field or an `expires` parameter. What is malformed or beyond 2^32-1 counts as the default
 *  (RFC 3261 §20.10, §20.19; RFC 4475 §3.1.2.4). */
export function parseExpires(text: string | true, policy: RegisterPolicy): number {
  const sec = text === true ? -1 : parseDeltaSeconds(text);
  return sec === -1 ? policy.defaultExpiresSec : sec;
}

// reg-id = 1*DIGIT, 1 … 2^31-1 (RFC 5626 §4.2)
function parseRegId(value: string | true | undefined): number | undefined {
  if (value === undefined) return 0;
  const regId = value === true ? -1 : parseDigits(value, 0, value.length, MAX_REG_ID);
  return regId < 1 ? undefined : regId;
}

// qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )
function parseQ(value: string | true | undefined): number | undefined {
  if (value === undefined) return 1_000;
  if (value === true || value.length === 0 || value.length > 5) return undefined;
  const whole = value.charCodeAt(0) - 48;
  if (whole !== 0 && whole !== 1) return undefined;
  if (value.length > 1 && value.charCodeAt(1) !== 46) return undefined;
  let thousandths = whole * 1_000;
  let weight = 100;
  for (let i = 2; i < value.length; i += 1) {
    const digit = value.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return undefined;
    thousandths += digit * weight;
    weight /= 10;
  }
  return thousandths > 1_000 ? undefined : thousandths;
}

function badContact(reason: string): ContactReject {
  return { ok: false, status: 400, reason, headers: [] };
}
