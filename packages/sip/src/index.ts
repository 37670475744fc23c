// Transactions, proxy core, registrar function.
export type { Clock, Hash, IdSource } from './clock.ts';
export { type TimerEntry, type Timers, type TimerTarget, TimerWheel } from './timer-wheel.ts';
