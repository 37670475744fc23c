import { randomUUID } from 'node:crypto';
import {
  createKafka,
  ensureTopics,
  type KafkaHandle,
  KafkaLogAppender,
  KafkaLogConsumer,
  type KafkaLogLine,
  KafkaOutcomeLog,
  type KafkaTopics,
  kafkaTopics,
} from '@hermod/platform/kafka';
import {
  type KafkaBroker,
  messageRecord,
  RecordingSink,
  recordNumber,
  startKafka,
  TcpFaultProxy,
} from '@hermod/testkit';
import kafkajs from 'kafkajs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

const PARTITIONS = 4;
const SESSION_MS = 6000;
const ALICE = 'sip:alice@example.com';
let broker: KafkaBroker;
let proxy: TcpFaultProxy;
let kafka: KafkaHandle;
let topics: KafkaTopics;
let cleanUps: (() => Promise<void>)[] = [];
let lines: KafkaLogLine[] = [];
const warnings: string[] = [];
const onWarning = (warning: Error): number => warnings.push(warning.name);

beforeAll(async () => {
  process.on('warning', onWarning);
  proxy = await TcpFaultProxy.start(() => ({ host: '127.0.0.1', port: broker.proxiedPort }));
  broker = await startKafka({ own: true, proxyPort: proxy.port });
});
afterAll(async () => {
  process.off('warning', onWarning);
  await broker.stop();
  await proxy.close();
});
beforeEach(async () => {
  lines = [];
  kafka = createKafka({
    brokers: broker.brokers,
    clientId: 'hermod-test',
    onLog: (line) => lines.push(line),
  });
  topics = kafkaTopics(PARTITIONS, `${randomUUID()}.`);
  await ensureTopics(kafka, { topics, replication: 1 });
});
afterEach(async () => {
  await broker.resume();
  proxy.heal();
  await Promise.all(cleanUps.map((cleanUp) => cleanUp()));
  cleanUps = [];
});

function appender(): KafkaLogAppender {
  const made = new KafkaLogAppender(kafka, topics);
  cleanUps.push(() => made.close());
  return made;
}

async function consumer(handle = kafka): Promise<[KafkaLogConsumer, RecordingSink]> {
  const made = new KafkaLogConsumer(handle, {
    groupId: `${topics.inbox}.routers`,
    topic: topics.inbox,
    sessionTimeoutMs: SESSION_MS,
  });
  cleanUps.push(() => made.stop());
  const sink = new RecordingSink();
  await made.start(sink);
  return [made, sink];
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const codeOf = (promise: Promise<void>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: { code: string }) => error.code,
  );

/** Appends at a steady pace until told to stop; remembers what was acknowledged. */
function steadyAppends(log: KafkaLogAppender): {
  readonly acknowledged: number[];
  readonly codes: Map<string, number>;
  stop(): Promise<void>;
} {
  const acknowledged: number[] = [];
  const codes = new Map<string, number>();
  const running = new Set<Promise<void>>();
  let n = 0;
  const timer = setInterval(() => {
    for (let i = 0; i < 2; i += 1) {
      const number = n++;
      const append: Promise<void> = codeOf(
        log.append(messageRecord(`sip:u${number % 20}@example.com`, number)),
      ).then((code) => {
        if (code === 'resolved') acknowledged.push(number);
        codes.set(code, (codes.get(code) ?? 0) + 1);
        running.delete(append);
      });
      running.add(append);
    }
  }, 5);
  return {
    acknowledged,
    codes,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(running);
    },
  };
}

function missing(acknowledged: readonly number[], sink: RecordingSink): number[] {
  const seen = new Set(sink.records.map(recordNumber));
  return acknowledged.filter((n) => !seen.has(n));
}

