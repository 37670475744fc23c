import { describe, expect, it } from 'vitest';
import { parseMessage, type SipRequest } from '../message.ts';
import { selectTargets } from '../proxy/select-targets.ts';
import { formatSipUri, parseUri, type SipUri } from '../uri.ts';
import { type Binding, type ContactNetworks, DEFAULT_REGISTER_POLICY } from './binding.ts';
import { type GruuScope, resolveGruu } from './gruu.ts';
import { processRegister, type RegisterResult, type RegisterSource } from './process-register.ts';

const NOW = Date.UTC(2026, 10, 22, 12, 0, 0);

type Fields = {
  readonly callId?: string;
  readonly cseq?: number;
  readonly uri?: string;
  readonly lines?: readonly string[];
};

function request(contacts: readonly string[], fields: Fields = {}): SipRequest {
  const head = [
    `REGISTER ${fields.uri ?? 'sip:example.com'} SIP/2.0`,
    'Via: SIP/2.0/UDP client;branch=z9hG4bKa',
    'From: <sip:bob@example.com>;tag=1',
    'To: <sip:bob@example.com>',
    `Call-ID: ${fields.callId ?? 'c1'}`,
    `CSeq: ${fields.cseq ?? 1} REGISTER`,
    ...contacts.map((contact) => `Contact: ${contact}`),
    ...(fields.lines ?? []),
    '',
    '',
  ].join('\r\n');
  const message = parseMessage(head, new Uint8Array(0));
  if (!message.ok || message.value.kind !== 'request') throw new Error('test request is broken');
  return message.value;
}

function register(
  contacts: readonly string[],
  bindings: readonly Binding[] = [],
  fields: Fields & {
    readonly source?: RegisterSource;
    readonly nowMs?: number;
    readonly contactNetworks?: ContactNetworks;
  } = {},
): RegisterResult {
  const { contactNetworks = DEFAULT_REGISTER_POLICY.contactNetworks } = fields;
  return processRegister(
    request(contacts, fields),
    bindings,
    fields.source,
    { ...DEFAULT_REGISTER_POLICY, contactNetworks },
    fields.nowMs ?? NOW,
  );
}

function stored(result: RegisterResult): readonly Binding[] {
  expect(result.status).toBe(200);
  if (result.bindings === undefined) throw new Error('nothing is to be stored');
  return result.bindings;
}

function first(result: RegisterResult): Binding {
  const binding = stored(result)[0];
  if (binding === undefined) throw new Error('no binding');
  return binding;
}

const contactRows = (result: RegisterResult): string[] =>
  result.headers.filter((line) => line.startsWith('Contact: '));

