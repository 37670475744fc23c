// RFC 5627: URIs that name one device of a user.
import { isIn, PARAM } from '../chars.ts';
import { Params } from '../params.ts';
import { parseUri, type SipUri } from '../uri.ts';
import { sipUriEquals } from '../uri-equality.ts';
import { type Binding, instanceOf } from './binding.ts';

/** Encrypts what a temporary GRUU stands for, so that nobody else can read or make one. Deterministic: the same text, the same token. */
export interface GruuSeal {
  /** @param text latin1  @returns base64url characters */
  seal(text: string): string;
  /** @param token any text  @returns what was sealed; undefined for anything that `seal` did not return */
  open(token: string): string | undefined;
}

/** What a registrar needs to give out GRUUs for an AoR. */
export type GruuScope = {
  /** Canonical. */
  readonly aor: string;
  /** Undefined: public GRUUs alone. */
  readonly seal: GruuSeal | undefined;
};

/** One device of a user, as a Request-URI names it. */
export type GruuTarget = {
  /** Instance id without angle brackets. */
  readonly instance: string;
  /** {@link Binding.gruuSinceMs} of the registration that a temporary GRUU belongs to; undefined for a public one. */
  readonly sinceMs: number | undefined;
};

/** What tells the user part of a temporary GRUU from a user. */
const TEMPORARY = 'tgruu.';
/** Carries, between our own elements, which registration a temporary GRUU belongs to. */
const SINCE_PARAM = 'gr-since';
/** Longer ones get no GRUU: each comes back in every answer to a REGISTER. */
const MAX_AOR_CHARS = 256;
const MAX_INSTANCE_CHARS = 128;
const RADIX = 36;

/** Can a GRUU be made of these? @param instance value of `+sip.instance`, with or without angle brackets */
export function mayHaveGruu(aor: string, instance: string): boolean {
  if (instance === '' || instance.length > MAX_INSTANCE_CHARS) return false;
  return aor.length <= MAX_AOR_CHARS && aor.includes('@') && /^[!-~]+$/.test(instance);
}

/** The public GRUU: the AoR with the instance in `gr`.  @see RFC 5627 §3.1.1 */
export function publicGruu(aor: string, instance: string): string {
  return `${aor};gr=${escapeParamValue(plainInstance(instance))}`;
}

/** A temporary GRUU, another for each REGISTER. It says nothing of the user but the domain.
 *  @param cseq of the REGISTER  @see RFC 5627 §3.1.2 */
export function temporaryGruu(
  aor: string,
  instance: string,
  sinceMs: number,
  cseq: number,
  seal: GruuSeal,
): string {
  const text = `${sinceMs.toString(RADIX)} ${cseq.toString(RADIX)} ${aor} ${plainInstance(instance)}`;
  return `sip:${TEMPORARY}${seal.seal(text)}@${aor.slice(aor.indexOf('@') + 1)};gr`;
}

/**
 * The URI to route by: of a temporary GRUU the public one it stands for, of any other URI itself.
 *
 * @returns undefined for a temporary GRUU that is none of ours (404)
 * @see RFC 5627 §5.1
 */
export function resolveGruu(uri: SipUri, seal: GruuSeal | undefined): SipUri | undefined {
  if (uri.params.entries.length === 0 || uri.params.get('gr') !== true) return uri;
  if (uri.user?.startsWith(TEMPORARY) !== true) return undefined;
  const opened = seal?.open(uri.user.slice(TEMPORARY.length));
  if (opened === undefined) return undefined;
  const [since = '', , aor = '', instance = ''] = opened.split(' ');
  const text = `${publicGruu(aor, instance)};${SINCE_PARAM}=${since}`;
  const resolved = parseUri(text);
  if (!resolved.ok || resolved.value.kind !== 'sip') return undefined;
  // RFC 5630 §3: what was sent to a sips URI goes on as such.
  return { ...resolved.value, scheme: uri.scheme };
}

/** The device that a Request-URI names, {@link resolveGruu resolved}; undefined when it names a user. */
export function gruuTargetOf(uri: SipUri): GruuTarget | undefined {
  if (uri.params.entries.length === 0) return undefined;
  const instance = uri.params.getText('gr');
  if (instance === undefined) return undefined;
  const since = uri.params.getText(SINCE_PARAM);
  return { instance, sinceMs: since === undefined ? undefined : Number.parseInt(since, RADIX) };
}

/** Is it a binding of that device? */
export function isOfInstance(binding: Binding, target: GruuTarget): boolean {
  return sameInstance(plainInstance(instanceOf(binding)), target.instance);
}

function plainInstance(instance: string): string {
  return instance.startsWith('<') && instance.endsWith('>') ? instance.slice(1, -1) : instance;
}

// RFC 4122 §3: the hexadecimal digits of a UUID may be of either case; of other URNs only the prefix may.
function sameInstance(a: string, b: string): boolean {
  if (a === b) return true;
  return /^urn:uuid:/i.test(a) && a.toLowerCase() === b.toLowerCase();
}

function escapeParamValue(text: string): string {
  let out = '';
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    const isPlain = code !== 37 && isIn(code, PARAM);
    out += isPlain ? text.charAt(i) : `%${code.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}

/** Does a Contact name its own AoR, or a GRUU of it? A request to it would come back.
 *  @param aor as in To  @see RFC 5627 §5.1 */
export function pointsToAor(contact: SipUri, aor: SipUri, seal: GruuSeal | undefined): boolean {
  if (contact.host !== aor.host) return false;
  const resolved = resolveGruu(contact, seal);
  if (resolved === undefined) return false;
  const params = resolved.params.without('gr').without(SINCE_PARAM);
  const { scheme, user, password, host, port, headers } = resolved;
  const named: SipUri = { kind: 'sip', scheme, user, password, host, port, params, headers };
  return sipUriEquals(named, {
    kind: 'sip',
    scheme,
    user: aor.user,
    password: undefined,
    host,
    port: undefined,
    params: Params.EMPTY_IN_URI,
    headers: undefined,
  });
}
