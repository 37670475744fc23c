// A worker thread that opens many TLS connections at once: `workerData` says to which port and how many. It counts in shared memory, so that
// whoever waits need not run its loop: TCP connections that stand, and handshakes that are done.
import { connect as tlsConnect } from 'node:tls';
import { workerData } from 'node:worker_threads';

const { port, count, counts } = workerData as { port: number; count: number; counts: Int32Array };
for (let i = 0; i < count; i += 1) {
  const socket = tlsConnect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  socket.once('connect', () => {
    Atomics.add(counts, 0, 1);
    Atomics.notify(counts, 0);
  });
  socket.once('secureConnect', () => Atomics.add(counts, 1, 1));
  socket.on('error', () => undefined);
}
