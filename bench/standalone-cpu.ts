/**
 * What the standalone costs per message at fixed rates: sender → edge → log → router → edge → device, the 200 and back.
 *
 *   node --conditions=source bench/standalone-cpu.ts [--rates 1000,5000] [--seconds 10] [--warm-up 8] [--users 1000]
 *     [--node-flags "--max-semi-space-size=32"] [--profile cpu|heap] [--top 40] [--tls]
 *
 * The standalone is a process of its own on free ports and an empty data directory on disk; sender and device are a second
 * process, one TCP or TLS connection each. CPU is the kernel's account of each thread (schedstat). Bytes allocated per message come
 * from V8's own trace of its collections. The bindings are those of a device that registers over one connection and is
 * called over another, as SIPp does.
 */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CertificateAuthority, freePorts } from '@hermod/testkit';
import { askLoad } from './load/load-protocol.ts';
import { printCpuProfile, printHeapProfile } from './load/profile-top.ts';

const { values } = parseArgs({
  options: {
    rates: { type: 'string', default: '1000,5000' },
    seconds: { type: 'string', default: '10' },
    'warm-up': { type: 'string', default: '8' },
    users: { type: 'string', default: '1000' },
    'node-flags': { type: 'string', default: '' },
    profile: { type: 'string' },
    top: { type: 'string', default: '40' },
    tls: { type: 'boolean', default: false },
  },
});
const ROOT = join(import.meta.dirname, '..');
const WARM_UP_RATE = 3000;

/** Nanoseconds on a CPU, per thread of a process. */
type ThreadCpu = Map<string, { readonly name: string; readonly ns: number }>;

function threadsOf(pid: number): ThreadCpu {
  const threads: ThreadCpu = new Map();
  for (const tid of readdirSync(`/proc/${pid}/task`)) {
    const name = readFileSync(`/proc/${pid}/task/${tid}/comm`, 'utf8').trim();
    const [ns] = readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'utf8').split(' ');
    threads.set(tid, { name: tid === String(pid) ? 'main' : name, ns: Number(ns) });
  }
  return threads;
}

/** Microseconds between two readings, by thread name. */
function difference(before: ThreadCpu, after: ThreadCpu): Map<string, number> {
  const byName = new Map<string, number>();
  for (const [tid, { name, ns }] of after) {
    const us = (ns - (before.get(tid)?.ns ?? 0)) / 1000;
    byName.set(name, (byName.get(name) ?? 0) + us);
  }
  return byName;
}

/** Reads V8's `--trace-gc`: what was allocated is what the heap had grown by before each collection. */
class AllocationWatch {
  bytes = 0;
  collections = 0;
  pauseMs = 0;
  #heapAfterMb = Number.NaN;

