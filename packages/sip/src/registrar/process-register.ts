// RFC 3261 §10.3 steps 2 and 6–8, with RFC 3327 (Path), RFC 5626 §6 (outbound) and RFC 5627 §5 (GRUU), as a pure function.
// Steps 1 and 3–5 (domain, authentication, authorisation, address-of-record) are the registrar service's.
import { formatSipDate } from '../date.ts';
import { H, type HeaderId } from '../header-name.ts';
import { defaultPort, normalHost, uriHost } from '../host.ts';
import type { SipRequest } from '../message.ts';
import type { Params } from '../params.ts';
import { unsupportedTags } from '../proxy/check-request.ts';
import { parseUri, type SipUri } from '../uri.ts';
import { sipUriEquals } from '../uri-equality.ts';
import { type Binding, instanceOf, type RegisterPolicy } from './binding.ts';
import { type GruuScope, mayHaveGruu, pointsToAor, publicGruu, temporaryGruu } from './gruu.ts';
import { parseContact, parseExpires, type RequestedContact } from './register-contact.ts';
import { parsePath, type RegisterPath } from './register-path.ts';

/** Where a REGISTER came from. */
export type RegisterSource = {
  /** IP address as the first hop saw it, IPv6 with or without brackets. */
  readonly host: string;
  /** Undefined: the client did not ask for it (`rport`, RFC 3581 §4), and so said that it can be reached where its Via says. */
  readonly port: number | undefined;
  /** Upper case, as in the client's own Via: `UDP`, `TCP`, `TLS`, … */
  readonly transport: string;
  /** IP address as the edge itself saw it: the client's, or that of a proxy in between. All else could be the client's invention. */
  readonly seenFrom: string;
};

/** What a REGISTER does and how it is answered. */
export type RegisterResult = {
  /** All bindings to be stored, none of them expired; undefined = nothing changes. */
  readonly bindings: readonly Binding[] | undefined;
  readonly status: number;
  /** Undefined: the status's usual phrase. */
  readonly reason?: string;
  /** `Name: value` lines: Contact rows, Date, Path, Require, Flow-Timer, Min-Expires, Unsupported. */
  readonly headers: readonly string[];
};

/** Option tags a registrar understands in Require. */
const EXTENSIONS: ReadonlySet<string> = new Set(['path', 'outbound', 'gruu']);
/** Contact values in one request, in multiples of the contacts an AoR may have: it may replace all of them. */
const CONTACTS_PER_REQUEST_FACTOR = 2;
/** Bytes that the contacts of one AoR may take on the wire, their Paths included. All are read for every message, and listed in every
 *  200 beside what that copies from the request (16 KB at most): more could not be answered over UDP. */
const MAX_BINDINGS_BYTES = 32_768;
/** The header name, brackets, `expires` and line end around a contact; as much is counted for a Path URI. */
const ROW_BYTES = 28;
/** Each is a header row of every request to the contact, and rows are capped, too. */
const MAX_PATH_URIS = 16;

/**
 * Apply a REGISTER to the bindings of its AoR: all of it or, with any status but 200, nothing.
 *
 * DEVIATION from RFC 3327 §5.3 (ADR 0004): Path is accepted from UAs that do not list `path` in Supported.
 *
 * @param request valid; its To is the AoR
 * @param bindings all of the AoR, expired ones may be among them
 * @param source undefined when unknown; then no contact is taken for the flow's own source address, nor for one that it may name
 * @param nowMs epoch milliseconds
 * @param gruus undefined: none are given out
 * @returns 200, 400, 403 (too many contacts, too long ones, or one that is the AoR itself), 420, 423, 439, or 500 (out of order: the same Call-ID with a CSeq that is not higher)
 * @see RFC 3261 §10.3
 */
