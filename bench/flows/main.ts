/**
 * What many connections cost one process: memory per flow, messages over all of them, and the storm when all come back at once.
 *
 *   node --conditions=source bench/flows/main.ts [--transport tcp|tls|ws] [--flows 15000] [--steps 5] [--ping 30] [--hold 0]
 *     [--rate 1000] [--seconds 20] [--storm] [--out DIR]
 *
 * The standalone is a process of its own on free ports and an empty data directory on disk; the devices are a second process. Each
 * registers over a connection of its own, from one of several loopback addresses, and then only pings. Memory is read after
 * collections of garbage, at so many steps; per flow is the slope of the least squares, so what the process needs without flows does not count.
 * `--rate`: then, in place of the devices, as many users of `npm run load` send to each other. `--storm`: 500 users of `npm run load` send 200/s
 * for 20 s; after 5 s the connections of all devices break, and all come back at once.
 * Needs as many open files as flows, and a few hundred, in two processes. Ends by itself.
 */
import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { CertificateAuthority, freePorts } from '@hermod/testkit';
import type { Summary } from '../../test/load/report/summary.ts';
import { plotOf, type Step, slopeOf } from './plot.ts';
import { ask, type DeviceReport, type DeviceTransport, type Reading } from './protocol.ts';

const { values } = parseArgs({
  options: {
    transport: { type: 'string', default: 'tcp' },
    flows: { type: 'string', default: '15000' },
    steps: { type: 'string', default: '5' },
    ping: { type: 'string', default: '30' },
    hold: { type: 'string', default: '0' },
    rate: { type: 'string', default: '0' },
    seconds: { type: 'string', default: '20' },
    storm: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});
const ROOT = join(import.meta.dirname, '..', '..');
const WARM_UP_FLOWS = 500;
const STORM = { users: 500, rate: 200, seconds: 20, afterSec: 5 } as const;
const transport = values.transport as DeviceTransport;
const flows = Number(values.flows);
const steps = Number(values.steps);

const [sipPort = 0, devicePort = 0, httpPort = 0] = await freePorts(3);
const authority = new CertificateAuthority();
const { certFile, keyFile } = authority.issue({ altNames: ['IP:127.0.0.1'] });
// Not the temporary directory: it may be in memory.
const dataDir = mkdtempSync(join(ROOT, 'node_modules', '.bench-flows-'));
const standalone = spawn(
  process.execPath,
  [
    ...['--conditions=source', '--expose-gc'],
    ...['--import', join(import.meta.dirname, 'probe.ts')],
    join(ROOT, 'services/standalone/src/main.ts'),
  ],
  {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: {
      ...process.env,
      ...{ HERMOD_DOMAINS: 'example.com', HERMOD_DATA_DIR: dataDir },
      HERMOD_SIP_LISTEN: `tcp://127.0.0.1:${sipPort},${transport}://127.0.0.1:${devicePort}`,
      ...{ HERMOD_TLS_CERT: certFile, HERMOD_TLS_KEY: keyFile },
      HERMOD_HTTP_LISTEN: `127.0.0.1:${httpPort}`,
    },
  },
);
const devices = fork(join(import.meta.dirname, 'devices.ts'), {
  execArgv: ['--conditions=source'],
});

/** `npm run load` over TCP, and its report. */
async function load(users: number, rate: number, seconds: number): Promise<Summary> {
  const report = join(dataDir, `load-${users}`);
  const child = spawn(
    process.execPath,
    [
      ...['--conditions=source', join(ROOT, 'test/load/main.ts')],
      ...['--target', `tcp://127.0.0.1:${sipPort}`, '--domain', 'example.com'],
      ...['--local-address', Array.from({ length: 8 }, (_, i) => `127.0.2.${i + 1}`).join()],
      ...['--users', String(users), '--rate', String(rate), '--duration', String(seconds)],
      ...['--workers', '1', '--quiet', '--report', report],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  await once(child, 'exit');
  return JSON.parse(readFileSync(`${report}.json`, 'utf8'));
}

async function untilReady(child: ChildProcess): Promise<void> {
  let text = '';
  child.stdout?.setEncoding('latin1').on('data', (chunk: string) => {
    text = text.slice(-200) + chunk;
    if (text.includes('Hermod is ready')) child.emit('ready');
  });
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('it did not start')));
  await Promise.race([once(child, 'ready'), ended]);
}

function connectTo(count: number): Promise<DeviceReport> {
  const to = { transport, port: devicePort, pingSec: Number(values.ping) };
  return ask(devices, { kind: 'connect', count, ...to });
}

const kb = (bytes: number): string => (bytes / 1024).toFixed(1);
const ms = (value: number | undefined): string => `${(value ?? Number.NaN).toFixed(0)} ms`;

async function measureMemory(): Promise<Step[]> {
  const taken: Step[] = [];
  await connectTo(WARM_UP_FLOWS);
  for (let i = 0; i <= steps; i += 1) {
    const count = Math.max(WARM_UP_FLOWS, Math.round((flows * i) / steps));
    const { tookMs, failed } = await connectTo(count);
    await delay(500);
    const reading = await ask<Reading>(standalone, 'read');
    taken.push({ flows: count, ...reading });
    console.log(
      `${String(count).padStart(6)} flows  heap ${kb(reading.heapBytes / 1024)} MB, external ${kb(reading.externalBytes / 1024)} MB, ` +
        `resident ${kb(reading.residentBytes / 1024)} MB  (${ms(tookMs)}, ${failed} tries failed)`,
    );
  }
  const slope = (of: (step: Step) => number): string => kb(slopeOf(taken, of));
  console.log(
    `per ${transport} flow: heap ${slope((step) => step.heapBytes)} KB, external ${slope((step) => step.externalBytes)} KB, ` +
      `resident ${slope((step) => step.residentBytes)} KB`,
  );
  return taken;
}

async function hold(seconds: number): Promise<void> {
  const { pings: before } = await connectTo(flows);
  await delay(seconds * 1000);
  const { registered, failed, pings, pongs } = await connectTo(flows);
  console.log(
    `held ${seconds} s: ${registered} registered, ${failed} lost, ${pings - before} pings, ${pings - pongs} of all without an answer yet`,
  );
}

async function storm(): Promise<void> {
  const { users, rate, seconds, afterSec } = STORM;
  const running = load(users, rate, seconds);
  // They register first, and send three seconds without being measured.
  await delay((3 + 1 + afterSec) * 1000);
  standalone.send('watch the loop');
  const { tookMs, failed, registered } = await ask<DeviceReport>(devices, { kind: 'storm' });
  const { longestStopMs } = await ask<Reading>(standalone, 'read');
  const summary = await running;
  console.log(
    `storm of ${flows}: ${registered} registered again after ${ms(tookMs)}, ${failed} tries failed; the loop stood still for ${ms(longestStopMs)} at most`,
  );
  console.log(`  the others meanwhile: ${resultOf(summary)}`);
}

function resultOf({ counts, times, verdict, statuses }: Summary): string {
  const { success } = times;
  return (
    `${counts.sent} messages, ${JSON.stringify(statuses)}, p50 ${ms(success?.p50Ms)}, p99 ${ms(success?.p99Ms)}, ` +
    `longest ${ms(success?.maxMs)}; ${verdict.holds ? 'every invariant holds' : JSON.stringify(verdict.breaches)}`
  );
}

try {
  await untilReady(standalone);
  const openFiles = execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim();
  console.log(`${flows} ${transport} flows, node ${process.version}, ${openFiles} open files`);
  const taken = await measureMemory();
  if (values.out !== undefined) {
    writeFileSync(join(values.out, `flows-${transport}.json`), `${JSON.stringify(taken)}\n`);
    writeFileSync(join(values.out, `flows-${transport}.svg`), plotOf(transport, taken));
  }
  if (values.hold !== '0') await hold(Number(values.hold));
  if (values.storm) await storm();
  if (values.rate !== '0') {
    await ask(devices, { kind: 'leave' });
    await delay(2000);
    console.log(
      `${flows} users: ${resultOf(await load(flows, Number(values.rate), Number(values.seconds)))}`,
    );
  }
} finally {
  devices.kill();
  if (standalone.exitCode === null) {
    standalone.kill('SIGTERM');
    await once(standalone, 'exit');
  }
  rmSync(dataDir, { recursive: true, force: true });
  authority.remove();
}