  onLine(line: string): void {
    const found = /ms: \S[^(]*? ([\d.]+) \([\d.]+\) -> ([\d.]+) .* MB, ([\d.]+) \//.exec(line);
    if (found === null) return;
    const before = Number(found[1]);
    if (!Number.isNaN(this.#heapAfterMb)) {
      this.bytes += Math.max(0, before - this.#heapAfterMb) * 1024 * 1024;
    }
    this.#heapAfterMb = Number(found[2]);
    this.collections += 1;
    this.pauseMs += Number(found[3]);
  }
}

const [sipPort = 0, httpPort = 0] = await freePorts(2);
const authority = values.tls ? new CertificateAuthority() : undefined;
const issued = authority?.issue({ altNames: ['IP:127.0.0.1'] });
// Not the temporary directory: it may be in memory.
const dataDir = mkdtempSync(join(ROOT, 'node_modules', '.bench-standalone-'));
const preload = join(import.meta.dirname, 'load', 'profile-preload.ts');
const standalone = spawn(
  process.execPath,
  [
    ...['--conditions=source', '--trace-gc'],
    ...values['node-flags'].split(' ').filter((flag) => flag !== ''),
    ...(values.profile === undefined ? [] : ['--import', preload]),
    join(ROOT, 'services/standalone/src/main.ts'),
  ],
  {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      ...{ HERMOD_DOMAINS: 'example.com', HERMOD_DATA_DIR: dataDir },
      HERMOD_SIP_LISTEN: `${values.tls ? 'tls' : 'tcp'}://127.0.0.1:${sipPort}`,
      HERMOD_TLS_CERT: issued?.certFile,
      HERMOD_TLS_KEY: issued?.keyFile,
      HERMOD_TLS_CA: authority?.ca.certFile,
      HERMOD_HTTP_LISTEN: `127.0.0.1:${httpPort}`,
      HERMOD_TEST_PROFILE: values.profile,
      HERMOD_TEST_PROFILE_FILE: join(dataDir, 'profile.json'),
    },
  },
);
const allocation = new AllocationWatch();
let ready: () => void = () => undefined;
const isReady = new Promise<void>((resolve) => {
  ready = resolve;
});
let rest = '';
standalone.stdout.setEncoding('latin1').on('data', (text: string) => {
  const lines = (rest + text).split('\n');
  rest = lines.pop() ?? '';
  for (const line of lines) {
    if (line.includes('Hermod is ready')) ready();
    allocation.onLine(line);
  }
});
const load = fork(join(import.meta.dirname, 'load', 'load.ts'), {
  execArgv: ['--conditions=source'],
});
const pid = standalone.pid ?? 0;
try {
  await Promise.race([
    isReady,
    once(standalone, 'exit').then(() => Promise.reject(new Error('the standalone did not start'))),
  ]);
  const users = Number(values.users);
  const tls =
    authority === undefined
      ? undefined
      : { cert: issued?.cert, key: issued?.key, ca: authority.ca.cert };
  await askLoad(load, {
    ...{ kind: 'register', port: sipPort, users },
    ...(tls === undefined ? {} : { tls }),
  });
  const seconds = Number(values.seconds);
  await askLoad(load, { kind: 'send', rate: WARM_UP_RATE, seconds: Number(values['warm-up']) });
  console.log(
    `standalone on node ${process.version}, ${users} users, warm-up ${values['warm-up']} s at ${WARM_UP_RATE}/s, ${seconds} s each`,
  );
  console.log(
    `${'rate/s'.padStart(7)} ${'sent'.padStart(7)} ${'lost'.padStart(5)} ${'p50 ms'.padStart(7)} ${'p99 ms'.padStart(7)} ${'CPU µs'.padStart(7)} ${'main'.padStart(6)} ${'B alloc'.padStart(8)} ${'GCs'.padStart(4)} ${'GC ms'.padStart(6)}  other threads, µs`,
  );
  for (const rate of values.rates.split(',').map(Number)) {
    if (values.profile !== undefined) standalone.kill('SIGUSR2');
    const before = threadsOf(pid);
    const { bytes, collections, pauseMs } = allocation;
    const report = await askLoad(load, { kind: 'send', rate, seconds });
    const used = difference(before, threadsOf(pid));
    if (values.profile !== undefined) standalone.kill('SIGUSR2');
    const per = (us: number): string => (us / report.sent).toFixed(1);
    const total = [...used.values()].reduce((sum, us) => sum + us, 0);
    const others = [...used]
      .filter(([name, us]) => name !== 'main' && us / report.sent >= 0.05)
      .sort((a, b) => b[1] - a[1])
      .map(([name, us]) => `${name} ${per(us)}`)
      .join(', ');
    const row = [
      String(rate).padStart(7),
      String(report.sent).padStart(7),
      String(report.sent - report.answered).padStart(5),
      report.p50Ms.toFixed(2).padStart(7),
      report.p99Ms.toFixed(2).padStart(7),
      per(total).padStart(7),
      per(used.get('main') ?? 0).padStart(6),
      Math.round((allocation.bytes - bytes) / report.sent)
        .toString()
        .padStart(8),
      String(allocation.collections - collections).padStart(4),
      (allocation.pauseMs - pauseMs).toFixed(0).padStart(6),
    ];
    console.log(`${row.join(' ')}  ${others}`);
  }
} finally {
  load.kill();
  if (standalone.exitCode === null) {
    standalone.kill('SIGTERM');
    await once(standalone, 'exit');
  }
  if (values.profile === 'cpu') printCpuProfile(join(dataDir, 'profile.json'), Number(values.top));
  if (values.profile === 'heap')
    printHeapProfile(join(dataDir, 'profile.json'), Number(values.top));
  rmSync(dataDir, { recursive: true, force: true });
  authority?.remove();
}
