import type { ConsumedRecord, OwnedPartition, RecordSink } from '@hermod/contracts';

/** One call that a sink got, in order. */
export type SinkCall =
  | { readonly kind: 'frozen' }
  | { readonly kind: 'owned'; readonly partitions: readonly OwnedPartition[] }
  | { readonly kind: 'record'; readonly record: ConsumedRecord }
  | {
      readonly kind: 'undecodable';
      readonly partition: number;
      readonly offset: number;
      readonly bytes: Uint8Array;
    };

type Waiter = { readonly until: () => boolean; readonly resolve: () => void };

/** A RecordSink that keeps every call and lets a test wait for a state instead of for a time. */
export class RecordingSink implements RecordSink {
  readonly calls: SinkCall[] = [];
  readonly records: ConsumedRecord[] = [];
  #waiters: Waiter[] = [];

  onFrozen(): void {
    this.#add({ kind: 'frozen' });
  }

  onOwned(partitions: readonly OwnedPartition[]): void {
    this.#add({ kind: 'owned', partitions });
  }

  onRecord(record: ConsumedRecord): void {
    this.records.push(record);
    this.#add({ kind: 'record', record });
  }

  onUndecodable(partition: number, offset: number, bytes: Uint8Array): void {
    this.#add({ kind: 'undecodable', partition, offset, bytes });
  }

  /** The last complete assignment, empty before the first. */
  get owned(): readonly OwnedPartition[] {
    const last = this.calls.findLast((call) => call.kind === 'owned');
    return last?.kind === 'owned' ? last.partitions : [];
  }

  get undecodable(): readonly Extract<SinkCall, { kind: 'undecodable' }>[] {
    return this.calls.filter((call) => call.kind === 'undecodable');
  }

  /** Resolves when `until` holds after some call; rejects after `withinMs`, saying `what` was waited for. */
  waitFor(what: string, until: () => boolean, withinMs = 20_000): Promise<void> {
    if (until()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(
          new Error(`no ${what} within ${withinMs} ms; ${this.records.length} records so far`),
        );
      }, withinMs);
      this.#waiters.push({
        until,
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
      });
    });
  }

  waitForRecords(count: number, withinMs?: number): Promise<void> {
    return this.waitFor(`${count} records`, () => this.records.length >= count, withinMs);
  }

  waitForOwned(withinMs?: number): Promise<void> {
    return this.waitFor('assignment', () => this.owned.length > 0, withinMs);
  }

  #add(call: SinkCall): void {
    this.calls.push(call);
    this.#waiters = this.#waiters.filter((waiter) => {
      if (!waiter.until()) return true;
      waiter.resolve();
      return false;
    });
  }
}