describe('processRegister: adding and querying', () => {
  it('MUST add a binding and list it with its expires, with a Date (RFC 3261 §10.3 steps 7 and 8)', () => {
    const result = register(
      ['"Bob" <sip:bob@192.0.2.4:5066;x=1>;q=0.7;expires=120;foo="a,b"'],
      [],
      {
        callId: 'abc@host',
        cseq: 17,
      },
    );
    expect(stored(result)).toEqual([
      {
        key: 'sip:bob@192.0.2.4:5066;x=1',
        contact: 'sip:bob@192.0.2.4:5066;x=1',
        params: ';q=0.7;foo="a,b"',
        q: 700,
        callId: 'abc@host',
        cseq: 17,
        expiresAtMs: NOW + 120_000,
        path: [],
        flowToken: '',
        flowBound: true,
        refusesMessage: false,
        gruuSinceMs: 0,
      },
    ]);
    expect(result.headers).toEqual([
      'Contact: <sip:bob@192.0.2.4:5066;x=1>;q=0.7;foo="a,b";expires=120',
      'Date: Sun, 22 Nov 2026 12:00:00 GMT',
    ]);
  });

  it('MUST take expires from the parameter, then the header, then the default; capped (RFC 3261 §10.3 step 7)', () => {
    const life = (contact: string, lines: readonly string[] = []): number =>
      (first(register([contact], [], { lines })).expiresAtMs - NOW) / 1_000;
    expect(life('<sip:b@h>;expires=100', ['Expires: 200'])).toBe(100);
    expect(life('<sip:b@h>', ['Expires: 200'])).toBe(200);
    expect(life('<sip:b@h>')).toBe(3_600);
    expect(life('<sip:b@h>;expires=4294967295')).toBe(86_400);
  });

  it.each(['99999999999', 'soon', '-1'])(
    'MAY treat the malformed expires %s as the default (RFC 3261 §20.10, RFC 4475 §3.1.2.4)',
    (text) => {
      expect(first(register(['<sip:b@h>'], [], { lines: [`Expires: ${text}`] })).expiresAtMs).toBe(
        NOW + 3_600_000,
      );
    },
  );

  it('MUST answer a query with the live bindings and change nothing (RFC 3261 §10.3 step 6)', () => {
    const bindings = stored(register(['<sip:a@h>;expires=60', '<sip:b@h>;expires=600']));
    const result = register([], bindings, { nowMs: NOW + 60_000 });
    expect(result.bindings).toBeUndefined();
    expect(contactRows(result)).toEqual(['Contact: <sip:b@h>;expires=540']);
  });

  it('MUST drop expired bindings from what it stores', () => {
    const bindings = stored(register(['<sip:a@h>;expires=60']));
    const result = register(['<sip:b@h>'], bindings, { cseq: 2, nowMs: NOW + 60_000 });
    expect(stored(result).map((binding) => binding.contact)).toEqual(['sip:b@h']);
  });

  it('MUST take one IPv6 address for one contact, however it is written (RFC 5118 §4.5)', () => {
    const before = register(['<sip:b@[2001:DB8:0::1]:5062>']).bindings ?? [];
    const again = ['<sip:b@[2001:db8::0:1]:5062>'];
    expect(register(again, before, { cseq: 9 }).bindings).toHaveLength(1);
  });

  it('MUST echo method and headers of a Contact, which no Request-URI may hold (RFC 3261 §10.3 step 8)', () => {
    const uri = 'sip:b@h;method=MESSAGE?Subject=x';
    expect(register([`<${uri}>`]).headers).toContain(`Contact: <${uri}>;expires=3600`);
  });

  it('MUST echo unknown parameters where they stood: header or URI (RFC 4475 §3.3.12, §3.3.13, §3.3.14)', () => {
    const result = register([
      'sip:a@h;unknownparam',
      '<sip:b@h;unknownparam>',
      '<sip:c@h?Route=%3Csip:x%3E>',
    ]);
    expect(contactRows(result)).toEqual([
      'Contact: <sip:a@h>;unknownparam;expires=3600',
      'Contact: <sip:b@h;unknownparam>;expires=3600',
      'Contact: <sip:c@h?Route=%3Csip:x%3E>;expires=3600',
    ]);
  });

  it('MUST keep two contacts that differ by an escaped NUL apart (RFC 4475 §3.1.1.4)', () => {
    expect(stored(register(['<sip:%00@h>', '<sip:%00%00@h>']))).toHaveLength(2);
  });

  it.each([
    ['1', 1_000],
    ['1.000', 1_000],
    ['0', 0],
    ['0.', 0],
    ['0.05', 50],
    ['0.123', 123],
  ])('MUST understand q=%s', (text, q) => {
    expect(first(register([`<sip:b@h>;q=${text}`])).q).toBe(q);
  });
});

