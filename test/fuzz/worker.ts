import { parentPort, workerData } from 'node:worker_threads';
import { FuzzRun } from './fuzz.ts';
import { TARGETS } from './targets/index.ts';

/** What a worker is told. */
export type WorkerTask = {
  readonly seed: number;
  /** The worker's inputs: first, first + step, … below end. */
  readonly first: number;
  readonly step: number;
  readonly end: number;
  readonly targets: readonly string[];
  /** One number: the index of the input being checked, written before it is. −1: done. */
  readonly progress: SharedArrayBuffer;
};

const task: WorkerTask = workerData;
const run = new FuzzRun(
  task.seed,
  TARGETS.filter(({ name }) => task.targets.includes(name)),
);
const progress = new BigInt64Array(task.progress);

let isBroken = false;
for (let index = task.first; index < task.end; index += task.step) {
  Atomics.store(progress, 0, BigInt(index));
  const failure = await run.step(index);
  if (failure !== undefined) {
    isBroken = true;
    parentPort?.postMessage(failure);
    break;
  }
}
if (!isBroken) Atomics.store(progress, 0, -1n);
