import { OC_OFFER } from '@hermod/congestion';
import { editForward, formatRecordRoute, formsDialog, type SipRequest } from '@hermod/sip';
import type { Flow, FlowTokens, Outlet } from '../../ports.ts';
import { assertIdentity, dropIdentity } from '../authentication/identity-headers.ts';
import type { Sender } from '../authentication/sender.ts';
import type { SentBys } from '../sent-by.ts';
import type { EdgeSettings } from '../settings.ts';
import type { DialogProofs } from './dialog-proofs.ts';
import { RECORD_ROUTE_PARAM, type RouteSet } from './route-set.ts';
import type { Source } from './source.ts';
import type { Way } from './ways.ts';

/** What {@link Outgoing} needs from its edge. */
export type OutgoingParts = {
  readonly settings: EdgeSettings;
  readonly tokens: FlowTokens;
  readonly sentBys: SentBys;
  /** Undefined: nobody has to prove anything. */
  readonly proofs: DialogProofs | undefined;
};

/** One request to be written for one way. */
export type OutgoingRequest = {
  readonly request: SipRequest;
  readonly source: Source;
  readonly sender: Sender;
  readonly route: RouteSet;
  /** The client's top Via value with `received` and `rport`. */
  readonly clientVia: string;
  readonly way: Way;
  readonly viaBranch: string;
  readonly maxBreadth: number;
};

/** A flow of a client, rather than a trunk. */
export function isClientFlow(outlet: Outlet): outlet is Flow {
  return 'remote' in outlet;
}

function senderFor(sender: Sender, outlet: Outlet): Sender {
  return isClientFlow(outlet) ? { ...sender, assertion: undefined } : sender;
}

/** Writes the head of a request for the way it takes: Via, Record-Route, Route (RFC 3261 §16.6), identity. */
export class Outgoing {
  readonly #parts: OutgoingParts;

  constructor(parts: OutgoingParts) {
    this.#parts = parts;
  }

  /** The sent-by of our Via for what goes out there. */
  sentBy(outlet: Outlet): string {
    const { trunk } = this.#parts.settings;
    return isClientFlow(outlet) ? this.#parts.sentBys.of(outlet) : `${trunk.host}:${trunk.port}`;
  }

  /** @returns latin1 head; undefined when a flow that would have to be recorded has closed */
  head(out: OutgoingRequest): string | undefined {
    const { request, source, route, way } = out;
    let recordRoutes: readonly string[] | undefined;
    if (formsDialog(request)) {
      recordRoutes = this.#recordRoutes(request, source, way);
      if (recordRoutes === undefined) return undefined;
    }
    const rport = way.outlet.reliable ? '' : ';rport';
    const alias = this.#offersAlias(way) ? ';alias' : '';
    // RFC 7339 §5.1: in every request to a server. Devices have nothing to say about it.
    const oc = way.isElsewhere === true ? OC_OFFER : '';
    const editor = editForward(request, {
      requestUri: way.requestUri,
      via: `SIP/2.0/${way.outlet.transport} ${this.sentBy(way.outlet)};branch=${out.viaBranch}${rport}${oc}${alias}`,
      receivedVia: out.clientVia,
      routes: way.routes,
      popRoutes: route.popRoutes,
      dropLastRoute: route.dropLastRoute,
      maxBreadth: out.maxBreadth,
      contentLength: true,
      ...(recordRoutes === undefined ? {} : { recordRoutes }),
    });
    // RFC 3325 §5: who sent it is known inside; clients are told by From alone.
    if (!source.isTrunk) assertIdentity(editor, request, senderFor(out.sender, way.outlet));
    else if (isClientFlow(way.outlet)) dropIdentity(editor, request);
    return editor.toHead();
  }

  /** RFC 5923 §8.1: between proxies only. Devices have Outbound. */
  #offersAlias({ outlet, isElsewhere }: Way): boolean {
    return isElsewhere === true && outlet.transport === 'TLS' && this.#parts.settings.offersAlias;
  }

  /**
   * RFC 5658 §3: one value for each side, since a neighbour can only come back where it can reach us: a client at its listener, another
   * edge at the trunk. Each has the token of a client flow, that of its own side if this is one, so that the dialog's requests of
   * either direction find it. Somebody else's domain is no client: it is found by Route and Request-URI again.
   */
  #recordRoutes(request: SipRequest, source: Source, way: Way): readonly string[] | undefined {
    const above = isClientFlow(way.outlet) ? way.outlet : undefined;
    const below = source.isTrunk ? undefined : source.flow;
    const downstream = way.isElsewhere === true ? undefined : above;
    if (downstream === undefined && below === undefined) return [];
    const forDownstream = this.#value(above, downstream ?? below);
    const forUpstream = this.#value(below, below ?? downstream);
    if (forDownstream === undefined || forUpstream === undefined) return undefined;
    const recorded = [forDownstream, forUpstream] as const;
    // Two sides on one flow are not told apart by their tokens.
    const isCalled = downstream !== undefined && downstream !== below;
    return isCalled ? (this.#parts.proofs?.prove(request, recorded) ?? recorded) : recorded;
  }

  /** @param neighbour the flow to whom the value is for; undefined for another edge  @param flow whose token it has */
  #value(neighbour: Flow | undefined, flow: Flow | undefined): string | undefined {
    const user = flow === undefined ? undefined : this.#parts.tokens.tokenOf(flow);
    if (user === undefined) return undefined;
    if (neighbour === undefined) {
      const params = `;${RECORD_ROUTE_PARAM}`;
      return formatRecordRoute({ ...this.#parts.settings.trunk, user, params });
    }
    const { host, port } = this.#parts.sentBys.addressOf(neighbour);
    // RFC 3261 §16.6 step 4: known, because the neighbour came by it.
    return formatRecordRoute({ host, port, user, transport: neighbour.transport, params: '' });
  }
}
