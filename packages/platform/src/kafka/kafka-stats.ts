import { DurationsBy } from '@hermod/contracts';
import type { RequestEvent } from 'kafkajs';

/** Requests that are told apart; there are dozens of others, at the start for the most part. */
const APIS = ['Produce', 'Fetch', 'OffsetCommit', 'Heartbeat'] as const;
type Api = (typeof APIS)[number] | 'other';

/** What the clients of one cluster count. */
export class KafkaStats {
  /** Requests to brokers: written → answered. */
  readonly requests = new DurationsBy<Api>('Produce');

  /** To be given to a client's `REQUEST` event. */
  readonly onRequest = ({ payload }: RequestEvent): void => {
    const api = APIS.find((known) => known === payload.apiName) ?? 'other';
    this.requests.of(api).observe(payload.duration);
  };
}
