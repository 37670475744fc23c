import { PlatformError } from '@hermod/contracts';
import type { Redis } from 'ioredis';
import type { RedisConnection } from './redis-connection.ts';
import { toPlatformError } from './redis-errors.ts';

/** Asks every server that takes writes whether a mailbox is safe there (design §4 rule 6).
 *  @param replicas confirmations that a durable write waits for; 0: the server's own disk is the proof
 *  @returns warnings, one sentence each: what could not be checked
 *  @throws PlatformError STORE_MISCONFIGURED naming the setting and the remedy; STORE_UNAVAILABLE or STORE_TIMEOUT when the server is away */
export async function verifyRedis(
  connection: RedisConnection,
  replicas: number,
): Promise<readonly string[]> {
  const masters = connection.masters();
  if (masters.length === 0) throw new PlatformError('STORE_UNAVAILABLE', 'Redis: not connected');
  const warnings: string[] = [];
  for (const master of masters) {
    const policy = await readSetting(master, 'maxmemory-policy');
    if (policy === undefined) {
      // Managed services hide CONFIG; INFO shows the policy at least.
      warnings.push(
        'Redis: CONFIG is not available, so the settings cannot be checked: maxmemory-policy must be noeviction' +
          (replicas === 0 ? ', appendonly yes and appendfsync always' : ''),
      );
      continue;
    }
    if (policy !== 'noeviction') {
      throw new PlatformError(
        'STORE_MISCONFIGURED',
        `Redis: maxmemory-policy is ${policy}: accepted messages would be evicted. Set "maxmemory-policy noeviction"`,
      );
    }
    if (replicas === 0) await requireSyncedLog(master);
  }
  return warnings;
}

async function requireSyncedLog(master: Redis): Promise<void> {
  const appendOnly = await readSetting(master, 'appendonly');
  const appendFsync = await readSetting(master, 'appendfsync');
  if (appendOnly === 'yes' && appendFsync === 'always') return;
  throw new PlatformError(
    'STORE_MISCONFIGURED',
    `Redis: appendonly is ${appendOnly ?? 'unknown'} and appendfsync ${appendFsync ?? 'unknown'}: a crash would lose accepted messages. ` +
      'Set "appendonly yes" and "appendfsync always", or run replicas and set HERMOD_REDIS_REPLICAS to at least 1',
  );
}

/** @returns undefined when the server refuses to tell */
async function readSetting(master: Redis, name: string): Promise<string | undefined> {
  try {
    const reply = await master.config('GET', name);
    return Array.isArray(reply) && typeof reply[1] === 'string' ? reply[1] : undefined;
  } catch (error) {
    const reason = toPlatformError(error, `CONFIG GET ${name}`);
    // An error reply: renamed, disabled, or not allowed by the ACL.
    if (reason.code === 'STORE_MISCONFIGURED') return undefined;
    throw reason;
  }
}
