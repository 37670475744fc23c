import { canonicalAor, type ServedDomains } from '@hermod/contracts';
import { escapeUser, parseUri, type SipRequest, unescapeUser } from '@hermod/sip';

/** Whom a user name means. */
export type NamedUser = {
  /** Canonical AoR; of a user who may not exist. */
  readonly aor: string;
  /** Which of the stored hashes was made for this name. */
  readonly form: 'byUser' | 'byAddress';
};

/** The user of `alice`, or of `alice@example.com` where that is a canonical name of a served domain.
 *  @param username latin1 text of the bytes on the wire  @param domain canonical, what `alice` alone means */
export function namedUser(username: string, domain: string, domains: ServedDomains): NamedUser {
  const at = username.lastIndexOf('@');
  const host = username.slice(at + 1);
  // As H(A1) is made of the text, no other spelling of the domain can fit.
  if (at > 0 && domains.canonical(host) === host) {
    return { aor: `sip:${escapeUser(username.slice(0, at))}@${host}`, form: 'byAddress' };
  }
  return { aor: `sip:${escapeUser(username)}@${domain}`, form: 'byUser' };
}

/** The user whom an access token names: `sip:alice@example.com`, `alice@example.com`, or `alice` of the primary domain.
 *  @param text latin1 text of UTF-8  @returns the canonical AoR; undefined when it is none of ours */
export function aorOfUser(text: string, domains: ServedDomains): string | undefined {
  const at = text.lastIndexOf('@');
  const [user, host] = at < 0 ? [text, domains.primary] : [text.slice(0, at), text.slice(at + 1)];
  const isUri = SIP_SCHEME.test(text);
  const uri = parseUri(isUri ? text : `sip:${escapeUser(user)}@${host}`);
  if (!uri.ok || uri.value.kind !== 'sip' || !uri.value.user) return undefined;
  return canonicalAor(uri.value, domains);
}

const SIP_SCHEME = /^sips?:/i;

/** Does a digest-uri mean what the Request-URI means? Elements in between rewrite the one and not the other, so user and host must do:
 *  parameters and port may differ, and all names of a domain are one.  @see RFC 7616 §3.4.6 */
export function isSameResource(
  digestUri: string,
  request: SipRequest,
  domains: ServedDomains,
): boolean {
  if (digestUri === request.requestUri) return true;
  const claimed = parseUri(digestUri);
  const actual = request.uri;
  if (!claimed.ok || !actual.ok) return false;
  if (claimed.value.kind !== 'sip' || actual.value.kind !== 'sip') return false;
  const user = unescapeUser(claimed.value.user ?? '');
  if (user !== unescapeUser(actual.value.user ?? '')) return false;
  const [claimedHost, actualHost] = [claimed.value.host, actual.value.host];
  return (
    (domains.canonical(claimedHost) ?? claimedHost) ===
    (domains.canonical(actualHost) ?? actualHost)
  );
}
