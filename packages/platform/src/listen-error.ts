const REASONS: ReadonlyMap<string, string> = new Map([
  ['EADDRINUSE', 'something else listens there'],
  ['EACCES', 'this user may not listen there (ports below 1024 need a privilege)'],
  ['EADDRNOTAVAIL', 'this machine has no such address'],
  ['ENOTFOUND', 'the name does not resolve'],
]);

/** An error for a listener that could not be opened: says where, why in words, and which variable to change.
 *  @param address as a URL, e.g. `udp://127.0.0.1:5060` */
export function listenError(cause: unknown, address: string, variable: string): Error {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : '';
  const reason =
    REASONS.get(String(code)) ?? (cause instanceof Error ? cause.message : String(cause));
  return new Error(`cannot listen on ${address}: ${reason}; change ${variable}`, { cause });
}
