export { exposeBackendMetrics } from './backend-metrics.ts';
export { ClusterBackends } from './cluster-backends.ts';
