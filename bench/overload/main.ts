/**
 * Overload, Hermod beside Kamailio: each alone under the same CPU quota with a period of 10 ms.
 *
 *   node --conditions=source bench/overload/main.ts                 both, a fifth of a core each; about 50 minutes
 *   … --out DIR                                                     besides DIR/overload.json and DIR/overload.svg
 *   … --quota 0.1 --seconds 20 --only hermod --peak 700 --rounds 1  another quota, longer, one of them, its peak known, once
 *
 * First the peak: the highest rate, without admission control, at which every message is answered 2xx with a 99th percentile under 250 ms. Then,
 * with it, half of that, once, twice, five and ten times, and half of it again. The medians of seven such rounds count, since the machine is not always
 * equally fast (of three for Kamailio, which is only there to be looked at). The generator is hermod-load: its ledger says what was lost.
 * Exit code 1 when Hermod misses a bound. Needs root (control groups), and Debian's kamailio for the comparison.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { stayAwake } from './awake.ts';
import { CpuGroup, NoControlGroupError } from './cpu-group.ts';
import { MachinePace } from './machine-pace.ts';
import { type Crowd, type LoadResult, offerLoad, type Stretch } from './offered-load.ts';
import { findPeak } from './peak.ts';
import { plotOf } from './plot.ts';
import { type Contender, findKamailio, HERMOD } from './servers.ts';
import { bounds, FACTORS, MAX_P99_MS, type Measured, type Round, tableOf } from './verdict.ts';

/** Without a quota, so that code is compiled and pools are filled. */
const WARM_UP = { perSec: 2_000, seconds: 12 };
/** Then under it, the control too: who searches for the peak has been above it by then as well. In multiples of the peak. */
const REHEARSAL = [
  { factor: 2, seconds: 15 },
  { factor: 10, seconds: 5 },
] as const;
/** What is found is at most so much below what is there. */
const PRECISION = 1.05;
/** Nothing is asked of whoever is not Hermod: fewer rounds will do. */
const MAX_ROUNDS_OF_OTHERS = 3;
/** The search of the next round begins at so much of what was found. */
const NEXT_FIRST = 0.8;

const { values } = parseArgs({
  options: {
    quota: { type: 'string', default: '0.2' },
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '8' },
    users: { type: 'string', default: '200' },
    senders: { type: 'string', default: '50' },
    first: { type: 'string', default: '1000' },
    only: { type: 'string' },
    peak: { type: 'string' },
    out: { type: 'string' },
  },
});
const share = Number(values.quota);
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const crowd: Crowd = { users: Number(values.users), senders: Number(values.senders) };
let runs = 0;

