import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Test files run side by side, and apt-get does not wait for another. */
const LOCK = join(tmpdir(), 'hermod-apt-get.lock');

/** Sees to it that a program of Debian's is there: installs its package when it is missing and we are root.
 *  @throws Error that says what to install */
export async function requireProgram(command: string, debianPackage: string): Promise<void> {
  if (await isInstalled(command)) return;
  const remedy = `${command} is missing: install it (Debian: apt-get install ${debianPackage})`;
  if (process.getuid?.() !== 0) throw new Error(remedy);
  try {
    await run('flock', [LOCK, 'apt-get', 'update']);
    const install = ['install', '-y', '--no-install-recommends', debianPackage];
    await run('flock', [LOCK, 'apt-get', ...install]);
  } catch (error) {
    throw new Error(remedy, { cause: error });
  }
  if (!(await isInstalled(command))) throw new Error(remedy);
}

async function isInstalled(command: string): Promise<boolean> {
  try {
    await run('sh', ['-c', `command -v ${command}`]);
    return true;
  } catch {
    return false;
  }
}
