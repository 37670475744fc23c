import { flowTokenOf } from '@hermod/contracts';
import { formatHostPort } from '@hermod/platform';
import {
  buildResponse,
  type Clock,
  forwardRequest,
  forwardResponse,
  parseMessage,
  parseUri,
  type SipRequest,
  type SipResponse,
  TIMER_64_T1,
  type TimerEntry,
  type Timers,
  type TimerTarget,
  type Via,
  withTopVia,
} from '@hermod/sip';
import { PeerLink, type PeerLinkTarget } from '@hermod/transport';
import type { EdgeAdvice } from '../domain/edge-advice.ts';
import type { BranchSink, Trunk, TrunkDelivery } from '../ports.ts';

/** Unanswered requests per trunk beyond which further branches fail at once. */
const MAX_PENDING_PER_LINK = 20_000;

/** What a trunk is made with. */
type SipTrunkOptions = {
  /** Trunk addresses of all edges; IPv6 without brackets. */
  readonly edges: readonly PeerLinkTarget[];
  /** host:port for our Via; answers come back on the connection, so it is a name, not a listener. */
  readonly sentBy: string;
  readonly timers: Timers;
  readonly clock: Clock;
};

/** SIP over kept connections to the edges: the requests of branches, the replies for records (design §2). */
export class SipTrunk implements Trunk {
  readonly #links = new Map<string, EdgeLink>();
  readonly #edges: readonly EdgeLink[];
  readonly #options: SipTrunkOptions;
  #turn = 0;
  /** What edges that obey are asked to leave out; undefined: nothing, as long as there is no router. */
  advice: EdgeAdvice | undefined;
  readonly stats = {
    /** Requests that no edge could be sent: it is away, its link is full, or too many are unanswered. */
    refused: 0,
    /** Responses that no request waits for. */
    unmatched: 0,
    /** Replies to senders whose edge is away or unknown; it answers them 202 by time. */
    repliesDropped: 0,
  };

