// npm run cluster: a real Kafka and Redis, two edges, two routers and a registrar as separate processes on this machine.
// This file is a relay: a terminal's Ctrl-C goes to the whole foreground process group, and would end Kafka before the
// routers have committed. So the cluster runs in a session of its own, and hears of signals from here.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const supervisor = fileURLToPath(new URL('./cluster/supervisor.ts', import.meta.url));
const child = spawn(
  process.execPath,
  [...process.execArgv, supervisor, ...process.argv.slice(2)],
  // The channel closes when this process dies of whatever: the supervisor then stops too.
  { detached: true, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => child.kill(signal));
}
child.on('exit', (code, signal) => {
  process.exit(code ?? 128 + (signal === null ? 1 : constants.signals[signal]));
});
