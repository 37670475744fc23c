// A kernel with SCTP for the tests beside this one and those of packages/transport, where that of this machine has none.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { sctpFault } from '@hermod/sctp';
import { describe, expect, test } from 'vitest';
import { runInUserModeLinux, userModeLinuxFault } from './user-mode-linux.ts';

const isLong = process.env.HERMOD_TEST_SCTP === 'long';
const TIMEOUT_MS = isLong ? 840_000 : 150_000;
const BUILD = fileURLToPath(new URL('../../packages/sctp/build.mjs', import.meta.url));

/** Why there is nothing to do here, or nothing that can be done. */
async function reason(): Promise<string | undefined> {
  if (sctpFault() === undefined) return 'this kernel has SCTP: the tests run as they are';
  try {
    execFileSync(process.execPath, [BUILD, '--required'], { stdio: 'pipe' });
  } catch (error) {
    return `the addon cannot be built: ${error instanceof Error ? error.message : String(error)}`;
  }
  return userModeLinuxFault();
}

const skipped = await reason();
if (skipped !== undefined) console.warn(`SCTP in user-mode Linux is NOT tested: ${skipped}`);

describe.skipIf(skipped !== undefined)(`on a kernel of its own (${skipped ?? 'SCTP'})`, () => {
  test(
    'SCTP MUST pass its tests',
    async () => {
      const { status, output } = await runInUserModeLinux(
        `HERMOD_TEST_SCTP=${isLong ? 'long' : 'short'} CI= NO_COLOR=1 \\
  node node_modules/vitest/vitest.mjs run --no-cache --no-file-parallelism --reporter=verbose \\
  test/sctp/edge test/sctp/restart packages/transport/src/sctp`,
        TIMEOUT_MS,
        (text) => {
          if (isLong) process.stdout.write(text);
        },
      );
      expect(status, output).toBe(0);
      const passed = /Tests {2}\d+ passed \(\d+\)/.exec(output)?.[0];
      expect(passed).toBeDefined();
      const results = output.match(/^result: .*$/gm) ?? [];
      console.info(['SCTP in user-mode Linux', passed, ...results].join('\n'));
      expect(results).toHaveLength(3);
    },
    TIMEOUT_MS + 10_000,
  );
});
