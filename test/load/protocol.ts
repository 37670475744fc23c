import type { IntervalRecord } from './core/interval.ts';
import type { LedgerCounts } from './core/ledger.ts';
import type { LoadOptions } from './options.ts';
import type { BrokenMessage } from './traffic.ts';

/** What the conductor asks of a generator process, in this order. */
export type Command =
  | {
      readonly kind: 'join';
      readonly options: LoadOptions;
      /** Name of the run, hexadecimal. */
      readonly run: string;
      readonly worker: number;
    }
  /** @param startMs begin of what is measured, milliseconds since 1970 */
  | { readonly kind: 'start'; readonly startMs: number }
  /** Ends the sending early. */
  | { readonly kind: 'stop' }
  | { readonly kind: 'fetch' }
  | { readonly kind: 'count' };

/** What a generator process tells. */
export type Report =
  | { readonly kind: 'joined'; readonly record: IntervalRecord }
  /** The run cannot be made. */
  | { readonly kind: 'failed'; readonly cause: string }
  | { readonly kind: 'interval'; readonly record: IntervalRecord }
  /** Everything is sent, and answered and received, or given up. */
  | { readonly kind: 'settled' }
  | { readonly kind: 'fetched' }
  | {
      readonly kind: 'counted';
      readonly counts: LedgerCounts;
      /** Of the second that is not over. */
      readonly rest: IntervalRecord;
      readonly broken: readonly BrokenMessage[];
      /** Why connections ended, and why registrations failed: how often. */
      readonly causes: Readonly<Record<string, number>>;
    };

/** Whether a message of the parent is a command. */
export function isCommand(message: unknown): message is Command {
  return typeof message === 'object' && message !== null && 'kind' in message;
}

/** Whether a message of a child is a report. */
export function isReport(message: unknown): message is Report {
  return typeof message === 'object' && message !== null && 'kind' in message;
}
