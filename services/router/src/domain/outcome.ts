import type { SipResponse } from '@hermod/sip';

/** The end of one branch. `response` is undefined when the status was made up on the way (deadline, transport, flow gone). */
export type BranchResult = { readonly status: number; readonly response: SipResponse | undefined };

/** What the results of all branches of a fork mean for the message. */
export type Verdict = 'delivered' | 'refused' | 'temporary';

/** Statuses that say "not now": the message is kept and tried again. No RFC has 477: Kamailio and OpenSIPS use it when they cannot
 *  send to the next hop, as when the connection of a device behind them is gone. */
const TEMPORARY: ReadonlySet<number> = new Set([408, 430, 477, 480, 486, 500, 503, 504]);

/** The outcome table of design §3, rows 1–4: first row that applies.
 *  @param results one per branch that ended, non-empty */
export function judge(results: readonly BranchResult[]): Verdict {
  let temporary = false;
  let declined = false;
  for (const { status } of results) {
    if (status < 300) return 'delivered';
    if (status >= 600) declined = true;
    else if (TEMPORARY.has(status)) temporary = true;
  }
  if (declined) return 'refused';
  return temporary ? 'temporary' : 'refused';
}
