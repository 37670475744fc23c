import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { CertificateAuthority } from '@hermod/testkit';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { type CleanUps, FlowRecorder, messageText, undo } from '../testdata/flow-recorder.ts';
import type { FlowHandlers, FlowLimits } from './flow.ts';
import { DEFAULT_PEER_CAPS, PeerBudget } from './peer-budget.ts';
import { TlsCredentials } from './tls-credentials.ts';
import { WsListener, WssListener } from './ws-listener.ts';
import type { AuthorizeUpgrade, MayOpen } from './ws-upgrade.ts';

const authority = new CertificateAuthority();
afterAll(() => authority.remove());

const cleanups: CleanUps = [];
afterEach(() => undo(cleanups));
const message = (n: number, body?: string, more = ''): string => messageText('WS', n, body, more);

type Given = {
  readonly limits?: Partial<FlowLimits>;
  readonly handlers?: FlowHandlers;
  readonly mayOpen?: MayOpen;
  readonly authorize?: AuthorizeUpgrade;
  readonly budget?: PeerBudget;
};

type Started = { readonly listener: WsListener | WssListener; readonly seen: FlowRecorder };

async function start(scheme: 'ws' | 'wss', given: Given = {}): Promise<Started> {
  const seen = new FlowRecorder();
  const options = {
    port: 0,
    handlers: given.handlers ?? seen,
    mayOpen: given.mayOpen ?? (() => true),
    authorize: given.authorize,
    budget: given.budget ?? new PeerBudget(),
    limits: { lingerMs: 200, ...given.limits },
  };
  const listener =
    scheme === 'ws'
      ? await WsListener.listen(options)
      : await WssListener.listen({
          ...options,
          credentials: new TlsCredentials(authority.issue({ altNames: ['IP:127.0.0.1'] })),
        });
  cleanups.push(() => listener.close());
  return { listener, seen };
}

/** A client, and what it was told. */
class Client {
  readonly ws: WebSocket;
  readonly texts: string[] = [];
  readonly binaries: Buffer[] = [];
  readonly closed: Promise<number>;

  constructor(
    { listener }: Started,
    options: ClientOptions & { readonly protocols?: string[]; readonly path?: string } = {},
  ) {
    const { protocols = ['sip'], path = '/', ...others } = options;
    const scheme = listener.transport.toLowerCase();
    this.ws = new WebSocket(`${scheme}://127.0.0.1:${listener.address.port}${path}`, protocols, {
      rejectUnauthorized: false,
      ...others,
    });
    this.ws.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.binaries.push(data);
      else this.texts.push(data.toString());
    });
    this.ws.on('error', () => undefined);
    this.closed = new Promise((resolve) => this.ws.once('close', resolve));
    cleanups.push(() => this.ws.terminate());
  }

  /** Resolves when it may send. */
  static async open(...given: ConstructorParameters<typeof Client>): Promise<Client> {
    const client = new Client(...given);
    await once(client.ws, 'open');
    return client;
  }

  /** The status of the answer that made no WebSocket of it. */
  async refused(): Promise<number> {
    const [, response] = await once(this.ws, 'unexpected-response');
    response.resume();
    return response.statusCode;
  }
}

/** A client of its own make, below WebSocket. */
async function raw({ listener }: Started): Promise<{ socket: Socket; text: () => string }> {
  const socket = connect({ port: listener.address.port, host: '127.0.0.1', noDelay: true });
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  cleanups.push(() => {
    socket.destroy();
  });
  await once(socket, 'connect');
  return { socket, text: () => text };
}

