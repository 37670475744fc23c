import { isIP } from 'node:net';
import { isLoopback as isLoopbackAddress, withoutBrackets } from '@hermod/sip';
import { z } from 'zod';
import { addressRangeFault } from './address-ranges.ts';
import { parseRedisUrl } from './redis/redis-url.ts';

/** A TCP address. `host` is written as the operating system wants it: IPv6 without brackets. */
export type HostPort = { readonly host: string; readonly port: number };

const SIP_TRANSPORTS = ['udp', 'tcp', 'tls', 'sctp', 'ws', 'wss'] as const;
type SipTransport = (typeof SIP_TRANSPORTS)[number];

/** A SIP listener or the address told to others. `host` as in {@link HostPort}; port 0 = any free port. */
export type SipEndpoint = HostPort & { readonly transport: SipTransport };

/** A SIP listener with every address of it: those of SCTP may be several, for as many paths. */
export type SipListener = SipEndpoint & { readonly alsoAt?: readonly string[] };

/** An address of the trunk between the processes of a cluster. `host` as in {@link HostPort}. */
export type TrunkAddress = HostPort & { readonly transport: 'tcp' | 'tls' };

/** True for addresses that only this machine can reach. @param host IPv6 without brackets */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || isLoopbackAddress(host);
}

/** True for the addresses that mean "every interface" and cannot be told to others. */
export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** Can only this machine reach these listeners? */
export function areOnLoopback(listeners: readonly SipListener[]): boolean {
  return listeners.every((listener) => hostsOf(listener).every(isLoopback));
}

/** All hosts of a listener. */
export function hostsOf({ host, alsoAt = [] }: SipListener): readonly string[] {
  return [host, ...alsoAt];
}

/** `host:port` with IPv6 in brackets, as in URLs and SIP. */
export function formatHostPort(address: HostPort): string {
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}

const HOST_PORT = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/;
const SCHEME = /^([a-z0-9+]+):\/\/(.*)$/;

function parseHostPort(text: string): HostPort | string {
  const match = HOST_PORT.exec(text);
  if (match === null) return `"${text}" is not host:port`;
  const port = Number(match[3]);
  if (port > 65_535) return `"${text}" has a port above 65535`;
  return { host: (match[1] ?? match[2] ?? '').toLowerCase(), port };
}

function parseEndpoint(text: string): SipEndpoint | string {
  const match = SCHEME.exec(text);
  if (match === null) {
    return `"${text}" has none of ${SIP_TRANSPORTS.map((one) => `${one}://`).join(', ')} in front`;
  }
  const transport = SIP_TRANSPORTS.find((one) => one === match[1]);
  if (transport === undefined) return `"${text}": unknown transport`;
  const address = parseHostPort(match[2] ?? '');
  return typeof address === 'string' ? address : { transport, ...address };
}

/** `sctp://192.0.2.1+198.51.100.1:5060` has two addresses. */
function parseListener(text: string): SipListener | string {
  const [, first = '', rest = ''] = /^(sctp:\/\/[^+]*)\+(.*)$/.exec(text) ?? [];
  const endpoint = parseEndpoint(
    rest === '' ? text : `${first}${rest.slice(rest.lastIndexOf(':'))}`,
  );
  if (rest === '' || typeof endpoint === 'string') return endpoint;
  const alsoAt: string[] = [];
  for (const host of rest.slice(0, rest.lastIndexOf(':')).split('+')) {
    const address = parseHostPort(`${host}:${endpoint.port}`);
    if (typeof address === 'string') return address;
    alsoAt.push(address.host);
  }
  return { ...endpoint, alsoAt };
}

function parseTrunkAddress(text: string): TrunkAddress | string {
  const [, transport = 'tcp', rest = text] = SCHEME.exec(text) ?? [];
  if (transport !== 'tcp' && transport !== 'tls') return `"${text}": trunks are tcp:// or tls://`;
  const address = parseHostPort(rest);
  return typeof address === 'string' ? address : { transport, ...address };
}

function parseDomain(text: string): { readonly name: string } | string {
  if (/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(text) || /^\[[0-9a-fA-F:.]+\]$/.test(text)) {
    return { name: text.toLowerCase() };
  }
  return `"${text}" is not a domain name or an IP address (IPv6 in brackets)`;
}

function parseIp(text: string): { readonly name: string } | string {
  return isIP(text) === 0 ? `"${text}" is not an IP address` : { name: text.toLowerCase() };
}

