import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codec } from '../../testdata/fixtures.ts';
import { CPIM_NAMESPACE, parseCpimAddress } from './cpim-header.ts';
import { type CpimMessage, parseCpim } from './cpim-message.ts';
import { escapeCpim, unescapeCpim } from './cpim-text.ts';
import { formatCpim, formatCpimAddress, formatCpimHeader } from './format-cpim.ts';

const HELLO = ['Content-Type: text/plain; charset=utf-8', '', 'hello'];

function bytesOf(...lines: readonly string[]): Uint8Array {
  return codec.encode(lines.join('\r\n'));
}

function read(...lines: readonly string[]): CpimMessage {
  const cpim = parseCpim(bytesOf(...lines), codec);
  if (!cpim.ok) throw new Error(`${cpim.code} at ${cpim.at}`);
  return cpim.value;
}

function codeOf(...lines: readonly string[]): string {
  const cpim = parseCpim(bytesOf(...lines), codec);
  return cpim.ok ? 'ok' : cpim.code;
}

const text = (bytes: Uint8Array): string => codec.decode(bytes, 0, bytes.length);

describe('message/cpim (RFC 3862)', () => {
  test('MUST read the message of §5.1: addresses, escapes, languages, extensions, Require', () => {
    const cpim = read(
      'From: MR SANDERS <im:piglet@100akerwood.com>',
      'To: Depressed Donkey <im:eeyore@100akerwood.com>',
      'DateTime: 2000-12-13T13:40:00-08:00',
      'Subject: the weather will be fine today',
      "Subject:;lang=fr beau temps prevu pour aujourd'hui",
      'NS: MyFeatures <mid:MessageFeatures@id.foo.com>',
      'Require: MyFeatures.VitalMessageOption',
      'MyFeatures.VitalMessageOption: Confirmation-requested',
      'MyFeatures.WackyMessageOption: Use-silly-font',
      '',
      'Content-type: text/xml; charset=utf-8',
      'Content-ID: <1234567890@foo.com>',
      '',
      '<body>',
      'Here is the text of my message.',
      '</body>',
    );
    expect(parseCpimAddress(cpim.get('From') ?? '')).toEqual({
      formalName: 'MR SANDERS',
      uri: 'im:piglet@100akerwood.com',
    });
    expect(cpim.get('DateTime')).toBe('2000-12-13T13:40:00-08:00');
    expect(cpim.headers.filter((h) => h.name === 'Subject').map((h) => h.lang)).toEqual([
      undefined,
      'fr',
    ]);
    const features = 'mid:MessageFeatures@id.foo.com';
    expect(cpim.required).toEqual([{ namespace: features, name: 'VitalMessageOption' }]);
    expect(cpim.get('WackyMessageOption', features)).toBe('Use-silly-font');
    expect(cpim.mime('content-type')).toBe('text/xml; charset=utf-8');
    expect(cpim.mime('content-id')).toBe('<1234567890@foo.com>');
    expect(text(cpim.content)).toBe('<body>\r\nHere is the text of my message.\r\n</body>');
  });

  test('MUST take an empty set of metadata (§2)', () => {
    const cpim = read('', ...HELLO);
    expect(cpim.headers).toEqual([]);
    expect(text(cpim.content)).toBe('hello');
  });

  test('MUST compare names case-sensitively (§3.1), those of MIME headers not', () => {
    const cpim = read('from: <im:a@b>', 'CC: <im:c@d>', '', 'CONTENT-TYPE: text/plain', '', 'x');
    expect(cpim.get('From')).toBeUndefined();
    expect(cpim.get('cc')).toBeUndefined();
    expect(cpim.get('from')).toBe('<im:a@b>');
    expect(cpim.mime('content-type')).toBe('text/plain');
  });

  test.each([
    ['NS: imdn <urn:ietf:params:imdn>', 'imdn'],
    ['NS: imdn<urn:ietf:params:imdn>', 'imdn'],
    ['NS: x <urn:ietf:params:imdn>', 'x'],
  ])('MUST know a namespace by its URI, not by its prefix: %s (§3.4)', (ns, prefix) => {
    const cpim = read(ns, `${prefix}.Message-ID: 34jk324j`, '', ...HELLO);
    expect(cpim.get('Message-ID', 'urn:ietf:params:imdn')).toBe('34jk324j');
    expect(cpim.get('Message-ID')).toBeUndefined();
  });

  test('MUST change the default namespace for what follows an NS without prefix (§3.4)', () => {
    const cpim = read('From: <im:a@b>', 'NS: <urn:other>', 'From: else', '', ...HELLO);
    expect(cpim.all('From')).toEqual(['<im:a@b>']);
    expect(cpim.get('From', 'urn:other')).toBe('else');
  });

  test('MUST NOT know a prefix before its declaration', () => {
    const cpim = read('i.Message-ID: 1', 'NS: i <urn:ietf:params:imdn>', '', ...HELLO);
    expect(cpim.get('Message-ID', 'urn:ietf:params:imdn')).toBeUndefined();
    expect(cpim.headers[0]?.namespace).toBeUndefined();
  });

  test('MUST show what is required, with a prefix declared above or below (§3.5)', () => {
    const cpim = read('Require: x.Vital, Subject', 'NS: x <urn:x>', '', ...HELLO);
    expect(cpim.required).toEqual([
      { namespace: 'urn:x', name: 'Vital' },
      { namespace: CPIM_NAMESPACE, name: 'Subject' },
    ]);
  });

  test('SHOULD unfold the MIME headers of the content, which CPIM headers do not do (§2.2)', () => {
    const cpim = read('', 'Content-Type: text/plain;', '\tcharset=utf-8', '', 'x');
    expect(cpim.mime('content-type')).toBe('text/plain; charset=utf-8');
    expect(codeOf('Subject: one', ' two', '', ...HELLO)).toBe('CPIM_BAD_HEADER');
  });

  test('MUST give the content back byte for byte, as a part of what was read', () => {
    const every = codec.encode(
      `\r\nContent-Type: application/octet-stream\r\n\r\n${String.fromCharCode(...Array(256).keys())}`,
    );
    const cpim = parseCpim(every, codec);
    if (!cpim.ok) throw new Error(cpim.code);
    expect(cpim.value.content.buffer).toBe(every.buffer);
    expect([...cpim.value.content]).toEqual([...Array(256).keys()]);
  });

  test.each([
    ['no space behind the colon', 'From:<im:a@b>'],
    ['no colon', 'From'],
    ['an empty name', ': x'],
    ['a space in a name', 'Fr om: x'],
    ['two prefixes', 'a.b.c: x'],
    ['a control character', 'Subject: a\tb'],
    ['a lone LF', 'Subject: a\nTo: <im:a@b>'],
    ['a parameter without value', 'Subject:;lang= x'],
    ['a string that never closes', 'Subject:;x="a x'],
    ['a namespace without URI', 'NS: imdn'],
    ['an empty namespace', 'NS: imdn <>'],
  ])('MUST refuse %s', (_what, line) => {
    expect(codeOf(line, '', ...HELLO)).toBe('CPIM_BAD_HEADER');
  });

  test('MUST refuse a content without Content-Type, or none at all (§2)', () => {
    expect(codeOf('From: <im:a@b>', '', 'Content-ID: 1', '', 'x')).toBe('CPIM_BAD_CONTENT');
    expect(codeOf('From: <im:a@b>', '', 'x')).toBe('CPIM_BAD_CONTENT');
    expect(codeOf('From: <im:a@b>', '', ' Content-Type: a/b', '', '')).toBe('CPIM_BAD_CONTENT');
    expect(codeOf('From: <im:a@b>')).toBe('CPIM_BAD_CONTENT');
    expect(codeOf('')).toBe('CPIM_BAD_CONTENT');
    for (const line of [' a fold of nothing', 'no colon', ': no name']) {
      expect(codeOf('', line, 'Content-Type: text/plain', '', 'x')).toBe('CPIM_BAD_CONTENT');
    }
    const twice = ['Content-Type: text/plain', 'content-type: message/imdn+xml', '', 'x'];
    expect(codeOf('', ...twice)).toBe('CPIM_BAD_CONTENT');
  });

  test('MUST bound what it reads', () => {
    const line = 'Subject: x';
    expect(codeOf(...Array<string>(64).fill(line), '', ...HELLO)).toBe('ok');
    expect(codeOf(...Array<string>(65).fill(line), '', ...HELLO)).toBe('CPIM_TOO_LARGE');
    expect(codeOf(`Subject: ${'x'.repeat(9000)}`, '', ...HELLO)).toBe('CPIM_TOO_LARGE');
    expect(codeOf('', `X: ${'x'.repeat(9000)}`, '', 'x')).toBe('CPIM_TOO_LARGE');
    expect(codeOf('', ...Array.from({ length: 65 }, (_, i) => `X${i}: x`), '', '')).toBe(
      'CPIM_TOO_LARGE',
    );
    expect(codeOf('', ...HELLO.slice(0, 2), 'x'.repeat(100_000))).toBe('ok');
  });

  test('MUST NOT throw, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        parseCpim(bytes, codec);
      }),
    );
    const hostile = fc.stringMatching(/^[FNSR :;="<>.\\\r\nualng-]*$/);
    fc.assert(
      fc.property(hostile, (lines) => {
        parseCpim(codec.encode(`${lines}\r\n\r\nContent-Type: a/b\r\n\r\n`), codec);
      }),
    );
  });
});

