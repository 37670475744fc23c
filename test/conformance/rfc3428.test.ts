import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { formatSipDate, type SipRequest } from '@hermod/sip';
import type { Answer, Exchange, SipPeer } from '@hermod/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Scene } from '../system/scene.ts';
import type { StandaloneProcess } from '../system/standalone-process.ts';

// RFC 3428 §4–§8 as far as they bind a proxy, a registrar or a store-and-forward server, over sockets. What binds its sender or its
// recipient alone is not tested. §11.4 (Date of signed messages): services/edge/src/domain/signed-date.test.ts. §8, one at a time, of
// what Hermod originates: test/router/notifications.test.ts.

const scene = new Scene();
let standalone: StandaloneProcess;
let alice: SipPeer;
let bob: SipPeer;
let users = 0;

beforeAll(async () => {
  standalone = await scene.start();
  alice = await scene.device(standalone.sipPort, 'alice');
});
afterAll(() => scene.close());
beforeEach(async () => {
  users += 1;
  bob = await scene.device(standalone.sipPort, `bob${users}`);
});

/** What bob answers, and what alice gets. */
async function answered(answer: Answer, headers: readonly string[] = []): Promise<Exchange> {
  bob.answer = () => answer;
  return await alice.sendMessage(bob.aor, 'hello', { headers, callId: `c${users}@alice` });
}

/** Name and value of each row, folds kept. */
function rowsOf(request: SipRequest): string[] {
  return request.head.split(/\r\n(?![ \t])/).slice(1, -2);
}

/** Header rows of Table 1 and 2 that stand in a request, as nobody would write them anew. `-`: not applicable, and so neither read nor an error. */
const REQUEST_ROWS: readonly (readonly [where: string, row: string])[] = [
  ['-', 'Accept:  text/plain;q=0.5, */*'],
  ['-', 'accept-encoding: gzip'],
  ['-', 'Accept-Language: da, en-gb;q=0.8'],
  ['-', 'Alert-Info: <http://www.example.com/sounds/moo.wav>'],
  ['o', 'Allow: MESSAGE ,INVITE'],
  [
    'o',
    'Authorization: Digest username="a", realm="elsewhere", nonce="n", uri="sip:b", response="r"',
  ],
  ['o', 'Call-Info: <http://wwww.example.com/alice/photo.jpg> ;purpose=icon'],
  ['-', 'Contact: <sip:alice@192.0.2.7>'],
  ['o', 'Content-Disposition: render;handling=optional'],
  ['o', 'Content-Language: fr'],
  ['*', 'c:  text/plain;charset=utf-8'],
  ['o', `Date: ${formatSipDate(Date.now())}`],
  ['o', 'Expires: 3600'],
  ['o', 'In-Reply-To: 70710@saturn.bell-tel.com, 17320@saturn.bell-tel.com'],
  ['o', 'MIME-Version: 1.0'],
  ['o', 'Organization: Boxes by Bob'],
  ['o', 'Priority: emergency'],
  [
    'o',
    'Proxy-Authorization: Digest username="a", realm="elsewhere", nonce="n", uri="sip:b", response="r"',
  ],
  ['-', 'Record-Route: <sip:before.example.com;lr>'],
  ['o', 'Reply-To: Bob <sip:bob@biloxi.com>'],
  ['c', 'Require: what-only-the-recipient-knows'],
  ['o', 's: A tornado\r\n\tis heading our way!'],
  ['o', 'Timestamp: 54'],
  ['o', 'User-Agent: Softphone Beta1.5'],
  ['o', 'X-Not-In-Any-Table: \xc3\xbc'],
];

