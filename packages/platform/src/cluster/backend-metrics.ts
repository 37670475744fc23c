import type { Metrics } from '../metrics.ts';
import type { ClusterBackends } from './cluster-backends.ts';

/** Publishes what the clients of Kafka and Redis count (names: docs/operations.md). */
export function exposeBackendMetrics(metrics: Metrics, { kafka, stores }: ClusterBackends): void {
  const { stats } = stores;
  metrics.collectDurations(
    { name: 'im_store_duration_seconds', help: 'One call to Redis; durable where it writes.' },
    ['operation'],
    (emit) => {
      for (const [operation, histogram] of stats.durations.entries()) {
        emit(histogram, { operation });
      }
    },
  );
  metrics.collect(
    {
      name: 'im_store_errors_total',
      help: 'Calls to Redis that failed, or were not answered in time.',
      kind: 'counter',
    },
    ['operation'],
    (emit) => {
      for (const [operation, count] of stats.failures()) emit(count, { operation });
    },
  );
  metrics.collect(
    { name: 'im_store_pending', help: 'Calls to Redis without an answer.', kind: 'gauge' },
    [],
    (emit) => emit(stats.pending),
  );
  metrics.collectDurations(
    {
      name: 'im_kafka_request_duration_seconds',
      help: 'One request to a broker. Fetch waits up to 0.25 s for something to read.',
    },
    ['api'],
    (emit) => {
      for (const [api, histogram] of kafka.stats.requests.entries()) emit(histogram, { api });
    },
  );
}