  constructor(options: SipTrunkOptions) {
    this.#options = options;
    this.#edges = options.edges.map((edge) => {
      const link = new EdgeLink(edge, options.timers, this.stats);
      this.#links.set(link.sentBy, link);
      return link;
    });
  }

  start(): void {
    for (const edge of this.#edges) edge.link.start();
  }

  async close(): Promise<void> {
    await Promise.all(this.#edges.map((edge) => edge.link.close()));
  }

  get edgesUp(): number {
    return this.#edges.filter((edge) => edge.link.isUp).length;
  }

  /** Branches without a final response, all edges. */
  get pending(): number {
    let sum = 0;
    for (const edge of this.#edges) sum += edge.pending;
    return sum;
  }

  deliver(delivery: TrunkDelivery, sink: BranchSink): void {
    const home = this.#linkOf(delivery.path[0]);
    let edge = home;
    let route = formatRoute(delivery);
    if (edge === undefined || !edge.mayAnswer) {
      // The flow died with its edge. Anything but a flow-bound binding can be reached from another one (design §7).
      edge = delivery.flowBound ? undefined : this.#anyEdge();
      if (edge === undefined) {
        this.stats.refused += 1;
        sink.onFinal(503, undefined);
        return;
      }
      route = `<${edge.uri}${delivery.isSecured ? ';sec' : ''}>`;
    }
    const routes = [route];
    const { path } = delivery;
    for (let i = home === undefined ? 0 : 1; i < path.length; i += 1) routes.push(`<${path[i]}>`);
    const via = delivery.request.topVia;
    const obeys = via.ok && via.value.params.has('oc');
    const head = forwardRequest(delivery.request, {
      requestUri: delivery.targetUri,
      via: `SIP/2.0/${edge.transport} ${this.#options.sentBy};branch=${delivery.viaBranch}`,
      // RFC 7339 §5.6: what the edge offers is for us alone.
      ...(obeys ? { receivedVia: viaOf(via.value) } : {}),
      routes,
      popRoutes: 0,
      contentLength: true,
    });
    edge.request(delivery.viaBranch, { head, body: delivery.request.body }, sink);
  }

  reply(request: SipRequest, status: number, response: SipResponse | undefined): void {
    const via = request.topVia;
    if (!via.ok) return;
    // RFC 3261 §18.2.2: to the sent-by of the topmost Via, which is the accepting edge's stable trunk address.
    const edge = this.#links.get(via.value.sentBy);
    const built = response ?? buildResponse(request, status);
    const { advice } = this;
    // RFC 7339 §5.5, in the Via as the edge wrote it: whoever answered may have written anything into it.
    const message =
      advice !== undefined && via.value.params.has('oc')
        ? withTopVia(built, viaOf(via.value) + advice.text(this.#options.clock.nowMs()))
        : built;
    if (edge === undefined || !edge.link.send(message)) this.stats.repliesDropped += 1;
  }

  #linkOf(pathUri: string | undefined): EdgeLink | undefined {
    if (pathUri === undefined) return undefined;
    const uri = parseUri(pathUri);
    if (!uri.ok || uri.value.kind !== 'sip') return undefined;
    // Edges write their port always.
    return this.#links.get(`${uri.value.host}:${uri.value.port}`);
  }

  #anyEdge(): EdgeLink | undefined {
    for (let i = 0; i < this.#edges.length; i += 1) {
      this.#turn = (this.#turn + 1) % this.#edges.length;
      const edge = this.#edges[this.#turn];
      if (edge?.mayAnswer) return edge;
    }
    return undefined;
  }
}

/** The Via of an edge, without what it offers. Edges write nothing else into it.  */
function viaOf({ protocol, transport, sentBy, branch }: Via): string {
  return `${protocol}/${transport} ${sentBy};branch=${branch}`;
}

/** The binding's own Path, marked when nothing but its flow will do, and when without it nothing but TLS. */
function formatRoute({ path, flowBound, isSecured }: TrunkDelivery): string {
  const uri = path[0] ?? '';
  const bound = flowBound && flowTokenOf(uri) !== '' ? ';fb' : '';
  return `<${uri}${bound}${isSecured ? ';sec' : ''}>`;
}

/** One branch on a trunk; several sinks when a drain repeats what is still unanswered. */
class PendingBranch implements TimerTarget {
  readonly sinks: BranchSink[];
  readonly #viaBranch: string;
  readonly #edge: EdgeLink;
  timer: TimerEntry | undefined;

  constructor(edge: EdgeLink, viaBranch: string, sink: BranchSink) {
    this.#edge = edge;
    this.#viaBranch = viaBranch;
    this.sinks = [sink];
  }

  /** Timer F (RFC 3261 §17.1.2.2). */
  onTimer(): void {
    this.#edge.end(this.#viaBranch, 408, undefined);
  }
}

/** The client transactions of one edge. */
class EdgeLink {
  readonly link: PeerLink;
  /** As in its Via and its Path. */
  readonly sentBy: string;
  readonly transport: 'TCP' | 'TLS';
  /** Of the edge itself, whatever flow it finds. */
  readonly uri: string;
  readonly #pending = new Map<string, PendingBranch>();
  readonly #timers: Timers;
  readonly #stats: SipTrunk['stats'];

  constructor(target: PeerLinkTarget, timers: Timers, stats: SipTrunk['stats']) {
    const { remote, credentials } = target;
    this.sentBy = formatHostPort({ host: remote.address, port: remote.port });
    this.transport = credentials === undefined ? 'TCP' : 'TLS';
    // RFC 5630 §5.3: TLS is asked for by sips, never by `transport=tls`.
    this.uri =
      this.transport === 'TCP' ? `sip:${this.sentBy};transport=tcp;lr` : `sips:${this.sentBy};lr`;
    this.#timers = timers;
    this.#stats = stats;
    this.link = new PeerLink({
      ...target,
      handlers: {
        onMessage: (_link, message) => {
          if (message.kind === 'response') this.#onResponse(message);
        },
        onDown: () => this.#failAll(),
      },
    });
  }

  get pending(): number {
    return this.#pending.size;
  }

  /** Up, or not reached yet: the link queues for its first second. */
  get mayAnswer(): boolean {
    return this.link.state === 'up' || this.link.state === 'early';
  }

  request(
    viaBranch: string,
    message: { readonly head: string; readonly body: Uint8Array },
    sink: BranchSink,
  ): void {
    const pending = this.#pending.get(viaBranch);
    if (pending !== undefined) {
      // The edge would match the repeat to the same transaction: wait for the same answer.
      pending.sinks.push(sink);
      return;
    }
    if (this.#pending.size >= MAX_PENDING_PER_LINK || !this.link.send(message)) {
      this.#stats.refused += 1;
      sink.onFinal(503, undefined);
      return;
    }
    const branch = new PendingBranch(this, viaBranch, sink);
    branch.timer = this.#timers.start(branch, 0, TIMER_64_T1);
    this.#pending.set(viaBranch, branch);
  }

  /** The transaction's end. */
  end(viaBranch: string, status: number, response: SipResponse | undefined): void {
    const pending = this.#pending.get(viaBranch);
    if (pending === undefined) {
      // RFC 6026 §6: a response that no transaction waits for is not forwarded.
      this.#stats.unmatched += 1;
      return;
    }
    this.#pending.delete(viaBranch);
    this.#timers.stop(pending.timer);
    for (const sink of pending.sinks) sink.onFinal(status, response);
  }

  #onResponse(response: SipResponse): void {
    const via = response.topVia;
    if (response.status < 200 || !via.ok || via.value.branch === undefined) return;
    const forwarded = parseMessage(forwardResponse(response, 1), response.body);
    const popped =
      forwarded.ok && forwarded.value.kind === 'response' ? forwarded.value : undefined;
    this.end(via.value.branch, response.status, popped);
  }

  /** Dead peers fail fast (design §2): everything that waits for this edge has failed. */
  #failAll(): void {
    for (const viaBranch of [...this.#pending.keys()]) this.end(viaBranch, 503, undefined);
  }
}
