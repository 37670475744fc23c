/** Options of `SegmentLog.open`; the defaults suit the standalone. */
export type SegmentLogOptions = {
  /** Size at which a new segment is begun. Default 64 MiB. */
  readonly segmentBytes?: number;
  /** A sync starts this long after the first record that it covers was written. Default 4 ms. */
  readonly groupMs?: number;
  /** After this long without a sync, an append rejects with `LOG_TIMEOUT`. Default 2,000 ms. */
  readonly appendTimeoutMs?: number;
  /** Bytes accepted and not yet durable, beyond which appends reject with `LOG_UNAVAILABLE`. Default 32 MiB. */
  readonly maxUnsyncedBytes?: number;
  /** Bytes held in memory for a paused consumer, beyond which they are read from the files again. Default 8 MiB. */
  readonly maxLagBytes?: number;
  /** Makes a descriptor's data durable. Default fdatasync; a seam for tests. */
  readonly sync?: (fd: number) => Promise<void>;
  /** What an operator should see. Default: dropped. */
  readonly onProblem?: (problem: SegmentLogProblem) => void;
};

/** `torn-tail`: an unfinished group was cut off at open. `damage`: bytes that hold no sound entry were passed over.
 *  `disk-error`: reading or deleting a segment failed and will be tried again. */
export type SegmentLogProblem =
  | { readonly kind: 'torn-tail'; readonly path: string; readonly bytes: number }
  | {
      readonly kind: 'damage';
      readonly path: string;
      readonly position: number;
      readonly bytes: number;
    }
  | { readonly kind: 'disk-error'; readonly cause: unknown };

/** Gauges of a segment log. */
export type SegmentLogStats = {
  readonly segments: number;
  readonly bytes: number;
  /** Accepted and not yet durable. */
  readonly unsyncedBytes: number;
  /** Held in memory for a paused consumer. */
  readonly queuedBytes: number;
  /** Offset that the next record gets. */
  readonly nextOffset: number;
  /** Committed position: nextOffset − committed = records not finished. */
  readonly committed: number;
};