export function processRegister(
  request: SipRequest,
  bindings: readonly Binding[],
  source: RegisterSource | undefined,
  policy: RegisterPolicy,
  nowMs: number,
  gruus?: GruuScope,
): RegisterResult {
  const unsupported = unsupportedTags(request.values(H.REQUIRE), EXTENSIONS);
  if (unsupported !== '') return refuse(420, undefined, [`Unsupported: ${unsupported}`]);
  const cseq = request.cseq;
  if (!cseq.ok) return refuse(cseq.status, cseq.reason);
  const path = parsePath(request);
  if (path === undefined) return refuse(400, 'Malformed Path');
  if (path.uris.length > MAX_PATH_URIS) return refuse(400, 'Too Many Path Values');
  const live = bindings.filter((binding) => binding.expiresAtMs > nowMs);
  const wantsGruu = gruus !== undefined && wants(request, 'gruu');
  const answer: Answer = { path, nowMs, gruus: wantsGruu ? gruus : undefined, flowTimerSec: 0 };
  if (!request.has(H.CONTACT)) return accept(undefined, live, answer);

  const header = request.get(H.EXPIRES);
  const headerExpiresSec = header === undefined ? undefined : parseExpires(header, policy);
  const contacts = request.values(H.CONTACT);
  const order = { callId: request.callId, cseq: cseq.value.number };
  // RFC 3261 §10.3 step 6: `*` stands alone, with Expires: 0, and removes everything.
  if (contacts.includes('*')) {
    if (contacts.length !== 1 || headerExpiresSec !== 0) {
      return refuse(400, 'Contact * Needs Expires: 0 and No Other Contact');
    }
    for (const binding of live) if (isOutOfOrder(binding, order)) return outOfOrder();
    return accept(bindings.length === 0 ? undefined : [], [], answer);
  }
  if (contacts.length > policy.maxContacts * CONTACTS_PER_REQUEST_FACTOR) return tooManyContacts();

  const requested: RequestedContact[] = [];
  for (const text of contacts) {
    const contact = parseContact(text, headerExpiresSec, policy);
    if (!contact.ok) return refuse(contact.status, contact.reason, contact.headers);
    requested.push(contact);
  }
  const fault =
    checkSchemes(request, requested, path) ??
    checkOutbound(request, requested, path) ??
    checkLoop(request, requested, gruus);
  if (fault !== undefined) return fault;

  const next = new NextBindings(live);
  const beyond = path.uris[1] === undefined ? undefined : sipUriOf(path.uris[1]);
  let usesOutbound = false;
  for (const contact of requested) {
    // RFC 5626 §6: without a first hop that keeps the flow, or without an instance, reg-id is ignored.
    const outbound = contact.regId !== 0 && contact.instance !== '' && path.firstHopKeepsFlow;
    usesOutbound ||= outbound;
    const index = outbound
      ? next.findByKey(outboundKey(contact))
      : next.findByUri(contact.uri, contact.address.uriText);
    const before = next.before(index);
    if (isOutOfOrder(before, order)) return outOfOrder();
    if (contact.expiresSec === 0) next.remove(index);
    else {
      const hasGruu = wantsGruu && mayHaveGruu(gruus.aor, contact.instance);
      next.put(index, contact.uri, {
        key: outbound ? outboundKey(contact) : contact.address.uriText,
        contact: contact.address.uriText,
        params: echoedParams(contact.address.params),
        q: contact.q,
        callId: order.callId,
        cseq: order.cseq,
        expiresAtMs: nowMs + contact.expiresSec * 1_000,
        path: path.uris,
        flowToken: path.flowToken,
        flowBound:
          outbound ||
          isBoundToFlow(contact.uri, source) ||
          !mayConnect(beyond ?? contact.uri, source, policy),
        refusesMessage: false,
        gruuSinceMs: hasGruu ? gruuSince(before, order, nowMs) : 0,
      });
    }
  }
  const result = next.toBindings();
  if (next.added && result.length > policy.maxContacts) return tooManyContacts();
  const bytes = wireBytes(result);
  if (bytes > MAX_BINDINGS_BYTES && bytes > wireBytes(live)) {
    return refuse(403, 'Contacts Too Long');
  }
  const stored = next.changed ? result : undefined;
  if (!usesOutbound || !wants(request, 'outbound')) return accept(stored, result, answer);
  const isDatagram = source?.transport === 'UDP';
  const flowTimerSec = isDatagram ? policy.datagramFlowTimerSec : policy.flowTimerSec;
  return accept(stored, result, { ...answer, flowTimerSec });
}

type Order = { readonly callId: string; readonly cseq: number };

// RFC 3261 §10.3 steps 6 and 7: with the same Call-ID, only a higher CSeq may change a binding; else the whole request fails.
function isOutOfOrder(binding: Binding | undefined, order: Order): boolean {
  return binding !== undefined && binding.callId === order.callId && order.cseq <= binding.cseq;
}

// RFC 5630 §5.2: a sips Contact only if the Request-URI, all Contacts and all of Path are sips. Likewise nothing else in a registration
// that is sips itself (RFC 3261 §10.2.1 as of RFC 5630 App. A).
function checkSchemes(
  request: SipRequest,
  contacts: readonly RequestedContact[],
  path: RegisterPath,
): RegisterResult | undefined {
  const uri = request.uri;
  const isSecured = uri.ok && uri.value.scheme === 'sips';
  for (const contact of contacts) {
    if ((contact.uri.scheme === 'sips') === isSecured) continue;
    return refuse(
      400,
      isSecured ? 'Request-URI Is sips, Contact Is Not' : 'Contact Is sips, Request-URI Is Not',
    );
  }
  return isSecured && !path.isSecured ? refuse(400, 'Request-URI Is sips, Path Is Not') : undefined;
}

