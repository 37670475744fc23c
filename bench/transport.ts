// What the transport costs: a relay between one TCP connection on each side. A MESSAGE comes in, gets a Via pushed and
// goes on; its 200 comes back, loses that Via and goes to the sender. CPU of the relay process only; the sender and the
// answering device are another process.
//   node --conditions=source bench/transport.ts [--count 200000] [--window 500] [--body 200]
import { fork } from 'node:child_process';
import { parseArgs } from 'node:util';
import { buildResponse, H, HeadEditor, type OutgoingMessage } from '@hermod/sip';
import { connectStream, type Flow, type FlowHandlers, TcpListener } from '@hermod/transport';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '200000' },
    window: { type: 'string', default: '500' },
    body: { type: 'string', default: '200' },
    load: { type: 'string' },
  },
});
const count = Number(values.count);
const window = Number(values.window);

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
  const listener = await TcpListener.listen({
    port: 0,
    handlers: {
      ...QUIET,
      onMessage: (flow, message) => {
        sender = flow;
        const via = `Via: SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bKrelay${relayed}`;
        const head = new HeadEditor(message).pushFirst(H.VIA, via).toHead();
        device?.send({ head, body: message.body });
      },
    },
  });
  const child = fork(import.meta.filename, [
    ...['--load', String(listener.address.port), '--count', values.count],
    ...['--window', values.window, '--body', values.body],
  ]);
  const devicePort = await once<{ port: number }>(child);
  device = connectStream({
    remote: { address: '127.0.0.1', port: devicePort.port },
    handlers: toDevice,
  });
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
    `relay of MESSAGE and 200 over one TCP connection each way, ${messages} messages, window ${window}\n` +
      `  ${perMessage.toFixed(2)} µs CPU per MESSAGE (user ${(used.user / messages).toFixed(2)}, ` +
      `system ${(used.system / messages).toFixed(2)}), ${Math.round(messages / seconds)} messages/s`,
  );
  child.kill();
  device.close();
  await listener.close();
}

async function load(relayPort: number): Promise<void> {
  const device = await TcpListener.listen({
    port: 0,
    handlers: {
      ...QUIET,
      onMessage: (flow, message) => {
        if (message.kind === 'request') flow.send(buildResponse(message, 200));
      },
    },
  });
  let sent = 0;
  let answered = 0;
  let goal = 0;
  const flow: Flow = connectStream({
    remote: { address: '127.0.0.1', port: relayPort },
    handlers: {
      ...QUIET,
      onMessage: () => {
        answered++;
        if (sent < goal) flow.send(request(sent++));
        if (answered === goal) process.send?.('done');
      },
    },
  });
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
