// Compiles the services before the first test starts one: only a process that ends by itself keeps what it compiled, and those of tests
// are mostly killed.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import NODE_FLAGS from '../tools/node-flags.json' with { type: 'json' };

const run = promisify(execFile);
const SERVICES = ['edge', 'registrar', 'router', 'standalone'];

export async function setup(): Promise<void> {
  // What has changed since is compiled at each start, as without it.
  if (existsSync(process.env.NODE_COMPILE_CACHE ?? '')) return;
  const services = join(import.meta.dirname, '../services');
  // One that cannot be started is a matter of the tests that start it.
  await Promise.allSettled(
    SERVICES.map((service) => {
      const main = join(services, service, 'src/main.ts');
      return run(process.execPath, [...NODE_FLAGS, main, '--help']);
    }),
  );
}