describe('processRegister: updating and removing', () => {
  const before = stored(register(['<sip:bob@h:5060>;q=0.5'], [], { callId: 'c1', cseq: 5 }));

  it('MUST update a binding that is equal by URI equality (RFC 3261 §10.3 step 7)', () => {
    const result = register(['<sip:b%6fb@H:5060;x=1>'], before, { cseq: 6 });
    expect(stored(result)).toHaveLength(1);
    expect(first(result)).toMatchObject({ contact: 'sip:b%6fb@H:5060;x=1', q: 1_000, cseq: 6 });
    expect(stored(register(['<sip:bob@h>'], before, { cseq: 6 }))).toHaveLength(2);
  });

  it.each([4, 5])(
    'MUST fail with the same Call-ID and CSeq %i, not higher than 5, and change nothing (RFC 3261 §10.3 step 7)',
    (cseq) => {
      const result = register(['<sip:new@h>', '<sip:bob@h:5060>'], before, { cseq });
      expect(result).toMatchObject({ status: 500, bindings: undefined });
      expect(contactRows(result)).toEqual([]);
    },
  );

  it('MUST update unconditionally when the Call-ID differs (RFC 3261 §10.3 step 7)', () => {
    expect(first(register(['<sip:bob@h:5060>'], before, { callId: 'c2', cseq: 1 }))).toMatchObject({
      callId: 'c2',
      cseq: 1,
    });
  });

  it('MUST remove a binding with expires 0, by parameter or header (RFC 3261 §10.3 step 7)', () => {
    expect(stored(register(['<sip:bob@h:5060>;expires=0'], before, { cseq: 6 }))).toEqual([]);
    const result = register(['<sip:bob@h:5060>'], before, { cseq: 6, lines: ['Expires: 0'] });
    expect(stored(result)).toEqual([]);
    expect(contactRows(result)).toEqual([]);
    expect(register(['<sip:bob@h:5060>;expires=0'], before, { cseq: 5 }).status).toBe(500);
  });

  it('MUST change nothing when what is to be removed is not there', () => {
    const result = register(['<sip:other@h>;expires=0'], before, { cseq: 6 });
    expect(result).toMatchObject({ status: 200, bindings: undefined });
    expect(contactRows(result)).toHaveLength(1);
  });

  it('MUST remove all with * and Expires: 0 (RFC 3261 §10.3 step 6)', () => {
    expect(stored(register(['*'], before, { cseq: 6, lines: ['Expires: 0'] }))).toEqual([]);
    expect(stored(register(['*'], before, { callId: 'c9', lines: ['Expires: 00'] }))).toEqual([]);
    expect(register(['*'], before, { cseq: 5, lines: ['Expires: 0'] })).toMatchObject({
      status: 500,
      bindings: undefined,
    });
    expect(register(['*'], [], { lines: ['Expires: 0'] })).toMatchObject({
      status: 200,
      bindings: undefined,
    });
  });

  it.each([
    ['without Expires', ['*'], []],
    ['with another Expires', ['*'], ['Expires: 60']],
    ['with a malformed Expires', ['*'], ['Expires: 0x0']],
    ['with another Contact', ['*', '<sip:b@h>'], ['Expires: 0']],
  ])('MUST refuse * %s with 400 (RFC 3261 §10.3 step 6)', (_name, contacts, lines) => {
    expect(register(contacts, before, { cseq: 6, lines })).toMatchObject({
      status: 400,
      bindings: undefined,
    });
  });

  it('MUST let a refusing binding in again when it registers', () => {
    const refusing = before.map((binding) => ({ ...binding, refusesMessage: true }));
    expect(first(register(['<sip:bob@h:5060>'], refusing, { cseq: 6 })).refusesMessage).toBe(false);
    const other = register(['<sip:x@h>'], refusing, { cseq: 6 });
    expect(first(other).refusesMessage).toBe(true);
  });
});