/** Resolves when a connection has closed, by an error or without. */
function gone(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

const UPGRADE =
  'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\n\r\n';

/** A masked frame of RFC 6455 §5.2. @param first octet: FIN and opcode */
function frame(first: number, text: string): Buffer {
  const payload = Buffer.from(text, 'latin1');
  const head =
    payload.length < 126
      ? Buffer.from([first, 0x80 | payload.length])
      : Buffer.from([first, 0xfe, payload.length >> 8, payload.length & 0xff]);
  // A mask of zeros changes nothing.
  return Buffer.concat([head, Buffer.alloc(4), payload]);
}

const FINAL_TEXT = 0x81;
const FIRST_TEXT = 0x01;
const MORE = 0x00;
const PING = 0x89;
const CLOSE = 0x88;

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.each(['ws', 'wss'] as const)('a %s:// flow', (scheme) => {
  test('MUST carry one SIP message in each WebSocket message, text or binary, both ways (RFC 7118 §4)', async () => {
    const started = await start(scheme);
    const client = await Client.open(started);
    expect(client.ws.protocol).toBe('sip');
    client.ws.send(message(1, 'grüße', 'Content-Length: 7\r\n'));
    client.ws.send(Buffer.from(message(2, 'two', 'Content-Length: 3\r\n')));
    await vi.waitFor(() => expect(client.texts).toHaveLength(2));
    expect(started.seen.bodies).toEqual(['grüße', 'two']);
    expect(client.texts.every((text) => text.startsWith('SIP/2.0 200 OK\r\n'))).toBe(true);
    const [flow] = started.seen.opened;
    expect(flow).toMatchObject({ transport: scheme.toUpperCase(), reliable: true, isOpen: true });
    expect(flow?.remote.address).toBe('127.0.0.1');
    expect(flow?.local.port).toBe(started.listener.address.port);
    expect(started.listener.stats).toMatchObject({
      connections: 1,
      accepted: 1,
      messagesIn: 2,
      messagesOut: 2,
    });
  });

  test('MUST close with its listener, and say that this goes away', async () => {
    const started = await start(scheme);
    const client = await Client.open(started);
    await vi.waitFor(() => expect(started.seen.opened).toHaveLength(1));
    started.listener.stopAccepting();
    started.seen.opened[0]?.send({ head: 'last words', body: Buffer.of() });
    await started.listener.close();
    expect(await client.closed).toBe(1001);
    expect(client.texts).toEqual(['last words']);
    expect(started.seen.closed.map(({ closeReason }) => closeReason)).toEqual(['shutdown']);
    expect(started.listener.stats.connections).toBe(0);
  });

  test('that has not come to be MUST end in time', async () => {
    const started = await start(scheme, { limits: { handshakeMs: 100 } });
    const { socket } = await raw(started);
    if (scheme === 'ws') socket.write(UPGRADE.slice(0, 40));
    await gone(socket);
    await vi.waitFor(() => expect(started.listener.stats.handshakeFailures).toBe(1));
    expect(started.seen.opened).toEqual([]);
  });
});

describe('an upgrade', () => {
  test('MUST offer the sub-protocol sip, among others or alone (RFC 7118 §4)', async () => {
    const started = await start('ws');
    expect(await new Client(started, { protocols: [] }).refused()).toBe(400);
    expect(await new Client(started, { protocols: ['msrp', 'sipx'] }).refused()).toBe(400);
    const client = await Client.open(started, { protocols: ['msrp', 'sip'] });
    expect(client.ws.protocol).toBe('sip');
    await vi.waitFor(() => expect(started.listener.stats.handshakeFailures).toBe(2));
  });

  test('MUST come from a page that may, where it comes from a page (RFC 6455 §10.2)', async () => {
    const started = await start('ws', { mayOpen: (origin) => origin === 'https://chat.example' });
    for (const origin of ['https://evil.example', 'null', '']) {
      const client = new Client(started, { headers: { origin } });
      expect(await client.refused()).toBe(403);
    }
    await Client.open(started, { headers: { origin: 'https://chat.example' } });
    await Client.open(started);
    expect(started.seen.opened).toHaveLength(2);
  });

  test.each([
    ['in Authorization (RFC 6750 §2.1)', { headers: { authorization: 'Bearer a.b-c' } }],
    ['in the query (RFC 6750 §2.3)', { path: '/sip?x=y&access_token=a.b-c' }],
  ])('MUST be judged by the access token %s, before it is answered', async (_, options) => {
    const asked: unknown[] = [];
    const started = await start('ws', {
      authorize: async (flow, token) => {
        asked.push(token, flow.isOpen);
        flow.context = token;
        return undefined;
      },
    });
    await Client.open(started, options);
    expect(asked).toEqual(['a.b-c', false]);
    expect(started.seen.opened.map(({ context }) => context)).toEqual(['a.b-c']);
    await Client.open(started, { headers: { authorization: 'Basic YQ==' } });
    expect(asked).toEqual(['a.b-c', false, undefined, false]);
  });

  test('MUST be refused as its access token is, and with more than one (RFC 6750 §2, §3)', async () => {
    const started = await start('ws', {
      authorize: async () => ({
        status: 401,
        headers: ['WWW-Authenticate: Bearer realm="r"'],
        text: 'no\n',
      }),
    });
    const client = new Client(started);
    const [, response] = await once(client.ws, 'unexpected-response');
    expect(response.statusCode).toBe(401);
    expect(response.headers['www-authenticate']).toBe('Bearer realm="r"');
    const headers = { authorization: 'Bearer a' };
    for (const path of ['/?access_token=a', '/?access_token=a&access_token=b']) {
      expect(await new Client(started, { path, headers }).refused()).toBe(400);
    }
    expect(started.seen.opened).toEqual([]);
  });

  test('MUST end in time, and nothing be read, while its access token is looked at', async () => {
    let asked: () => void = () => undefined;
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const started = await start('ws', {
      limits: { handshakeMs: 300 },
      authorize: () => {
        asked();
        return new Promise(() => undefined);
      },
    });
    const { socket } = await raw(started);
    socket.write(UPGRADE);
    await isAsked;
    socket.write(message(1));
    await gone(socket);
    expect(started.seen.messages).toEqual([]);
    expect(started.seen.opened).toEqual([]);
    await vi.waitFor(() => expect(started.listener.stats.handshakeFailures).toBe(1));
  });

  test('MUST NOT be answered when its client has gone meanwhile', async () => {
    let answer: () => void = () => undefined;
    const held = new Promise<undefined>((resolve) => {
      answer = () => resolve(undefined);
    });
    const started = await start('ws', { authorize: () => held });
    const { socket } = await raw(started);
    socket.write(UPGRADE);
    await vi.waitFor(() => expect(started.listener.stats.connections).toBe(1));
    socket.destroy();
    // Nobody reads it, so nobody sees it go.
    answer();
    await vi.waitFor(() => expect(started.seen.closed).toHaveLength(1));
    expect(started.listener.stats.connections).toBe(0);
  });

  test('MUST be asked for: anything else over HTTP is answered 426 and closed', async () => {
    const started = await start('ws');
    const { socket, text } = await raw(started);
    const ended = once(socket, 'end');
    socket.write('GET /chat HTTP/1.1\r\nHost: x\r\n\r\n');
    await ended;
    expect(text()).toMatch(/^HTTP\/1\.1 426 Upgrade Required\r\nUpgrade: websocket\r\n/);
    const other = await raw(started);
    const otherEnded = once(other.socket, 'end');
    other.socket.write(UPGRADE.replace('Upgrade: websocket', 'Upgrade: h2c'));
    await otherEnded;
    expect(other.text()).toMatch(/^HTTP\/1\.1 426 /);
    expect(started.seen.opened).toEqual([]);
  });

  test('MUST be HTTP: SIP on the plain connection goes nowhere', async () => {
    const started = await start('ws');
    const { socket } = await raw(started);
    const closed = gone(socket);
    socket.write(message(1));
    await closed;
    expect(started.seen.messages).toEqual([]);
    await vi.waitFor(() => expect(started.seen.closed).toHaveLength(1));
  });

  test('MUST NOT agree to compress (RFC 7692)', async () => {
    const started = await start('ws');
    const client = await Client.open(started, { perMessageDeflate: true });
    expect(client.ws.extensions).toBe('');
  });

  test('MUST NOT be begun beyond the caps on connections and on those of an address', async () => {
    const started = await start('ws', { limits: { maxFlows: 1 } });
    const first = await Client.open(started);
    await gone((await raw(started)).socket);
    expect(started.listener.stats.refused).toBe(1);
    first.ws.close();
    await first.closed;
    await Client.open(started);
    const budget = new PeerBudget({
      ...DEFAULT_PEER_CAPS,
      sparesLoopback: false,
      maxConnectionsPerAddress: 1,
    });
    const capped = await start('ws', { budget });
    await raw(capped);
    await gone((await raw(capped)).socket);
    expect(capped.listener.stats.refused).toBe(1);
  });
});

describe('a WebSocket message', () => {
  test('MUST reach the peer as it is, as text where it is UTF-8 and as binary where it is not (RFC 6455 §5.6)', async () => {
    const started = await start('ws');
    const client = await Client.open(started);
    await vi.waitFor(() => expect(started.seen.opened).toHaveLength(1));
    const [flow] = started.seen.opened;
    const head = 'MESSAGE sip:a@example.com SIP/2.0\r\nSubject: \xc3\xbc\r\n\r\n';
    flow?.send({ head, body: Buffer.from('ü') });
    flow?.send({ head, body: Buffer.from([0x80, 0xff]) });
    await vi.waitFor(() => expect(client.binaries).toHaveLength(1));
    expect(client.texts).toEqual([`${Buffer.from(head, 'latin1')}ü`]);
    expect(client.binaries[0]?.toString('latin1')).toBe(`${head}\x80\xff`);
  });

  test('without Content-Length MUST end where the WebSocket message does (RFC 7118 §4)', async () => {
    const started = await start('ws');
    const client = await Client.open(started);
    client.ws.send(message(1, 'all of it'));
    await vi.waitFor(() => expect(started.seen.bodies).toEqual(['all of it']));
  });

  test('that is no SIP message MUST be answered where it can be, and the next be read', async () => {
    const started = await start('ws');
    const client = await Client.open(started);
    client.ws.send(message(1, 'short', 'Content-Length: 9\r\n'));
    client.ws.send('hello');
    client.ws.send(message(2));
    await vi.waitFor(() => expect(started.seen.bodies).toEqual(['hi']));
    await vi.waitFor(() => expect(client.texts).toHaveLength(2));
    expect(client.texts[0]).toMatch(/^SIP\/2\.0 400 /);
    expect(started.listener.stats.framingErrors).toBe(2);
    expect(client.ws.readyState).toBe(WebSocket.OPEN);
  });

  test('in fragments MUST be put together; pings may come between them (RFC 6455 §5.4)', async () => {
    const started = await start('ws');
    const { socket } = await raw(started);
    const text = message(1, 'in parts');
    socket.write(UPGRADE);
    socket.write(frame(FIRST_TEXT, text.slice(0, 50)));
    await vi.waitFor(() => expect(started.seen.opened).toHaveLength(1));
    socket.write(frame(PING, 'p'));
    for (const octet of frame(MORE, text.slice(50, 90))) {
      socket.write(Buffer.from([octet]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(started.seen.messages).toEqual([]);
    socket.write(frame(0x80, text.slice(90)));
    await vi.waitFor(() => expect(started.seen.bodies).toEqual(['in parts']));
    expect(started.listener.stats.pings).toBe(1);
  });

  test.each([
    [
      'larger than a SIP message may be',
      1009,
      (ws: WebSocket) => ws.send('x'.repeat(24_576 + 65_536 + 1)),
    ],
    [
      'in more fragments than anybody needs',
      1008,
      (ws: WebSocket) => {
        for (let i = 0; i < 100; i += 1) ws.send('x', { fin: false });
      },
    ],
    [
      'whose text is not UTF-8',
      1007,
      (ws: WebSocket) => ws.send(Buffer.from([0xff]), { binary: false }),
    ],
  ])('%s MUST end the flow with %i', async (_what, code, send) => {
    const started = await start('ws');
    const client = await Client.open(started);
    send(client.ws);
    expect(await client.closed).toBe(code);
    await vi.waitFor(() => expect(started.seen.closed[0]?.closeReason).toBe('framing'));
    expect(started.listener.stats.framingErrors).toBe(1);
    expect(started.seen.messages).toEqual([]);
  });

  test('10,000 of them MUST come in order, and so their answers', async () => {
    const started = await start('ws', { limits: { maxQueuedBytes: 16 * 1024 * 1024 } });
    const client = await Client.open(started);
    const count = 10_000;
    for (let i = 1; i <= count; i += 1) client.ws.send(message(i));
    await vi.waitFor(() => expect(client.texts).toHaveLength(count), 8_000);
    const order = Array.from({ length: count }, (_, i) => i + 1);
    expect(started.seen.cseqs).toEqual(order);
    expect(client.texts.map((text) => Number(/CSeq: (\d+) /.exec(text)?.[1]))).toEqual(order);
  }, 15_000);

  test('those sent in one turn of the loop MUST go out in one write', async () => {
    const started = await start('ws');
    const { socket, text } = await raw(started);
    socket.write(UPGRADE);
    await vi.waitFor(() => expect(text()).toContain('101 Switching Protocols'));
    let reads = 0;
    socket.on('data', () => {
      reads += 1;
    });
    const before = socket.bytesRead;
    const [flow] = started.seen.opened;
    for (let i = 0; i < 50; i += 1) flow?.send({ head: 'x'.repeat(100), body: Buffer.of() });
    await vi.waitFor(() => expect(socket.bytesRead - before).toBe(50 * 102));
    expect(reads).toBe(1);
  });
});

describe('signs of life', () => {
  test('a double CRLF MUST be answered by one, a single one by nothing (RFC 5626 §5.4, RFC 7118 §6)', async () => {
    const started = await start('ws');
    const client = await Client.open(started);
    client.ws.send('\r\n');
    client.ws.send('\r\n\r\n');
    await vi.waitFor(() => expect(client.texts).toEqual(['\r\n']));
    expect(started.listener.stats.pings).toBe(2);
    expect(started.seen.messages).toEqual([]);
  });

  test('a ping MUST be answered by a pong (RFC 6455 §5.5.3), a flood of them only as far as the queue holds', async () => {
    const maxQueuedBytes = 4_096;
    const started = await start('ws', { limits: { maxQueuedBytes } });
    const client = await Client.open(started);
    const pong = once(client.ws, 'pong');
    client.ws.ping('are you there');
    expect(String((await pong)[0])).toBe('are you there');
    client.ws.pause();
    for (let i = 0; i < 100_000; i += 1) client.ws.ping('x'.repeat(100));
    await vi.waitFor(() => expect(started.listener.stats.pings).toBe(100_001), 8_000);
    expect(started.seen.opened[0]?.queuedBytes).toBeLessThanOrEqual(maxQueuedBytes + 4);
    expect(started.listener.stats.backpressureRefusals).toBeGreaterThan(0);
  }, 15_000);

  test('a silent flow MUST be asked, and closed when nothing comes', async () => {
    const started = await start('ws', { limits: { pingMs: 100 } });
    const alive = await Client.open(started);
    const dead = await Client.open(started, { autoPong: false });
    alive.ws.send(message(1));
    dead.ws.send(message(2));
    let asked = 0;
    alive.ws.on('ping', () => {
      asked += 1;
    });
    expect(await dead.closed).toBe(1001);
    await vi.waitFor(() => expect(asked).toBeGreaterThan(2));
    expect(alive.ws.readyState).toBe(WebSocket.OPEN);
    expect(started.seen.closed.map(({ closeReason }) => closeReason)).toEqual(['idle']);
    expect(started.listener.stats.timeouts).toBe(1);
  });

  test('an answer to our own ping MUST NOT keep a flow that nobody uses, nor end one that is kept (RFC 5626 §5.3)', async () => {
    const started = await start('ws', { limits: { pingMs: 60, idleMs: 300 } });
    const idle = await Client.open(started);
    const kept = await Client.open(started);
    idle.ws.send(message(1));
    kept.ws.send(message(2));
    await vi.waitFor(() => expect(started.seen.messages).toHaveLength(2));
    started.seen.opened[1]?.keepFor(1_000);
    const keptAtMs = performance.now();
    await idle.closed;
    expect(kept.ws.readyState).toBe(WebSocket.OPEN);
    await kept.closed;
    expect(performance.now() - keptAtMs).toBeGreaterThanOrEqual(950);
  });
});

describe('a peer', () => {
  test('that completes no message MUST be closed in time, however many pings it sends', async () => {
    const started = await start('ws', { limits: { firstMessageMs: 100 } });
    const client = await Client.open(started);
    const pinging = setInterval(() => client.ws.ping(), 20);
    await client.closed;
    clearInterval(pinging);
    expect(started.seen.closed[0]?.closeReason).toBe('idle');
  });

  test('whose message drips in too slowly MUST be closed, also with pings between', async () => {
    const started = await start('ws', { limits: { messageMs: 150 } });
    const { socket } = await raw(started);
    socket.write(UPGRADE);
    socket.write(frame(FINAL_TEXT, message(1)));
    await vi.waitFor(() => expect(started.seen.messages).toHaveLength(1));
    const closed = gone(socket);
    socket.write(frame(FIRST_TEXT, 'MESS'));
    const dripping = setInterval(() => {
      socket.write(frame(MORE, 'A'));
      socket.write(frame(PING, ''));
    }, 20);
    await closed;
    clearInterval(dripping);
    await vi.waitFor(() => expect(started.seen.closed[0]?.closeReason).toBe('slow-message'));
  });

  test('that does not read MUST fill its own queue alone, and go on when it reads', async () => {
    const maxQueuedBytes = 100_000;
    const started = await start('ws', { limits: { maxQueuedBytes } });
    const client = await Client.open(started);
    await vi.waitFor(() => expect(started.seen.opened).toHaveLength(1));
    const [flow] = started.seen.opened;
    if (flow === undefined) throw new Error('no flow');
    client.ws.pause();
    let accepted = 0;
    let refusedRounds = 0;
    for (let round = 0; round < 3_000 && refusedRounds < 20; round += 1) {
      let refused = false;
      for (let i = 0; i < 50; i += 1) {
        if (flow.send({ head: 'y'.repeat(1_000), body: Buffer.of() })) accepted += 1;
        else refused = true;
      }
      // Frame heads come on top.
      expect(flow.queuedBytes).toBeLessThanOrEqual(maxQueuedBytes + 4);
      if (refused) refusedRounds += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(refusedRounds).toBe(20);
    expect(started.listener.stats.backpressureRefusals).toBeGreaterThan(0);
    client.ws.resume();
    await vi.waitFor(() => expect(client.texts).toHaveLength(accepted), 5_000);
    expect(flow.send({ head: 'y', body: Buffer.of() })).toBe(true);
  }, 15_000);

  test('that neither reads nor closes MUST be cut off with its listener', async () => {
    const started = await start('ws', { limits: { lingerMs: 100 } });
    const client = await Client.open(started);
    await vi.waitFor(() => expect(started.seen.opened).toHaveLength(1));
    client.ws.pause();
    for (let i = 0; i < 500; i += 1) {
      started.seen.opened[0]?.send({ head: 'q'.repeat(20_000), body: Buffer.of() });
      await new Promise((resolve) => setImmediate(resolve));
    }
    const startedMs = performance.now();
    await started.listener.close();
    expect(performance.now() - startedMs).toBeLessThan(1_000);
    expect(started.seen.closed[0]?.closeReason).toBe('shutdown');
  });

  test('that is paused MUST NOT be read, nor blamed for that time', async () => {
    const started = await start('ws', { limits: { messageMs: 200, pingMs: 200 } });
    const { socket } = await raw(started);
    const bytes = frame(FINAL_TEXT, message(1));
    socket.write(UPGRADE);
    socket.write(bytes.subarray(0, 50));
    await vi.waitFor(() => expect(started.listener.stats.bytesIn).toBe(50));
    started.seen.opened[0]?.pauseReading(true);
    socket.write(bytes.subarray(50));
    await wait(500);
    expect(started.seen.messages).toEqual([]);
    expect(started.seen.closed).toEqual([]);
    started.seen.opened[0]?.pauseReading(false);
    await vi.waitFor(() => expect(started.seen.messages).toHaveLength(1));
  });

  test('that resets MUST leave nothing behind', async () => {
    const budget = new PeerBudget();
    const started = await start('ws', { budget });
    const { socket } = await raw(started);
    socket.write(UPGRADE);
    await vi.waitFor(() => expect(started.seen.opened).toHaveLength(1));
    const [flow] = started.seen.opened;
    const sending = setInterval(() => {
      for (let i = 0; i < 20; i += 1) flow?.send({ head: 'z'.repeat(2_000), body: Buffer.of() });
    }, 1);
    await vi.waitFor(() => expect(started.listener.stats.bytesOut).toBeGreaterThan(50_000));
    socket.resetAndDestroy();
    await vi.waitFor(() => expect(started.seen.closed).toEqual([flow]));
    clearInterval(sending);
    expect(flow?.closeReason).toBe('error');
    expect(flow?.send({ head: 'x', body: Buffer.of() })).toBe(false);
    expect(flow?.queuedBytes).toBe(0);
    await wait(20);
    expect([budget.bytes, budget.addresses]).toEqual([0, 0]);
  });

  test('that closes MUST be gone at once, and told so by the same code', async () => {
    const started = await start('ws');
    const client = await Client.open(started);
    await vi.waitFor(() => expect(started.seen.opened).toHaveLength(1));
    client.ws.close(1000);
    expect(await client.closed).toBe(1000);
    await vi.waitFor(() => expect(started.seen.closed[0]?.closeReason).toBe('remote'));
    expect(started.seen.opened[0]?.isOpen).toBe(false);
  });

  test('that sends without a pause MUST leave the others their turn, every two reads', async () => {
    const started = await start('ws', { limits: { maxQueuedBytes: 16 * 1024 * 1024 } });
    const { socket } = await raw(started);
    socket.write(UPGRADE);
    await vi.waitFor(() => expect(started.seen.opened).toHaveLength(1));
    const [flow] = started.seen.opened;
    const { stats } = started.listener;
    flow?.pauseReading(true);
    const one = frame(FINAL_TEXT, message(1, 'x'.repeat(1_000)));
    socket.write(Buffer.concat(Array.from({ length: 4_000 }, () => one)));
    // Until the kernel's buffers are full.
    await wait(200);
    let most = 0;
    let before = 0;
    flow?.pauseReading(false);
    for (let turns = 0; stats.messagesIn < 4_000 && turns < 50_000; turns += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, stats.bytesIn - before);
      before = stats.bytesIn;
    }
    expect(stats.messagesIn).toBe(4_000);
    expect(most).toBeLessThanOrEqual(3 * 65_536);
  });

  test('that begins to close and leaves it at that MUST be cut off', async () => {
    const started = await start('ws', { limits: { lingerMs: 50, halfClosedMs: 100 } });
    const { socket } = await raw(started);
    socket.write(UPGRADE);
    await vi.waitFor(() => expect(started.seen.opened).toHaveLength(1));
    const closed = gone(socket);
    socket.on('end', () => undefined);
    socket.allowHalfOpen = true;
    socket.write(frame(CLOSE, '\x03\xe8'));
    await vi.waitFor(() => expect(started.seen.closed[0]?.closeReason).toBe('remote'));
    // Nobody is there any more to take it.
    const poking = setInterval(() => socket.write('x'), 20);
    await closed;
    clearInterval(poking);
  });

  test('that sends a frame in more pieces than anybody needs MUST be turned away', async () => {
    const started = await start('ws');
    const { socket } = await raw(started);
    socket.write(UPGRADE);
    await vi.waitFor(() => expect(started.seen.opened).toHaveLength(1));
    const closed = gone(socket);
    const bytes = frame(FINAL_TEXT, 'x'.repeat(20_000));
    for (let i = 0; i < bytes.length && started.seen.closed.length === 0; i += 1) {
      socket.write(bytes.subarray(i, i + 1));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await closed;
    expect(started.seen.closed[0]?.closeReason).toBe('framing');
    expect(started.seen.messages).toEqual([]);
  });

  test('whose messages are never completed MUST NOT hold more than its share', async () => {
    const budget = new PeerBudget({
      ...DEFAULT_PEER_CAPS,
      sparesLoopback: false,
      maxBytes: 16 * 40_000,
    });
    const started = await start('ws', { budget });
    const holders = await Promise.all([raw(started), raw(started), raw(started)]);
    for (const { socket } of holders) {
      socket.write(UPGRADE);
      socket.write(frame(FIRST_TEXT, 'M'.repeat(20_000)));
    }
    await vi.waitFor(() => expect(started.seen.closed.length).toBeGreaterThan(0));
    expect(started.seen.closed[0]?.closeReason).toBe('evicted');
    expect(budget.bytes).toBeLessThanOrEqual(40_000);
    for (const { socket } of holders) socket.destroy();
    await vi.waitFor(() => expect(budget.bytes).toBe(0));
  });

  test('MUST NOT be told anything after its owner has closed it, nor read', async () => {
    let messages = 0;
    const started = await start('ws', {
      handlers: {
        onMessage: (flow) => {
          messages += 1;
          flow.close();
        },
        onFramingError: () => undefined,
        onClosed: () => undefined,
      },
    });
    const client = await Client.open(started);
    for (let i = 0; i < 3; i += 1) client.ws.send(message(i));
    expect(await client.closed).toBe(1000);
    expect(messages).toBe(1);
  });
});

test('a taken port MUST be refused with the error of the system', async () => {
  const { listener } = await start('ws');
  const options = {
    port: listener.address.port,
    handlers: new FlowRecorder(),
    mayOpen: () => true,
  };
  await expect(WsListener.listen(options)).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
