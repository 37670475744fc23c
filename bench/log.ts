// The log's cost and latency at a fixed rate, per adapter:
//   node --conditions=source bench/log.ts [segment|kafka] [rate] [seconds]
// HERMOD_TEST_KAFKA (host:port,...) measures other brokers than one of its own, on topics of its own.
// Appends 700-byte records for random AoRs at an even pace and consumes them in the same process, as the standalone does;
// CPU is this process's (user + system), less what the same loop costs with nothing to append to.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { LogAppender, LogConsumer, LogRecord, RecordSink } from '@hermod/contracts';
import {
  createKafka,
  ensureTopics,
  KafkaLogAppender,
  KafkaLogConsumer,
  kafkaTopics,
} from '@hermod/platform/kafka';
import { SegmentLog } from '@hermod/platform/segment-log';
import { messageRecord, startKafka } from '@hermod/testkit';

const AORS = 1000;
const RECORD_BYTES = 700;
const PARTITIONS = 8;
const COMMIT_MS = 200;
// A cold broker is slow for its first seconds.
const WARM_UP_SEC = 10;

type Subject = {
  readonly appender: LogAppender;
  readonly consumer: LogConsumer;
  close(): Promise<void>;
};

type Figures = {
  readonly log: string;
  readonly ratePerSec: number;
  readonly appended: number;
  readonly consumed: number;
  readonly appendP50Ms: number;
  readonly appendP99Ms: number;
  readonly consumeP50Ms: number;
  readonly consumeP99Ms: number;
  readonly cpuMicrosPerRecord: number;
  readonly loopDelayP99Ms: number;
};

async function segment(): Promise<Subject> {
  // Not the temporary directory: it may be in memory.
  const directory = mkdtempSync(join(import.meta.dirname, '../node_modules/.bench-log-'));
  const log = await SegmentLog.open(directory);
  return {
    appender: log,
    consumer: log,
    close: async () => {
      await log.close();
      rmSync(directory, { recursive: true });
    },
  };
}

async function kafka(): Promise<Subject> {
  const broker = await startKafka({ heap: '1g' });
  const handle = createKafka({ brokers: broker.brokers, clientId: 'hermod-bench' });
  const topics = kafkaTopics(PARTITIONS, `${randomUUID()}.`);
  await ensureTopics(handle, { topics, replication: 1 });
  const appender = new KafkaLogAppender(handle, topics);
  const consumer = new KafkaLogConsumer(handle, { groupId: topics.inbox, topic: topics.inbox });
  return {
    appender,
    consumer,
    close: async () => {
      await appender.close();
      await broker.stop();
    },
  };
}

function percentile(sorted: Float64Array, fraction: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? 0;
}

/** Calls `perRecord` at an even pace, all that is due at each millisecond. @returns calls made */
function pace(
  ratePerSec: number,
  seconds: number,
  perRecord: (n: number) => void,
): Promise<number> {
  return new Promise((resolve) => {
    const startedMs = performance.now();
    let done = 0;
    const timer = setInterval(() => {
      const elapsedMs = performance.now() - startedMs;
      const due = Math.floor(Math.min(elapsedMs, seconds * 1000) * (ratePerSec / 1000));
      while (done < due) {
        perRecord(done);
        done += 1;
      }
      if (elapsedMs >= seconds * 1000) {
        clearInterval(timer);
        resolve(done);
      }
    }, 1);
  });
}

async function idleCpuMicros(ratePerSec: number, records: readonly LogRecord[]): Promise<number> {
  const before = process.cpuUsage();
  const seconds = 2;
  let sum = 0;
  const done = await pace(ratePerSec, seconds, (n) => {
    const startedMs = performance.now();
    Promise.resolve(records[n % records.length]).then((record) => {
      sum += performance.now() - startedMs + (record?.flags ?? 0);
    }, process.exit);
  });
  const used = process.cpuUsage(before);
  return sum < 0 ? 0 : (used.user + used.system) / done;
}

async function measure(
  name: string,
  subject: Subject,
  ratePerSec: number,
  seconds: number,
): Promise<Figures> {
  const records = Array.from({ length: AORS }, (_, n) =>
    messageRecord(`sip:u${n}@example.com`, n, RECORD_BYTES),
  );
  const appendedMs = new Float64Array(ratePerSec * (seconds + 1));
  const consumedMs = new Float64Array(ratePerSec * (seconds + 1));
  let appended = 0;
  let consumed = 0;
  let failed = 0;
  const loop = monitorEventLoopDelay({ resolution: 1 });
  let isMeasuring = false;
  const append = (n: number): void => {
    const record = records[n % AORS];
    if (record === undefined) return;
    const startedMs = performance.now();
    // The receipt time carries the start to the consumer.
    subject.appender.append({ ...record, receivedAtMs: startedMs }).then(
      () => {
        if (isMeasuring) appendedMs[appended++] = performance.now() - startedMs;
      },
      () => {
        failed += 1;
      },
    );
  };
  received = (record) => {
    next.set(record.partition, record.offset + 1);
    if (isMeasuring) consumedMs[consumed++] = performance.now() - record.receivedAtMs;
  };
  await pace(ratePerSec, WARM_UP_SEC, append);
  isMeasuring = true;
  loop.enable();
  const before = process.cpuUsage();
  await pace(ratePerSec, seconds, append);
  const used = process.cpuUsage(before);
  loop.disable();
  await new Promise((resolve) => setTimeout(resolve, 500));
  if (failed > 0) throw new Error(`${failed} appends failed`);
  const base = await idleCpuMicros(ratePerSec, records);
  const a = appendedMs.subarray(0, appended).sort();
  const c = consumedMs.subarray(0, consumed).sort();
  return {
    log: name,
    ratePerSec,
    appended,
    consumed,
    appendP50Ms: percentile(a, 0.5),
    appendP99Ms: percentile(a, 0.99),
    consumeP50Ms: percentile(c, 0.5),
    consumeP99Ms: percentile(c, 0.99),
    cpuMicrosPerRecord: (used.user + used.system) / (ratePerSec * seconds) - base,
    loopDelayP99Ms: loop.percentile(99) / 1e6,
  };
}

let received: RecordSink['onRecord'] = () => {};
const next = new Map<number, number>();

async function run(name: 'segment' | 'kafka', rates: readonly number[], seconds: number) {
  const subject = await (name === 'segment' ? segment() : kafka());
  let owned: () => void = () => {};
  const ready = new Promise<void>((resolve) => {
    owned = resolve;
  });
  await subject.consumer.start({
    onFrozen: () => {},
    onOwned: () => owned(),
    onRecord: (record) => received(record),
    onUndecodable: () => {},
  });
  await ready;
  const committer = setInterval(() => {
    for (const [partition, offset] of next) {
      subject.consumer.commit(partition, offset, '').catch(() => {});
    }
  }, COMMIT_MS);
  try {
    for (const rate of rates) {
      const figures = await measure(name, subject, rate, seconds);
      console.log(JSON.stringify(figures, (_, v) => (typeof v === 'number' ? round(v) : v)));
    }
  } finally {
    clearInterval(committer);
    await subject.consumer.stop();
    await subject.close();
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

const [which = 'all', rate = '', seconds = '10'] = process.argv.slice(2);
const rates = rate === '' ? [2000, 8000] : [Number(rate)];
if (which !== 'kafka') await run('segment', rates, Number(seconds));
if (which !== 'segment') await run('kafka', rates, Number(seconds));
