import type { OutgoingMessage, Via } from '@hermod/sip';
import type { Flow } from '../ports.ts';
import type { EdgeStats } from './edge-stats.ts';
import type { Replies } from './pending-request.ts';

/** Responses to other edges: over the trunk that brought the request, or not at all. An edge that lost it has given the request up. */
export class TrunkReplies implements Replies {
  readonly #stats: EdgeStats;

  constructor(stats: EdgeStats) {
    this.#stats = stats;
  }

  send(flow: Flow, _via: Via | undefined, response: OutgoingMessage): void {
    if (!flow.send(response)) this.#stats.replyPathFailures += 1;
  }

  /** Counted by the edge that has the client. */
  onFinal(): void {}
}
