import { type AppendMailOptions, type MailEntry, mailEntriesKey } from '@hermod/contracts';
import type { Cluster, Redis } from 'ioredis';

/** The recipient of {@link mail}. */
export const AOR = 'sip:bob@example.com';

/** When {@link mail} was received. */
export const NOW_MS = 1_790_000_000_000;

/** Stores whatever the version and however full the mailbox. */
export const ANY: AppendMailOptions = { seenVersion: undefined, maxEntries: 0, nowMs: NOW_MS };

/** The delivery id of `mail(order)`. */
export const idOf = (order: number): string => String(order).padStart(22, 'm');

/** A stored message for {@link AOR} that never expires. */
export function mail(order: number, body: Uint8Array = Uint8Array.of(0, 255)): MailEntry {
  return {
    order,
    record: {
      type: 'message',
      aor: AOR,
      deliveryId: idOf(order),
      receivedAtMs: NOW_MS,
      expiresAtMs: 0,
      flags: 0,
      head: `MESSAGE ${AOR} SIP/2.0\r\n\r\n`,
      body,
    },
  };
}

/** Puts bytes where a message is stored in Redis, by a client that is not the adapter's. */
export async function damageRedisMail(
  client: Redis | Cluster,
  aor: string,
  { record }: MailEntry,
  bytes: Uint8Array,
): Promise<void> {
  await client.hset(mailEntriesKey(aor), record.deliveryId, Buffer.from(bytes));
}