describe('the header table (§6, Tables 1 and 2): requests', () => {
  const headers = REQUEST_ROWS.map(([, row]) => row);
  const sent = { headers, fromTag: 'f-1.~!', cseq: 4711 };
  let direct: SipRequest | undefined;
  let stored: SipRequest | undefined;

  beforeAll(async () => {
    const carol = await scene.device(standalone.sipPort, 'carol');
    const toCarol = { ...sent, callId: 'table@direct' };
    expect((await alice.request('MESSAGE', carol.aor, { ...toCarol, body: 'hi' })).status).toBe(
      200,
    );
    direct = carol.received[0]?.request;
    const toDave = { ...sent, callId: 'table@stored', to: 'sip:dave@localhost' };
    const dave = 'sip:dave@localhost';
    expect((await alice.request('MESSAGE', dave, { ...toDave, body: 'hi' })).status).toBe(202);
    const device = await scene.device(standalone.sipPort, 'dave');
    await device.waitForRequests(1);
    stored = device.received[0]?.request;
  });

  const got = (how: string): SipRequest => {
    const request = how === 'direct' ? direct : stored;
    if (request === undefined) throw new Error('nothing came');
    return request;
  };

  describe.each(['direct', 'stored'])('%s', (how) => {
    test.each(REQUEST_ROWS)('MUST NOT change, nor stumble over (%s): %s', (_where, row) => {
      expect(rowsOf(got(how))).toContain(row);
    });

    test.each([
      ['Call-ID', `table@${how}`],
      ['CSeq', '4711 MESSAGE'],
      ['From', '<sip:alice@localhost>;tag=f-1.~!'],
      ['Content-Length', '2'],
    ])('MUST have the %s of its sender', (name, value) => {
      expect(got(how).byName(name)).toBe(value);
    });

    test('MUST have a To without a tag: no dialog is made (§4, §7)', () => {
      expect(got(how).byName('To')).not.toContain('tag');
    });

    test("MUST have our Via on top, and the sender's below with received and rport", () => {
      const vias = viasOf(got(how));
      expect(vias[0]).toContain(`:${standalone.sipPort};branch=z9hG4bK`);
      expect(vias.at(-1)).toContain(`rport=${alice.socket.local.port}`);
    });

    test('MUST have a Max-Forwards that is one lower', () => {
      expect(got(how).byName('Max-Forwards')).toBe('69');
    });

    test('SHOULD have no Record-Route but those that came: nobody would use it (Table 1: -)', () => {
      const rows = rowsOf(got(how)).filter((row) => /^record-route:/i.test(row));
      expect(rows).toEqual(['Record-Route: <sip:before.example.com;lr>']);
    });

    test('MUST have the rows in the order in which they came', () => {
      const rows = rowsOf(got(how)).filter((row) => headers.includes(row));
      expect(rows).toEqual(headers);
    });
  });

  test('Max-Forwards and Content-Length MUST be added where a sender left them out (Table 1: m, t)', async () => {
    const udp = await scene.udp(standalone.sipPort, 'eve');
    const bytes = udp
      .format('MESSAGE', bob.aor, { body: 'hi' })
      .toString('latin1')
      .replace(/(Max-Forwards|Content-Length): \d+\r\n/g, '');
    udp.socket.write(Buffer.from(bytes, 'latin1'));
    await bob.waitForRequests(1);
    const request = bob.received[0]?.request;
    expect(request?.byName('Max-Forwards')).toBe('70');
    expect(request?.byName('Content-Length')).toBe('2');
    expect(bob.texts).toEqual(['hi']);
  });

  test('Route values that name this proxy MUST go (Table 1: adr)', async () => {
    const route = `Route: <sip:127.0.0.1:${standalone.sipPort};lr>`;
    expect((await answered(200, [route])).status).toBe(200);
    expect(bob.received[0]?.request.byName('Route')).toBeUndefined();
  });

  test('Proxy-Require with what we do not know MUST be 420, and Unsupported says what (Table 1: ar)', async () => {
    const { status, response } = await answered(200, ['Proxy-Require: none-such, other']);
    expect(status).toBe(420);
    expect(response.byName('Unsupported')).toBe('none-such, other');
    expect(bob.received).toEqual([]);
  });

  test('the method MUST be compared with case (§9)', async () => {
    const { status } = await alice.request('Message', bob.aor, { body: 'hi' });
    // Nothing that it is stored by: another method is forwarded, or not, and its own answer comes back.
    expect(status).toBe(200);
    expect(bob.received[0]?.request.method).toBe('Message');
    await bob.destroy();
    expect((await alice.request('Message', bob.aor, { body: 'hi' })).status).not.toBe(202);
  });
});

function viasOf(request: SipRequest): string[] {
  return rowsOf(request)
    .filter((row) => /^via:/i.test(row))
    .flatMap((row) => row.slice(4).split(','));
}

