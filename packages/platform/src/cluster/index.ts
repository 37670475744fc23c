export { ClusterBackends } from './cluster-backends.ts';
