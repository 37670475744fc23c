import { PlatformError } from '@hermod/contracts';

/** kafkajs wraps: the innermost error tells what happened. */
export function rootCause(error: unknown): unknown {
  let root = error;
  for (let depth = 0; depth < 8 && root instanceof Error; depth += 1) {
    const inner = innerError(root);
    if (!(inner instanceof Error) || inner === root) break;
    root = inner;
  }
  return root;
}

function innerError(error: Error): unknown {
  if ('originalError' in error && error.originalError instanceof Error) return error.originalError;
  if ('errors' in error && Array.isArray(error.errors)) return error.errors[0];
  return error.cause;
}

/** The protocol's name of the error (`ILLEGAL_GENERATION` …), or the class name of a client error. */
export function kafkaErrorType(error: unknown): string {
  const root = rootCause(error);
  if (!(root instanceof Error)) return 'unknown';
  return 'type' in root && typeof root.type === 'string' ? root.type : root.name;
}

/** A failure that leaves nothing in doubt: the log is away. */
export function unavailable(action: string, error: unknown): PlatformError {
  if (error instanceof PlatformError) return error;
  return new PlatformError('LOG_UNAVAILABLE', `Kafka: ${action}: ${kafkaErrorType(error)}`, error);
}

/** Settles like `promise`, but after `ms` rejects with `LOG_TIMEOUT`. The promise goes on; its late failure is dropped. */
export async function within<T>(promise: Promise<T>, ms: number, action: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new PlatformError('LOG_TIMEOUT', `Kafka: ${action}: no answer in ${ms} ms`));
    }, ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** For what nothing depends on: a connection that has failed already is closed. */
export function dropError(): void {}