function parseIpPort(text: string): { readonly name: string } | string {
  if (isIP(text) !== 0) return { name: text };
  const address = parseHostPort(text);
  const isAddress = typeof address !== 'string' && isIP(address.host) !== 0 && address.port > 0;
  return isAddress ? { name: text } : `"${text}" is not an IP address, with or without a port`;
}

/** A zod schema from a parser that returns the value or the fault in words. */
function one<T extends object>(parse: (text: string) => T | string): z.ZodType<T, string> {
  return z.string().transform((text, context) => {
    const result = parse(text.trim());
    if (typeof result !== 'string') return result;
    context.addIssue({ code: 'custom', message: result });
    return z.NEVER;
  });
}

function list<T extends object>(
  parse: (text: string) => T | string,
): z.ZodType<readonly T[], string> {
  return z.string().transform((text, context) => {
    const values: T[] = [];
    for (const item of text.split(',')) {
      const result = parse(item.trim());
      if (typeof result === 'string') context.addIssue({ code: 'custom', message: result });
      else values.push(result);
    }
    return values;
  });
}

const namesOf = (items: readonly { readonly name: string }[]): readonly string[] =>
  items.map((item) => item.name);

/** One `host:port`. */
export const hostPort = one(parseHostPort);
/** A comma-separated list of `host:port`. */
export const hostPortList = list(parseHostPort);
/** A comma-separated list of URLs of SIP listeners. */
export const endpointList = list(parseEndpoint);
/** The same, where an `sctp://` URL may have several hosts with `+` between them. */
export const listenerList = list(parseListener);
/** `tcp://host:port`, which may be written `host:port`, or `tls://host:port`. */
export const trunkAddress = one(parseTrunkAddress);
/** A comma-separated list of trunk addresses. */
export const trunkAddressList = list(parseTrunkAddress);
/** A comma-separated list of lower-cased domain names and IP addresses. */
export const domainList = list(parseDomain).transform(namesOf);
/** A comma-separated list of IP addresses, IPv6 without brackets. */
export const ipList = list(parseIp).transform(namesOf);

/** Where requests may come from: blocks of addresses, and what a word stands for. */
export type Sources<T extends string> = {
  readonly words: readonly T[];
  /** As `AddressRanges` takes them. */
  readonly ranges: readonly string[];
};

/** `nobody`, or a comma-separated list of words, IP addresses and blocks of them. */
export function sources<const T extends string>(
  words: readonly T[],
): z.ZodType<Sources<T>, string> {
  return z.string().transform((text, context) => {
    const items = text === 'nobody' ? [] : text.split(',').map((item) => item.trim());
    const chosen = words.filter((word) => items.includes(word));
    const ranges = items.filter((item) => !words.some((word) => word === item));
    for (const range of ranges) {
      const message = addressRangeFault(range);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    }
    return { words: chosen, ranges };
  });
}

/** Users and addresses that something is allowed. */
export type Privileged = {
  /** `user@domain`, as written. */
  readonly users: readonly string[];
  /** As `AddressRanges` takes them. */
  readonly ranges: readonly string[];
};

/** `nobody`, or a comma-separated list of users (`user@domain`), IP addresses and blocks of them. */
export const privileged: z.ZodType<Privileged, string> = z.string().transform((text, context) => {
  const items = text === 'nobody' ? [] : text.split(',').map((item) => item.trim());
  const users = items.filter((item) => item.includes('@'));
  const ranges = items.filter((item) => !item.includes('@'));
  for (const user of users) {
    if (/^[^\s@:;?<>"]+@[^\s@:;?<>"]+$/.test(user)) continue;
    context.addIssue({ code: 'custom', message: `"${user}" is not user@domain` });
  }
  for (const range of ranges) {
    const message = addressRangeFault(range);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  }
  return { users, ranges };
});

/** A comma-separated list of IP addresses with or without a port, IPv6 in brackets where there is one; they stay text. */
export const ipPortList = list(parseIpPort).transform(namesOf);

/** A Redis URL, which stays text; the fault never repeats it, as it may hold a password. */
export const redisUrl: z.ZodType<string, string> = z
  .string()
  .refine((text) => typeof parseRedisUrl(text) !== 'string', {
    error: (issue) => String(parseRedisUrl(String(issue.input))),
  });

/** `on` or `off`. */
export const onOff: z.ZodType<boolean, string> = z
  .string()
  .refine((text) => text === 'on' || text === 'off', {
    error: (issue) => `"${String(issue.input)}" is neither on nor off`,
  })
  .transform((text) => text === 'on');

