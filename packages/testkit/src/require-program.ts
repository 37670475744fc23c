import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Sees to it that a program of Debian's is there: installs its package when it is missing and we are root.
 *  @param command answers `--version`  @throws Error that says what to install */
export async function requireProgram(command: string, debianPackage: string): Promise<void> {
  if (await isInstalled(command)) return;
  const remedy = `${command} is missing: install it (Debian: apt-get install ${debianPackage})`;
  if (process.getuid?.() !== 0) throw new Error(remedy);
  try {
    await run('apt-get', ['update']);
    await run('apt-get', ['install', '-y', '--no-install-recommends', debianPackage]);
  } catch (error) {
    throw new Error(remedy, { cause: error });
  }
  if (!(await isInstalled(command))) throw new Error(remedy);
}

async function isInstalled(command: string): Promise<boolean> {
  try {
    await run(command, ['--version']);
    return true;
  } catch {
    return false;
  }
}
