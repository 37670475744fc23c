import { canonicalAor } from '@hermod/contracts';
import {
  formatBranch,
  formatRecordRoute,
  H,
  HeadEditor,
  type IdSource,
  type OutgoingMessage,
  parseNameAddr,
  type SipRequest,
  type SipResponse,
} from '@hermod/sip';
import type { Flow, FlowTokens, RegistrarPort } from '../ports.ts';
import type { Sender } from './authentication/sender.ts';
import type { EdgeStats } from './edge-stats.ts';
import type { Exchange } from './exchange.ts';
import type { FlowBindings } from './flow-bindings.ts';
import { editHead } from './log-head.ts';
import type { Checked } from './policy.ts';
import type { RetryAfter } from './retry-after.ts';
import { SentBys } from './sent-by.ts';
import type { EdgeSettings } from './settings.ts';
import { trunkVia } from './trunk-address.ts';

/** What {@link Registrations} needs from its edge. */
export type RegistrationsParts = {
  readonly settings: EdgeSettings;
  readonly registrar: RegistrarPort;
  readonly flowBindings: FlowBindings;
  readonly tokens: FlowTokens;
  readonly ids: IdSource;
  readonly retryAfter: RetryAfter;
  readonly stats: EdgeStats;
};

/**
 * REGISTER on its way to a registrar and back. The edge adds a Path with the token of the flow it came by, so that messages for the
 * binding come back over that flow (RFC 3327, RFC 5626 §5.1).
 * DEVIATION from RFC 3327 §5.2 (ADR 0004): also for UAs that do not list `path` in Supported.
 */
export class Registrations {
  readonly #parts: RegistrationsParts;
  readonly #sentBys: SentBys;
  #pending = 0;

  constructor(parts: RegistrationsParts) {
    this.#parts = parts;
    this.#sentBys = new SentBys(parts.settings.listeners);
  }

  /** REGISTERs that wait for a registrar: a gauge. */
  get pending(): number {
    return this.#pending;
  }

  /** Forwards one REGISTER; its exchange gets the registrar's answer, or 503. */
  forward(exchange: Exchange, checked: Checked, sender: Sender): void {
    const { tokens, ids, stats } = this.#parts;
    const token = tokens.tokenOf(exchange.flow);
    // The flow closed behind the request: a binding to it would be dead at birth, and nobody would read the answer.
    if (token === undefined) {
      this.#refuse(exchange);
      return;
    }
    const branch = formatBranch(ids.token(), checked.loopHash);
    const head = this.#head(exchange, checked.requestUri, branch, token, sender);
    stats.registersForwarded += 1;
    this.#pending += 1;
    const { body } = exchange.request;
    void this.#register(exchange, { head, body }, branch, token);
  }

