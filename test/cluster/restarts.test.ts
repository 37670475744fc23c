import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { encodeRecordHeader, partitionOf, RECORD_HEADER_BYTES } from '@hermod/contracts';
import { type Exchange, SipPeer } from '@hermod/testkit';
import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  onTestFailed,
  onTestFinished,
  test,
} from 'vitest';
import { ClusterUnderTest } from './cluster-under-test.ts';
import { KafkaRecords } from './kafka-records.ts';
import { report, Traffic } from './traffic.ts';

/** As `npm run cluster` sets it. */
const PARTITIONS = 8;
const ALL = ['edge-1', 'edge-2', 'registrar-1', 'router-1', 'router-2'];
const WITHOUT_ROUTERS = ['edge-1', 'edge-2', 'registrar-1'];
const ARRIVAL_MS = 15_000;
const LOAD = { recipients: 20, ratePerSec: 300 };

let cluster: ClusterUnderTest;
let peers: SipPeer[] = [];
beforeAll(async () => {
  cluster = await ClusterUnderTest.start(WITHOUT_ROUTERS);
});
afterAll(() => cluster?.close());
afterEach(async () => {
  for (const peer of peers) await peer.close();
  peers = [];
});

// In this order: the first test is about a cluster that has never had a router.
describe('before the first router (design §4 rule 8)', () => {
  test('what was appended before the first router ever started MUST be delivered, in order', async () => {
    showTroubles();
    const users = ['ann', 'ben', 'cid', 'dot', 'eve'];
    const devices = [];
    for (const [index, user] of users.entries()) {
      const device = await tcp(index % 2 === 0 ? 'edge-1' : 'edge-2', user);
      expect((await device.register()).status).toBe(200);
      devices.push(device);
    }
    const sender = await tcp('edge-2', 'sender');
    const exchanges = await Promise.all(users.flatMap((user) => sendNumbered(sender, user, 1, 10)));
    for (const { status, elapsedMs } of exchanges) {
      expect(status).toBe(202);
      // HERMOD_ACCEPT_AFTER_MS, and before the time of RFC 4320.
      expect(elapsedMs).toBeGreaterThan(2900);
      expect(elapsedMs).toBeLessThan(3500);
    }
    await cluster.startMembers(['router-1', 'router-2']);
    for (const device of devices) {
      await device.waitForRequests(10, ARRIVAL_MS);
      expect(device.texts).toEqual(numbers(1, 10));
    }
  });
});