describe('Kafka under faults', () => {
  test('MUST NOT lose an acknowledged record when a broker stands still longer than the deadline', async () => {
    const [, sink] = await consumer();
    const appends = steadyAppends(appender());
    await sink.waitForRecords(200);
    await broker.pause();
    await sleep(3500);
    await broker.resume();
    const before = appends.acknowledged.length;
    await expect
      .poll(() => appends.acknowledged.length, { timeout: 20_000 })
      .toBeGreaterThan(before + 500);
    await appends.stop();
    // The request in flight: not known. What waited behind it: never sent.
    expect(appends.codes.get('LOG_TIMEOUT')).toBeGreaterThan(0);
    expect(appends.codes.get('LOG_UNAVAILABLE')).toBeGreaterThan(0);
    await sink.waitFor(
      'everything acknowledged',
      () => missing(appends.acknowledged, sink).length === 0,
    );
    for (let user = 0; user < 20; user += 1) {
      const acknowledged = new Set(appends.acknowledged);
      const order = sink.records
        .map(recordNumber)
        .filter((n) => n % 20 === user && acknowledged.has(n));
      expect(order).toEqual([...new Set(order)].sort((a, b) => a - b));
    }
  });

  test('MUST refuse at once while the broker is dead, and lose nothing over its restart', async () => {
    const [log, sink] = await consumer();
    const appending = appender();
    const appends = steadyAppends(appending);
    await sink.waitForRecords(200);
    await broker.kill();
    await sleep(1500);
    const startedMs = performance.now();
    expect(await codeOf(appending.append(messageRecord(ALICE, 1)))).toBe('LOG_UNAVAILABLE');
    expect(performance.now() - startedMs).toBeLessThan(100);
    expect(await codeOf(appending.probe())).not.toBe('resolved');
    await sleep(6000);
    expect(log.leaseValid).toBe(false);
    await broker.restart();
    const before = appends.acknowledged.length;
    await expect
      .poll(() => appends.acknowledged.length, { timeout: 30_000 })
      .toBeGreaterThan(before + 200);
    await appends.stop();
    await sink.waitFor(
      'everything acknowledged',
      () => missing(appends.acknowledged, sink).length === 0,
      40_000,
    );
    await expect.poll(() => log.leaseValid, { timeout: 10_000 }).toBe(true);
    expect(lines.length).toBeLessThan(120);
  });

  test('MUST treat everything as lost after it was expelled, and not commit over its successor', async () => {
    const proxied = createKafka({ brokers: [`127.0.0.1:${proxy.port}`], clientId: 'cut-off' });
    const [first, firstSink] = await consumer(proxied);
    await firstSink.waitFor('all partitions', () => firstSink.owned.length === PARTITIONS);
    const appending = appender();
    for (let n = 0; n < 20; n += 1)
      await appending.append(messageRecord(`sip:u${n}@example.com`, n));
    await firstSink.waitForRecords(20);
    const [second, secondSink] = await consumer();
    await secondSink.waitFor('two partitions', () => secondSink.owned.length === 2);
    await firstSink.waitFor('two partitions left', () => firstSink.owned.length === 2);
    const [kept] = firstSink.owned;
    const partition = kept?.partition ?? -1;
    await first.commit(partition, 1, 'first');

    proxy.stall();
    await secondSink.waitFor(
      'all partitions',
      () => secondSink.owned.length === PARTITIONS,
      30_000,
    );
    const takenOver = secondSink.owned.find((owned) => owned.partition === partition);
    expect(takenOver).toEqual({ partition, next: 1, metadata: 'first' });
    expect(first.leaseValid).toBe(false);
    expect(await codeOf(first.commit(partition, 1, 'stale'))).toBe('NOT_OWNER');
    await second.commit(partition, 3, 'second');
    const callsBefore = firstSink.calls.length;
    proxy.heal();

    await firstSink.waitFor(
      'its return',
      () => firstSink.calls.length > callsBefore && first.leaseValid,
      40_000,
    );
    const since = firstSink.calls.slice(callsBefore).filter((call) => call.kind !== 'record');
    expect(since[0]).toEqual({ kind: 'frozen' });
    expect(since[1]).toEqual({ kind: 'owned', partitions: [] });
    expect(since[2]).toMatchObject({ kind: 'owned' });
    await expect
      .poll(() => firstSink.owned.length + secondSink.owned.length, { timeout: 20_000 })
      .toBe(PARTITIONS);
    const owner = firstSink.owned.some((owned) => owned.partition === partition)
      ? firstSink
      : secondSink;
    if (owner === firstSink) {
      const returned = firstSink.owned.find((owned) => owned.partition === partition);
      expect(returned).toEqual({ partition, next: 3, metadata: 'second' });
    }
  });

  test('MUST report what is no record of ours, and go on behind it', async () => {
    const [, sink] = await consumer();
    await sink.waitForOwned();
    const raw = new kafkajs.Kafka({ brokers: [...broker.brokers], logLevel: 0 }).producer({
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
    await raw.connect();
    const h = Buffer.alloc(42, 1);
    await raw.send({
      topic: topics.inbox,
      messages: [
        { key: ALICE, value: null, partition: 0 },
        { key: ALICE, value: 'no header', partition: 0 },
        { key: null, value: 'no key', partition: 0, headers: { h } },
        { key: ALICE, value: 'no empty line', partition: 0, headers: { h } },
        { key: ALICE, value: 'cut header\r\n\r\n', partition: 0, headers: { h: h.subarray(0, 9) } },
        {
          key: ALICE,
          value: 'other version\r\n\r\n',
          partition: 0,
          headers: { h: Buffer.alloc(42, 9) },
        },
        { key: ALICE, value: 'good\r\n\r\n', partition: 0, headers: { h } },
      ],
    });
    await raw.disconnect();
    await sink.waitForRecords(1);
    expect(sink.undecodable.map((call) => call.offset)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(String(sink.undecodable[1]?.bytes)).toBe('no header');
    expect(sink.records[0]?.offset).toBe(6);
  });

  test('MUST write outcomes as JSON keyed by delivery id, and dead records with their reason', async () => {
    const log = new KafkaOutcomeLog(kafka, topics);
    cleanUps.push(() => log.close());
    const outcome = {
      deliveryId: 'd1',
      aor: ALICE,
      outcome: 'stored',
      status: 202,
      atMs: 7,
    } as const;
    await log.record(outcome);
    await log.dead({
      partition: 3,
      offset: 9,
      bytes: Uint8Array.of(0, 255),
      reason: 'failed thrice',
    });
    const reader = new kafkajs.Kafka({ brokers: [...broker.brokers], logLevel: 0 }).consumer({
      groupId: topics.outcomes,
      maxWaitTimeInMs: 100,
    });
    cleanUps.push(() => reader.disconnect());
    await reader.connect();
    await reader.subscribe({ topics: [topics.outcomes, topics.dead], fromBeginning: true });
    const got: { topic: string; key: string; value: Buffer | null; reason: string }[] = [];
    await reader.run({
      eachMessage: async ({ topic, message }) => {
        const { key, value, headers } = message;
        got.push({ topic, key: String(key), value, reason: String(headers?.reason) });
      },
    });
    await expect.poll(() => got.length, { timeout: 10_000 }).toBe(2);
    const stored = got.find((entry) => entry.topic === topics.outcomes);
    expect(stored?.key).toBe('d1');
    expect(JSON.parse(String(stored?.value))).toEqual(outcome);
    const dead = got.find((entry) => entry.topic === topics.dead);
    expect(dead?.reason).toBe('3/9 failed thrice');
    expect([...(dead?.value ?? [])]).toEqual([0, 255]);
  });

  test('MUST say each thing that is wrong with the topics', async () => {
    await ensureTopics(kafka, { topics, replication: 1 });
    const wrong = ensureTopics(kafka, {
      topics: { ...topics, partitions: 5 },
      replication: 2,
      retentionHours: 100,
    });
    await expect(wrong).rejects.toMatchObject({ code: 'STORE_MISCONFIGURED' });
    await expect(wrong).rejects.toThrow(/4 partitions, HERMOD_PARTITIONS is 5: set it to 4/);
    await expect(wrong).rejects.toThrow(/1 replicas, wanted 2 \(HERMOD_KAFKA_REPLICATION\): add/);
    await expect(wrong).rejects.toThrow(
      /min.insync.replicas 1, wanted 2: set it with kafka-configs/,
    );
    await expect(wrong).rejects.toThrow(/keeps records 72 h, wanted 100: set retention.ms/);
    const unmet = ensureTopics(kafka, { topics: kafkaTopics(1, randomUUID()), replication: 3 });
    await expect(unmet).rejects.toThrow(/too few brokers for replication 3/);
    const away = createKafka({ brokers: ['127.0.0.1:1'], clientId: 'away' });
    await expect(ensureTopics(away, { topics, replication: 1 })).rejects.toMatchObject({
      code: 'LOG_UNAVAILABLE',
    });
  });

  test('MUST start without a broker, refuse at once, and join when there is one', async () => {
    await broker.kill();
    const [, sink] = await consumer();
    const appending = appender();
    await expect
      .poll(
        async () => {
          const startedMs = performance.now();
          const code = await codeOf(appending.append(messageRecord(ALICE, 1)));
          return code === 'LOG_UNAVAILABLE' && performance.now() - startedMs < 50;
        },
        { timeout: 5000 },
      )
      .toBe(true);
    await broker.restart();
    await expect
      .poll(() => codeOf(appending.append(messageRecord(ALICE, 2))), { timeout: 20_000 })
      .toBe('resolved');
    await sink.waitForRecords(1, 30_000);
  });

  test('MUST NOT make Node warn of anything (negative timers of kafkajs)', () => {
    expect(warnings).toEqual([]);
  });
});
