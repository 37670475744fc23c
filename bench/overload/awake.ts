import { openSync, writeSync } from 'node:fs';

/** Whoever holds it open says what latency he can bear: a 32-bit number of microseconds.  @see Linux, PM Quality of Service Interface */
const LATENCY = '/dev/cpu_dma_latency';
const NONE_US = Buffer.alloc(4);

/** No processor sleeps from now on until this process ends. One that has slept works more slowly for a while, which makes the same piece of work cost 1.4 times as
 *  much at a low load as at a high one: capacity found at one of them would not be that at the other.
 *  @returns false: that cannot be had here */
export function stayAwake(): boolean {
  try {
    writeSync(openSync(LATENCY, 'w'), NONE_US);
    return true;
  } catch {
    return false;
  }
}