describe('processRegister: refusals', () => {
  it('MUST refuse an interval that is too brief with 423 and Min-Expires (RFC 3261 §10.3 step 7)', () => {
    expect(register(['<sip:a@h>', '<sip:b@h>;expires=59'])).toEqual({
      status: 423,
      bindings: undefined,
      headers: ['Min-Expires: 60'],
    });
    expect(register(['<sip:a@h>'], [], { lines: ['Expires: 1'] }).status).toBe(423);
    const policy = { ...DEFAULT_REGISTER_POLICY, minExpiresSec: 7_200 };
    const ask = (sec: number) =>
      processRegister(request([`<sip:a@h>;expires=${sec}`]), [], undefined, policy, NOW).status;
    expect(ask(3_599)).toBe(423);
    expect(ask(3_600)).toBe(200);
  });

  it('MUST refuse unknown option tags in Require with 420 and list them (RFC 3261 §10.3 step 2)', () => {
    expect(register(['<sip:b@h>'], [], { lines: ['Require: path, foo', 'Require: bar'] })).toEqual({
      status: 420,
      bindings: undefined,
      headers: ['Unsupported: foo, bar'],
    });
  });

  it.each([
    'sip:b@h?Subject=x',
    'mailto:b@h',
    '<sip:b@h',
    'sip:',
    '<sip:b@h>;q=1.5',
    '<sip:b@h>;q=0.1234',
    '<sip:b@h>;reg-id=0',
    '<sip:b@h>;reg-id=2147483648',
    '<sip:b@h>;;;;',
    '',
  ])('MUST refuse the Contact %j with 400', (contact) => {
    expect(register(['<sip:ok@h>', contact])).toMatchObject({ status: 400, bindings: undefined });
  });

  it('MUST refuse more contacts than allowed with 403, and only when one is added', () => {
    const ten = Array.from({ length: 10 }, (_, i) => `<sip:b${i}@h>`);
    const bindings = stored(register(ten));
    expect(register(['<sip:eleventh@h>'], bindings, { cseq: 2 })).toMatchObject({
      status: 403,
      reason: 'Too Many Contacts',
      bindings: undefined,
    });
    expect(stored(register(['<sip:b3@h>'], bindings, { cseq: 2 }))).toHaveLength(10);
    expect(
      stored(register(['<sip:b3@h>;expires=0', '<sip:eleventh@h>'], bindings, { cseq: 2 })),
    ).toHaveLength(10);
    // The limit was lowered since: what is there may be refreshed.
    const strict = { ...DEFAULT_REGISTER_POLICY, maxContacts: 5 };
    const refresh = request(['<sip:b3@h>'], { cseq: 2 });
    expect(processRegister(refresh, bindings, undefined, strict, NOW).status).toBe(200);
    const many = Array.from({ length: 21 }, (_, i) => `<sip:x${i}@h>;expires=0`);
    expect(register(many, bindings, { cseq: 2 }).status).toBe(403);
  });

  it('MUST NOT let the contacts of one AoR grow beyond what a datagram can list', () => {
    // What is left of a datagram beside the largest head that an edge takes (16,384 bytes) and what all elements add to it.
    const roomBytes = 65_507 - 16_384 - 1_000;
    const path = `<sip:token@edge.example.com:5070;transport=tcp;lr;x=${'p'.repeat(300)}>`;
    let bindings: readonly Binding[] = [];
    let listedBytes = 0;
    let result = register([]);
    for (let cseq = 1; result.status === 200; cseq += 1) {
      bindings = result.bindings ?? bindings;
      listedBytes = result.headers.reduce((sum, line) => sum + line.length + 2, 0);
      const contact = `<sip:b@h${cseq}.example.com;x=${'y'.repeat(4_000)}>;z=${'z'.repeat(3_000)}`;
      result = register([contact], bindings, { cseq, lines: [`Path: ${path}`] });
    }
    expect(result).toMatchObject({ status: 403, reason: 'Contacts Too Long', bindings: undefined });
    expect(bindings.length).toBeGreaterThan(2);
    expect(bindings.length).toBeLessThan(10);
    expect(listedBytes).toBeLessThan(roomBytes);
    const one = (length: number): number =>
      register(['<sip:b@h>'], [], { lines: [`Path: <sip:t@e;lr;x=${'p'.repeat(length)}>`] }).status;
    expect([one(6_000), one(roomBytes)]).toEqual([200, 403]);
    // What is there may be refreshed, and made less, whatever the limit was when it came.
    const long = bindings.map((binding) => ({ ...binding, params: `;z=${'z'.repeat(12_000)}` }));
    const first = long[0]?.contact ?? '';
    const lines = [`Path: ${path}`];
    const refresh = `<${first}>;z=${'z'.repeat(12_000)}`;
    expect(register([refresh], long, { cseq: 99, lines }).status).toBe(200);
    expect(register([`<${first}>;expires=0`], long, { cseq: 99 }).status).toBe(200);
  });

  it('MUST NOT take more Path values than a request to the contact has rows for', () => {
    const path = (n: number): string => `Path: ${Array(n).fill('<sip:t@e;lr>').join(', ')}`;
    expect(register(['<sip:b@h>'], [], { lines: [path(16)] }).status).toBe(200);
    expect(register(['<sip:b@h>'], [], { lines: [path(17)] })).toMatchObject({
      status: 400,
      reason: 'Too Many Path Values',
      bindings: undefined,
    });
  });

  it.each([
    ['a sips Contact in a sip registration', 'sip', ['<sips:b@h>'], [], 400],
    ['a sip Contact in a sips registration', 'sips', ['<sip:b@h>'], [], 400],
    ['one sip Contact among sips ones', 'sips', ['<sips:a@h>', '<sip:b@h>'], [], 400],
    ['a sip Path value', 'sips', ['<sips:b@h>'], ['Path: <sips:t@e;lr>, <sip:p;lr>'], 400],
    ['nothing but sips', 'sips', ['<sips:b@h>'], ['Path: <sips:t@e;lr>'], 200],
    ['sips without Path', 'sips', ['<sips:b@h>'], [], 200],
    ['a sip Contact behind a sips Path', 'sip', ['<sip:b@h>'], ['Path: <sips:t@e;lr>'], 200],
  ])(
    'MUST answer %s %s with 400 unless all is sips (RFC 5630 §5.2)',
    (_what, scheme, contacts, lines, status) => {
      expect(register(contacts, [], { uri: `${scheme}:example.com`, lines }).status).toBe(status);
    },
  );

  it('MUST refuse a malformed Path with 400', () => {
    expect(register(['<sip:b@h>'], [], { lines: ['Path: <tel:+1>'] }).status).toBe(400);
    expect(register(['<sip:b@h>'], [], { lines: ['Path: ,'] }).status).toBe(400);
  });
});

