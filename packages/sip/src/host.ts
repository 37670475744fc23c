import { HEX, HOST, lowerCase, parseDigits, skipClass } from './chars.ts';

/** End of the host that starts at `from` (bracketed IPv6, IPv4 or name), or -1.
 *  Names are judged by their characters only: whether they exist is the resolver's business. */
// host = hostname / IPv4address / "[" IPv6address "]"
export function scanHost(text: string, from: number, to: number): number {
  if (text.charCodeAt(from) === 91) return scanIpv6Reference(text, from, to);
  const end = skipClass(text, from, to, HOST);
  const first = text.charCodeAt(from);
  if (end === from || first === 45 || first === 46) return -1;
  return end;
}

// IPv6address (RFC 5954 §4.1): eight groups of up to four hex digits, one run of zero groups as "::", the last two
// groups possibly as an IPv4 address.
function scanIpv6Reference(text: string, from: number, to: number): number {
  const close = text.indexOf(']', from);
  if (close === -1 || close >= to) return -1;
  let groups = 0;
  let isCompressed = false;
  let i = from + 1;
  if (text.charCodeAt(i) === 58) {
    if (text.charCodeAt(i + 1) !== 58) return -1;
    isCompressed = true;
    i += 2;
  }
  while (i < close) {
    const groupEnd = skipClass(text, i, Math.min(close, i + 4), HEX);
    if (text.charCodeAt(groupEnd) === 46) {
      if (!isIpv4(text, i, close)) return -1;
      groups += 2;
      i = close;
      break;
    }
    if (groupEnd === i) return -1;
    groups += 1;
    i = groupEnd;
    if (i === close) break;
    if (text.charCodeAt(i) !== 58) return -1;
    i += 1;
    if (text.charCodeAt(i) === 58) {
      if (isCompressed) return -1;
      isCompressed = true;
      i += 1;
    } else if (i === close) {
      return -1;
    }
  }
  return (isCompressed ? groups < 8 : groups === 8) ? close + 1 : -1;
}

function isIpv4(text: string, from: number, to: number): boolean {
  let i = from;
  for (let part = 0; part < 4; part += 1) {
    let dot = i;
    while (dot < to && text.charCodeAt(dot) !== 46) dot += 1;
    // No leading zeros: some readers would take them for octal.
    if (dot - i > 1 && text.charCodeAt(i) === 48) return false;
    if (dot - i > 3 || parseDigits(text, i, dot, 255) === -1) return false;
    if (part === 3) return dot === to;
    i = dot + 1;
  }
  return false;
}

/** The one form of a host that {@link scanHost} takes whole: lower case, and IPv6 as RFC 5952 writes it, so that equal addresses are
 *  equal texts (RFC 5118 §4.5, RFC 3261 §19.1.4). What is no such host only loses its capitals. */
export function normalHost(host: string): string {
  const lower = lowerCase(host);
  if (lower.charCodeAt(0) !== 91 || scanHost(lower, 0, lower.length) !== lower.length) return lower;
  return `[${formatIpv6(ipv6Groups(lower.slice(1, -1)))}]`;
}

const GROUPS = 8;
const NETWORK_GROUPS = 4;

/** The eight groups of an IPv6 address.  @param text valid, without brackets */
// Cold path: whoever names a host by address does so with IPv4 nearly always.
export function ipv6Groups(text: string): number[] {
  const gap = text.indexOf('::');
  const front = gap === -1 ? text : text.slice(0, gap);
  const groups = groupsOf(front);
  if (gap === -1) return groups;
  const back = groupsOf(text.slice(gap + 2));
  while (groups.length + back.length < GROUPS) groups.push(0);
  return groups.concat(back);
}

function groupsOf(text: string): number[] {
  const groups: number[] = [];
  if (text === '') return groups;
  for (const piece of text.split(':')) {
    if (!piece.includes('.')) {
      groups.push(Number.parseInt(piece, 16));
      continue;
    }
    const [a = 0, b = 0, c = 0, d = 0] = piece.split('.').map(Number);
    groups.push(a * 256 + b, c * 256 + d);
  }
  return groups;
}

// RFC 5952 §4: no leading zeros, lower case, the first of the longest runs of two or more zero groups as "::"; §5: an IPv4-mapped
// address ends as IPv4.
function formatIpv6(groups: readonly number[]): string {
  const isMapped = groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
  if (isMapped) {
    const [high = 0, low = 0] = groups.slice(6);
    return `::ffff:${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  }
  let gapStart = GROUPS;
  let gapLength = 1;
  let run = 0;
  for (let i = 0; i < GROUPS; i += 1) {
    run = groups[i] === 0 ? run + 1 : 0;
    if (run <= gapLength) continue;
    gapLength = run;
    gapStart = i + 1 - run;
  }
  const hex = groups.map((group) => group.toString(16));
  if (gapStart === GROUPS) return hex.join(':');
  return `${hex.slice(0, gapStart).join(':')}::${hex.slice(gapStart + gapLength).join(':')}`;
}

/** The unit in which addresses are given out, and so counted: an IPv4 address, an IPv6 /64 network (RFC 6177 §2).
 *  @param address literal, IPv6 without brackets  @returns text that is equal for equal networks */
export function networkOf(address: string): string {
  // ::1 and the mapped addresses are in one /64 that is nobody's network.
  if (!address.includes(':') || address.includes('.') || address === '::1') return address;
  const network = ipv6Groups(address).slice(0, NETWORK_GROUPS);
  return network.map((group) => group.toString(16)).join(':');
}

/** A host as it stands in URIs and Vias: IPv6 in brackets (RFC 5118 §4.5).  @param host with or without them */
export function uriHost(host: string): string {
  return host.includes(':') && host.charCodeAt(0) !== 91 ? `[${host}]` : host;
}

/** A host as sockets take it, and as it stands in `received`: IPv6 without brackets.  @param host with or without them */
export function withoutBrackets(host: string): string {
  return host.charCodeAt(0) === 91 && host.endsWith(']') ? host.slice(1, -1) : host;
}

/** Is it an address that nothing but this machine can reach?  @param address literal, IPv6 without brackets; a name is none */
export function isLoopback(address: string): boolean {
  return address === '::1' || LOOPBACK.test(address);
}

const LOOPBACK = /^127(\.\d{1,3}){3}$/;

/** The port of a URI or Via that names none.  @param isSecured over TLS  @see RFC 3261 §18.1.1, §19.1.2 */
export function defaultPort(isSecured: boolean): number {
  return isSecured ? 5061 : 5060;
}

/** Parse a port 1–65535; undefined when it is none. */
export function parsePort(text: string, from: number, to: number): number | undefined {
  const port = parseDigits(text, from, to, 65535);
  return port < 1 ? undefined : port;
}
