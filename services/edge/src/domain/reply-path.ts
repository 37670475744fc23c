import { type Clock, defaultPort, type OutgoingMessage, type Via } from '@hermod/sip';
import type { Connector, Flow } from '../ports.ts';
import { classOf } from './answer-stats.ts';
import type { EdgeStats } from './edge-stats.ts';
import type { OcAnswers } from './oc-answers.ts';
import type { Replies } from './pending-request.ts';

/** Sends responses to where RFC 3261 §18.2.2 and RFC 3581 §4 want them. */
export class ReplyPath implements Replies {
  readonly #connector: Connector;
  readonly #clock: Clock;
  readonly #stats: EdgeStats;
  readonly #oc: OcAnswers | undefined;

  /** @param oc undefined: nobody is asked to send less */
  constructor(connector: Connector, clock: Clock, stats: EdgeStats, oc?: OcAnswers) {
    this.#connector = connector;
    this.#clock = clock;
    this.#stats = stats;
    this.#oc = oc;
  }

  /** @param via the client's topmost Via as received; undefined when it has none that parses */
  send(flow: Flow, via: Via | undefined, built: OutgoingMessage): void {
    const response = via === undefined ? built : (this.#oc?.advise(flow, via, built) ?? built);
    if (!flow.reliable && via !== undefined && via.rport === undefined) {
      // §18.2.2: without rport a datagram response goes to the source address, but to the port of sent-by.
      const port = via.port ?? defaultPort(flow.transport === 'TLS');
      if (port !== flow.remote.port && !isOwnSocket(flow, port)) {
        this.#sendToSentBy(flow, via, response);
        return;
      }
    }
    if (flow.send(response)) return;
    // §18.2.2: the connection of the request is gone, but its sender may be reached by a new one.
    if (flow.reliable && !flow.isOpen && via !== undefined) {
      this.#sendToSentBy(flow, via, response);
      return;
    }
    // A full queue loses the response; the client repeats the request or gives up by its Timer F.
    this.#stats.replyPathFailures += 1;
  }

  onFinal(method: string, status: number, arrivedAtMs: number | undefined): void {
    const answers = this.#stats.answers.of(method);
    answers.codes.count(status);
    if (arrivedAtMs === undefined) return;
    answers.durations.of(classOf(status)).observe(this.#clock.nowMs() - arrivedAtMs);
  }

  /** Only ever to the address the request came from, by the transport it came by: nobody can make this edge send elsewhere, or in clear
   *  what was secret. */
  #sendToSentBy(flow: Flow, via: Via, response: OutgoingMessage): void {
    const { remote, transport, local } = flow;
    // RFC 7118 §5: nobody can connect to a browser, and whoever opened its flow has to open the next one.
    if (transport === 'WS' || transport === 'WSS') {
      this.#stats.replyPathFailures += 1;
      return;
    }
    const port = via.port ?? defaultPort(transport === 'TLS');
    // RFC 5922 §7.3: whoever takes the answer must prove to be the host that it is for.
    const bounds = { local, domain: via.host };
    this.#connector.flowTo(remote.address, port, transport, bounds).then(
      (other) => {
        if (other?.send(response) !== true) this.#stats.replyPathFailures += 1;
      },
      () => {
        this.#stats.replyPathFailures += 1;
      },
    );
  }
}

/** A sender on this machine whose sent-by names the port of our own socket cannot be there: it hears us where it sent from. */
function isOwnSocket(flow: Flow, port: number): boolean {
  const { address } = flow.remote;
  if (port !== flow.local.port) return false;
  return address === flow.local.address || address === '127.0.0.1' || address === '::1';
}