describe('processRegister: Path and outbound', () => {
  const PATH = 'Path: <sip:e1.Tok_-en@edge:5070;transport=tcp;lr;ob>';
  const INSTANCE = '+sip.instance="<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>"';
  const KEY = '<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>';

  it('MUST store Path per binding and echo it, also without Supported: path (RFC 3327 §5.3, ADR 0004)', () => {
    const result = register(['<sip:b@10.0.0.1>'], [], {
      lines: ['Path: <sip:tok@top;lr>, <sip:mid;lr>', 'Path: <sip:low;lr>'],
    });
    expect(first(result)).toMatchObject({
      path: ['sip:tok@top;lr', 'sip:mid;lr', 'sip:low;lr'],
      flowToken: 'tok',
      flowBound: true,
    });
    expect(result.headers).toContain('Path: <sip:tok@top;lr>, <sip:mid;lr>, <sip:low;lr>');
  });

  it('MUST key by instance and reg-id, whatever the Contact URI, when outbound applies (RFC 5626 §6)', () => {
    const lines = [PATH, 'Supported: path, Outbound'];
    const one = register([`<sip:b@10.0.0.1:1>;reg-id=1;${INSTANCE}`], [], { lines });
    expect(first(one)).toMatchObject({ key: `${KEY};1`, flowBound: true, flowToken: 'e1.Tok_-en' });
    expect(one.headers).toContain('Require: outbound');
    const moved = register([`<sip:b@10.0.0.2:2>;reg-id=01;${INSTANCE}`], stored(one), {
      lines,
      callId: 'after reboot',
    });
    expect(stored(moved)).toHaveLength(1);
    expect(first(moved).contact).toBe('sip:b@10.0.0.2:2');
    const second = register([`<sip:b@10.0.0.2:2>;reg-id=2;${INSTANCE}`], stored(moved), {
      lines,
      callId: 'flow 2',
    });
    expect(stored(second).map((binding) => binding.key)).toEqual([`${KEY};1`, `${KEY};2`]);
    const gone = register([`<sip:whatever@h>;reg-id=1;${INSTANCE};expires=0`], stored(second), {
      lines,
      callId: 'c3',
    });
    expect(stored(gone).map((binding) => binding.key)).toEqual([`${KEY};2`]);
  });

  it('MUST compare the CSeq of the flow, too (RFC 5626 §6)', () => {
    const lines = [PATH];
    const contact = `<sip:b@10.0.0.1:1>;reg-id=1;${INSTANCE}`;
    const bindings = stored(register([contact], [], { lines, cseq: 3 }));
    expect(register([contact], bindings, { lines, cseq: 3 }).status).toBe(500);
    expect(register([contact], bindings, { lines, cseq: 4 }).status).toBe(200);
  });

  it('SHOULD tell how often the flow must be kept alive, when outbound is used (RFC 5626 §4.4.1)', () => {
    const contact = `<sip:b@h>;reg-id=1;${INSTANCE}`;
    const told = (lines: readonly string[], transport = 'TCP'): string | undefined =>
      register([contact], [], {
        lines,
        source: { host: '192.0.2.7', port: 4, transport, seenFrom: '192.0.2.7' },
      }).headers.find((line) => line.startsWith('Flow-Timer'));
    expect(told([PATH, 'Supported: outbound'])).toBe('Flow-Timer: 120');
    expect(told([PATH, 'Supported: outbound'], 'UDP')).toBe('Flow-Timer: 29');
    expect(told([PATH])).toBeUndefined();
    expect(told(['Supported: path', 'Path: <sip:t@edge;lr>'])).toBeUndefined();
  });

  it('MUST take outbound in Require as support for it (RFC 5626 §4.2.1)', () => {
    const contact = `<sip:b@h>;reg-id=1;${INSTANCE}`;
    const lines = ['Require: outbound'];
    expect(register([contact], [], { lines }).status).toBe(439);
    expect(register([contact], [], { lines: [PATH, ...lines] }).headers).toContain(
      'Require: outbound',
    );
  });

  it('MUST NOT say Require: outbound to a UA that does not list it (RFC 5626 §6)', () => {
    const result = register([`<sip:b@h>;reg-id=1;${INSTANCE}`], [], { lines: [PATH] });
    expect(first(result).key).toBe(`${KEY};1`);
    expect(result.headers).not.toContain('Require: outbound');
  });

  it('MUST look at the first hop, the bottom-most Path value, for ob (RFC 5626 §6)', () => {
    const contact = `<sip:b@10.0.0.1>;reg-id=1;${INSTANCE}`;
    const key = (lines: readonly string[]) => first(register([contact], [], { lines })).key;
    expect(key(['Path: <sip:top;lr>, <sip:t@low;lr;ob>'])).toBe(`${KEY};1`);
    expect(key(['Path: <sip:top;lr;ob>, <sip:low;lr>'])).toBe('sip:b@10.0.0.1');
    expect(key([])).toBe('sip:b@10.0.0.1');
  });

  it('MUST answer 439 when the UA lists outbound and the first hop lacks it (RFC 5626 §6)', () => {
    const lines = ['Supported: outbound', 'Path: <sip:t@edge;lr>'];
    expect(register([`<sip:b@h>;reg-id=1;${INSTANCE}`], [], { lines }).status).toBe(439);
    expect(register(['<sip:b@h>;reg-id=1'], [], { lines }).status).toBe(200);
    expect(register([`<sip:b@h>;${INSTANCE}`], [], { lines }).status).toBe(200);
  });

  it('MUST refuse several contacts to be kept when one has a reg-id (RFC 5626 §6)', () => {
    const lines = [PATH];
    expect(register([`<sip:b@h>;reg-id=1;${INSTANCE}`, '<sip:c@h>'], [], { lines }).status).toBe(
      400,
    );
    expect(
      register([`<sip:b@h>;reg-id=1;${INSTANCE}`, '<sip:c@h>;expires=0'], [], { lines }).status,
    ).toBe(200);
  });

  it.each([
    [
      'the contact is a .invalid name (RFC 7118 §5)',
      '<sip:b@df7jal23ls0d.INVALID;transport=ws>',
      undefined,
      true,
    ],
    [
      'the contact is a WebSocket, whatever its host (RFC 7118 §5)',
      '<sip:b@192.0.2.7:5080;transport=WS>',
      { host: '192.0.2.7', port: 40123, transport: 'WS' },
      true,
    ],
    [
      'the contact is the flow’s source',
      '<sip:b@192.0.2.7:40123>',
      { host: '192.0.2.7', port: 40123, transport: 'TCP' },
      true,
    ],
    [
      'the contact is the source on the default port',
      '<sip:b@192.0.2.7>',
      { host: '192.0.2.7', port: 5060, transport: 'TCP' },
      true,
    ],
    [
      'the contact is an IPv6 source',
      '<sip:b@[2001:DB8::1]:4>',
      { host: '2001:db8::1', port: 4, transport: 'TCP' },
      true,
    ],
    [
      'the contact is the source, over TLS',
      '<sip:b@192.0.2.7:40123>',
      { host: '192.0.2.7', port: 40123, transport: 'TLS' },
      true,
    ],
    [
      'the contact is the source of a datagram (ADR 0011)',
      '<sip:b@192.0.2.7:40123>',
      { host: '192.0.2.7', port: 40123, transport: 'UDP' },
      false,
    ],
    [
      'the contact is a .invalid name, over UDP',
      '<sip:b@x.invalid>',
      { host: '192.0.2.7', port: 40123, transport: 'UDP' },
      true,
    ],
    [
      'the port differs',
      '<sip:b@192.0.2.7:5060>',
      { host: '192.0.2.7', port: 40123, transport: 'TCP' },
      false,
    ],
    [
      'the host differs (ADR 0020)',
      '<sip:b@192.0.2.8:40123>',
      { host: '192.0.2.7', port: 40123, transport: 'TCP' },
      true,
    ],
    [
      'the port was not asked for',
      '<sip:b@192.0.2.7:40123>',
      { host: '192.0.2.7', port: undefined, transport: 'TCP' },
      false,
    ],
    ['the source is unknown (ADR 0020)', '<sip:b@192.0.2.7:40123>', undefined, true],
  ])('MUST know whether a binding is bound to its flow: %s', (_name, contact, source, expected) => {
    const fields = source === undefined ? {} : { source: { ...source, seenFrom: source.host } };
    expect(first(register([contact], [], fields)).flowBound).toBe(expected);
  });
});

