import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  codec,
  formatNameAddr,
  formatVia,
  parseNameAddrList,
  RecordingSink,
  TORTURE_NAMES,
  torture,
} from '../testdata/fixtures.ts';
import { parseCSeq } from './cseq.ts';
import { frameDatagram } from './datagram-framer.ts';
import { parseSipDate } from './date.ts';
import { DEFAULT_FRAMER_LIMITS } from './framer-limits.ts';
import { HeadEditor } from './head-editor.ts';
import { H } from './header-name.ts';
import { normalHost } from './host.ts';
import { salvageRequest } from './message.ts';
import { parseNameAddr } from './name-addr.ts';
import { buildResponse } from './response.ts';
import { type FramerRole, StreamFramer } from './stream-framer.ts';
import { escapeUser, formatSipUri, parseUri, unescapeUser } from './uri.ts';
import { sipUriEquals } from './uri-equality.ts';
import { validateRequest } from './validate.ts';
import { parseVia } from './via.ts';

const RUNS = { numRuns: 300 };

const anyLatin1 = fc
  .array(fc.integer({ min: 0, max: 255 }), { maxLength: 120 })
  .map((codes) => String.fromCharCode(...codes));

// Text made of the pieces that grammars turn on, which finds more than random characters do.
const spicy = fc
  .array(
    fc.constantFrom(
      ...[
        'sip:',
        'sips:',
        'im:',
        'tel:',
        '@',
        ':',
        ';',
        '=',
        '"',
        '\\',
        '<',
        '>',
        ',',
        '?',
        '%41',
        '%',
        '[',
        ']',
      ],
      ...[
        '::1',
        ' ',
        '\t',
        '\r\n ',
        '\r\n',
        '\r',
        '\n',
        '\0',
        '\xff',
        'a',
        'B.c',
        '5060',
        'tag',
        'lr',
        'SIP/2.0/UDP',
        '/',
      ],
    ),
    { maxLength: 30 },
  )
  .map((pieces) => pieces.join(''));

const hostile = fc.oneof(anyLatin1, spicy);

const ALPHA = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const word = (chars: string) =>
  fc.string({ unit: fc.constantFrom(...chars), minLength: 1, maxLength: 8 });
const token = word(`${ALPHA}-.!%*_+\`'~`);
const host = fc.oneof(
  word('abcdef0123456789').map((label) => `${label}.example.com`),
  fc.ipV4(),
  fc
    .ipV6()
    .filter((text) => text.includes(':'))
    .map((text) => normalHost(`[${text}]`)),
);
const port = fc.option(fc.integer({ min: 1, max: 65535 }), { nil: undefined });
const user = anyLatin1.filter((text) => text.length > 0).map(escapeUser);
const uriParams = fc
  .uniqueArray(fc.tuple(word(`${ALPHA}-_.[]/:&+$`), fc.option(word(`${ALPHA}-_[]/:&+$`))), {
    maxLength: 4,
    selector: ([name]) => name.toLowerCase(),
  })
  .map((list) => list.map(([name, value]) => (value === null ? `;${name}` : `;${name}=${value}`)));
const sipUri = fc
  .tuple(fc.constantFrom('sip', 'sips'), fc.option(user), host, port, uriParams)
  .map(
    ([scheme, name, at, number, params]) =>
      `${scheme}:${name === null ? '' : `${name}@`}${at}${number === undefined ? '' : `:${number}`}${params.join('')}`,
  );
