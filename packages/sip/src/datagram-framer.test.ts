import { describe, expect, it } from 'vitest';
import { codec, headOf } from '../testdata/fixtures.ts';
import { type FramedDatagram, frameDatagram } from './datagram-framer.ts';
import { DEFAULT_FRAMER_LIMITS } from './framer-limits.ts';

const START =
  'MESSAGE sip:b@h SIP/2.0\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\nFrom: <sip:a@h>;tag=1\n' +
  'To: <sip:b@h>\nCall-ID: 1\nCSeq: 1 MESSAGE';

function frame(text: string, limits = DEFAULT_FRAMER_LIMITS): FramedDatagram {
  return frameDatagram(codec.encode(text), codec, limits);
}

function bodyOf(framed: FramedDatagram): string {
  if ('ping' in framed || !framed.ok) throw new Error('no message');
  return codec.decode(framed.value.body, 0, framed.value.body.length);
}

describe('frameDatagram', () => {
  it('MUST take the body to the end without Content-Length (RFC 3261 §18.3)', () => {
    expect(bodyOf(frame(`${headOf(START)}body\0\xff`))).toBe('body\0\xff');
  });

  it('MUST drop octets beyond Content-Length (RFC 3261 §18.3)', () => {
    expect(bodyOf(frame(`${headOf(`${START}\nl: 4`)}bodyINVITE`))).toBe('body');
  });

  it('MUST answer 400 to a truncated request and drop a truncated response (RFC 3261 §18.3)', () => {
    expect(frame(`${headOf(`${START}\nl: 5`)}body`)).toMatchObject({
      code: 'SIP_INCOMPLETE',
      status: 400,
      partial: { callId: '1' },
    });
    expect(frame(headOf('SIP/2.0 200 OK\nl: 5'))).toMatchObject({ status: 0, partial: undefined });
  });

  it.each(['', '\r\n\r\n', '\r\n', '\0', '\0\0\0\0'])('MUST take %j for a keepalive', (text) => {
    expect(frame(text)).toEqual({ ping: true });
  });

  it('MUST ignore CRLFs before the start line (RFC 3261 §7.5)', () => {
    expect(bodyOf(frame(`\r\n\r\n${headOf(START)}x`))).toBe('x');
  });

  it('MUST refuse beyond its caps', () => {
    const limits = { maxHeadBytes: 300, maxBodyBytes: 10, maxHeaderRows: 8 };
    expect(frame(headOf(`${START}\nX: ${'x'.repeat(300)}`), limits)).toMatchObject({ status: 513 });
    expect(frame(`${headOf(START)}12345678901`, limits)).toMatchObject({ status: 413 });
    expect(frame(headOf(`${START}\nl: 11`), limits)).toMatchObject({ status: 413 });
    expect(frame(headOf(START + '\nX: y'.repeat(4)), limits)).toMatchObject({ status: 400 });
    expect(frame(`${headOf(START)}1234567890`, limits).valueOf()).toHaveProperty('ok', true);
  });

  it('MUST NOT answer garbage', () => {
    expect(frame('hello')).toMatchObject({ ok: false, status: 0 });
    expect(frame(headOf('hello'))).toMatchObject({ ok: false, status: 0 });
  });
});
