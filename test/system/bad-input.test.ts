import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { DeliveryLedger } from '@hermod/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepLedger, MessageLoad, total } from './message-load.ts';
import { RawConnection, RawDatagrams, sayOverTcp } from './raw-client.ts';
import { Scene } from './scene.ts';
import type { StandaloneProcess } from './standalone-process.ts';

const RFC4475 = new URL('../../packages/sip/testdata/rfc4475/', import.meta.url);
/** What the process may grow by while it is attacked, garbage not yet collected included. */
const MAX_GROWTH_MB = 160;

let made = 0;
/** A valid head without its empty line. */
function head(method = 'OPTIONS', uri = 'sip:localhost', ...rows: string[]): string {
  made += 1;
  return [
    `${method} ${uri} SIP/2.0`,
    `Via: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKraw${made};rport`,
    'Max-Forwards: 70',
    'From: <sip:mallory@localhost>;tag=m',
    `To: <${uri}>`,
    `Call-ID: raw${made}`,
    `CSeq: 1 ${method}`,
    ...rows,
    '',
  ].join('\r\n');
}
const OPTIONS = (): string => `${head('OPTIONS', 'sip:localhost', 'Content-Length: 0')}\r\n`;

describe('bad input on the open ports', () => {
  const scene = new Scene();
  const ledgers = [new DeliveryLedger(), new DeliveryLedger()];
  let standalone: StandaloneProcess;
  let load: MessageLoad;
  let port: number;
  let residentMb: number;

  beforeAll(async () => {
    standalone = await scene.start(scene.directory(), {
      HERMOD_DOMAINS: 'localhost,127.0.0.1,example.com',
    });
    port = standalone.sipPort;
    const pairs = [];
    for (const [index, ledger] of ledgers.entries()) {
      const make = index === 0 ? scene.tcp.bind(scene) : scene.udp.bind(scene);
      const bob = keepLedger(ledger, await make(port, `bob${index}`));
      expect((await bob.register()).status).toBe(200);
      pairs.push({ sender: await make(port, `alice${index}`), to: bob.aor });
    }
    load = new MessageLoad(pairs, 60);
    await delay(1000);
    residentMb = standalone.residentMb;
  });

  afterAll(async () => {
    const grownMb = standalone.residentMb - residentMb;
    const result = await load.finish();
    const { isRunning } = standalone;
    await scene.close();
    const slow = load.finals.filter(({ status }) => status !== 200).length;
    console.info(
      `${load.sent} messages of the others, ${slow} without 200, grown by ${Math.round(grownMb)} MiB`,
    );
    expect(isRunning).toBe(true);
    expect(grownMb).toBeLessThan(MAX_GROWTH_MB);
    // Nobody else is disturbed: everything direct, nothing twice, nothing out of order.
    expect([...result.accepted, ...result.refused, ...result.unknown]).toEqual([]);
    expect(total(ledgers, 'distinct')).toBe(load.sent);
    expect(total(ledgers, 'duplicates') + total(ledgers, 'outOfOrder')).toBe(0);
  });

  test('garbage MUST close the connection, without an answer', async () => {
    for (let i = 0; i < 20; i += 1) {
      expect(await sayOverTcp(port, randomBytes(70_000))).toEqual({ statuses: [], closed: true });
    }
    expect(await sayOverTcp(port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')).toEqual({
      statuses: [],
      closed: true,
    });
  });

  test('a head that ends with the connection MUST be forgotten', async () => {
    for (const cut of [1, 10, 50, 150]) {
      const connection = await RawConnection.open(port);
      connection.socket.end(OPTIONS().slice(0, cut));
      expect(await connection.untilClosed()).toEqual({ statuses: [], closed: true });
    }
  });

  test('a header without end MUST close the connection', async () => {
    const connection = await RawConnection.open(port);
    connection.write(`${head('MESSAGE', 'sip:bob0@localhost')}X: `);
    const chunk = 'x'.repeat(16_000);
    for (let i = 0; i < 200 && !connection.answer.closed; i += 1) {
      connection.write(chunk);
      await delay(1);
    }
    expect(await connection.untilClosed()).toEqual({ statuses: [513], closed: true });
  });

  test('a body without end MUST be 413, and close the connection', async () => {
    const connection = await RawConnection.open(port);
    const length = 'Content-Length: 4294967295';
    connection.write(`${head('MESSAGE', 'sip:bob0@localhost', length)}\r\n`);
    const chunk = 'x'.repeat(16_000);
    for (let i = 0; i < 200 && !connection.answer.closed; i += 1) {
      connection.write(chunk);
      await delay(1);
    }
    expect(await connection.untilClosed()).toEqual({ statuses: [413], closed: true });
  });

  test.each([
    ['two different Content-Lengths', ['Content-Length: 0', 'Content-Length: 5']],
    ['a negative Content-Length', ['Content-Length: -1']],
    ['a Content-Length that is no number', ['Content-Length: five']],
    ['two lengths in one row', ['l: 0, 5']],
  ])('%s MUST be 400, and close the connection', async (_name, rows) => {
    const bytes = `${head('MESSAGE', 'sip:bob0@localhost', ...rows)}\r\nhello${OPTIONS()}`;
    expect(await sayOverTcp(port, bytes)).toEqual({ statuses: [400], closed: true });
  });

  test('10,000 headers MUST be refused', async () => {
    const rows = Array.from({ length: 10_000 }, (_, i) => `X${i}: y`);
    expect(await sayOverTcp(port, `${head('MESSAGE', 'sip:bob0@localhost', ...rows)}\r\n`)).toEqual(
      {
        statuses: [513],
        closed: true,
      },
    );
    const short = rows.slice(0, 1000).map((_, i) => `a: ${i}`);
    expect(
      await sayOverTcp(port, `${head('MESSAGE', 'sip:bob0@localhost', ...short)}\r\n`),
    ).toEqual({
      statuses: [400],
      closed: true,
    });
  });

  test('requests before junk MUST be answered, and the junk close the connection', async () => {
    const bytes = `${OPTIONS()}\r\n\r\n${OPTIONS()}\0\0junk\r\n\r\n${OPTIONS()}`;
    expect(await sayOverTcp(port, bytes)).toEqual({ statuses: [200, 200], closed: true });
  });

  test('2,000 pipelined requests MUST each be answered', async () => {
    // As many answers as a flow may queue (1 MiB) for somebody who writes before he reads; beyond, they are dropped.
    const connection = await RawConnection.open(port);
    connection.write(Array.from({ length: 2000 }, OPTIONS).join(''));
    const { statuses, closed } = await connection.untilAnswered(2000, 10_000);
    expect(statuses.length).toBe(2000);
    // 503: at one and the same moment they are more than admission control takes on.
    expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
    expect(closed).toBe(false);
    connection.destroy();
  });

  test('slow loris: 300 connections that drip a head MUST NOT disturb anybody', async () => {
    const bytes = OPTIONS();
    const drips = await Promise.all(Array.from({ length: 300 }, () => RawConnection.open(port)));
    for (let i = 0; i < 20; i += 1) {
      for (const drip of drips) drip.write(bytes.slice(i, i + 1));
      await delay(50);
    }
    // One that does come to an end is served.
    drips[0]?.write(bytes.slice(20));
    expect((await drips[0]?.untilAnswered(1))?.statuses).toEqual([200]);
    for (const drip of drips) drip.destroy();
  });

  test('RFC 4475 over TCP and UDP MUST end in an answer or in silence', async () => {
    const names = readdirSync(RFC4475).filter((name) => name.endsWith('.dat'));
    expect(names).toHaveLength(49);
    const datagrams = await RawDatagrams.open(port);
    for (const name of names) datagrams.send(readFileSync(new URL(name, RFC4475)));
    const answers = await Promise.all(
      names.map(async (name) => {
        const connection = await RawConnection.open(port);
        connection.write(readFileSync(new URL(name, RFC4475)));
        const { statuses } = await connection.untilAnswered(1, 500);
        connection.destroy();
        return [name.replace('.dat', ''), statuses[0]] as const;
      }),
    );
    datagrams.close();
    const byName = Object.fromEntries(answers);
    // What is proxied is answered once, where its first copy came from: a datagram here, perhaps.
    expect(byName).toMatchObject({
      wsinv: 403,
      mpart01: 403,
      badinv01: 400,
      ncl: 400,
      mcl01: 400,
      quotbal: 400,
      badvers: 505,
      unkscm: 416,
      bext01: 420,
      multi01: 400,
      zeromf: 200,
      unreason: undefined,
      bigcode: undefined,
      scalarlg: undefined,
    });
    for (const [, status] of answers) expect(status).not.toBe(500);
  });

  test('datagrams of any kind and size MUST NOT matter', async () => {
    const datagrams = await RawDatagrams.open(port);
    for (let i = 0; i < 200; i += 1) datagrams.send(randomBytes(1 + i * 300));
    datagrams.send(randomBytes(65_507));
    const valid = OPTIONS().replace('SIP/2.0/TCP', 'SIP/2.0/UDP');
    for (let cut = 0; cut < valid.length - 1; cut += 7) datagrams.send(valid.slice(0, cut));
    const big = 'x'.repeat(60_000);
    datagrams.send(`${head('MESSAGE', 'sip:nobody@localhost', `X: ${big}`)}\r\n`);
    datagrams.send(
      `${head('MESSAGE', 'sip:nobody@localhost', 'Content-Length: 64000')}\r\n${'x'.repeat(64_000)}`,
    );
    datagrams.send(`${head('MESSAGE', 'sip:nobody@localhost', 'Content-Length: 100')}\r\nshort`);
    await delay(200);
    datagrams.send(valid);
    await expect.poll(() => datagrams.statuses, { timeout: 5000 }).toContain(200);
    expect(datagrams.statuses.filter((status) => status === 513)).toHaveLength(1);
    expect(datagrams.statuses).toContain(400);
    datagrams.close();
  });

  test('a sender that ends its half behind a MESSAGE MUST get its answer, and then the end', async () => {
    const slow = await scene.tcp(port, 'slow');
    slow.answer = () => ({ status: 200, delayMs: 500 });
    await slow.register();
    const connection = await RawConnection.open(port);
    connection.socket.end(`${head('MESSAGE', slow.aor, 'Content-Length: 5')}\r\nhello`);
    expect(await connection.untilClosed()).toEqual({ statuses: [200], closed: true });
  });

  test('a storm of resets MUST NOT matter', async () => {
    const body = `${head('MESSAGE', 'sip:nobody@localhost', 'Expires: 0', 'Content-Length: 5')}\r\nhello`;
    for (let round = 0; round < 10; round += 1) {
      const all = await Promise.all(Array.from({ length: 100 }, () => RawConnection.open(port)));
      for (const [index, connection] of all.entries()) {
        // With nothing said, with half a request, with answers on their way.
        connection.write(index % 3 === 0 ? '' : index % 3 === 1 ? body.slice(0, 90) : body);
        connection.socket.resetAndDestroy();
      }
    }
    expect(await sayOverTcp(port, `${OPTIONS()}junk\r\n\r\n`)).toMatchObject({ statuses: [200] });
  });

  test('2,000 idle connections MUST leave room for others', async () => {
    const before = standalone.residentMb;
    const idle: RawConnection[] = [];
    for (let i = 0; i < 20; i += 1) {
      idle.push(
        ...(await Promise.all(Array.from({ length: 100 }, () => RawConnection.open(port)))),
      );
    }
    const grownMb = standalone.residentMb - before;
    await delay(500);
    const late = await RawConnection.open(port);
    late.write(OPTIONS());
    expect((await late.untilAnswered(1)).statuses).toEqual([200]);
    expect(idle.filter((connection) => connection.answer.closed)).toEqual([]);
    for (const connection of idle) connection.destroy();
    late.destroy();
    console.info(`2,000 idle connections: ${grownMb.toFixed(1)} MiB`);
    expect(grownMb).toBeLessThan(60);
  });
});
