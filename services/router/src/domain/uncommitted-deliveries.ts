import type { ConsumedRecord } from '@hermod/contracts';

/** A delivery that no commit covers for so long goes into the ledger: well before edges forget its branch, 32 s after it. */
export const LEDGER_AFTER_MS = 10_000;

/** A message that a device has, and whose offset is not committed yet. */
export type Delivery = {
  readonly record: ConsumedRecord;
  /** The device's 2xx. */
  readonly status: number;
  readonly atMs: number;
};

/** What a device has and the log does not know yet, per partition (design §4 rule 2). Normally a commit empties it within moments. While
 *  commits fail it fills, and what gets old is written into the ledger, so that a later owner does not show it again. */
export class UncommittedDeliveries {
  /** In the order of the deliveries, so the oldest first. */
  #waiting: Delivery[] = [];
  /** Covered by the commit under way. */
  #committing: Delivery[] = [];

  add(delivery: Delivery): void {
    this.#waiting.push(delivery);
  }

  /** A position is about to be committed. @param isFinished whether it covers an offset */
  beginCommit(isFinished: (offset: number) => boolean): void {
    this.#restore();
    const waiting: Delivery[] = [];
    for (const delivery of this.#waiting) {
      (isFinished(delivery.record.offset) ? this.#committing : waiting).push(delivery);
    }
    this.#waiting = waiting;
  }

  /** That commit succeeded. One that did not is taken back by the next {@link beginCommit} or {@link take}. */
  committed(): void {
    this.#committing = [];
  }

  /** Hands over what is not newer than `untilMs`: the caller writes it into the ledger, or gives it back by {@link putBack}. */
  take(untilMs: number): readonly Delivery[] {
    // Nothing old: the commit under way may still succeed.
    const oldest = this.#committing[0] ?? this.#waiting[0];
    if (oldest === undefined || oldest.atMs > untilMs) return [];
    this.#restore();
    const old = this.#waiting.filter((delivery) => delivery.atMs <= untilMs);
    this.#waiting = this.#waiting.filter((delivery) => delivery.atMs > untilMs);
    return old;
  }

  /** What {@link take} handed over, before anything newer. */
  putBack(delivery: Delivery): void {
    this.#waiting.unshift(delivery);
  }

  #restore(): void {
    if (this.#committing.length === 0) return;
    this.#waiting = this.#committing.concat(this.#waiting);
    this.#committing = [];
  }
}
