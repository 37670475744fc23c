/** A mistake of the caller's: shown without a stack. */
export class UsageError extends Error {}
