// A kernel of its own for a test, with this machine's files: Debian's user-mode Linux.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requirePrograms } from '../interop/program.ts';

/** In the order in which they need one another; some are built into other kernels. */
const MODULES = [
  'lib/crc-ccitt',
  'net/ipv6/ipv6',
  'net/ipv4/udp_tunnel',
  'net/ipv6/ip6_udp_tunnel',
  'net/sctp/sctp',
  'drivers/net/veth',
];
const MEMORY_MB = 1_536;

/** How a script ended. */
export type Halted = {
  /** Its exit status; undefined: it was cut off, or the kernel stopped. */
  readonly status: number | undefined;
  readonly output: string;
};

/** Installs what is missing where that can be done.  @returns why no such kernel can be booted here, in words; undefined: it can */
export async function userModeLinuxFault(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'it runs on Linux on x64';
  if (process.getuid?.() !== 0) return 'its script runs on the machine’s own files, as root';
  try {
    await requirePrograms('linux.uml', 'insmod', 'ip', 'sipp');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Boots, runs a shell script as root with SCTP at hand, and halts. The script sees the machine's files, and must not change them: `$TMPDIR`
 *  is its own. @param timeoutMs until it is cut off, the boot included */
export async function runInUserModeLinux(
  script: string,
  timeoutMs: number,
  onOutput: (text: string) => void = () => undefined,
): Promise<Halted> {
  const directory = mkdtempSync(join(tmpdir(), 'hermod-uml-'));
  const init = join(directory, 'init');
  const status = join(directory, 'status');
  writeFileSync(init, initScript(script, status, timeoutMs / 1_000), { mode: 0o755 });
  try {
    const output = await boot(init, timeoutMs, onOutput);
    return { status: readStatus(status), output };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** @param boundSec after which it halts also where the test that waits for it has been killed */
function initScript(script: string, status: string, boundSec: number): string {
  return `#!/bin/sh
export PATH=${process.env.PATH}:/usr/sbin:/sbin HOME=/root TMPDIR=/run LANG=C.UTF-8
(sleep ${boundSec}; halt -f) &
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
for module in ${MODULES.join(' ')}; do
  insmod /usr/lib/uml/modules/$(uname -r)/kernel/$module.ko
done
echo none > /proc/sys/net/sctp/cookie_hmac_alg
ip link set lo up
cd ${process.cwd()}
( (${script}
); echo $? > ${status} ) 2>&1 </dev/null | cat
sync
halt -f
`;
}

async function boot(
  init: string,
  timeoutMs: number,
  onOutput: (text: string) => void,
): Promise<string> {
  const parameters = [`mem=${MEMORY_MB}M`, 'rootfstype=hostfs', 'rw', `init=${init}`];
  // Many processes of the machine's: they end as a group.
  const child = spawn('linux.uml', [...parameters, 'con0=fd:0,fd:1', 'con=null', 'quiet'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes: Buffer) => {
      const text = bytes.toString();
      output += text;
      onOutput(text);
    });
  }
  const cutOff = (): void => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  };
  process.once('exit', cutOff);
  const timer = setTimeout(cutOff, timeoutMs);
  await new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  clearTimeout(timer);
  process.off('exit', cutOff);
  return output;
}

function readStatus(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
