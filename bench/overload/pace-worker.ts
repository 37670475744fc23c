import { parentPort } from 'node:worker_threads';

const EVERY_MS = 250;
const LINES = Array.from({ length: 100 }, (_, i) => `Header-${i}: value ${i};tag=${i * 7919}`);
/** More than a core's own cache. */
const CELLS = new Uint32Array(1 << 22);

/** Some milliseconds of what a SIP server does: text, tables, and memory that is far away. */
function work(): number {
  const seen = new Map<string, string>();
  for (let round = 0; round < 20; round += 1) {
    for (const line of LINES) {
      const colon = line.indexOf(':');
      seen.set(line.slice(0, colon) + round, line.slice(colon + 2).toUpperCase());
    }
  }
  let at = 1;
  for (let i = 0; i < 100_000; i += 1) {
    at = (Math.imul(at, 1_664_525) + 1_013_904_223) >>> 0;
    const cell = at & (CELLS.length - 1);
    CELLS[cell] = (CELLS[cell] ?? 0) + 1;
  }
  return seen.size;
}

function sample(): void {
  const fromMs = performance.now();
  work();
  parentPort?.postMessage(performance.now() - fromMs);
}

for (let i = 0; i < 100; i += 1) work();
setInterval(sample, EVERY_MS);
