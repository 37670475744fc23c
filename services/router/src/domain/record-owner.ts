import type { ConsumedRecord } from '@hermod/contracts';

/** Where a recipient's records come from and end. */
export interface RecordOwner {
  readonly partition: number;
  /** True once the partition belongs to another router: nothing more may be done for it. */
  readonly lost: boolean;
  /** All records below this offset have been given to their recipients, as far as they are not finished. */
  readonly startedBefore: number;
  /** A device has the message. Its offset is finished later, once the outcome is recorded. */
  delivered(record: ConsumedRecord, status: number, nowMs: number): void;
  finish(offset: number): void;
}
