// RFC 5393 §4.2: loop detection by a hash in the branches we wrote.
import { H } from '../header-name.ts';
import type { SipRequest } from '../message.ts';
import { BRANCH_COOKIE } from '../transaction/server-key.ts';
import { parseVia } from '../via.ts';

/** Between the unique part and the hash part of a branch; the hash part holds none. */
const HASH_SEPARATOR = '.';

/**
 * Hash of everything that decides where this element sends a request: Request-URI, Route values, Call-ID and CSeq number, as received.
 * The method is left out, so that a CANCEL or ACK hashes like its request.
 *
 * @returns at most 14 characters 0–9a–z; not cryptographic, a collision costs a false 482 once in 2^64
 * @see RFC 5393 §4.2.1
 */
export function loopHash(request: SipRequest): string {
  const mixer = new Mixer();
  mixer.add(request.requestUri);
  mixer.add(request.callId);
  const cseq = request.cseq;
  mixer.add(cseq.ok ? String(cseq.value.number) : '');
  if (request.has(H.ROUTE)) {
    const routes = request.values(H.ROUTE);
    for (let i = 0; i < routes.length; i += 1) mixer.add(routes[i] ?? '');
  }
  return mixer.finish();
}

/** Compose a Via branch. @param unique token that no other attempt has, without cookie  @param hash from {@link loopHash} */
export function formatBranch(unique: string, hash: string): string {
  return `${BRANCH_COOKIE}${unique}${HASH_SEPARATOR}${hash}`;
}

/**
 * Has this very request been here before? Every Via that we wrote is looked at: equal hash = loop, another hash = spiral, which is fine.
 *
 * @param isOurSentBy told `host[:port]` in lower case; must know the name of every node of the cluster
 * @param hash {@link loopHash} of the request
 * @see RFC 5393 §4.2.1
 */
export function hasLooped(
  request: SipRequest,
  isOurSentBy: (sentBy: string) => boolean,
  hash: string,
): boolean {
  // Our hash does not occur anywhere in nearly every message: one memory scan instead of parsing every Via.
  if (!request.head.includes(HASH_SEPARATOR + hash)) return false;
  const vias = request.values(H.VIA);
  for (let i = 0; i < vias.length; i += 1) {
    // RFC 4475 §3.1.1.10: lower Vias may hold anything; one that cannot be parsed is not ours.
    const via = parseVia(vias[i] ?? '');
    if (!via.ok) continue;
    const branch = via.value.branch;
    if (branch === undefined || !branch.startsWith(BRANCH_COOKIE)) continue;
    const separator = branch.lastIndexOf(HASH_SEPARATOR);
    if (separator === -1 || branch.slice(separator + 1) !== hash) continue;
    if (isOurSentBy(via.value.sentBy)) return true;
  }
  return false;
}

/** Two 32-bit multiplicative hashes side by side. */
class Mixer {
  #a = 0x811c9dc5;
  #b = 0x41c6ce57;

  add(text: string): void {
    let a = this.#a;
    let b = this.#b;
    for (let i = 0; i < text.length; i += 1) {
      const c = text.charCodeAt(i);
      a = Math.imul(a ^ c, 0x01000193);
      b = Math.imul(b ^ c, 0x5bd1e995);
      b ^= b >>> 15;
    }
    // An end mark, or "ab","c" would hash like "a","bc".
    this.#a = Math.imul(a ^ 0x100, 0x01000193);
    this.#b = Math.imul(b ^ 0x100, 0x5bd1e995);
  }

  finish(): string {
    return avalanche(this.#a).toString(36) + avalanche(this.#b).toString(36);
  }
}

function avalanche(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
