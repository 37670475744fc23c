import {
  DurationHistogram,
  DurationsBy,
  MAILBOX_BOUNDS_MS,
  type OutcomeRecord,
} from '@hermod/contracts';
import type { Verdict } from './outcome.ts';

/** Counters of one router process; the platform exposes them as metrics. Plain numbers: the hot path pays an increment. */
export class RouterStats {
  records = 0;
  repeats = 0;
  delivered = 0;
  stored = 0;
  /** Stored messages that came to their end. */
  mailboxRemoved = 0;
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
  /** Arrival at the edge → its turn has come at the router. */
  readonly logDurations = new DurationHistogram();
  /** That → the recipient's state is known. */
  readonly lookupDurations = new DurationHistogram();
  /** Start → verdict of the fork. */
  readonly forkDurations = new DurationsBy<Verdict>('delivered');
  /** Arrival → outcome of what came directly; `stored`: it was in the mailbox. */
  readonly deliveryDurations = new DurationsBy<OutcomeRecord['outcome']>('delivered');
  /** Arrival → outcome of what had been stored. */
  readonly mailboxDurations = new DurationsBy<OutcomeRecord['outcome']>(
    'delivered',
    MAILBOX_BOUNDS_MS,
  );
}