function nextPrefix(): string {
  runs += 1;
  return `overload${runs}-`;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function withServer<T>(
  contender: Contender,
  isControlled: boolean,
  use: (offer: (stretches: readonly Stretch[]) => Promise<LoadResult>) => Promise<T>,
): Promise<T> {
  const group = new CpuGroup('server');
  try {
    const server = await contender.start(group, isControlled);
    try {
      await offerLoad(server, undefined, crowd, [WARM_UP], nextPrefix());
      return await use((stretches) =>
        offerLoad(server, { group, share }, crowd, stretches, nextPrefix()),
      );
    } finally {
      group.lift();
      await server.stop();
    }
  } finally {
    await group.remove();
  }
}

async function peakOf(contender: Contender, firstPerSec: number): Promise<number> {
  const { name } = contender;
  const probe = async (
    offer: (stretches: readonly Stretch[]) => Promise<LoadResult>,
    perSec: number,
  ): Promise<boolean> => {
    const { stretches, summary } = await offer([{ perSec, seconds }]);
    const [{ p99Ms = Number.NaN } = {}] = stretches;
    const { delivered, sent, unsent } = summary.counts;
    const holds = delivered === sent && unsent === 0 && p99Ms <= MAX_P99_MS;
    say(
      `${name} at ${perSec}/s: ${sent + unsent - delivered} not answered 200, p99 ${p99Ms.toFixed(0)} ms${holds ? '' : ' – too much'}`,
    );
    return holds;
  };
  return withServer(contender, false, (offer) =>
    findPeak((perSec) => probe(offer, perSec), firstPerSec, PRECISION),
  );
}

/** The machine is faster in one minute than in the next: whoever is measured with control is so right after without. */
async function measure(contender: Contender, pace: MachinePace): Promise<Measured> {
  const { name, version } = contender;
  const wanted = contender === HERMOD ? rounds : Math.min(rounds, MAX_ROUNDS_OF_OTHERS);
  const done: Round[] = [];
  let firstPerSec = Number(values.first);
  while (done.length < wanted) {
    const searchedFromMs = Date.now();
    const peakPerSec =
      values.peak === undefined ? await peakOf(contender, firstPerSec) : Number(values.peak);
    const peakPace = pace.between(searchedFromMs, Date.now());
    say(`${name}: peak ${peakPerSec}/s, round ${done.length + 1} of ${wanted}`);
    const stepOf = (factor: number): Stretch => ({ perSec: factor * peakPerSec, seconds });
    const result = await withServer(contender, true, async (offer) => {
      await offer(REHEARSAL.map((one) => ({ ...stepOf(one.factor), seconds: one.seconds })));
      return offer(FACTORS.map(stepOf));
    });
    const paces = result.stretches.map(({ endedAtMs }) => {
      return peakPace / pace.between(endedAtMs - 1_000 * seconds, endedAtMs);
    });
    done.push({ peakPerSec, result, paces });
    firstPerSec = Math.round(NEXT_FIRST * peakPerSec);
  }
  return { name, version, rounds: done };
}

async function main(pace: MachinePace): Promise<number> {
  if (!stayAwake()) {
    say(
      'processors may sleep here (no /dev/cpu_dma_latency): the figures vary more than they need to',
    );
  }
  const kamailio = findKamailio();
  if (kamailio === undefined) say('kamailio is not installed: Hermod alone');
  const contenders = [kamailio, HERMOD].filter(
    (one) =>
      one !== undefined && (values.only === undefined || one.name.toLowerCase() === values.only),
  );
  const all: Measured[] = [];
  for (const contender of contenders) {
    if (contender === undefined) continue;
    const measured = await measure(contender, pace);
    all.push(measured);
    process.stdout.write(`${tableOf(measured)}\n`);
  }
  if (values.out !== undefined) {
    mkdirSync(values.out, { recursive: true });
    const plain = all.map(({ name, version, ...rest }) => ({
      name,
      version,
      rounds: rest.rounds.map(({ peakPerSec, result, paces }) => ({
        peakPerSec,
        steps: result.stretches.map((stretch, i) => ({
          ...{ factor: FACTORS[i], machine: paces[i] },
          ...stretch,
        })),
        recoverySec: result.recoverySec,
        counts: result.summary.counts,
        breaches: result.summary.verdict.breaches,
        statuses: result.summary.statuses,
      })),
    }));
    const report = { quota: share, periodMs: 10, seconds, ...crowd, contenders: plain };
    writeFileSync(join(values.out, 'overload.json'), `${JSON.stringify(report, undefined, 1)}\n`);
    writeFileSync(join(values.out, 'overload.svg'), plotOf(all, share));
  }
  const hermod = all.find(({ name }) => name === HERMOD.name);
  if (hermod === undefined) return 0;
  let isGood = true;
  for (const { what, value, bound, passes } of bounds(hermod)) {
    isGood &&= passes;
    process.stdout.write(`${passes ? 'pass' : 'FAIL'}  ${what}: ${value} (${bound})\n`);
  }
  return isGood ? 0 : 1;
}

try {
  // Whoever measures should not wait for others.
  const generator = new CpuGroup('generator');
  generator.enter();
  try {
    process.exitCode = await main(new MachinePace());
  } finally {
    generator.leave();
    await generator.remove();
  }
} catch (error) {
  if (!(error instanceof NoControlGroupError)) throw error;
  say(error.message);
  process.exitCode = 2;
}