/** Whose pages may open WebSockets. */
export type Origins = 'any' | readonly string[];

/** `any`, or a comma-separated list of origins of web pages; as browsers write them. */
export const origins: z.ZodType<Origins, string> = z.string().transform((text, context) => {
  if (text === 'any') return 'any';
  const items = text.split(',').map((item) => item.trim().replace(/\/$/, ''));
  for (const item of items) {
    if (/^https?:\/\/[^\s/@?#]+$/.test(item) && URL.canParse(item)) continue;
    context.addIssue({ code: 'custom', message: `"${item}" is no origin of web pages` });
    return z.NEVER;
  }
  return items.map((item) => new URL(item).origin);
});

/** One word of a closed list. */
export function oneOf<const T extends string>(words: readonly T[]): z.ZodType<T, string> {
  return z.string().transform((text, context) => {
    const word = words.find((candidate) => candidate === text);
    if (word !== undefined) return word;
    context.addIssue({ code: 'custom', message: `"${text}" is not one of ${words.join(', ')}` });
    return z.NEVER;
  });
}

/** A comma-separated list of words of a closed list, each once at most. */
export function listOf<const T extends string>(
  words: readonly T[],
): z.ZodType<readonly T[], string> {
  return z.string().transform((text, context) => {
    const chosen: T[] = [];
    for (const item of text.split(',')) {
      const word = words.find((candidate) => candidate === item.trim());
      if (word !== undefined && !chosen.includes(word)) chosen.push(word);
      else {
        const fault = word === undefined ? `is not one of ${words.join(', ')}` : 'comes twice';
        context.addIssue({ code: 'custom', message: `"${item.trim()}" ${fault}` });
      }
    }
    return chosen;
  });
}

/** A whole number between two bounds, both allowed. */
export function integer(least: number, most: number): z.ZodType<number, string> {
  return z.string().transform((text, context) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    const message = `"${text}" is not a whole number from ${least} to ${most}`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
}

/** A share: a decimal fraction from 0 to 1. */
export const share: z.ZodType<number, string> = z.string().transform((text, context) => {
  const value = /^\d(\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
  if (value <= 1) return value;
  context.addIssue({ code: 'custom', message: `"${text}" is not a number from 0 to 1` });
  return z.NEVER;
});

/** An `http://` or `https://` URL without query, which stays text; one that holds a password is refused, and not repeated. */
export const httpUrl: z.ZodType<string, string> = z
  .string()
  .refine((text) => /^https?:\/\/[^/@?#]+(\/[^?#]*)?$/.test(text) && URL.canParse(text), {
    error: () => 'the value is not an http:// or https:// URL without user, query and fragment',
  });

/** An `https://` URL that names an authorization server, which stays text (RFC 8414 §2); fit to stand between quotes. */
export const httpsIssuer: z.ZodType<string, string> = z
  .string()
  .refine((text) => /^https:\/\/[^\s/@?#"\\]+(\/[^\s?#"\\]*)?$/.test(text) && URL.canParse(text), {
    error: () => 'the value is not an https:// URL without user, query and fragment',
  });

/** A path, or a URL that nobody on the way can answer: `https://`, or `http://` on this machine. It stays text, and is not repeated. */
export const jwksSource: z.ZodType<string, string> = z
  .string()
  .refine((text) => !text.includes('\0') && (!text.includes('://') || isTrustedUrl(text)), {
    error: () => 'the value is neither a path nor an https:// URL (http:// on loopback addresses)',
  });

function isTrustedUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(withoutBrackets(hostname)));
}

/** Label matchers of PromQL, which stay text. */
export const promMatchers: z.ZodType<string, string> = z
  .string()
  .refine((text) => /^\w+(=|!=|=~|!~)"[^"\\]*"(,\w+(=|!=|=~|!~)"[^"\\]*")*$/.test(text), {
    error: (issue) => `"${String(issue.input)}" is not a list of label matchers`,
  });

/** Text that matches a pattern; `what` completes "is not …". */
export function matching(pattern: RegExp, what: string): z.ZodType<string, string> {
  return z.string().refine((text) => pattern.test(text), {
    error: (issue) => `"${String(issue.input)}" is not ${what}`,
  });
}

/** Like {@link matching}, but the fault never repeats the value. */
export function secretMatching(pattern: RegExp, what: string): z.ZodType<string, string> {
  return z
    .string()
    .refine((text) => pattern.test(text), { error: () => `the value is not ${what}` });
}
