// Compiles src/sctp.c into dist/sctp.node with the system's C compiler. A machine that cannot is told why and goes on: SCTP is refused
// where it is configured. With --required that is an error.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

function build() {
  if (process.platform !== 'linux') return 'the SCTP sockets are those of Linux';
  if (!existsSync('/usr/include/linux/sctp.h')) {
    return '/usr/include/linux/sctp.h is missing (Debian: linux-libc-dev)';
  }
  let headers;
  try {
    headers = createRequire(import.meta.url)('node-api-headers').include_dir;
  } catch {
    return 'the package node-api-headers is not installed';
  }
  mkdirSync(at('dist'), { recursive: true });
  // Beside the old one, which a process may have loaded.
  const made = at(`dist/sctp.node.${process.pid}`);
  const options = [
    '-std=c11',
    '-O2',
    '-Wall',
    '-Wextra',
    '-fPIC',
    '-shared',
    '-fvisibility=hidden',
  ];
  const { status, error } = spawnSync(
    'cc',
    [...options, `-I${headers}`, '-o', made, at('src/sctp.c')],
    { stdio: 'inherit' },
  );
  if (error !== undefined) return 'there is no C compiler (cc)';
  if (status !== 0) return 'cc failed';
  renameSync(made, at('dist/sctp.node'));
  return undefined;
}

const reason = build();
if (reason !== undefined) {
  process.stderr.write(`hermod: SCTP is not built: ${reason}\n`);
  if (process.argv.includes('--required')) process.exitCode = 1;
}
