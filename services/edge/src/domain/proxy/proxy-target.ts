import type { SipResponse, TimerEntry, TimerTarget } from '@hermod/sip';
import type { Hop, Outlet } from '../../ports.ts';
import { flowState } from '../flow-state.ts';
import { MAX_DATAGRAM_REQUEST_BYTES } from '../next-hop.ts';
import { neighbourOf } from '../relay/next-hop-health.ts';
import { NextHopWatch } from '../relay/next-hop-watch.ts';
import type { ProxiedRequest } from './proxied-request.ts';
import { type BranchUser, ProxyBranch } from './proxy-branch.ts';
import type { Attempt, NoWay, Way } from './ways.ts';

/** How long a target of a non-INVITE request may be silent that is not the only one, has several flows, or is somebody else's domain, ms:
 *  less than the 64·T1 of whoever waits for the best response, which a silent branch would swallow (RFC 4321 §1.5). */
const SILENT_MS = 20_000;
const DEADLINE = 1;

/** One target of a proxied request: a device, or the next hops of a domain. Tried one way after the other, a branch for each
 *  (RFC 5626 §7, RFC 3263 §4.3), and counted once. */
export class ProxyTarget implements BranchUser, TimerTarget {
  readonly index: number;
  readonly #context: ProxiedRequest;
  readonly #attempts: readonly Attempt[];
  readonly #maxBreadth: number;
  #next = 0;
  #branch: ProxyBranch | undefined;
  #deadline: TimerEntry | undefined;
  #isFinal = false;
  /** Servers that have asked for less than this request. */
  readonly #closed: string[] = [];

  /** @param attempts at least one, in the order in which they are to be tried */
  constructor(
    context: ProxiedRequest,
    index: number,
    attempts: readonly Attempt[],
    maxBreadth: number,
  ) {
    this.#context = context;
    this.index = index;
    this.#attempts = attempts;
    this.#maxBreadth = maxBreadth;
  }