describe('processRegister: whom an edge may be made to connect to (ADR 0020)', () => {
  const source = { host: '10.9.9.9', port: 9, transport: 'UDP', seenFrom: '192.0.2.7' };
  const PROXY = '<sip:t@edge:5070;lr>, <sip:192.0.2.7:5060;lr>';
  const networks = { mayHold: (host: string) => host === '10.0.0.5' || host === 'pbx.example' };

  function isFlowBound(contact: string, lines: readonly string[], contactNetworks = networks) {
    return first(register([contact], [], { lines, source, contactNetworks })).flowBound;
  }

  it.each([
    ['another host', '<sip:b@10.0.0.6:6379;transport=tcp>', []],
    ['the host that the client claims to be', '<sip:b@10.9.9.9:6379;transport=tcp>', []],
    ['a name', '<sip:b@redis.internal:6379;transport=tcp>', []],
    ['another host by maddr', '<sip:b@192.0.2.7;maddr=10.0.0.6>', []],
    ['another host by Path', '<sip:b@192.0.2.7>', ['Path: <sip:t@edge;lr>, <sip:10.0.0.6;lr>']],
    ['this machine by Path', '<sip:b@192.0.2.7>', ['Path: <sip:t@edge;lr>, <sip:[::1]:6379;lr>']],
  ])('MUST NOT be %s', (_name, contact, lines) => {
    expect(isFlowBound(contact, lines)).toBe(true);
  });

  it.each([
    ['the device, at any port', '<sip:b@192.0.2.7:5099;transport=tcp>', []],
    ['an address of the networks', '<sip:b@10.0.0.5;transport=tcp>', []],
    ['a name that may be in the networks', '<sip:b@PBX.example>', []],
    [
      'the proxy that it came by, whatever is behind',
      '<sip:b@172.16.0.9:5060>',
      [`Path: ${PROXY}`],
    ],
    ['the device, by maddr', '<sip:b@h;maddr=192.0.2.7>', []],
  ])('MAY be %s', (_name, contact, lines) => {
    expect(isFlowBound(contact, lines)).toBe(false);
  });
});

