import { DurationsBy } from '@hermod/contracts';

/** What the connections to one Redis count, by operation. */
export class RedisStats {
  /** Asked → answered or given up. */
  readonly durations = new DurationsBy<string>('read');
  readonly #failures = new Map<string, number>([['read', 0]]);
  /** Calls without an answer. */
  pending = 0;

  /** @returns when it began, for {@link end} */
  begin(): number {
    this.pending += 1;
    return performance.now();
  }

  end(operation: string, beganMs: number): void {
    this.pending -= 1;
    this.durations.of(operation).observe(performance.now() - beganMs);
  }

  /** Comes before its {@link end}. */
  fail(operation: string): void {
    this.#failures.set(operation, (this.#failures.get(operation) ?? 0) + 1);
  }

  /** Calls that failed, or were not answered in time. */
  failures(): Iterable<[operation: string, count: number]> {
    return this.#failures.entries();
  }
}
