import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

// Below the ports that the system gives to outgoing connections and to whoever asks for port 0 (Linux: from 32,768).
const FROM = 15_000;
/** Of test files that run at the same time, each has its own. */
const PORTS_PER_WORKER = 2_000;
const WORKERS = 8;
/** Nobody may listen there yet, and be about to. */
const given = new Set<number>();

/** Loopback ports that are free for TCP, and stay so while nobody listens on them: for programs that cannot bind port 0 themselves, and for
 *  processes that are killed and started again. */
export async function freePorts(count: number): Promise<number[]> {
  // biome-ignore lint/style/noProcessEnv: set by vitest, from 1
  const worker = Number(process.env.VITEST_POOL_ID ?? 0) % WORKERS;
  const from = FROM + worker * PORTS_PER_WORKER;
  const first = randomInt(PORTS_PER_WORKER);
  const ports: number[] = [];
  for (let i = 0; i < PORTS_PER_WORKER && ports.length < count; i += 1) {
    const port = from + ((first + i) % PORTS_PER_WORKER);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    ports.push(port);
  }
  if (ports.length < count) throw new Error(`no ${count} free ports from ${from} on`);
  return ports;
}

/** One free loopback port. */
export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    // Somebody listens there.
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