describe('escapes (RFC 3862 §2.3.1)', () => {
  test.each([
    ['back\\slash', 'back\\\\slash'],
    ['\b\t\n\r', '\\b\\t\\n\\r'],
    ['\x00\x1f\x7f', '\\u0000\\u001f\\u007f'],
    ['"quoted" and \'so\'', '"quoted" and \'so\''],
    ['Gr\xc3\xbc\xc3\x9fe', 'Gr\xc3\xbc\xc3\x9fe'],
  ])('MUST escape %j as %j, and nothing else', (plain, escaped) => {
    expect(escapeCpim(plain)).toBe(escaped);
    expect(unescapeCpim(escaped)).toBe(plain);
  });

  test('MUST escape quotes only inside quotes of their kind', () => {
    expect(escapeCpim('a"b\'c', '"')).toBe('a\\"b\'c');
    expect(escapeCpim('a"b\'c', "'")).toBe('a"b\\\'c');
  });

  test.each([
    ['\\u00fc', '\xc3\xbc'],
    ['\\u6771', '\xe6\x9d\xb1'],
    ['\\ud83d\\ude42', '\xf0\x9f\x99\x82'],
    ['\\ud83d!', '\xef\xbf\xbd!'],
    ['\\q\\"\\\'', 'q"\''],
    ['\\u12', 'u12'],
    ['ends\\', 'ends'],
  ])('MUST read %j as %j', (escaped, plain) => {
    expect(unescapeCpim(escaped)).toBe(plain);
  });

  test('MUST give every text back, and put no control character on the line', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom<'"' | "'">('"', "'"),
        (plain, quote) => {
          const utf8 = text(new TextEncoder().encode(plain));
          const escaped = escapeCpim(utf8, quote);
          const isLine = [...escaped].every((char) => char >= ' ' && char !== '\x7f');
          return isLine && unescapeCpim(escaped) === utf8;
        },
      ),
    );
  });
});

