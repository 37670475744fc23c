import { MemoryStores, messageRecord } from '@hermod/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import { MailboxGauges } from './mailbox-gauges.ts';

const NOW_MS = 1_800_000_000_000;
const DAY_MS = 86_400_000;

let stores: MemoryStores;
let gauges: MailboxGauges;
let order = 0;

beforeEach(() => {
  stores = new MemoryStores();
  gauges = new MailboxGauges(stores, stores, { nowMs: () => NOW_MS });
});

/** Puts messages into a mailbox. @param ageMs of the first; each later one is a second younger */
async function fill(partition: number, aor: string, count: number, ageMs: number, dueAtMs: number) {
  for (let i = 0; i < count; i += 1) {
    order += 1;
    const receivedAtMs = NOW_MS - ageMs + i * 1000;
    const record = { ...messageRecord(aor, order), receivedAtMs };
    const options = { seenVersion: undefined, maxEntries: 0, nowMs: NOW_MS };
    await stores.appendMail(aor, { order, record }, options);
  }
  await stores.schedule(partition, aor, dueAtMs, 'replace');
}

describe('MailboxGauges', () => {
  test('MUST be exact while a partition has few recipients', async () => {
    await fill(0, 'sip:a@example.com', 3, 60_000, NOW_MS + DAY_MS);
    await fill(0, 'sip:b@example.com', 2, 90_000, NOW_MS - 5_000);
    await fill(1, 'sip:c@example.com', 4, 10_000, NOW_MS + DAY_MS);
    await gauges.look(0);
    await gauges.look(1);
    expect(gauges.mailboxes).toBe(3);
    expect(gauges.entries).toBe(9);
    expect(gauges.oldestAgeMs).toBe(90_000);
    expect(gauges.overdueMs).toBe(5_000);
  });

  test('MUST estimate from those that are due first when there are many, and know how many there are', async () => {
    for (let i = 0; i < 40; i += 1) {
      await fill(0, `sip:u${i}@example.com`, i < 16 ? 2 : 1, (40 - i) * 1000, NOW_MS + i);
    }
    await gauges.look(0);
    expect(gauges.mailboxes).toBe(40);
    expect(gauges.entries).toBe(80);
    expect(gauges.oldestAgeMs).toBe(40_000);
  });

  test('MUST be zero where nothing is stored, and forget a partition that another router owns', async () => {
    await fill(7, 'sip:a@example.com', 3, 60_000, NOW_MS - 1);
    await gauges.look(7);
    await gauges.look(8);
    expect(gauges.entries).toBe(3);
    gauges.forget(7);
    const { mailboxes, entries, oldestAgeMs, overdueMs } = gauges;
    expect([mailboxes, entries, oldestAgeMs, overdueMs]).toEqual([0, 0, 0, 0]);
  });

  test('MUST NOT take what is no message for the oldest one', async () => {
    const aor = 'sip:a@example.com';
    await fill(0, aor, 1, 60_000, NOW_MS);
    const [entry] = await stores.readMail(aor, -1, 1);
    stores.damageMail(aor, entry?.record.deliveryId ?? '', new Uint8Array([1, 2, 3]));
    await gauges.look(0);
    expect(gauges.entries).toBe(1);
    expect(gauges.oldestAgeMs).toBe(0);
  });
});
