import { VirtualClock } from '@hermod/testkit';

const MAX_STILL_TIMERS = 100;

let still = new VirtualClock();

/** A clock for one history: of its own if the history is followed to its end; else one that stands still and is shared, since laying out a clock
 *  costs more than most histories do. */
export function clockFor(isFollowed: boolean): VirtualClock {
  if (isFollowed) return new VirtualClock();
  if (still.pendingTimers > MAX_STILL_TIMERS) still = new VirtualClock();
  return still;
}
