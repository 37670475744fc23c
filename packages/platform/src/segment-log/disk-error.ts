import { PlatformError } from '@hermod/contracts';

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** The file system's error as a PlatformError: `DISK_FULL` when space is what is missing, else `LOG_UNAVAILABLE`. */
export function diskError(error: unknown, action: string): PlatformError {
  if (error instanceof PlatformError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  return FULL.has(code)
    ? new PlatformError('DISK_FULL', `no space left for the log (${action}: ${code})`, error)
    : new PlatformError('LOG_UNAVAILABLE', `the log's disk failed (${action}: ${code})`, error);
}