  /** Tries the first way. @param hasSiblings others are waited for, too */
  start(hasSiblings: boolean): void {
    const { timers } = this.#context.parts;
    const isChoice = hasSiblings || this.#attempts.length > 1;
    if ((isChoice || this.#isLocated) && !this.#context.isInvite) {
      this.#deadline = timers.start(this, DEADLINE, SILENT_MS);
    }
    this.#tryNext();
  }

  /** Nobody waits for it any more. @param status it counts as when nothing comes */
  cancel(status: number): void {
    if (this.#isFinal) return;
    if (this.#branch === undefined) this.#finish(status);
    else this.#branch.cancel(status);
  }

  onTimer(): void {
    this.#deadline = undefined;
    // Silence would be taken for our own (RFC 4321 §1.4), and 408 is never sent for a non-INVITE (RFC 4320 §4.2).
    this.#finish(this.#isLocated ? 504 : 408);
  }

  // --- called by the branch ---

  onProvisional(response: SipResponse): void {
    this.#context.onProvisional(response);
  }

  onFinal(response: SipResponse): void {
    const { status } = response;
    if (this.#leadsOn(status) && this.#mayRetry) {
      this.#tryNext();
      return;
    }
    // Also one that comes after the deadline, or after another 2xx: the context knows what is still of use.
    this.#settle();
    this.#context.onFinal(this, status, response);
  }

  onFailed(status: number): void {
    if (status !== 487 && this.#mayRetry) this.#tryNext();
    else this.#finish(status);
  }

  /** Where it was sent last. */
  get outlet(): Outlet | undefined {
    return this.#branch?.outlet;
  }

  /** It is somebody else's domain. */
  get #isLocated(): boolean {
    return this.#attempts[0]?.kind === 'located';
  }

  /** RFC 5626 §7: of one device, only 408 and 430 allow another flow. RFC 3263 §4.3: of a domain, a 503 asks for the next hop. */
  #leadsOn(status: number): boolean {
    if (status === 408) return true;
    const tried = this.#attempts[this.#next - 1];
    return status === (tried?.kind === 'binding' ? 430 : 503);
  }

  get #mayRetry(): boolean {
    return !this.#isFinal && this.#next < this.#attempts.length && !this.#context.isDecided;
  }

  #tryNext(): void {
    this.#branch = undefined;
    const attempt = this.#attempts[this.#next];
    if (attempt === undefined) throw new Error('a target has an attempt');
    this.#next += 1;
    const { ways } = this.#context.parts;
    if (attempt.kind === 'located' && !this.#mayTry(attempt.hop)) {
      this.onFailed(503);
      return;
    }
    const user = this.#userFor(attempt);
    const way = ways.of(attempt);
    if (way instanceof Promise) void way.then((found) => this.#onWay(found, user));
    else this.#onWay(way, user);
  }

  /** May the request be sent there, as far as is known of that server? It is asked once: several ways may lead to it. */
  #mayTry(hop: Hop): boolean {
    const { health, limits, clock, stats } = this.#context.parts;
    const neighbour = neighbourOf(hop);
    const nowMs = clock.nowMs();
    if (this.#closed.includes(neighbour) || !health.mayTry(hop, nowMs)) return false;
    const isPermitted = limits.of(neighbour)?.permits(this.#context.trafficClass, nowMs) ?? true;
    if (isPermitted) return true;
    stats.limitedByNeighbours += 1;
    this.#closed.push(neighbour);
    return false;
  }

  /** RFC 4321 §1.3: a non-INVITE leaves a silent hop, or a silent flow of a device, while there is time for another. */
  #userFor(attempt: Attempt): BranchUser {
    const { parts, isInvite } = this.#context;
    const isPatient = isInvite || this.#next >= this.#attempts.length;
    const hop = attempt.kind === 'located' ? attempt.hop : undefined;
    if (hop === undefined && isPatient) return this;
    return new NextHopWatch({ hop, user: this, parts, isPatient });
  }

  #onWay(way: Way | NoWay, user: BranchUser): void {
    if (this.#isFinal) return;
    if (typeof way === 'number') {
      user.onFailed(way);
      return;
    }
    this.#send(way, user);
  }

  #send(way: Way, user: BranchUser): void {
    const { parts, request } = this.#context;
    if (!parts.branches.hasRoom(way.outlet)) {
      user.onFailed(503);
      return;
    }
    const viaBranch = this.#context.newBranch();
    const head = this.#context.head(way, viaBranch, this.#maxBreadth);
    if (head === undefined) {
      user.onFailed(430);
      return;
    }
    const bytes = head.length + request.body.length;
    if (way.streamHop !== undefined && bytes > MAX_DATAGRAM_REQUEST_BYTES) {
      void parts.ways.byStream(way).then((stream) => this.#onStream(stream, way, user));
      return;
    }
    this.#branch = new ProxyBranch({
      method: request.method,
      viaBranch,
      sentBy: parts.outgoing.sentBy(way.outlet),
      outlet: way.outlet,
      message: { head, body: request.body },
      timers: parts.timers,
      directory: parts.branches,
      user,
    });
    this.#branch.start();
  }

  /** RFC 3261 §18.1.1: too large for a datagram, save where nobody is there by TCP. */
  #onStream(stream: Way | undefined, { streamHop: _, ...datagram }: Way, user: BranchUser): void {
    if (this.#isFinal) return;
    if (stream === undefined) {
      this.#send(datagram, user);
      return;
    }
    this.#send(stream, {
      onProvisional: (response) => user.onProvisional(response),
      onFinal: (response) => user.onFinal(response),
      onFailed: (status) => {
        // On a connection that never stood nothing was sent.
        const isUnsent = !flowState(stream.outlet).isEstablished;
        const isOurs = this.#branch?.outlet === stream.outlet;
        if (isUnsent && isOurs && !this.#isFinal && !this.#context.isDecided) {
          this.#send(datagram, user);
        } else user.onFailed(status);
      },
    });
  }

  #finish(status: number): void {
    if (this.#isFinal) return;
    this.#settle();
    // RFC 7339 §5.10: 503, since nobody has failed, and without Retry-After, since the next request may go through. Somebody else's domain is
    // the only target there is.
    if (status === 503 && this.#closed.length > 0) this.#context.refuse(503);
    else this.#context.onFinal(this, status, undefined);
  }

  #settle(): void {
    this.#isFinal = true;
    this.#context.parts.timers.stop(this.#deadline);
    this.#deadline = undefined;
  }
}
