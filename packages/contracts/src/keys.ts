/** Redis keys of one AoR. The hash tag puts them into one cluster slot, so one script may touch them all. */
export const bindingsKey = (aor: string): string => `{${aor}}:b`;
/** Sorted set: delivery ids by order. */
export const mailboxKey = (aor: string): string => `{${aor}}:m`;
/** Hash: delivery id → encoded mail entry. */
export const mailEntriesKey = (aor: string): string => `{${aor}}:e`;
/** Hash: sender → how many of the entries count for it. */
export const mailSendersKey = (aor: string): string => `{${aor}}:n`;
/** Prefix of the ledger keys; the delivery id follows. */
export const ledgerPrefix = (aor: string): string => `{${aor}}:l:`;
/** Set when the AoR is a provisioned subscriber. */
export const subscriberKey = (aor: string): string => `{${aor}}:s`;
/** Encoded credential of a user. */
export const credentialKey = (aor: string): string => `{${aor}}:c`;
/** Sorted set: AoR → next attempt or expiry, epoch milliseconds. */
export const dueKey = (partition: number): string => `{p${partition}}:due`;
/** Crash marker of a partition. */
export const markKey = (partition: number): string => `{p${partition}}:mark`;
/** Sorted set of all provisioned AoRs, for listing. */
export const SUBSCRIBERS_KEY = '{subs}';