// RFC 5626 §6.
function checkOutbound(
  request: SipRequest,
  contacts: readonly RequestedContact[],
  path: RegisterPath,
): RegisterResult | undefined {
  let kept = 0;
  let withRegId = false;
  let wantsOutbound = false;
  for (const contact of contacts) {
    if (contact.expiresSec !== 0) kept += 1;
    if (contact.regId === 0) continue;
    withRegId = true;
    wantsOutbound ||= contact.instance !== '';
  }
  if (!withRegId) return undefined;
  if (kept > 1) return refuse(400, 'More Than One Contact With reg-id');
  if (wantsOutbound && !path.firstHopKeepsFlow && wants(request, 'outbound')) return refuse(439);
  return undefined;
}

// RFC 5627 §5.1: what is sent to such a contact would come back.
function checkLoop(
  request: SipRequest,
  contacts: readonly RequestedContact[],
  gruus: GruuScope | undefined,
): RegisterResult | undefined {
  const aor = request.to.ok ? request.to.value.uri : request.to;
  if (!aor.ok || aor.value.kind !== 'sip') return undefined;
  for (const { uri, expiresSec } of contacts) {
    if (expiresSec !== 0 && pointsToAor(uri, aor.value, gruus?.seal)) {
      return refuse(403, 'Contact Is the Address-of-Record');
    }
  }
  return undefined;
}

// RFC 5627 §4.2: what a device writes into pub-gruu and temp-gruu means nothing, and must not come back as ours.
function echoedParams(params: Params): string {
  return params.without('expires').without('pub-gruu').without('temp-gruu').format();
}

// RFC 5627 §5.1: a new Call-ID, like a new registration, makes an end of the temporary GRUUs there were.
function gruuSince(before: Binding | undefined, order: Order, nowMs: number): number {
  if (before === undefined) return nowMs;
  if (before.callId === order.callId && before.gruuSinceMs > 0) return before.gruuSinceMs;
  return Math.max(nowMs, before.gruuSinceMs + 1);
}

function outboundKey(contact: RequestedContact): string {
  return `${contact.instance};${contact.regId}`;
}

// A contact that cannot be reached as written ends with its flow (design §7): a name that resolves nowhere or a WebSocket (RFC 7118 §5),
// or the address a connection came from, which a NAT or a TCP stack made up. Over UDP that address is the device's own socket,
// where it listens as long as it is registered (ADR 0011).
function isBoundToFlow(uri: SipUri, source: RegisterSource | undefined): boolean {
  if (uri.host.endsWith('.invalid') || isWebSocket(uri)) return true;
  if (source === undefined || source.transport === 'UDP') return false;
  const port = uri.port ?? defaultPort(uri.scheme === 'sips');
  return port === source.port && uri.host === normalHost(uriHost(source.host));
}

// RFC 7118 §5: of both, WS and WSS.
function isWebSocket({ params }: SipUri): boolean {
  const transport = params.get('transport');
  return typeof transport === 'string' && transport.toLowerCase() === 'ws';
}

// RFC 3261 §26.1.1, ADR 0020: whoever registers must not choose whom an edge connects to. It goes without a flow only where the device
// (or the proxy in front of it) was seen, or where the operator allows it.
function mayConnect(
  hop: SipUri,
  source: RegisterSource | undefined,
  { contactNetworks }: RegisterPolicy,
): boolean {
  const maddr = hop.params.get('maddr');
  const host = typeof maddr === 'string' ? normalHost(maddr) : hop.host;
  if (source !== undefined && host === normalHost(uriHost(source.seenFrom))) return true;
  return contactNetworks.mayHold(host);
}

/** Does the UA list an option tag, as supported or as required? */
function wants(request: SipRequest, tag: string): boolean {
  return lists(request, H.SUPPORTED, tag) || lists(request, H.REQUIRE, tag);
}

function lists(request: SipRequest, header: HeaderId, tag: string): boolean {
  for (const value of request.values(header)) if (value.toLowerCase() === tag) return true;
  return false;
}