describe('poison (design §4 rule 9)', () => {
  test('records that nobody can read MUST end in im.dead as failed, and the rest of the partition goes on', async () => {
    showTroubles();
    const device = await tcp('edge-1', 'paul');
    expect((await device.register()).status).toBe(200);
    const sender = await tcp('edge-2', 'sender');
    const records = new KafkaRecords(cluster.kafka.brokers);
    const partition = partitionOf(device.aor, PARTITIONS);
    const mark = randomBytes(8).toString('hex');
    const deliveryId = `poison-${mark}`.slice(0, 22);
    const routers = ['router-1', 'router-2'];
    const failedBefore = await cluster.metricOf(routers, 'im_outcomes_total', '"failed"');

    await records.produce('im.inbox', partition, [
      { key: device.aor, value: `no header, no SIP ${mark}` },
      { key: null, value: `no key either ${mark}` },
      { key: device.aor, value: `not SIP ${mark}\r\n\r\n`, headers: { h: header(deliveryId) } },
    ]);
    const exchanges = await Promise.all(sendNumbered(sender, 'paul', 1, 5));
    expect(exchanges.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(device.texts).toEqual(numbers(1, 5));

    const isOurs = (text: Buffer | null): boolean =>
      text?.toString('latin1').includes(mark) ?? false;
    const dead = await records.read('im.dead', ({ value }) => isOurs(value), 3, ARRIVAL_MS);
    expect(dead).toHaveLength(3);
    for (const { headers } of dead) expect(String(headers?.reason)).toMatch(/^\d+\/\d+ \S/);
    const outcomes = await records.read(
      'im.outcomes',
      ({ key }) => key?.toString() === deliveryId,
      1,
      ARRIVAL_MS,
    );
    expect(outcomes.map(({ value }) => JSON.parse(String(value)))).toMatchObject([
      { deliveryId, aor: device.aor, outcome: 'failed', status: 500 },
    ]);
    const failed = await cluster.metricOf(routers, 'im_outcomes_total', '"failed"');
    expect(failed - failedBefore).toBe(3);
    expect(cluster.allAlive).toBe(true);
  });
});

describe('kill -9 of every process (design §4 rules 1, 4, 6)', () => {
  test('Kafka and Redis kept: stored messages MUST come after REGISTER, in order, before any newer one', () =>
    killAll('kept', async () => undefined));

  test('Kafka and Redis killed too: stored messages MUST come after REGISTER, in order, before any newer one', () =>
    killAll('lost', async () => {
      await Promise.all([cluster.kafka.kill(), cluster.redis.kill()]);
      await Promise.all([cluster.kafka.restart(), cluster.redis.restart()]);
    }));

  async function killAll(prefix: string, meanwhile: () => Promise<void>): Promise<void> {
    showTroubles();
    await cluster.allReady();
    const users = Array.from({ length: 6 }, (_, index) => `${prefix}-${index}`);
    const sender = await tcp('edge-1', 'sender');
    const stored = await Promise.all(users.flatMap((user) => sendNumbered(sender, user, 1, 30)));
    expect(stored.filter(({ status }) => status !== 202)).toEqual([]);
    const traffic = await Traffic.open(cluster, LOAD);
    onTestFinished(() => traffic.close());
    traffic.start();
    await delay(1500);
    // Under way at the moment of the kill: those answered 202 count, the others may come.
    const underWay = users.flatMap((user) => sendNumbered(sender, user, 31, 60));
    await Promise.all(underWay.slice(0, 5));
    const unanswered = traffic.unanswered;
    await Promise.all(ALL.map((name) => cluster.kill(name)));
    await traffic.finish();
    const answered = await Promise.allSettled(underWay);
    await meanwhile();
    await cluster.startMembers(ALL);

    const again = await tcp('edge-2', 'sender');
    const newer = await Promise.all(users.flatMap((user) => sendNumbered(again, user, 61, 65)));
    expect(newer.filter(({ status }) => status !== 202)).toEqual([]);
    let promisedUnderWay = 0;
    for (const [index, user] of users.entries()) {
      const device = await tcp(index % 2 === 0 ? 'edge-1' : 'edge-2', user);
      expect((await device.register()).status).toBe(200);
      const promised = [
        ...numbers(1, 30),
        ...numbers(31, 60).filter((_, n) => {
          const one = answered[index * 30 + n];
          // A 503 promises nothing: the append may have been refused.
          return one?.status === 'fulfilled' && one.value.status < 300;
        }),
        ...numbers(61, 65),
      ];
      promisedUnderWay += promised.length - 35;
      await expect.poll(() => missing(promised, device.texts), { timeout: ARRIVAL_MS }).toEqual([]);
      await delay(200);
      // Ascending, each once: in order, and the newer ones last.
      const shown = device.texts.map(Number);
      expect(shown).toEqual([...new Set(shown)].toSorted((a, b) => a - b));
      for (const { request } of device.received) expect(request.callId).toBe(`${user}@numbered`);
    }
    const judgement = await traffic.judge(ARRIVAL_MS);
    report(`kill -9 of all (${prefix})`, judgement, { promisedUnderWay, unanswered });
    expect(judgement.lost).toEqual([]);
    expect(judgement.outOfOrder).toBe(0);
    // The edges' branch tables died too: what no commit covered is shown again. Commits are 250 ms apart.
    expect(judgement.duplicates).toBeLessThanOrEqual(unanswered + LOAD.ratePerSec);
    expect(cluster.allAlive).toBe(true);
  }
});

async function tcp(edge: string, user: string): Promise<SipPeer> {
  const peer = await SipPeer.tcp(cluster.sipPort(edge), { user });
  peers.push(peer);
  return peer;
}

function sendNumbered(
  sender: SipPeer,
  user: string,
  from: number,
  to: number,
): Promise<Exchange>[] {
  return numbers(from, to).map((text) =>
    sender.sendMessage(`sip:${user}@localhost`, text, {
      callId: `${user}@numbered`,
      cseq: Number(text),
      fromTag: 'n',
    }),
  );
}

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `${from + index}`);
}

function missing(expected: readonly string[], shown: readonly string[]): string[] {
  return expected.filter((text) => !shown.includes(text));
}

/** A well-formed record header, as an edge writes it. */
function header(deliveryId: string): Buffer {
  const bytes = Buffer.alloc(RECORD_HEADER_BYTES);
  const receivedAtMs = Date.now();
  const written = { type: 'message', deliveryId, receivedAtMs, expiresAtMs: 0, flags: 0 } as const;
  encodeRecordHeader(written, bytes, 0);
  return bytes;
}

function showTroubles(): void {
  onTestFailed(() => console.error(cluster.troubles()));
}
