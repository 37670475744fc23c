import { HEX, HOST, parseDigits, skipClass } from './chars.ts';

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

/** Parse a port 1–65535; undefined when it is none. */
export function parsePort(text: string, from: number, to: number): number | undefined {
  const port = parseDigits(text, from, to, 65535);
  return port < 1 ? undefined : port;
}