/** What a 200 says besides the bindings. */
type Answer = {
  readonly path: RegisterPath;
  readonly nowMs: number;
  /** Undefined: the UA does not know GRUUs. */
  readonly gruus: GruuScope | undefined;
  /** 0: outbound was not used, or the UA does not know it. */
  readonly flowTimerSec: number;
};

function accept(
  stored: readonly Binding[] | undefined,
  listed: readonly Binding[],
  { path, nowMs, gruus, flowTimerSec }: Answer,
): RegisterResult {
  const headers: string[] = [];
  // RFC 3261 §10.3 step 8: every current binding, each with its own expires.
  for (const binding of listed) {
    const leftSec = Math.ceil((binding.expiresAtMs - nowMs) / 1_000);
    const own = gruus === undefined ? '' : gruuParams(binding, gruus);
    headers.push(`Contact: <${binding.contact}>${binding.params}${own};expires=${leftSec}`);
  }
  headers.push(`Date: ${formatSipDate(nowMs)}`);
  if (path.text !== '') headers.push(`Path: ${path.text}`);
  if (flowTimerSec > 0) headers.push('Require: outbound', `Flow-Timer: ${flowTimerSec}`);
  return { bindings: stored, status: 200, headers };
}

// RFC 5627 §5.2: both are quoted strings. DEVIATION (ADR 0016): no temporary one where no edge could open it.
function gruuParams(binding: Binding, { aor, seal }: GruuScope): string {
  if (binding.gruuSinceMs === 0) return '';
  const instance = instanceOf(binding);
  const shown = `;pub-gruu="${publicGruu(aor, instance)}"`;
  if (seal === undefined) return shown;
  const { gruuSinceMs, cseq } = binding;
  return `${shown};temp-gruu="${temporaryGruu(aor, instance, gruuSinceMs, cseq, seal)}"`;
}

function refuse(status: number, reason?: string, headers: readonly string[] = []): RegisterResult {
  return { bindings: undefined, status, ...(reason === undefined ? {} : { reason }), headers };
}

function outOfOrder(): RegisterResult {
  // RFC 3261 names no code; 500 is what step 7 has for a failed update.
  return refuse(500, 'CSeq Not Higher Than Before');
}

function tooManyContacts(): RegisterResult {
  return refuse(403, 'Too Many Contacts');
}

function wireBytes(bindings: readonly Binding[]): number {
  let bytes = 0;
  for (const { contact, params, path } of bindings) {
    bytes += ROW_BYTES + contact.length + params.length;
    for (const uri of path) bytes += ROW_BYTES + uri.length;
  }
  return bytes;
}

/** The bindings while the Contacts of one request are applied, one after the other. */
class NextBindings {
  readonly #before: readonly Binding[];
  /** The first entries stand where `#before` has them; undefined = removed. */
  readonly #after: (Binding | undefined)[];
  /** Parsed contact URIs of `#after`, made when first compared. */
  readonly #uris: (SipUri | undefined)[] = [];
  added = false;
  changed = false;

  constructor(before: readonly Binding[]) {
    this.#before = before;
    this.#after = before.slice();
  }

  /** The binding as it was before this request; undefined for one that this request added. */
  before(index: number): Binding | undefined {
    return this.#before[index];
  }

  findByKey(key: string): number {
    return this.#after.findIndex((binding) => binding?.key === key);
  }

  /** By URI equality (§19.1.4), among the bindings that are identified by their contact. */
  findByUri(uri: SipUri, text: string): number {
    for (let i = 0; i < this.#after.length; i += 1) {
      const binding = this.#after[i];
      if (binding === undefined || binding.key !== binding.contact) continue;
      if (binding.contact === text) return i;
      const other = this.#uriAt(i, binding);
      if (other !== undefined && sipUriEquals(other, uri)) return i;
    }
    return -1;
  }

  remove(index: number): void {
    if (index === -1) return;
    this.#after[index] = undefined;
    this.changed = true;
  }

  put(index: number, uri: SipUri, binding: Binding): void {
    const at = index === -1 ? this.#after.length : index;
    if (index === -1) this.added = true;
    this.changed = true;
    this.#after[at] = binding;
    this.#uris[at] = uri;
  }

  toBindings(): Binding[] {
    return this.#after.filter((binding) => binding !== undefined);
  }

  #uriAt(index: number, binding: Binding): SipUri | undefined {
    const known = this.#uris[index];
    if (known !== undefined) return known;
    const uri = sipUriOf(binding.contact);
    this.#uris[index] = uri;
    return uri;
  }
}

function sipUriOf(text: string): SipUri | undefined {
  const uri = parseUri(text);
  return uri.ok && uri.value.kind === 'sip' ? uri.value : undefined;
}
