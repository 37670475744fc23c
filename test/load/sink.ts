// As little of a server as can be, for bench/load.ts and for tests of the generator. REGISTER and MESSAGE are answered 200 at once, and a MESSAGE is
// copied to the last connection that registered its user; what devices answer is thrown away. Heads are cut with indexOf. On request it stalls,
// or does wrong with every Nth message.
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

const HEAD_END = Buffer.from('\r\n\r\n', 'latin1');
const OK = Buffer.from('SIP/2.0 200 OK', 'latin1');
const UNAVAILABLE = Buffer.from('SIP/2.0 503 Service Unavailable', 'latin1');
const RETRY_AFTER = Buffer.from('Retry-After: 1\r\n', 'latin1');
const NO_BODY = Buffer.from('Content-Length: 0\r\n\r\n', 'latin1');
const LENGTH = Buffer.from('Content-Length: ', 'latin1');
const TO = Buffer.from('\r\nTo: <sip:', 'latin1');
const TYPE = Buffer.from('Content-Type: ', 'latin1');
const AT = 64;

/** What goes wrong with every so many-th message; "refuse": 503 with Retry-After: 1. */
export type SinkFault = {
  readonly kind: 'lose' | 'repeat' | 'reorder' | 'damage' | 'refuse';
  readonly every: number;
};

/** What the sink is told: to do wrong, or to stand still for so many milliseconds. */
export type SinkCommand = { readonly fault: SinkFault } | { readonly stallMs: number };

let fault: SinkFault | undefined;
let messages = 0;
/** Waits until a later message has gone to its device. */
let late: { readonly device: Socket; readonly message: Buffer } | undefined;
const devices = new Map<string, Socket>();
const EMPTY = Buffer.alloc(0);

const server = createServer({ noDelay: true }, (socket) => {
  let held: Buffer = EMPTY;
  socket.on('data', (chunk: Buffer) => {
    const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    let at = 0;
    for (;;) {
      const headEnd = bytes.indexOf(HEAD_END, at);
      if (headEnd < 0) break;
      const lengthAt = bytes.indexOf(LENGTH, at) + LENGTH.length;
      const end = headEnd + 4 + Number.parseInt(bytes.toString('latin1', lengthAt, headEnd), 10);
      if (end > bytes.length) break;
      onMessage(socket, bytes, at, headEnd, end);
      at = end;
    }
    held = at === bytes.length ? EMPTY : bytes.subarray(at);
  });
  socket.on('error', () => undefined);
});

function onMessage(socket: Socket, bytes: Buffer, at: number, headEnd: number, end: number): void {
  const kind = bytes[at];
  // "SIP/2.0 200": the answer of a device.
  if (kind === 83) return;
  const lineEnd = bytes.indexOf(13, at);
  if (kind === 77) {
    const rows = bytes.subarray(lineEnd, bytes.indexOf(TYPE, lineEnd));
    const wrong = nextFault();
    if (wrong === 'refuse') {
      socket.write(Buffer.concat([UNAVAILABLE, rows, RETRY_AFTER, NO_BODY]));
      return;
    }
    socket.write(Buffer.concat([OK, rows, NO_BODY]));
    const device = devices.get(userAt(bytes, at + 12));
    if (device !== undefined) deliver(device, bytes.subarray(at, end), wrong);
    return;
  }
  // REGISTER: rows are in the order in which the generator writes them.
  devices.set(userAt(bytes, bytes.indexOf(TO, at) + TO.length), socket);
  socket.write(Buffer.concat([OK, bytes.subarray(lineEnd, headEnd + 4)]));
}

/** @returns what is to be done wrong with the message that has come */
function nextFault(): SinkFault['kind'] | undefined {
  messages += 1;
  return fault !== undefined && messages % fault.every === 0 ? fault.kind : undefined;
}

function deliver(device: Socket, message: Buffer, wrong: SinkFault['kind'] | undefined): void {
  if (wrong === undefined) {
    device.write(message);
    if (late?.device === device) {
      device.write(late.message);
      late = undefined;
    }
  } else if (wrong === 'repeat') {
    device.write(message);
    device.write(message);
  } else if (wrong === 'damage') {
    const damaged = Buffer.from(message);
    damaged[damaged.length - 1] = 0;
    device.write(damaged);
  } else if (wrong === 'reorder') {
    late ??= { device, message: Buffer.from(message) };
  }
}

function userAt(bytes: Buffer, from: number): string {
  return bytes.toString('latin1', from, bytes.indexOf(AT, from));
}

server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
await once(server, 'listening');
const address = server.address();
process.send?.(address !== null && typeof address === 'object' ? address.port : 0);
process.on('message', (command: SinkCommand) => {
  if ('fault' in command) fault = command.fault;
  else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, command.stallMs);
});
process.on('disconnect', () => process.exit(0));
