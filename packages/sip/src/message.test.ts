import { describe, expect, it } from 'vitest';
import { headOf, requestOf, responseOf } from '../testdata/fixtures.ts';
import { H, HEADER_NAMES, headerId } from './header-name.ts';
import { parseMessage, salvageRequest } from './message.ts';

const NONE = new Uint8Array(0);

describe('headerId', () => {
  it('MUST ignore case, and know the compact forms (RFC 3261 §7.3.3)', () => {
    for (const id of Object.values(H)) {
      const name = HEADER_NAMES[id] ?? '';
      if (id === H.OTHER) continue;
      expect([headerId(name), headerId(name.toUpperCase()), headerId(name.toLowerCase())]).toEqual([
        id,
        id,
        id,
      ]);
    }
    expect('vftimlckeos'.split('').map(headerId)).toEqual([
      H.VIA,
      H.FROM,
      H.TO,
      H.CALL_ID,
      H.CONTACT,
      H.CONTENT_LENGTH,
      H.CONTENT_TYPE,
      H.SUPPORTED,
      H.CONTENT_ENCODING,
      H.EVENT,
      H.SUBJECT,
    ]);
    expect(headerId('constructor')).toBe(H.OTHER);
    expect(headerId('Vias')).toBe(H.OTHER);
  });
});