  async #register(
    exchange: Exchange,
    request: OutgoingMessage,
    branch: string,
    token: string,
  ): Promise<void> {
    let answer: OutgoingMessage | undefined;
    try {
      const response = await this.#parts.registrar.register(request, branch);
      if (response !== undefined && response.status >= 200) {
        keepFlow(exchange, response);
        answer = { head: this.#answerHead(exchange, response), body: response.body };
        if (response.status === 200) this.#onRegistered(exchange, token);
      }
    } catch {
      // Counted and answered below like any registrar that did not answer.
      answer = undefined;
    }
    this.#pending -= 1;
    if (answer === undefined) this.#refuse(exchange);
    else exchange.forward(answer);
  }

  #onRegistered({ flow, request }: Exchange, token: string): void {
    if (!request.has(H.CONTACT)) return;
    const uri = request.to.ok ? request.to.value.uri : request.to;
    if (!uri.ok || uri.value.kind !== 'sip') return;
    const aor = canonicalAor(uri.value, this.#parts.settings.domains);
    if (aor !== undefined) this.#parts.flowBindings.onRegistered(flow, token, aor);
  }

  /** The registrar's answer as the device gets it. */
  #answerHead(exchange: Exchange, response: SipResponse): string {
    const editor = new HeadEditor(response).popFirstValue(H.VIA);
    const { flow, request } = exchange;
    // RFC 3608 §6.3: what the device sends shall come through the edge that it registered at. Where there is a proxy between, the device
    // is that one's to guide.
    if (response.status === 200 && isFirstHop(request) && !response.has(H.SERVICE_ROUTE)) {
      const route = serviceRoute(flow, request, this.#sentBys.of(flow));
      if (route !== undefined) editor.append(`Service-Route: <${route}>`);
    }
    return editor.toHead();
  }

  #refuse(exchange: Exchange): void {
    this.#parts.stats.registerFailures += 1;
    exchange.respond(503, {
      toTag: this.#parts.ids.token(),
      headers: [this.#parts.retryAfter.line()],
    });
  }

  #head(
    exchange: Exchange,
    requestUri: string,
    branch: string,
    token: string,
    sender: Sender,
  ): string {
    const { trunk } = this.#parts.settings;
    const { request } = exchange;
    // RFC 5626 §5.1: `ob` says that this is the first hop and that the flow is kept for the device.
    const ob = isFirstHop(request) && usesOutbound(request) ? ';ob' : '';
    // Told to the router, which keeps one message at a time on a datagram flow (design §4 rule 3).
    const ft = exchange.flow.reliable ? '' : ';ft=udp';
    const path = formatRecordRoute({ ...trunk, user: token, params: `${ob}${ft}` });
    return editHead(request, requestUri, trunkVia(trunk, branch), exchange.via, sender)
      .pushFirst(H.PATH, `Path: ${path}`)
      .toHead();
  }
}

/** @param sentBy host and port of the flow's listener  @returns undefined where no URI would do */
function serviceRoute(
  { transport }: Flow,
  { uri }: SipRequest,
  sentBy: string,
): string | undefined {
  if (transport === 'UDP') return `sip:${sentBy};lr`;
  if (transport === 'TCP') return `sip:${sentBy};transport=tcp;lr`;
  if (transport === 'SCTP') return `sip:${sentBy};transport=sctp;lr`;
  if (transport === 'WS') return `sip:${sentBy};transport=ws;lr`;
  // RFC 5630 §3.1.4: TLS is asked for by sips, never by `transport=tls`; and RFC 3261 §8.1.1.8: with a sips Route, all that a device sends
  // has to be sips. A device that uses TLS with sip URIs is told nothing: it comes back over its flow.
  if (!uri.ok || uri.value.kind !== 'sip' || uri.value.scheme !== 'sips') return undefined;
  return transport === 'WSS' ? `sips:${sentBy};transport=ws;lr` : `sips:${sentBy};lr`;
}

/** RFC 5626 §5.3: the flow of a registration is what its device may be reached by, so our own idle time-out must not end it before the
 *  registration does. The 200 lists all bindings of the AoR, and the longest one will do. */
function keepFlow(exchange: Exchange, response: SipResponse): void {
  if (response.status !== 200) return;
  let longestSec = 0;
  const contacts = response.values(H.CONTACT);
  for (let i = 0; i < contacts.length; i += 1) {
    const contact = parseNameAddr(contacts[i] ?? '');
    const sec = contact.ok ? Number(contact.value.params.get('expires')) : 0;
    if (sec > longestSec) longestSec = sec;
  }
  if (longestSec > 0) exchange.flow.keepFor(longestSec * 1_000);
}

/** A single Via: the request comes from the device itself (RFC 5626 §5.1). */
function isFirstHop(request: SipRequest): boolean {
  return request.hasOneValue(H.VIA);
}

/** A Contact with reg-id and instance asks for outbound.  @see RFC 5626 §4.2 */
function usesOutbound(request: SipRequest): boolean {
  const contacts = request.values(H.CONTACT);
  for (let i = 0; i < contacts.length; i += 1) {
    const contact = parseNameAddr(contacts[i] ?? '');
    if (!contact.ok) continue;
    if (contact.value.params.has('reg-id') && contact.value.params.has('+sip.instance'))
      return true;
  }
  return false;
}
