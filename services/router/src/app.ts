export { SipTrunk } from './adapters/sip-trunk.ts';
export { EdgeAdvice } from './domain/edge-advice.ts';
export type { RouterPolicy } from './domain/router-context.ts';
export { exposeRouterMetrics } from './metrics.ts';
export type { BranchSink, Trunk, TrunkDelivery } from './ports.ts';
export { Router } from './router.ts';
