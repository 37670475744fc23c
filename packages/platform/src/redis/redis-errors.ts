import { PlatformError, type PlatformErrorCode } from '@hermod/contracts';
import { ReplyError } from 'ioredis';

// First word of an error reply: Redis' own error code. Everything else a server may say is about its momentary state.
const MISCONFIGURED = new Set(['NOAUTH', 'WRONGPASS', 'NOPERM', 'WRONGTYPE', 'ERR', 'CROSSSLOT']);

/** Turns whatever ioredis rejects with into a PlatformError (the original becomes its cause).
 *  Error replies are told apart by Redis' error code; what comes from the client itself means that the server is away, apart from a time-out. */
export function toPlatformError(error: unknown, operation: string): PlatformError {
  if (error instanceof PlatformError) return error;
  return new PlatformError(codeOf(error), `Redis: ${operation} failed: ${textOf(error)}`, error);
}

/** Whether the server no longer knows the script (restarted, failed over, flushed). */
export function isNoScript(error: unknown): boolean {
  return error instanceof Error && replyCode(error) === 'NOSCRIPT';
}

function codeOf(error: unknown): PlatformErrorCode {
  if (!(error instanceof Error)) return 'STORE_UNAVAILABLE';
  if (error instanceof ReplyError) {
    return MISCONFIGURED.has(replyCode(error)) ? 'STORE_MISCONFIGURED' : 'STORE_UNAVAILABLE';
  }
  // ioredis gives its command time-out neither a class nor a code, only this constant text.
  return error.message === 'Command timed out' ? 'STORE_TIMEOUT' : 'STORE_UNAVAILABLE';
}

function replyCode(error: Error): string {
  const end = error.message.indexOf(' ');
  return end < 0 ? error.message : error.message.slice(0, end);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