/** Rows of a response that come from the recipient and belong to the sender. */
const RESPONSE_ROWS: readonly (readonly [status: number, row: string])[] = [
  [200, 'Allow: MESSAGE, BYE'],
  [200, 'Authentication-Info: nextnonce="47364c23432d2e131a5fb210812c"'],
  [200, 'Server: HomeServer v2'],
  [200, 'Timestamp: 54 1.5'],
  [200, 'Date: Sat, 13 Nov 2010 23:29:00 GMT'],
  [300, 'Contact: <sip:bob@192.0.2.4>'],
  [401, 'WWW-Authenticate: Digest realm="b", nonce="n", algorithm=MD5'],
  [401, 'Proxy-Authenticate: Digest realm="p", nonce="n", algorithm=MD5'],
  [404, 'Retry-After: 18000;duration=3600'],
  [405, 'Allow: INVITE, ACK'],
  [407, 'Proxy-Authenticate: Digest realm="b", nonce="n", algorithm=MD5'],
  [407, 'WWW-Authenticate: Digest realm="w", nonce="n", algorithm=MD5'],
  [413, 'Retry-After: 120 (I am in a meeting)'],
  [415, 'Accept: text/plain, message/cpim'],
  [415, 'Accept-Encoding: gzip'],
  [415, 'Accept-Language: en'],
  [415, 'Error-Info: <sip:not-in-service-recording@atlanta.com>'],
  [415, 'Warning: 305 isi.edu "Incompatible media format"'],
  [420, 'Unsupported: foo'],
  [480, 'Retry-After: 60'],
  [485, 'Contact: <sip:bob@192.0.2.4>'],
  [486, 'Retry-After: 60'],
  [500, 'Retry-After: 60'],
  [600, 'Retry-After: 60'],
  [603, 'Retry-After: 60'],
];

describe('the header table (§6, Tables 1 and 2): responses', () => {
  // Not to be stored: what says "not now" would be 202 otherwise.
  test.each(RESPONSE_ROWS)('%i MUST come back with: %s', async (status, row) => {
    const exchange = await answered({ status, headers: [row] }, ['Expires: 0']);
    expect(exchange.status).toBe(status);
    expect(exchange.response.head.split('\r\n')).toContain(row);
    expect(exchange.response.byName('Call-ID')).toBe(`c${users}@alice`);
    expect(exchange.response.byName('From')).toMatch(/^<sip:alice@localhost>;tag=/);
    expect(exchange.response.byName('To')).toMatch(/;tag=/);
    expect(viasOfResponse(exchange)).toHaveLength(1);
  });

  test('Contact and a body MUST NOT be in a 2xx, whatever the device says (§7)', async () => {
    const headers = ['Contact: <sip:bob@192.0.2.4>', 'Content-Type: text/plain'];
    const { status, response } = await answered({ status: 200, headers, body: 'read it' });
    expect(status).toBe(200);
    expect(response.byName('Contact')).toBeUndefined();
    expect(response.body).toHaveLength(0);
    expect(response.byName('Content-Type')).toBeUndefined();
  });

  test('Contact MUST NOT be in a 202 of ours, nor a body (§7)', async () => {
    const { status, response } = await alice.sendMessage('sip:nobody@localhost', 'hello');
    expect(status).toBe(202);
    expect(response.byName('Contact')).toBeUndefined();
    expect(response.body).toHaveLength(0);
  });
});

function viasOfResponse({ response }: Exchange): string[] {
  return response.head.split('\r\n').filter((row) => /^via:/i.test(row));
}

