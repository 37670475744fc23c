// The generator against a server that does wrong on purpose: it must notice.
import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { Conductor, RunError } from './conductor.ts';
import { LoadSink } from './load-sink.ts';
import { parseCommandLine, readOptions } from './options.ts';
import { type Summary, summarise } from './report/summary.ts';
import type { SinkCommand } from './sink.ts';

let sink: LoadSink | undefined;
afterEach(() => {
  sink?.stop();
  sink = undefined;
});

const NO_FILES = (): string => {
  throw new Error('no files here');
};

/** The one generator process that this test has started. */
function generatorPid(): number {
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8');
  const pids = children.trim().split(' ').map(Number);
  const found = pids.filter((pid) => {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('load/worker.ts');
  });
  if (found.length !== 1) throw new Error(`${found.length} generator processes`);
  return found[0] ?? 0;
}

/** A run at the sink, which hears a command (or something else happens) so many seconds after the start. */
async function runAt(
  args: string,
  command?: SinkCommand | (() => void),
  afterSec = 0,
): Promise<Summary> {
  sink = await LoadSink.start();
  const line = `--target tcp://127.0.0.1:${sink.port} --warm-up 0 --no-collect --report none ${args}`;
  const options = readOptions(parseCommandLine(line.split(' ')), NO_FILES, 10_000);
  const conductor = new Conductor(options, {
    onPhase: () => undefined,
    onSecond: ({ second }) => {
      if (command === undefined || second + 1 !== afterSec) return;
      if (typeof command === 'function') command();
      else sink?.tell(command);
    },
  });
  if (typeof command === 'object' && afterSec === 0) sink.tell(command);
  return summarise(await conductor.run(), options, '');
}

test('a server that does everything right MUST pass', async () => {
  const summary = await runAt('--users 20 --rate 200 --duration 2 --workers 2');
  expect(summary.verdict).toEqual({ holds: true, breaches: [] });
  expect(summary.counts.received).toBe(summary.counts.sent);
  expect(summary.counts.sent).toBeGreaterThan(300);
  expect(summary.statuses).toEqual({ 200: summary.counts.sent });
});

test.each([
  ['lose', 'lost'],
  ['repeat', 'duplicates'],
  ['reorder', 'order'],
  ['damage', 'lost'],
] as const)(
  'a server that does "%s" to one message in 40 MUST break "%s"',
  async (kind, invariant) => {
    const args = '--users 2 --contacts 1 --rate 200 --duration 2 --arrivals even';
    const summary = await runAt(args, { fault: { kind, every: 40 } });
    expect(summary.verdict.holds).toBe(false);
    const breach = summary.verdict.breaches.find((one) => one.invariant === invariant);
    expect(breach?.count).toBeGreaterThanOrEqual(9);
    expect(breach?.count).toBeLessThanOrEqual(10);
    if (kind === 'repeat') {
      const { atSec = 0, firstAtSec = 0 } = summary.broken[0]?.received ?? {};
      expect(firstAtSec).toBeGreaterThan(0);
      expect(atSec - firstAtSec).toBeGreaterThanOrEqual(0);
      expect(atSec - firstAtSec).toBeLessThan(0.5);
    }
    if (kind === 'damage') expect(summary.totals.damaged).toBe(10);
    if (invariant === 'lost')
      expect(summary.broken[0]?.callId).toMatch(/^[0-9a-f]{10}-[0-9a-f]{8}@load$/);
  },
);

test('times MUST count from when a message was due: a stall of one second is seen by all that were due in it', async () => {
  const summary = await runAt(
    '--users 20 --rate 200 --duration 4 --arrivals even',
    { stallMs: 1000 },
    2,
  );
  expect(summary.counts.sent).toBe(800);
  // 200 of 800 were due in the stall, and waited 0 to 1 s. One that waits for each answer would have seen one long time.
  const { p50Ms = 0, p90Ms = 0, maxMs = 0 } = summary.times.success ?? {};
  expect(p50Ms).toBeLessThan(300);
  expect(p90Ms).toBeGreaterThan(400);
  expect(maxMs).toBeGreaterThan(900);
});

