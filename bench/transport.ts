// What the transport costs: a relay between one connection, TCP or TLS, on each side. A MESSAGE comes in, gets a Via pushed and
// goes on; its 200 comes back, loses that Via and goes to the sender. CPU of the relay process only; the sender and the
// answering device are another process.
//   node --conditions=source bench/transport.ts [--count 200000] [--window 500] [--body 200] [--tls]
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { buildResponse, H, HeadEditor, type OutgoingMessage } from '@hermod/sip';
import { CertificateAuthority } from '@hermod/testkit';
import {
  connectStream,
  type Flow,
  type FlowHandlers,
  type Listener,
  type SocketAddress,
  TcpListener,
  TlsCredentials,
  TlsListener,
} from '@hermod/transport';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '200000' },
    window: { type: 'string', default: '500' },
    body: { type: 'string', default: '200' },
    tls: { type: 'boolean', default: false },
    // Of the other process.
    load: { type: 'string' },
    cert: { type: 'string' },
    key: { type: 'string' },
    ca: { type: 'string' },
  },
});
const count = Number(values.count);
const window = Number(values.window);

const HOST = '127.0.0.1';
let credentials: TlsCredentials | undefined;

function listen(handlers: FlowHandlers): Promise<Listener> {
  return credentials === undefined
    ? TcpListener.listen({ port: 0, handlers })
    : TlsListener.listen({ port: 0, handlers, credentials });
}

function connectTo(remote: SocketAddress, handlers: FlowHandlers): Flow {
  const tls = credentials === undefined ? undefined : { credentials, domain: HOST };
  return connectStream({ remote, handlers }, tls);
}

const QUIET = { onFramingError: () => undefined, onClosed: () => undefined };

async function measure(): Promise<void> {
  let sender: Flow | undefined;
  let device: Flow | undefined;
  let relayed = 0;
  const toDevice: FlowHandlers = {
    ...QUIET,
    onMessage: (_flow, message) => {
      const head = new HeadEditor(message).popFirstValue(H.VIA).toHead();
      relayed++;
      sender?.send({ head, body: message.body });
    },
  };
  const authority = values.tls ? new CertificateAuthority() : undefined;
  const issued = authority?.issue({ altNames: [`IP:${HOST}`] });
  if (authority !== undefined && issued !== undefined) {
    credentials = new TlsCredentials({ ...issued, ca: authority.ca.cert });
  }
  const listener = await listen({
    ...QUIET,
    onMessage: (flow, message) => {
      sender = flow;
      const via = `Via: SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bKrelay${relayed}`;
      const head = new HeadEditor(message).pushFirst(H.VIA, via).toHead();
      device?.send({ head, body: message.body });
    },
  });
  const child = fork(import.meta.filename, [
    ...['--load', String(listener.address.port), '--count', values.count],
    ...['--window', values.window, '--body', values.body],
    ...(authority === undefined || issued === undefined
      ? []
      : ['--cert', issued.certFile, '--key', issued.keyFile, '--ca', authority.ca.certFile]),
  ]);
  const devicePort = await once<{ port: number }>(child);
  device = connectTo({ address: HOST, port: devicePort.port }, toDevice);
  child.send('go');
  await once(child); // warmed up
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  const before = relayed;
  child.send('go');
  await once(child);
  const seconds = (performance.now() - startMs) / 1_000;
  const used = process.cpuUsage(cpu);
  const messages = relayed - before;
  const perMessage = (used.user + used.system) / messages;
  console.log(
    `relay of MESSAGE and 200 over one ${values.tls ? 'TLS' : 'TCP'} connection each way, ${messages} messages, window ${window}\n` +
      `  ${perMessage.toFixed(2)} µs CPU per MESSAGE (user ${(used.user / messages).toFixed(2)}, ` +
      `system ${(used.system / messages).toFixed(2)}), ${Math.round(messages / seconds)} messages/s`,
  );
  child.kill();
  device.close();
  await listener.close();
  authority?.remove();
}

async function load(relayPort: number): Promise<void> {
  const { cert, key, ca } = values;
  if (cert !== undefined && key !== undefined && ca !== undefined) {
    const [certText, keyText, caText] = [cert, key, ca].map((file) => readFileSync(file, 'latin1'));
    credentials = new TlsCredentials({ cert: certText, key: keyText, ca: caText });
  }
  const device = await listen({
    ...QUIET,
    onMessage: (flow, message) => {
      if (message.kind === 'request') flow.send(buildResponse(message, 200));
    },
  });
  let sent = 0;
  let answered = 0;
  let goal = 0;
  const flow: Flow = connectTo(
    { address: HOST, port: relayPort },
    {
      ...QUIET,
      onMessage: () => {
        answered++;
        if (sent < goal) flow.send(request(sent++));
        if (answered === goal) process.send?.('done');
      },
    },
  );
  process.on('message', () => {
    goal = sent + count;
    for (let i = 0; i < window && sent < goal; i++) flow.send(request(sent++));
  });
  process.send?.({ port: device.address.port });
}

const BODY = new Uint8Array(Number(values.body)).fill(0x61);

function request(n: number): OutgoingMessage {
  const head =
    `MESSAGE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:40000;branch=z9hG4bK${n};rport\r\n` +
    `Max-Forwards: 70\r\nFrom: <sip:alice@example.com>;tag=9fxced76sl\r\nTo: <sip:bob@example.com>\r\n` +
    `Call-ID: 3848276298220188511@127.0.0.1\r\nCSeq: ${n} MESSAGE\r\nContent-Type: text/plain\r\n` +
    `Content-Length: ${BODY.length}\r\n\r\n`;
  return { head, body: BODY };
}

function once<T>(child: ReturnType<typeof fork>): Promise<T> {
  return new Promise((resolve) => {
    child.once('message', (message) => resolve(message as T));
  });
}

if (values.load === undefined) await measure();
else await load(Number(values.load));
