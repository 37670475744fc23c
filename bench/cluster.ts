/**
 * What a cluster on one machine carries: real Kafka and Redis, two edges, two routers and a registrar as `npm run cluster` starts them.
 * Devices register at one edge, messages enter at the other.
 *
 *   node --conditions=source bench/cluster.ts [--rates 500,1000,2000] [--seconds 20] [--warm-up 10] [--users 1000]
 *
 * Starts with an empty data directory. CPU is the kernel's account of each process; "hermod" is all Hermod processes together.
 */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { askLoad } from './load/load-protocol.ts';

const { values } = parseArgs({
  options: {
    rates: { type: 'string', default: '500,1000,2000' },
    seconds: { type: 'string', default: '20' },
    'warm-up': { type: 'string', default: '10' },
    users: { type: 'string', default: '1000' },
  },
});
const ROOT = join(import.meta.dirname, '..');
const START_MS = 180_000;

/** One process that `npm run cluster` names. */
type Member = { readonly name: string; readonly pid: number; readonly sip?: readonly string[] };

function cpuUs(pid: number): number {
  let ns = 0;
  for (const tid of readdirSync(`/proc/${pid}/task`)) {
    ns += Number(readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'utf8').split(' ')[0]);
  }
  return ns / 1000;
}

function tcpPort(member: Member | undefined): number {
  return Number(
    member?.sip
      ?.find((url) => url.startsWith('tcp:'))
      ?.split(':')
      .at(-1),
  );
}

// Not the temporary directory: it may be in memory.
const dataDir = mkdtempSync(join(ROOT, 'node_modules', '.bench-cluster-'));
const cluster = spawn(
  process.execPath,
  ['--conditions=source', join(ROOT, 'tools/cluster.ts'), '--fresh'],
  {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, HERMOD_DOMAINS: 'example.com', HERMOD_DATA_DIR: dataDir },
  },
);
const members: Member[] = [];
async function untilReady(): Promise<void> {
  for await (const line of createInterface({ input: cluster.stdout })) {
    if (line === 'ready') return;
    members.push(JSON.parse(line));
  }
  throw new Error('the cluster did not start; its messages are above');
}
const load = fork(join(import.meta.dirname, 'load', 'load.ts'), {
  execArgv: ['--conditions=source'],
});
try {
  const timeout = setTimeout(() => cluster.kill('SIGTERM'), START_MS);
  await untilReady();
  clearTimeout(timeout);
  const [first, second] = members.filter((member) => member.name.startsWith('edge-'));
  const users = Number(values.users);
  await askLoad(load, {
    kind: 'register',
    port: tcpPort(first),
    sendPort: tcpPort(second),
    users,
  });
  const rates = values.rates.split(',').map(Number);
  const seconds = Number(values.seconds);
  const warmUpRate = rates.at(-1) ?? 2000;
  await askLoad(load, { kind: 'send', rate: warmUpRate, seconds: Number(values['warm-up']) });
  console.log(
    `cluster on node ${process.version}, ${users} users; warm-up: the cluster's own, then ${values['warm-up']} s at ${warmUpRate}/s; ${seconds} s each`,
  );
  console.log(
    `${'rate/s'.padStart(7)} ${'sent'.padStart(7)} ${'lost'.padStart(5)} ${'p50 ms'.padStart(7)} ${'p99 ms'.padStart(7)} ${'hermod µs'.padStart(9)} ${'all µs'.padStart(7)}  by process, CPU µs per message`,
  );
  for (const rate of rates) {
    const before = members.map((member) => cpuUs(member.pid));
    const report = await askLoad(load, { kind: 'send', rate, seconds });
    const used = members.map((member, i) => cpuUs(member.pid) - (before[i] ?? 0));
    const sum = (isCounted: (name: string) => boolean): string =>
      (
        members.reduce((us, { name }, i) => us + (isCounted(name) ? (used[i] ?? 0) : 0), 0) /
        report.sent
      ).toFixed(1);
    const row = [
      String(rate).padStart(7),
      String(report.sent).padStart(7),
      String(report.sent - report.answered).padStart(5),
      report.p50Ms.toFixed(2).padStart(7),
      report.p99Ms.toFixed(2).padStart(7),
      sum((name) => name !== 'kafka' && name !== 'redis').padStart(9),
      sum(() => true).padStart(7),
    ];
    const each = members.map(
      ({ name }, i) => `${name} ${((used[i] ?? 0) / report.sent).toFixed(0)}`,
    );
    console.log(`${row.join(' ')}  ${each.join(', ')}`);
  }
} finally {
  load.kill();
  if (cluster.exitCode === null) {
    cluster.kill('SIGTERM');
    await once(cluster, 'exit');
  }
  rmSync(dataDir, { recursive: true, force: true });
}