describe('parseMessage', () => {
  it('MUST read the start lines (RFC 3261 §7.1, §7.2)', () => {
    const request = requestOf('MESSAGE sip:b@h SIP/2.0');
    expect([request.method, request.requestUri, request.version]).toEqual([
      'MESSAGE',
      'sip:b@h',
      'SIP/2.0',
    ]);
    const response = responseOf('sip/2.0 486 Busy Here');
    expect([response.status, response.reason]).toEqual([486, 'Busy Here']);
    expect(responseOf('SIP/2.0 200').reason).toBe('');
  });

  it.each([
    'MESSAGE',
    'MESSAGE sip:b@h',
    'MESSAGE SIP/2.0',
    'MESSAGE  SIP/2.0',
    ' MESSAGE sip:b@h SIP/2.0',
    'MESS@GE sip:b@h SIP/2.0',
    'MESSAGE sip:b@h HTTP/1.1',
    'MESSAGE sip:b@h SIP/2',
    'MESSAGE sip:b@h SIP/2.',
    'MESSAGE\tsip:b@h SIP/2.0',
  ])('MUST refuse the request line %j with 400', (line) => {
    expect(parseMessage(headOf(line), NONE)).toMatchObject({
      ok: false,
      code: 'SIP_BAD_START_LINE',
      status: 400,
    });
  });

  it.each([
    'SIP/2.0 99 x',
    'SIP/2.0 700 x',
    'SIP/2.0 2000 x',
    'SIP/2.0 20 x',
    'SIP/2.0  200 x',
    'SIP/2.0 abc',
    'SIP/2.0',
    'SIP/3.0 200 OK',
    'SIP/2.0 200 OK\nbad line',
  ])('MUST drop the response %j (RFC 3261 §18.1.2)', (line) => {
    expect(parseMessage(headOf(line), NONE)).toMatchObject({ ok: false, status: 0 });
  });

  it.each([
    ['no colon', 'MESSAGE sip:b@h SIP/2.0\nVia'],
    ['no name', 'MESSAGE sip:b@h SIP/2.0\n: x'],
    ['a space in the name', 'MESSAGE sip:b@h SIP/2.0\nVi a: x'],
    ['a colon on the next line only', 'MESSAGE sip:b@h SIP/2.0\nVia\nTo: x'],
    ['a fold below the start line', 'MESSAGE sip:b@h SIP/2.0\n  x: y'],
  ])('MUST refuse a header line with %s', (_, lines) => {
    expect(parseMessage(headOf(lines), NONE)).toMatchObject({
      code: 'SIP_BAD_HEADER_LINE',
      status: 400,
    });
  });

  it.each(['X: a\rb', 'X: a\x0ab', 'X: a\r\rb', 'X: a\r\n \rb'])(
    'MUST refuse a bare CR or LF in %j (RFC 3261 §7)',
    (line) => {
      const head = `MESSAGE sip:b@h SIP/2.0\r\nTo: x\r\n${line}\r\nFrom: y\r\n\r\n`;
      expect(parseMessage(head, NONE)).toMatchObject({ ok: false, status: 400 });
    },
  );

  it('MUST refuse a head that does not end with its empty line', () => {
    for (const head of ['MESSAGE sip:b@h SIP/2.0\r\n', 'MESSAGE sip:b@h SIP/2.0\r\nTo: x\r\n']) {
      expect(parseMessage(head, NONE).ok).toBe(false);
    }
    expect(parseMessage(`${headOf('MESSAGE sip:b@h SIP/2.0')}x`, NONE).ok).toBe(false);
  });

  it('MUST join folded lines by one space and trim values (RFC 3261 §7.3.1)', () => {
    const request = requestOf('MESSAGE sip:b@h SIP/2.0\nSubject:  a \n\t b\n   \n c  \nX-Y :\t z ');
    expect(request.get(H.SUBJECT)).toBe('a b c');
    expect(request.byName('x-y')).toBe('z');
    expect(request.byName('X')).toBe(undefined);
    expect(request.byName('s')).toBe('a b c');
  });

  it('MUST give rows and list values in order (RFC 3261 §7.3.1)', () => {
    const request = requestOf(
      'MESSAGE sip:b@h SIP/2.0\nRoute: <sip:a,b;lr>, "x,y" <sip:c>\nTo: t\nroute: <sip:d>',
    );
    expect(request.all(H.ROUTE)).toEqual(['<sip:a,b;lr>, "x,y" <sip:c>', '<sip:d>']);
    expect(request.values(H.ROUTE)).toEqual(['<sip:a,b;lr>', '"x,y" <sip:c>', '<sip:d>']);
    expect([request.headerRows, request.has(H.VIA), request.get(H.VIA)]).toEqual([
      3,
      false,
      undefined,
    ]);
  });

  it('MUST parse headers on first use and keep them', () => {
    const request = requestOf(
      'MESSAGE sip:b@h SIP/2.0\nv: SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/UDP b\nCSeq: 5 MESSAGE\ni: x\nf: <sip:a@h>;tag=1\nt: sip:b@h',
    );
    expect(request.topVia).toBe(request.topVia);
    expect(request.topVia.ok && request.topVia.value.sentBy).toBe('a');
    expect(request.cseq).toBe(request.cseq);
    expect(request.from.ok && request.from.value.tag).toBe('1');
    expect(request.to.ok && request.to.value.tag).toBe(undefined);
    expect(request.callId).toBe('x');
    expect(request.uri).toBe(request.uri);
  });

  it('MUST tell one value from several, in one row or in more', () => {
    const one = (...lines: string[]) => {
      const message = parseMessage(headOf(['MESSAGE sip:b@h SIP/2.0', ...lines].join('\n')), NONE);
      return message.ok && message.value.hasOneValue(H.VIA);
    };
    expect(one('v: SIP/2.0/TCP a;x="1,2"')).toBe(true);
    expect(one('Via: SIP/2.0/TCP a, SIP/2.0/TCP b')).toBe(false);
    expect(one('Via: SIP/2.0/TCP a', 'To: c', 'v: SIP/2.0/TCP b')).toBe(false);
    expect(one('To: c')).toBe(false);
  });

  it('MUST hold 320 header rows and no more', () => {
    const rows = (n: number) => headOf(`MESSAGE sip:b@h SIP/2.0${'\nX: y'.repeat(n)}`);
    expect(parseMessage(rows(320), NONE).ok).toBe(true);
    expect(parseMessage(rows(321), NONE)).toMatchObject({ code: 'SIP_TOO_MANY_HEADERS' });
  });
});

describe('salvageRequest', () => {
  it('MUST keep the well-formed lines of a broken head', () => {
    const broken =
      'MESSAGE sip:b@h SIP/2.0\r\nVia: a\r\nbroken\r\nbare\nTo: t\r\n fold\r\nFrom: cut off';
    expect(salvageRequest(broken)?.head).toBe(
      'MESSAGE sip:b@h SIP/2.0\r\nVia: a\r\nTo: t\r\n fold\r\n\r\n',
    );
  });

  it('MUST give nothing for responses and for what has no start line', () => {
    expect(salvageRequest('SIP/2.0 200 OK\r\nVia: a\r\n\r\n')).toBe(undefined);
    expect(salvageRequest('MESSAGE sip:b@h SIP/2.0')).toBe(undefined);
    expect(salvageRequest('')).toBe(undefined);
  });
});
