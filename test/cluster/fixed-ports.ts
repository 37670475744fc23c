import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

// Below the ports that the system gives to outgoing connections (Linux: from 32768): while the process that listens on one is dead,
// no connection of a device may take it.
const FROM = 15_000;
const BELOW = 32_000;

/** Loopback ports that are free, and stay so while nobody listens on them: for processes that are killed and started again. */
export async function fixedPorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let port = randomInt(FROM, BELOW); ports.length < count; port += 1) {
    if (port >= BELOW) port = FROM;
    if (await isFree(port)) ports.push(port);
  }
  return ports;
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
