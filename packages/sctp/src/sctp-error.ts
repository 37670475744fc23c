import { getSystemErrorName } from 'node:util';
import { loadAddon } from './sctp-addon.ts';

/** A system call on a socket failed. */
export class SctpError extends Error {
  /** As the system names it: `EADDRINUSE`. */
  readonly code: string;

  /** @param result of the addon: the error negated */
  constructor(call: string, result: number) {
    const code = getSystemErrorName(result);
    super(`${call} ${code}`);
    this.name = 'SctpError';
    this.code = code;
  }
}

/** This process has no SCTP. */
export class SctpUnavailable extends Error {
  /** Why, in words. */
  readonly fault: string;
  /** What to do about it. */
  readonly remedy: string;

  constructor(fault: string, remedy: string, cause?: unknown) {
    super(`${fault}; ${remedy}`, cause === undefined ? undefined : { cause });
    this.name = 'SctpUnavailable';
    this.fault = fault;
    this.remedy = remedy;
  }
}

/** Why this process cannot use SCTP; undefined: it can. Looks each time: a module can be loaded into the kernel while the process runs. */
export function sctpFault(): SctpUnavailable | undefined {
  let result: number;
  try {
    result = loadAddon().isSupported();
  } catch (error) {
    return new SctpUnavailable(
      'the SCTP addon is not built',
      'run `npm run build -w @hermod/sctp` where there is a C compiler',
      error,
    );
  }
  if (result === 0) return undefined;
  const cause = new SctpError('socket', result);
  return cause.code === 'EPROTONOSUPPORT'
    ? new SctpUnavailable('this kernel has no SCTP', 'load its module (`modprobe sctp`)', cause)
    : new SctpUnavailable(`this system gives no SCTP socket: ${cause.code}`, 'allow it', cause);
}
