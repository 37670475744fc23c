/**
 * What the congestion controller costs per request.
 *
 *   node --conditions=source bench/congestion.ts      ns per call of admit, best and median of several rounds; bytes allocated per call
 */
import { CongestionController, TrafficClass, type Verdict } from '@hermod/congestion';

const CALLS = 1_000_000;
const ROUNDS = 9;
const SOURCES = 10_000;

function bench(name: string, callsPerMs: number): void {
  const controller = new CongestionController(
    {
      signals: {
        read: () => ({
          utilisation: 0.98,
          loopDelayMs: 5,
          appendMs: 5,
          sojournMs: 1,
          inFlight: 0.1,
          routerLoss: 0,
        }),
        appending: 0,
      },
      random: Math.random,
      initialPerSec: 10_000,
    },
    0,
  );
  const seen: Record<Verdict, number> = { admit: 0, reject: 0, drop: 0 };
  const rounds: number[] = [];
  let call = 0;
  let bytes = Infinity;
  for (let round = 0; round < ROUNDS; round += 1) {
    const heap = process.memoryUsage().heapUsed;
    const began = performance.now();
    for (let i = 0; i < CALLS; i += 1) {
      call += 1;
      const nowMs = Math.floor(call / callsPerMs);
      seen[controller.admit(TrafficClass.MESSAGE, (call * 7_919) % SOURCES, nowMs)] += 1;
      if (call % (callsPerMs * 100) === 0) controller.tick(nowMs);
    }
    rounds.push(((performance.now() - began) * 1e6) / CALLS);
    const grown = process.memoryUsage().heapUsed - heap;
    if (grown >= 0) bytes = Math.min(bytes, grown / CALLS);
  }
  rounds.sort((a, b) => a - b);
  const [best = 0] = rounds;
  const median = rounds[ROUNDS >> 1] ?? 0;
  const parts = Object.entries(seen).map(
    ([verdict, n]) => `${verdict} ${Math.round((100 * n) / call)} %`,
  );
  console.log(
    `${name}: ${best.toFixed(0)} ns best, ${median.toFixed(0)} median, ${bytes.toFixed(1)} bytes per call (${parts.join(', ')})`,
  );
}

bench('below capacity', 5);
bench('ten times above', 100);