describe('building message/cpim (RFC 3862 §2)', () => {
  test('MUST be read as it was written', () => {
    const built = formatCpim({
      headers: [
        formatCpimAddress('From', 'sip:a@b', 'Al "the \\ one"\t'),
        formatCpimAddress('To', 'sip:c@d'),
        formatCpimAddress('NS', 'urn:x', ''),
        formatCpimHeader('Subject', 'two\r\nlines', 'en'),
      ],
      mimeHeaders: ['Content-Type: text/plain'],
      content: 'hi',
    });
    expect(built.split('\r\n')[0]).toBe('From: "Al \\"the \\\\ one\\"\\t" <sip:a@b>');
    const cpim = read(built);
    expect(parseCpimAddress(cpim.get('From') ?? '')).toEqual({
      formalName: 'Al "the \\ one"\t',
      uri: 'sip:a@b',
    });
    expect(cpim.get('Subject', 'urn:x')).toBe('two\\r\\nlines');
    expect(text(cpim.content)).toBe('hi');
  });

  test.each(['', 'im:a@b', '<>', '<a b>', '<a', '"x <a@b>', '<<a>', '<a> x'])(
    'MUST NOT take %j for an address',
    (value) => {
      expect(parseCpimAddress(value)).toBeUndefined();
    },
  );

  test('SHOULD take a formal name that touches the bracket', () => {
    expect(parseCpimAddress('+49123<sip:+49123@x>')?.formalName).toBe('+49123');
    expect(parseCpimAddress('"a <b>" <sip:c@d>')).toEqual({ formalName: 'a <b>', uri: 'sip:c@d' });
  });
});
