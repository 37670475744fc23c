import { createHash } from 'node:crypto';
import { type Database, open, type RootDatabase } from 'lmdb';

/** The tables of the embedded store. Values are bytes; keys are ordered.
 *  `aors` AoR key → AorRow; `mail` [AoR key, order, delivery id] → encoded mail; `senders` [AoR key, sender] → how many of it; `ledger` [AoR key, delivery id] → LedgerRow;
 *  `ages` [finished at, AoR key, delivery id] of every ledger row without mail; `subscribers` AoR key → AoR; `credentials` AoR key → encoded credential;
 *  `due` [partition, AoR key] → time; `times` [partition, time, AoR key] → AoR; `marks` partition → text. */
export type LmdbTables = {
  readonly root: RootDatabase<Buffer, string>;
  readonly aors: Database<Buffer, string>;
  readonly mail: Database<Buffer, [string, number, string]>;
  readonly senders: Database<Buffer, [string, string]>;
  readonly ledger: Database<Buffer, [string, string]>;
  readonly ages: Database<Buffer, [number, string, string]>;
  readonly subscribers: Database<Buffer, string>;
  readonly credentials: Database<Buffer, string>;
  readonly due: Database<Buffer, [number, string]>;
  readonly times: Database<Buffer, [number, number, string]>;
  readonly marks: Database<Buffer, number>;
};

const MAX_TABLES = 12;

/** Opens (and creates) the tables of one directory. Every thread opens its own handle; they share the memory map. */
export function openTables(path: string): LmdbTables {
  const root = open<Buffer, string>({
    path,
    maxDbs: MAX_TABLES,
    encoding: 'binary',
    // A commit returns only when it is synced, and nobody reads what is not: the writer thread does the waiting.
    overlappingSync: false,
  });
  return {
    root,
    aors: root.openDB('aors', { encoding: 'binary' }),
    mail: root.openDB('mail', { encoding: 'binary' }),
    senders: root.openDB('senders', { encoding: 'binary' }),
    ledger: root.openDB('ledger', { encoding: 'binary' }),
    ages: root.openDB('ages', { encoding: 'binary' }),
    subscribers: root.openDB('subscribers', { encoding: 'binary' }),
    credentials: root.openDB('credentials', { encoding: 'binary' }),
    due: root.openDB('due', { encoding: 'binary' }),
    times: root.openDB('times', { encoding: 'binary' }),
    marks: root.openDB('marks', { encoding: 'binary' }),
  };
}

// LMDB's keys end at 1,978 bytes: an AoR of this many UTF-16 units (at most three times the bytes) leaves room for the rest of a key.
const MAX_PLAIN_AOR = 400;

/** The AoR as part of a key: itself, or its hash when it is too long. A hash never equals an AoR, which begins with "sip:". */
export function aorKeyOf(aor: string): string {
  if (aor.length <= MAX_PLAIN_AOR) return aor;
  return `#${createHash('sha256').update(aor).digest('base64url')}`;
}