describe('proxying (§6)', () => {
  test('MUST give the sender exactly one final response, when several devices say 200', async () => {
    const second = await scene.tcp(standalone.sipPort, bob.user);
    await second.register();
    const exchange = await answered(200);
    await second.waitForRequests(1);
    await delay(100);
    expect(exchange.status).toBe(200);
    // All of them show it; none is recalled.
    expect([bob.texts, second.texts]).toEqual([['hello'], ['hello']]);
    expect(alice.strayResponses).toEqual([]);
  });

  test('MUST forward the first 2xx at once, and no other final', async () => {
    const second = await scene.tcp(standalone.sipPort, bob.user);
    await second.register();
    second.answer = () => ({ status: 603, delayMs: 400 });
    const exchange = await answered(200);
    expect(exchange.status).toBe(200);
    expect(exchange.elapsedMs).toBeLessThan(400);
    await delay(500);
    expect(alice.strayResponses).toEqual([]);
  });

  test('MUST NOT forward provisional responses (RFC 4320 §4.1)', async () => {
    const exchange = await answered({ status: 180 });
    expect(exchange.status).toBe(202);
    expect(exchange.provisionals).toEqual([]);
    bob.answer = () => 200;
  });

  test.each([404, 413, 415, 603, 606])(
    'a refusal MUST reach the sender as it is, and nothing is stored: %i (§7)',
    async (status) => {
      expect((await answered(status)).status).toBe(status);
      bob.answer = () => 200;
      await bob.register();
      expect((await alice.sendMessage(bob.aor, 'next')).status).toBe(200);
      expect(bob.texts).toEqual(['hello', 'next']);
    },
  );
});

const CRLF = '\r\n';
const EVERY_OCTET = Buffer.from(Array.from({ length: 256 }, (_, i) => i));

/** Bodies that a signature covers, so that a single octet that changes breaks them. */
const BODIES: readonly (readonly [contentType: string, body: Buffer])[] = [
  [
    'multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="b 1"',
    Buffer.concat([
      Buffer.from(
        `--b 1${CRLF}Content-Type: text/plain${CRLF}${CRLF}Gr\xfc\xdfe  ${CRLF}\n\t${CRLF}--b 1${CRLF}` +
          `Content-Type: application/pkcs7-signature; name=smime.p7s${CRLF}${CRLF}`,
        'latin1',
      ),
      EVERY_OCTET,
      Buffer.from(`${CRLF}--b 1--${CRLF}`),
    ]),
  ],
  [
    'application/pkcs7-mime; smime-type=signed-data; name=smime.p7m',
    Buffer.concat([Buffer.from([0x30, 0x82]), randomBytes(400), EVERY_OCTET]),
  ],
  [
    'application/pkcs7-mime; smime-type=enveloped-data',
    Buffer.concat([Buffer.from(CRLF + CRLF), randomBytes(4000)]),
  ],
  [
    'multipart/mixed; boundary=x',
    Buffer.from(`preamble${CRLF}--x${CRLF}${CRLF}${CRLF}one\r\r\n\n${CRLF}--x--${CRLF}epilogue\0`),
  ],
  [
    'message/cpim',
    Buffer.from(
      `From: <im:a@x>${CRLF}NS: i <urn:ietf:params:imdn>${CRLF}i.Disposition-Notification: processing${CRLF}` +
        `Subject:;lang=de Gr\xfc\xdfe${CRLF}${CRLF}Content-type: text/plain${CRLF}${CRLF}hi\0`,
      'latin1',
    ),
  ],
];

describe('bodies (§6, §11.3)', () => {
  test.each(BODIES)('MUST pass octet by octet, to a stream: %s', async (contentType, body) => {
    expect((await alice.sendMessage(bob.aor, body, { contentType })).status).toBe(200);
    expectBody(bob, contentType, body);
  });

  test.each(BODIES)('MUST pass through the log and the mailbox: %s', async (contentType, body) => {
    const to = `sip:away${users}@localhost`;
    const date = `Date: ${formatSipDate(Date.now())}`;
    const options = { contentType, headers: [date] };
    expect((await alice.sendMessage(to, body, options)).status).toBe(202);
    const device = await scene.device(standalone.sipPort, `away${users}`);
    await device.waitForRequests(1);
    expectBody(device, contentType, body);
    expect(device.received[0]?.request.byName('Date')).toBe(date.slice(6));
  });

  test.each(BODIES)('MUST pass in datagrams both ways: %s', async (contentType, body) => {
    const small = body.subarray(0, 700);
    const to = await scene.device(standalone.sipPort, `udp${users}`, 'udp');
    const from = await scene.udp(standalone.sipPort, 'ulla');
    expect((await from.sendMessage(to.aor, small, { contentType })).status).toBe(200);
    expectBody(to, contentType, small);
  });

  function expectBody(device: SipPeer, contentType: string, body: Buffer): void {
    const request = device.received[0]?.request;
    expect(request?.byName('Content-Type')).toBe(contentType);
    expect(Buffer.from(request?.body ?? []).equals(body)).toBe(true);
  }
});

