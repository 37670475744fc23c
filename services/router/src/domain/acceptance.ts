import type { LogRecord } from '@hermod/contracts';
import type { RouterPolicy } from './router-context.ts';

/** A reply takes a while to its edge, and clocks differ. */
const MARGIN_MS = 500;

/** May the sender have its 202 already? Then no bound rejects the message any more (design §3.4), and no answer tells of a failure. */
export function mayBeAccepted(
  record: Pick<LogRecord, 'receivedAtMs'>,
  policy: RouterPolicy,
  nowMs: number,
): boolean {
  return nowMs - record.receivedAtMs >= policy.acceptAfterMs - MARGIN_MS;
}