describe('processRegister: GRUU (RFC 5627 §5)', () => {
  const ID = 'urn:uuid:00000000-0000-1000-8000-aabbccddeeff';
  const CONTACT = `<sip:b@10.0.0.1>;+sip.instance="<${ID}>"`;
  const SUPPORTED = 'Supported: gruu';
  const scope: GruuScope = {
    aor: 'sip:bob@example.com',
    seal: {
      seal: (text) => Buffer.from(text, 'latin1').toString('base64url'),
      open: (token) => Buffer.from(token, 'base64url').toString('latin1'),
    },
  };

  function registerGruu(
    contacts: readonly string[],
    bindings: readonly Binding[] = [],
    fields: Fields & { readonly nowMs?: number } = {},
    gruus: GruuScope | undefined = scope,
  ): RegisterResult {
    const lines = fields.lines ?? [SUPPORTED];
    return processRegister(
      request(contacts, { ...fields, lines }),
      bindings,
      undefined,
      DEFAULT_REGISTER_POLICY,
      fields.nowMs ?? NOW,
      gruus,
    );
  }

  /** What the temporary GRUU in a row says when it is opened. */
  function temporaryIn(row: string | undefined): SipUri {
    const text = /;temp-gruu="([^"]+)"/.exec(row ?? '')?.[1] ?? '';
    const uri = parseUri(text);
    const resolved =
      uri.ok && uri.value.kind === 'sip' ? resolveGruu(uri.value, scope.seal) : undefined;
    if (resolved === undefined) throw new Error(`no temporary GRUU in ${row}`);
    return resolved;
  }

  const isGood = (gruu: SipUri, bindings: readonly Binding[], nowMs = NOW): boolean => {
    const message = request([], { uri: formatSipUri(gruu) });
    return selectTargets(message, bindings, nowMs).targets.length === 1;
  };

  it('MUST return a public and a temporary GRUU for a contact with an instance (RFC 5627 §5.2)', () => {
    const [row] = contactRows(registerGruu([CONTACT]));
    expect(row).toContain(`;pub-gruu="sip:bob@example.com;gr=${ID}"`);
    expect(temporaryIn(row)).toMatchObject({ user: 'bob', host: 'example.com' });
  });

  it('MUST NOT return GRUUs unless the UA supports them and gives an instance, or when none are given out', () => {
    const rowOf = (result: RegisterResult): string => contactRows(result)[0] ?? '';
    expect(rowOf(registerGruu([CONTACT], [], { lines: [] }))).not.toContain('gruu');
    expect(rowOf(registerGruu(['<sip:b@10.0.0.1>']))).not.toContain('gruu');
    expect(rowOf(register([CONTACT], [], { lines: [SUPPORTED] }))).not.toContain('gruu');
    const publicOnly = rowOf(registerGruu([CONTACT], [], {}, { ...scope, seal: undefined }));
    expect(publicOnly).toContain('pub-gruu=');
    expect(publicOnly).not.toContain('temp-gruu=');
    expect(first(register([CONTACT], [], { lines: [SUPPORTED] })).gruuSinceMs).toBe(0);
  });

  it('MUST take Require: gruu', () => {
    expect(registerGruu([CONTACT], [], { lines: ['Require: gruu'] }).status).toBe(200);
  });

  it('MUST keep temporary GRUUs good while the Call-ID stays, each REGISTER giving another (RFC 5627 §5.1)', () => {
    const one = registerGruu([CONTACT]);
    const two = registerGruu([CONTACT], stored(one), { cseq: 2, nowMs: NOW + 5_000 });
    const rows = [contactRows(one)[0], contactRows(two)[0]];
    expect(rows[0]?.replace(/.*temp-gruu/, '')).not.toBe(rows[1]?.replace(/.*temp-gruu/, ''));
    for (const row of rows) expect(isGood(temporaryIn(row), stored(two))).toBe(true);
  });

  it('MUST end temporary GRUUs with the registration, and with a new Call-ID; the public one stays (RFC 5627 §5.1)', () => {
    const one = registerGruu([CONTACT]);
    const old = temporaryIn(contactRows(one)[0]);
    const moved = registerGruu([CONTACT], stored(one), { callId: 'c2' });
    expect(isGood(old, stored(moved))).toBe(false);
    expect(isGood(temporaryIn(contactRows(moved)[0]), stored(moved))).toBe(true);
    const gone = registerGruu([`${CONTACT};expires=0`], stored(one), { cseq: 2 });
    const again = registerGruu([CONTACT], stored(gone), { cseq: 3, nowMs: NOW + 1 });
    expect(isGood(old, stored(again))).toBe(false);
    expect(contactRows(again)[0]).toContain(`pub-gruu="sip:bob@example.com;gr=${ID}"`);
  });

  it('MUST list the GRUUs of the other devices to a query, too (RFC 5627 §5.2)', () => {
    const bindings = stored(registerGruu([CONTACT]));
    expect(contactRows(registerGruu([], bindings, { cseq: 2 }))[0]).toContain('pub-gruu=');
  });

  it('MUST NOT echo the GRUUs that a UA writes itself (RFC 5627 §4.2)', () => {
    const lines: readonly string[] = [];
    const result = registerGruu([`${CONTACT};pub-gruu="sip:eve@evil";temp-gruu="x"`], [], {
      lines,
    });
    expect(contactRows(result)[0]).not.toContain('gruu');
  });

  it.each(['<sip:bob@example.com>', `<sip:bob@example.com;gr=${ID}>`, '<sip:b%6fb@EXAMPLE.com>'])(
    'MUST refuse the Contact %s, which leads back to the AoR, with 403 (RFC 5627 §5.1)',
    (contact) => {
      expect(register([contact])).toMatchObject({ status: 403, bindings: undefined });
      expect(register([`${contact};expires=0`]).status).toBe(200);
    },
  );
});
