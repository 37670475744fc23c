/**
 * How much the load generator itself can offer: one generator process against the sink of test/load, which answers at once.
 *
 *   node --conditions=source bench/load.ts [--rates 5000,10000,15000] [--users 2000] [--seconds 8]
 *
 * Every message is sent on its sender's connection, received and answered on its recipient's, and counted. CPU is that of the generator process;
 * 1,000,000 through it is what one core is good for. The sink needs about as much of another core.
 */
import { parseArgs } from 'node:util';
import { Conductor } from '../test/load/conductor.ts';
import { LoadSink } from '../test/load/load-sink.ts';
import { parseCommandLine, readOptions } from '../test/load/options.ts';
import { summarise } from '../test/load/report/summary.ts';

const { values } = parseArgs({
  options: {
    rates: { type: 'string', default: '5000,10000,15000' },
    users: { type: 'string', default: '2000' },
    seconds: { type: 'string', default: '8' },
  },
});

const sink = await LoadSink.start();
try {
  for (const rate of values.rates.split(',')) {
    const args = ['--target', `tcp://127.0.0.1:${sink.port}`, '--users', values.users];
    args.push('--rate', rate, '--duration', values.seconds, '--workers', '1', '--no-collect');
    const options = readOptions(parseCommandLine(args), () => '', Infinity);
    const watcher = { onPhase: () => undefined, onSecond: () => undefined };
    const summary = summarise(await new Conductor(options, watcher).run(), options, '');
    const { rates, times, seconds, verdict, counts } = summary;
    const measured = seconds.filter(({ second }) => second >= 0 && second < options.seconds);
    const cpuSec = measured.reduce((sum, { gauges }) => sum + gauges.cpuSec, 0);
    const cpuUs = (cpuSec / measured.length / rates.sent) * 1e6;
    const perCore = Math.round(1e6 / cpuUs);
    const { p50Ms = Number.NaN, p99Ms = Number.NaN } = times.lateness ?? {};
    console.log(
      `offered ${rate}/s: sent ${rates.sent.toFixed(0)}/s, received ${rates.goodput.toFixed(0)}/s, ${cpuUs.toFixed(1)} µs CPU per message ` +
        `(${perCore}/s per core), late by p50 ${p50Ms.toFixed(2)}, p99 ${p99Ms.toFixed(2)} ms, ` +
        `${counts.sent - counts.received} lost${verdict.holds ? '' : ', INVARIANT BROKEN'}`,
    );
    if (!verdict.holds) process.exitCode = 1;
  }
} finally {
  sink.stop();
}