const quoted = anyLatin1
  .filter((text) => !/[\r\n]/.test(text))
  .map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`);
const headerParams = fc
  .uniqueArray(fc.tuple(token, fc.option(fc.oneof(token, quoted))), {
    maxLength: 4,
    selector: ([name]) => name.toLowerCase(),
  })
  .map((list) =>
    list.map(([name, value]) => (value === null ? `;${name}` : `;${name}=${value}`)).join(''),
  );

describe('grammar', () => {
  it('MUST NOT throw on any text', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const uri = parseUri(text);
        if (uri.ok && uri.value.kind === 'sip') formatSipUri(uri.value);
        const via = parseVia(text);
        if (via.ok) formatVia(via.value);
        const addr = parseNameAddr(text);
        if (addr.ok) {
          formatNameAddr(addr.value);
          addr.value.uri.ok;
        }
        parseNameAddrList(text);
        parseCSeq(text);
        parseSipDate(text);
      }),
      { numRuns: 2000 },
    );
  });

  it('MUST give a URI back as it was: format(parse) = id', () => {
    fc.assert(
      fc.property(sipUri, (text) => {
        const uri = parseUri(text);
        if (!uri.ok || uri.value.kind !== 'sip') throw new Error(text);
        expect(formatSipUri(uri.value)).toBe(text);
        expect(sipUriEquals(uri.value, uri.value)).toBe(true);
      }),
      RUNS,
    );
  });

  it('MUST find two spellings of one URI equal', () => {
    fc.assert(
      fc.property(sipUri, sipUri, (left, right) => {
        const a = parseUri(left);
        const b = parseUri(right);
        if (!a.ok || a.value.kind !== 'sip' || !b.ok || b.value.kind !== 'sip')
          throw new Error(left);
        expect(sipUriEquals(a.value, b.value)).toBe(sipUriEquals(b.value, a.value));
        const plain = a.value.user === undefined ? undefined : unescapeUser(a.value.user);
        const escaped = plain?.replace(/[a-z]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
        const other = { ...a.value, user: escaped === undefined ? undefined : escapeAll(escaped) };
        expect(sipUriEquals(a.value, other)).toBe(true);
      }),
      RUNS,
    );
  });

  it('MUST undo its own escapes', () => {
    fc.assert(
      fc.property(anyLatin1, (text) => {
        expect(unescapeUser(escapeUser(text))).toBe(text);
        expect(escapeUser(unescapeUser(escapeUser(text)))).toBe(escapeUser(text));
      }),
      RUNS,
    );
  });

  it('MUST give a Via back as it was', () => {
    fc.assert(
      fc.property(token, host, port, headerParams, (transport, at, number, params) => {
        const text = `SIP/2.0/${transport.toUpperCase()} ${at}${number === undefined ? '' : `:${number}`}${params}`;
        const via = parseVia(text);
        if (!via.ok) throw new Error(text);
        expect(formatVia(via.value)).toBe(text);
      }),
      RUNS,
    );
  });

  it('MUST give a name-addr back as it was, alone and in a list', () => {
    const nameAddr = fc
      .tuple(fc.option(quoted), sipUri, headerParams)
      .map(([name, uri, params]) => `${name === null ? '' : `${name} `}<${uri}>${params}`);
    fc.assert(
      fc.property(fc.array(nameAddr, { minLength: 1, maxLength: 4 }), (texts) => {
        const list = parseNameAddrList(texts.join(', '));
        if (!list.ok) throw new Error(texts.join(', '));
        expect(list.value.map((addr) => formatNameAddr(addr))).toEqual(texts);
      }),
      RUNS,
    );
  });
});

// The text already holds %HH for letters; only the rest is escaped.
function escapeAll(text: string): string {
  return text
    .split(/(%[0-9a-f]{2})/)
    .map((part, i) => (i % 2 === 1 ? part : escapeUser(part)))
    .join('');
}

const seeds = TORTURE_NAMES.map((name) => codec.decode(torture(name), 0, torture(name).length));

// A torture message with a few places overwritten: mostly SIP, and wrong in new ways.
const mutant = fc
  .tuple(
    fc.constantFrom(...seeds),
    fc.array(
      fc.tuple(
        fc.nat(),
        fc.oneof(
          fc.constantFrom('\r\n', '\r', '\n', ' ', ':', ';', ',', '"', '<', '>', '\0'),
          anyLatin1,
        ),
      ),
      { maxLength: 4 },
    ),
  )
  .map(([seed, edits]) => {
    let text = seed;
    for (const [at, insert] of edits) {
      const i = at % (text.length + 1);
      text = text.slice(0, i) + insert + text.slice(i + (at % 3));
    }
    return text;
  });

function use(message: Parameters<typeof buildResponse>[0]): void {
  validateRequest(message);
  buildResponse(message, 400, { toTag: 'x', via: 'SIP/2.0/UDP a;received=192.0.2.1' });
  new HeadEditor(message)
    .popFirstValue(H.VIA)
    .popFirstValue(H.VIA)
    .pushFirst(H.VIA, 'Via: x')
    .replace(H.MAX_FORWARDS, 'Max-Forwards: 1')
    .removeAll(H.ROUTE)
    .toHead();
}

describe('framers', () => {
  it('MUST NOT throw on any datagram', () => {
    fc.assert(
      fc.property(fc.oneof(hostile, mutant), (text) => {
        const framed = frameDatagram(codec.encode(text), codec, DEFAULT_FRAMER_LIMITS);
        if ('ping' in framed) return;
        if (framed.ok && framed.value.kind === 'request') use(framed.value);
        else if (framed.ok) framed.value.topVia.ok && framed.value.cseq.ok;
        else salvageRequest(text);
      }),
      { numRuns: 1000 },
    );
  });

  it.each<FramerRole>(['accepted', 'connected'])(
    'MUST report the same however a stream is cut (%s)',
    (role) => {
      const piece = fc.oneof(
        {
          weight: 3,
          arbitrary: fc
            .constantFrom('dblreq', 'mpart01', 'intmeth', 'trws', 'bcast', 'wsinv')
            .map((name) => codec.decode(torture(name), 0, torture(name).length)),
        },
        { weight: 2, arbitrary: fc.constantFrom('\r\n', '\r\n\r\n') },
        { weight: 1, arbitrary: mutant },
      );
      const limits = { maxHeadBytes: 2000, maxBodyBytes: 600, maxHeaderRows: 30 };
      fc.assert(
        fc.property(
          fc.array(piece, { minLength: 1, maxLength: 5 }),
          fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 50 }),
          (pieces, cuts) => {
            const bytes = codec.encode(pieces.join(''));
            const whole = new RecordingSink();
            new StreamFramer(codec, limits, role).push(bytes, whole);
            const cut = new RecordingSink();
            const framer = new StreamFramer(codec, limits, role);
            for (let at = 0, i = 0; at < bytes.length; i += 1) {
              const next = at + (cuts[i % cuts.length] ?? 1);
              framer.push(bytes.slice(at, next), cut);
              expect(framer.heldBytes).toBeLessThanOrEqual(limits.maxHeadBytes);
              at = next;
            }
            expect(cut.events).toEqual(whole.events);
          },
        ),
        RUNS,
      );
    },
  );
});
