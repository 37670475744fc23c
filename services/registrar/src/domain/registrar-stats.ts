import { DurationHistogram } from '@hermod/contracts';

/** Counters of a registrar; read by the metrics endpoint, never reset. */
export class RegistrarStats {
  /** REGISTERs answered with 200. */
  accepted = 0;
  /** Answered with 4xx, or 500 for being out of order. */
  refused = 0;
  /** Answered with 503 because a store did not answer. */
  storeFailures = 0;
  /** Answered with 503 because too many for the same AoR wait. */
  queueRefusals = 0;
  /** Compare-and-set attempts lost to another registrar. */
  conflicts = 0;
  /** Answered with 500 because every attempt was lost. */
  conflictFailures = 0;
  /** Drains asked for through the log. */
  wakeUps = 0;
  /** Drains left to the due set, because the log did not take the record. */
  wakeUpsByDue = 0;
  /** Drains that neither took: the mailbox waits for its back-off or for the next REGISTER. */
  wakeUpsLost = 0;
  /** REGISTER → its answer. */
  readonly durations = new DurationHistogram();
}
