/** Counters of one router process; the platform exposes them as metrics. Plain numbers: the hot path pays an increment. */
export class RouterStats {
  records = 0;
  repeats = 0;
  delivered = 0;
  stored = 0;
  refused = 0;
  expired = 0;
  failed = 0;
  dead = 0;
  branches = 0;
  deadlines = 0;
  lateSuccesses = 0;
  drainsStarted = 0;
  drained = 0;
  notificationsStored = 0;
  notificationsFailed = 0;
  notificationsDropped = 0;
  storeRetries = 0;
  commits = 0;
  commitFailures = 0;
}