describe('size (§8; RFC 3261 §18.1.1)', () => {
  test('what is over 1300 bytes MUST go by TCP to a device that registered over UDP', async () => {
    const device = await scene.device(standalone.sipPort, `large${users}`, 'udp');
    await device.listenTcp(device.socket.local.port);
    for (const length of [200, 1300, 30_000]) {
      expect((await alice.sendMessage(device.aor, 'x'.repeat(length))).status).toBe(200);
    }
    expect(device.received.map(({ text, socket }) => [text.length, socket.transport])).toEqual([
      [200, 'UDP'],
      [1300, 'TCP'],
      [30_000, 'TCP'],
    ]);
    const via = device.received[1]?.request.topVia;
    expect(via?.ok === true && via.value.transport).toBe('TCP');
  });

  test('a proxy is not bound by the limit of senders: a large message passes from stream to stream', async () => {
    expect((await alice.sendMessage(bob.aor, 'x'.repeat(60_000))).status).toBe(200);
    expect(bob.texts[0]).toHaveLength(60_000);
  });

  test('a body that is too large for us MUST be 413', async () => {
    // What follows on a stream cannot be told from the rest of it: the connection ends.
    const mallory = await scene.tcp(standalone.sipPort, 'mallory');
    expect((await mallory.sendMessage(bob.aor, 'x'.repeat(65_537))).status).toBe(413);
  });
});

describe('Expires and Date (§4, §7)', () => {
  const send = async (to: string, body: string, ...headers: string[]): Promise<number> =>
    (await alice.sendMessage(to, body, { headers })).status;

  test('MUST be counted from Date, also in the mailbox; without Date from the arrival', async () => {
    const carl = `sip:carl${users}@localhost`;
    const at = (ms: number): string => `Date: ${formatSipDate(Date.now() + ms)}`;
    expect(await send(carl, 'never')).toBe(202);
    expect(await send(carl, 'dated, over soon', at(-58_000), 'Expires: 60')).toBe(202);
    expect(await send(carl, 'over soon', 'Expires: 2')).toBe(202);
    expect(await send(carl, 'dated, not over', at(-58_000), 'Expires: 120')).toBe(202);
    expect(await send(carl, 'malformed', 'Expires: soon')).toBe(202);
    expect(await send(carl, 'another clock', at(-3_600_000), 'Expires: 60')).toBe(202);
    await delay(3500);
    const device = await scene.device(standalone.sipPort, `carl${users}`);
    await device.waitForRequests(4);
    await delay(100);
    expect(device.texts).toEqual(['never', 'dated, not over', 'malformed', 'another clock']);
  });

  test('what has expired when it comes MUST NOT be delivered', async () => {
    const date = `Date: ${formatSipDate(Date.now() - 61_000)}`;
    expect(await send(bob.aor, 'old', date, 'Expires: 60')).toBe(480);
    expect(bob.received).toEqual([]);
  });

  test('Expires: 0 MUST be tried once and never stored', async () => {
    expect(await send(bob.aor, 'now', 'Expires: 0')).toBe(200);
    expect(await send(`sip:gone${users}@localhost`, 'now', 'Expires: 0')).toBe(480);
    const device = await scene.device(standalone.sipPort, `gone${users}`);
    await delay(200);
    expect(device.received).toEqual([]);
  });
});

describe('answers of a store-and-forward server (§7)', () => {
  test('SHOULD be 202 for what is stored, and final within 3.5 s for what a device does not answer', async () => {
    expect((await alice.sendMessage('sip:nobody@localhost', 'x')).status).toBe(202);
    const exchange = await answered('silence');
    expect(exchange.status).toBe(202);
    expect(exchange.elapsedMs).toBeLessThan(3500);
    expect(exchange.provisionals).toEqual([]);
  });

  test('MUST NOT be 408 (RFC 4320 §4.2)', async () => {
    expect((await answered('silence', ['Expires: 0'])).status).toBe(480);
  });

  test('MUST be 200 only when a device has said so', async () => {
    expect((await answered({ status: 200, delayMs: 500 })).elapsedMs).toBeGreaterThan(490);
  });
});
