/**
 * The controller of every edge against a model of the whole cluster: 1,000 edges, 10 million users, signals that are late, noisy or missing.
 *
 *   node --conditions=source bench/sim/main.ts                    figures, exit 1 when one misses its bound
 *   node --conditions=source bench/sim/main.ts --out DIR          besides DIR/sim.json and DIR/sim.html
 *   … --edges 100 --only surge --seed 7                           a smaller run, one scenario, other dice
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { simulate, USERS_PER_EDGE } from './cluster-model.ts';
import { pageOf, passes, type Result } from './plot.ts';
import { TRIALS } from './scenarios.ts';

const { values } = parseArgs({
  options: {
    edges: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    out: { type: 'string' },
  },
});
const edges = Number(values.edges);
const trials = TRIALS.filter(({ name }) => values.only === undefined || name === values.only);
if (!(edges >= 10) || trials.length === 0) {
  console.error(`--edges N, 10 at least; --only one of: ${TRIALS.map((t) => t.name).join(', ')}`);
  process.exit(64);
}
const title = `${edges.toLocaleString('en')} edges, ${(edges * USERS_PER_EDGE).toLocaleString('en')} users, seed ${values.seed}`;
console.log(title);
const results: Result[] = trials.map((trial) => {
  const outcome = simulate(trial, edges, Number(values.seed));
  const figures = trial.judge(outcome);
  console.log(`\n${trial.name}`);
  for (const figure of figures) {
    const bound = `${figure.isLeast ? '≥' : '≤'} ${figure.bound}`;
    const verdict = passes(figure) ? 'pass' : 'FAIL';
    console.log(`  ${verdict}  ${figure.what}: ${figure.value.toFixed(3)} (${bound})`);
  }
  return { trial, outcome, figures };
});
if (values.out !== undefined) {
  mkdirSync(values.out, { recursive: true });
  const plain = results.map(({ trial, outcome, figures }) => ({
    name: trial.name,
    about: trial.about,
    figures: figures.map((figure) => ({ ...figure, passes: passes(figure) })),
    seconds: outcome.seconds,
  }));
  writeFileSync(join(values.out, 'sim.json'), JSON.stringify({ title, edges, results: plain }));
  writeFileSync(join(values.out, 'sim.html'), pageOf(title, results));
}
process.exitCode = results.every(({ figures }) => figures.every(passes)) ? 0 : 1;
