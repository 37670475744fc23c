// Sender and device of bench/standalone-cpu.ts: one connection each, TCP or TLS, open loop. Heads are cut with indexOf, so that this
// process needs little of the machine.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer, connect as tlsConnect } from 'node:tls';
import { isCommand, type LoadCommand, type LoadReport } from './load-protocol.ts';

const BODY = 'x'.repeat(90);
const DRAIN_MS = 2000;

let port = 0;
let sendPort = 0;
let devicePort = 0;
let users = 0;
let tls: Extract<LoadCommand, { kind: 'register' }>['tls'];
let serial = 0;
let sender: Socket | undefined;
let answered = 0;
/** Send time by serial. */
const sentAtMs = new Map<number, number>();
let latencies: number[] = [];

/** Calls `onHead` for each message of a stream whose messages have a Content-Length. */
function cut(socket: Socket, onHead: (head: string) => void): void {
  let held = '';
  socket.setNoDelay(true);
  socket.on('data', (chunk) => {
    held += chunk.toString('latin1');
    let at = 0;
    for (;;) {
      const headEnd = held.indexOf('\r\n\r\n', at);
      if (headEnd < 0) break;
      const head = held.slice(at, headEnd + 2);
      const lengthAt = head.indexOf('Content-Length: ');
      const end = headEnd + 4 + Number.parseInt(head.slice(lengthAt + 16), 10);
      if (end > held.length) break;
      onHead(head);
      at = end;
    }
    held = held.slice(at);
  });
}

/** From the name of a header row to the end of the line. */
function line(head: string, name: string, from = 0): string {
  const at = head.indexOf(`\r\n${name}`, from) + 2;
  return head.slice(at, head.indexOf('\r\n', at) + 2);
}

function onDelivery(socket: Socket): void {
  let out = '';
  cut(socket, (head) => {
    let vias = '';
    for (let at = head.indexOf('\r\nVia: '); at >= 0; at = head.indexOf('\r\nVia: ', at + 2)) {
      vias += line(head, 'Via: ', at);
    }
    if (out === '') {
      setImmediate(() => {
        socket.write(out, 'latin1');
        out = '';
      });
    }
    const to = line(head, 'To: ').slice(0, -2);
    out +=
      `SIP/2.0 200 OK\r\n${vias}${line(head, 'From: ')}${to};tag=1\r\n` +
      `${line(head, 'Call-ID: ')}${line(head, 'CSeq: ')}Content-Length: 0\r\n\r\n`;
  });
}

async function listen(): Promise<number> {
  const device = tls === undefined ? createServer(onDelivery) : createTlsServer(tls, onDelivery);
  device.listen(0, '127.0.0.1');
  await once(device, 'listening');
  const address = device.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}

async function open(to: number): Promise<Socket> {
  const at = { host: '127.0.0.1', port: to };
  const socket = tls === undefined ? connect(at) : tlsConnect({ ...at, ...tls });
  await once(socket, tls === undefined ? 'connect' : 'secureConnect');
  return socket;
}

async function register(): Promise<LoadReport> {
  devicePort = await listen();
  const socket = await open(port);
  let done = 0;
  let finish: () => void = () => undefined;
  const all = new Promise<void>((resolve) => {
    finish = resolve;
  });
  cut(socket, (head) => {
    if (!head.startsWith('SIP/2.0 200')) throw new Error(`REGISTER: ${head}`);
    done += 1;
    if (done === users) finish();
    else next();
  });
  const next = (): void => {
    const user = `u${done}`;
    socket.write(
      `REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKr${done}\r\n` +
        `From: <sip:${user}@example.com>;tag=1\r\nTo: <sip:${user}@example.com>\r\nCall-ID: r${done}@127.0.0.1\r\n` +
        `CSeq: 1 REGISTER\r\nMax-Forwards: 70\r\nContact: <sip:${user}@127.0.0.1:${devicePort};transport=${tls === undefined ? 'tcp' : 'tls'}>\r\n` +
        'Expires: 3600\r\nContent-Length: 0\r\n\r\n',
    );
  };
  next();
  await all;
  socket.destroy();
  const connection = await open(sendPort);
  cut(connection, (head) => {
    if (!head.startsWith('SIP/2.0 200')) return;
    const at = head.indexOf('\r\nCall-ID: ') + 11;
    const id = Number.parseInt(head.slice(at), 10);
    const startMs = sentAtMs.get(id);
    if (startMs === undefined) return;
    sentAtMs.delete(id);
    answered += 1;
    latencies.push(performance.now() - startMs);
  });
  sender = connection;
  return { sent: users, answered: done, p50Ms: 0, p99Ms: 0 };
}

function request(id: number): string {
  const user = `u${id % users}`;
  return (
    `MESSAGE sip:${user}@example.com SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:6090;branch=z9hG4bK-${process.pid}-${id}-0\r\n` +
    `From: <sip:alice@example.com>;tag=${id}\r\nTo: <sip:${user}@example.com>\r\nCall-ID: ${id}-${process.pid}@127.0.0.1\r\n` +
    `CSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\nContent-Type: text/plain\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`
  );
}

/** Sends at an even pace, all that is due at each millisecond in one write, as SIPp does. */
async function send(rate: number, seconds: number): Promise<LoadReport> {
  answered = 0;
  latencies = [];
  sentAtMs.clear();
  const startMs = performance.now();
  let sent = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const nowMs = performance.now();
      const due = Math.floor(Math.min(nowMs - startMs, seconds * 1000) * (rate / 1000));
      let out = '';
      while (sent < due) {
        sentAtMs.set(serial, nowMs);
        out += request(serial);
        serial += 1;
        sent += 1;
      }
      if (out !== '') sender?.write(out, 'latin1');
      if (nowMs - startMs >= seconds * 1000) {
        clearInterval(timer);
        resolve();
      }
    }, 1);
  });
  const deadlineMs = performance.now() + DRAIN_MS;
  while (answered < sent && performance.now() < deadlineMs) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  latencies.sort((a, b) => a - b);
  const at = (share: number): number =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? Number.NaN;
  return { sent, answered, p50Ms: at(0.5), p99Ms: at(0.99) };
}

process.on('message', (message) => {
  if (!isCommand(message)) return;
  if (message.kind === 'register') {
    ({ port, users, tls } = message);
    sendPort = message.sendPort ?? port;
    void register().then((report) => process.send?.(report));
  } else {
    void send(message.rate, message.seconds).then((report) => process.send?.(report));
  }
});
process.on('disconnect', () => process.exit(0));
