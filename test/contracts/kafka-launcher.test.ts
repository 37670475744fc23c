import { execFile } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

const run = promisify(execFile);

/** Command lines that name `text`. */
function processesWith(text: string): readonly string[] {
  return globSync('/proc/[0-9]*/cmdline').filter((path) => {
    try {
      return readFileSync(path, 'latin1').includes(text);
    } catch {
      // Ended meanwhile.
      return false;
    }
  });
}

test('a process that ends while its broker is starting MUST NOT leave it behind', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'hermod-kafka-launcher-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const script = `
    import { existsSync } from 'node:fs';
    import { startKafka } from '@hermod/testkit';
    // The broker's output is opened just before the broker is.
    setInterval(() => { if (existsSync('${directory}/broker.out')) process.exit(0); }, 1);
    await startKafka({ own: true, dataDir: '${directory}' });
  `;
  const flags = ['--conditions=source', '--input-type=module', '-e', script];
  await run(process.execPath, flags, { cwd: join(import.meta.dirname, '..') });
  await expect.poll(() => processesWith(directory), { timeout: 5000 }).toEqual([]);
});
