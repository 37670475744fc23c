/** How long the status of a finished delivery id is kept: a day, far longer than a log is read again after a crash. */
export const LEDGER_TTL_SEC = 86_400;

/** How long an AoR's version outlives its last binding: whoever holds an old version acts on it within seconds. */
export const IDLE_VERSION_SEC = 86_400;
