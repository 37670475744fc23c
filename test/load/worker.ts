// One generator process of `npm run load`; it lives as long as the conductor's channel.
import { LoadWorker } from './load-worker.ts';
import { isCommand } from './protocol.ts';

let worker: LoadWorker | undefined;

process.on('message', (message) => {
  if (!isCommand(message)) return;
  if (message.kind === 'join') {
    worker = new LoadWorker(message, (report) => {
      // A conductor that is gone needs no report.
      if (process.connected) process.send?.(report);
    });
  } else {
    worker?.onCommand(message);
  }
});
process.on('disconnect', () => process.exit(0));
// The terminal's Ctrl-C goes to the whole process group; the conductor says what is to be done.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
