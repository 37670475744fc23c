import type { OutgoingMessage, Via } from '@hermod/sip';
import type { Connector, Flow } from '../ports.ts';
import type { EdgeStats } from './edge-stats.ts';

const DEFAULT_PORT = 5060;

/** Sends responses to where RFC 3261 §18.2.2 and RFC 3581 §4 want them. */
export class ReplyPath {
  readonly #connector: Connector;
  readonly #stats: EdgeStats;

  constructor(connector: Connector, stats: EdgeStats) {
    this.#connector = connector;
    this.#stats = stats;
  }

  /** @param via the client's topmost Via as received; undefined when it has none that parses */
  send(flow: Flow, via: Via | undefined, response: OutgoingMessage): void {
    if (!flow.reliable && via !== undefined && via.rport === undefined) {
      // §18.2.2: without rport a datagram response goes to the source address, but to the port of sent-by.
      const port = via.port ?? DEFAULT_PORT;
      if (port !== flow.remote.port) {
        this.#sendToSentBy(flow.remote.address, port, response);
        return;
      }
    }
    // A full queue or a closed connection loses the response; the client repeats the request or gives up by its Timer F.
    if (!flow.send(response)) this.#stats.replyPathFailures += 1;
  }

  #sendToSentBy(address: string, port: number, response: OutgoingMessage): void {
    this.#connector.flowTo(address, port, 'UDP').then(
      (flow) => {
        if (flow?.send(response) !== true) this.#stats.replyPathFailures += 1;
      },
      () => {
        this.#stats.replyPathFailures += 1;
      },
    );
  }
}
