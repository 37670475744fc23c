export { SipTrunk, type SipTrunkOptions } from './adapters/sip-trunk.ts';
export type { RouterPolicy } from './domain/router-context.ts';
export { RouterStats } from './domain/router-stats.ts';
export { exposeRouterMetrics } from './metrics.ts';
export type { BranchSink, Trunk, TrunkDelivery } from './ports.ts';
export { Router, type RouterOptions } from './router.ts';