test('a generator that was stopped itself MUST send what was due, count from then, and say that it was late', async () => {
  const running = runAt(
    '--users 20 --rate 200 --duration 4 --arrivals even',
    () => {
      const worker = generatorPid();
      process.kill(worker, 'SIGSTOP');
      setTimeout(() => process.kill(worker, 'SIGCONT'), 1000);
    },
    2,
  );
  const { counts, times, bottleneck, verdict } = await running;
  expect(verdict.holds).toBe(true);
  expect(counts.sent).toBe(800);
  expect(times.lateness?.maxMs).toBeGreaterThan(800);
  expect(times.success?.maxMs).toBeGreaterThan(800);
  expect(times.success?.p90Ms).toBeGreaterThan(300);
  expect(bottleneck.isBottleneck).toBe(true);
});

test('a closed loop MUST NOT have more in flight than was asked for', async () => {
  const open: number[] = [];
  const summary = await runAt('--users 20 --closed 5 --duration 2');
  for (const { gauges } of summary.seconds) open.push(gauges.open);
  expect(Math.max(...open)).toBeLessThanOrEqual(5);
  expect(summary.verdict.holds).toBe(true);
  expect(summary.counts.sent).toBeGreaterThan(100);
});

test('a storm MUST break so many connections, and all of them come back', async () => {
  // The sink says 200 to what it sends into a broken connection.
  const summary = await runAt('--users 100 --rate 200 --duration 3 --storm 1:0.5 --allow lost');
  const { events, totals, seconds } = summary;
  expect(events.map(({ text }) => text)).toContain('50 % of the connections break at once');
  expect(totals.registered).toBeGreaterThan(130);
  expect(totals.registered).toBeLessThan(170);
  expect(seconds.find(({ second }) => second === 2)?.gauges.connected).toBe(100);
  expect(summary.verdict.breaches.filter(({ isAllowed }) => !isAllowed)).toEqual([]);
});

test('a sender that got 503 with Retry-After: 1 SHOULD send nothing for a second (RFC 3261 §21.5.4), when it is to obey', async () => {
  const load = '--users 2 --senders 1 --closed 1 --duration 4';
  const fault = { kind: 'refuse', every: 50 } as const;
  const obeying = await runAt(`${load} --obey-retry-after`, { fault });
  // 49 messages are taken and one is refused, and then it is quiet for a second: four times in four seconds at most.
  const { 200: taken = 0, 503: refused = 0 } = obeying.statuses;
  expect(refused).toBeGreaterThanOrEqual(2);
  expect(refused).toBeLessThanOrEqual(4);
  expect(taken).toBeGreaterThanOrEqual(refused * 49);
  expect(taken).toBeLessThanOrEqual((refused + 1) * 49);
  expect(obeying.counts.unsent).toBeGreaterThan(0);
  sink?.stop();
  const deaf = await runAt(load, { fault });
  expect(deaf.statuses[503]).toBeGreaterThan(4);
  expect(deaf.counts.unsent).toBe(0);
});

test('while a sender obeys a Retry-After the others MUST send what is due', async () => {
  const load = '--users 60 --rate 200 --duration 3 --arrivals even --obey-retry-after';
  const { counts, statuses } = await runAt(load, { fault: { kind: 'refuse', every: 50 } });
  expect(counts).toMatchObject({ sent: 600, unsent: 0 });
  expect(statuses).toEqual({ 200: 588, 503: 12 });
});

test('an abusive source MUST be counted apart', async () => {
  const summary = await runAt('--users 20 --rate 100 --duration 2 --abuse 10 --arrivals even');
  expect(summary.totals.abuseIntended).toBe(100);
  expect(summary.success).toEqual({ wellBehaved: 1, abusive: 1 });
});

test('a run at a port where nobody listens MUST NOT be made', async () => {
  sink = await LoadSink.start();
  const { port } = sink;
  sink.stop();
  sink = undefined;
  const args = ['--target', `tcp://127.0.0.1:${port}`, '--users', '1'];
  const options = readOptions(parseCommandLine(args), NO_FILES, 10_000);
  const watcher = { onPhase: () => undefined, onSecond: () => undefined };
  await new Promise((resolve) => setTimeout(resolve, 300));
  await expect(new Conductor(options, watcher).run()).rejects.toThrow(RunError);
});
