import { type Params, unescapeText } from './params.ts';
import type { SipUri } from './uri.ts';

// RFC 3261 §19.1.4: these parameters never match when they stand in only one of the URIs. `transport` is added because
// the default-text and the examples of that section treat sip:x and sip:x;transport=udp as different.
const SIGNIFICANT = ['user', 'ttl', 'method', 'maddr', 'transport'] as const;

/** Are two SIP URIs the same resource? Symmetric, not transitive.  @see RFC 3261 §19.1.4 */
export function sipUriEquals(a: SipUri, b: SipUri): boolean {
  if (a.scheme !== b.scheme || a.host !== b.host || a.port !== b.port) return false;
  if (!sameText(a.user, b.user) || !sameText(a.password, b.password)) return false;
  return sameParams(a.params, b.params) && sameHeaders(a.headers, b.headers);
}

// Userinfo is the one case-sensitive part; an escape equals the character it stands for.
function sameText(a: string | undefined, b: string | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  return unescapeText(a) === unescapeText(b);
}

function sameParams(a: Params, b: Params): boolean {
  for (const name of SIGNIFICANT) {
    if (a.has(name) !== b.has(name)) return false;
  }
  for (const entry of a.entries) {
    const name = unescapeText(entry.name).toLowerCase();
    const other = b.get(name);
    if (other === undefined) continue;
    const own = a.get(name);
    if (own === true || other === true ? own !== other : !sameCaseless(own ?? '', other)) {
      return false;
    }
  }
  return true;
}

function sameCaseless(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

// Header components are never ignored; their order does not matter. Cold path: such URIs are rare.
function sameHeaders(a: string | undefined, b: string | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  const left = headerList(a);
  const right = headerList(b);
  return left.length === right.length && left.every((item, i) => item === right[i]);
}

function headerList(text: string): string[] {
  return text
    .split('&')
    .map((pair) => {
      const equals = pair.indexOf('=');
      const name = equals === -1 ? pair : pair.slice(0, equals);
      const value = equals === -1 ? '' : pair.slice(equals + 1);
      return `${unescapeText(name).toLowerCase()}=${unescapeText(value)}`;
    })
    .sort();
}
