import { skipClass, TOKEN } from './chars.ts';

/** Header names that Hermod looks at; every other header is `OTHER` and passes untouched. Dense small integers. */
export const H = {
  OTHER: 0,
  VIA: 1,
  FROM: 2,
  TO: 3,
  CALL_ID: 4,
  CSEQ: 5,
  MAX_FORWARDS: 6,
  CONTACT: 7,
  ROUTE: 8,
  RECORD_ROUTE: 9,
  CONTENT_LENGTH: 10,
  CONTENT_TYPE: 11,
  EXPIRES: 12,
  DATE: 13,
  REQUIRE: 14,
  PROXY_REQUIRE: 15,
  SUPPORTED: 16,
  PATH: 17,
  AUTHORIZATION: 18,
  PROXY_AUTHORIZATION: 19,
  WWW_AUTHENTICATE: 20,
  PROXY_AUTHENTICATE: 21,
  RETRY_AFTER: 22,
  UNSUPPORTED: 23,
  ALLOW: 24,
  ACCEPT: 25,
  MIN_EXPIRES: 26,
  USER_AGENT: 27,
  SERVER: 28,
  PRIORITY: 29,
  MAX_BREADTH: 30,
  SERVICE_ROUTE: 31,
  CONTENT_ENCODING: 32,
  CONTENT_DISPOSITION: 33,
  TIMESTAMP: 34,
  WARNING: 35,
  EVENT: 36,
  FLOW_TIMER: 37,
  SUBJECT: 38,
  RESOURCE_PRIORITY: 39,
  P_ASSERTED_IDENTITY: 40,
  P_PREFERRED_IDENTITY: 41,
  ACCEPT_CONTACT: 42,
  REJECT_CONTACT: 43,
  REQUEST_DISPOSITION: 44,
  REMOTE_PARTY_ID: 45,
  HERMOD_TRACE: 46,
} as const;

/** One of {@link H}. */
export type HeaderId = (typeof H)[keyof typeof H];

/** Canonical spelling by {@link HeaderId}; index 0 (`OTHER`) is ''. */
export const HEADER_NAMES: readonly string[] = [
  '',
  'Via',
  'From',
  'To',
  'Call-ID',
  'CSeq',
  'Max-Forwards',
  'Contact',
  'Route',
  'Record-Route',
  'Content-Length',
  'Content-Type',
  'Expires',
  'Date',
  'Require',
  'Proxy-Require',
  'Supported',
  'Path',
  'Authorization',
  'Proxy-Authorization',
  'WWW-Authenticate',
  'Proxy-Authenticate',
  'Retry-After',
  'Unsupported',
  'Allow',
  'Accept',
  'Min-Expires',
  'User-Agent',
  'Server',
  'Priority',
  'Max-Breadth',
  'Service-Route',
  'Content-Encoding',
  'Content-Disposition',
  'Timestamp',
  'Warning',
  'Event',
  'Flow-Timer',
  'Subject',
  'Resource-Priority',
  'P-Asserted-Identity',
  'P-Preferred-Identity',
  'Accept-Contact',
  'Reject-Contact',
  'Request-Disposition',
  'Remote-Party-ID',
  'Hermod-Trace',
];

// RFC 3261 §7.3.3 and the IANA registry: compact forms of the headers above.
const COMPACT: readonly (readonly [string, HeaderId])[] = [
  ['v', H.VIA],
  ['f', H.FROM],
  ['t', H.TO],
  ['i', H.CALL_ID],
  ['m', H.CONTACT],
  ['l', H.CONTENT_LENGTH],
  ['c', H.CONTENT_TYPE],
  ['k', H.SUPPORTED],
  ['e', H.CONTENT_ENCODING],
  ['o', H.EVENT],
  ['s', H.SUBJECT],
  ['a', H.ACCEPT_CONTACT],
  ['j', H.REJECT_CONTACT],
  ['d', H.REQUEST_DISPOSITION],
];

const BY_NAME = new Map<string, HeaderId>();
for (const id of Object.values(H)) {
  const name = HEADER_NAMES[id] ?? '';
  if (name === '') continue;
  BY_NAME.set(name, id);
  BY_NAME.set(name.toLowerCase(), id);
}
for (const [letter, id] of COMPACT) {
  BY_NAME.set(letter, id);
  BY_NAME.set(letter.toUpperCase(), id);
}

/** Classify a header name, case-insensitively, compact forms included. @returns `H.OTHER` for a name without an id. */
export function headerId(name: string): HeaderId {
  const common = BY_NAME.get(name);
  if (common !== undefined) return common;
  return BY_NAME.get(name.toLowerCase()) ?? H.OTHER;
}

// Names by length and first letter, so that the usual spellings are found without cutting the name out and hashing it.
const BUCKETS: (HeaderId[] | undefined)[] = new Array(1024).fill(undefined);
for (const id of Object.values(H)) {
  const name = HEADER_NAMES[id] ?? '';
  if (name === '') continue;
  const bucket = bucketOf(name.charCodeAt(0), name.length);
  BUCKETS[bucket] = [...(BUCKETS[bucket] ?? []), id];
}

function bucketOf(firstLetter: number, length: number): number {
  return ((length & 31) << 5) | (firstLetter & 31);
}

/** {@link headerId} of the name at `head[from, to)`, or -1 when that is no header name (header-name = token). */
export function headerIdAt(head: string, from: number, to: number): number {
  const candidates = BUCKETS[bucketOf(head.charCodeAt(from), to - from)];
  if (candidates !== undefined) {
    for (let i = 0; i < candidates.length; i += 1) {
      const id = candidates[i] ?? H.OTHER;
      if (startsAt(head, from, to, HEADER_NAMES[id] ?? '')) return id;
    }
  }
  const id = headerId(head.slice(from, to));
  if (id !== H.OTHER) return id;
  return to > from && skipClass(head, from, to, TOKEN) === to ? H.OTHER : -1;
}

function startsAt(head: string, from: number, to: number, name: string): boolean {
  const length = name.length;
  if (to - from !== length) return false;
  for (let i = 0; i < length; i += 1) {
    if (head.charCodeAt(from + i) !== name.charCodeAt(i)) return false;
  }
  return true;
}
