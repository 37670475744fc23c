// Loaded into the process that holds the flows: tells what its memory is and how long its loop stood still, when it is asked.
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { Reading } from './protocol.ts';

/** Pages of what was freed go back to the kernel meanwhile. */
const SETTLE_MS = 300;

const loop = monitorEventLoopDelay({ resolution: 1 });

async function read(): Promise<Reading> {
  const { max, count } = loop;
  loop.disable();
  loop.reset();
  for (let i = 0; i < 2; i += 1) {
    // Gives back what the young generation and free pages took.
    global.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    await delay(SETTLE_MS);
  }
  const { heapUsed, external } = process.memoryUsage();
  // Without the pages of files: LMDB's map and the log are no part of a flow.
  const resident = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'latin1'));
  return {
    heapBytes: heapUsed,
    externalBytes: external,
    residentBytes: Number(resident?.[1]) * 1024,
    longestStopMs: count === 0 ? 0 : max / 1e6,
  };
}

process.on('message', (message) => {
  if (message === 'watch the loop') loop.enable();
  else void read().then((reading) => process.send?.(reading));
});
// The bench is gone.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
