import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codec, headOf, RecordingSink } from '../testdata/fixtures.ts';
import { DEFAULT_FRAMER_LIMITS, type FramerSink } from './framer-limits.ts';
import { plainMessageEnd } from './plain-message.ts';
import { StreamFramer } from './stream-framer.ts';

function request(bodyLength: number, rows = '', length = `Content-Length: ${bodyLength}`): string {
  const head = headOf(
    `MESSAGE sip:b@example.com SIP/2.0\nVia: SIP/2.0/TCP a;branch=z9hG4bK1\nCSeq: 1 MESSAGE${rows}\n${length}`,
  );
  return head + '\r\n\r\nMESSAGE '.repeat(bodyLength).slice(0, bodyLength);
}

/** Where one ends that stands behind `before`, and has `after` behind it. */
function endOf(text: string, before = '', after = request(4)): number {
  const end = plainMessageEnd(codec, codec.encode(before + text + after), before.length);
  return end === -1 ? -1 : end - before.length;
}

describe('plainMessageEnd', () => {
  it('MUST be where the framer ends the message', () => {
    void fc.assert(
      fc.property(fc.nat(3_000), fc.nat(50), fc.nat(3), (bodyLength, before, spaces) => {
        const text = request(bodyLength, '', `Content-Length:${' '.repeat(spaces)}${bodyLength}`);
        expect(endOf(text, 'x'.repeat(before))).toBe(text.length);
      }),
    );
  });

  it.each([
    ['another method', request(3).replace('MESSAGE sip', 'REGISTER sip')],
    ['a method in lower case (RFC 3261 §7.1)', request(3).replace('MESSAGE sip', 'message sip')],
    ['a response', headOf('SIP/2.0 200 OK\nCSeq: 1 MESSAGE\nContent-Length: 0')],
    ['a Route', request(3, '\nRoute: <sip:edge;lr>')],
    ['a Resource-Priority', request(3, '\nResource-Priority: ets.0')],
    ['no Content-Length', request(0, '', 'Subject: 3')],
    ['the compact form', request(3, '', 'l: 3')],
    ['two lengths', request(3, '\nContent-Length: 4')],
    ['a length that is none', request(3, '', 'Content-Length: 3a')],
    ['an empty length', request(0, '', 'Content-Length:')],
    ['a length below zero', request(3, '', 'Content-Length: -3')],
  ])('MUST NOT pass over %s', (_what, text) => {
    expect(endOf(text)).toBe(-1);
  });

  it('MUST NOT pass over what is not all there', () => {
    const text = request(30);
    for (let length = 0; length < text.length; length += 1) {
      expect(endOf(text.slice(0, length), '', '')).toBe(-1);
    }
    expect(endOf(text, '', '')).toBe(text.length);
  });
});

describe('a framer that passes over', () => {
  it('MUST hand over what is no plain MESSAGE, and count what it passed over', () => {
    const plain = request(12);
    const register = request(5).replace('MESSAGE sip', 'REGISTER sip');
    const sink = new RecordingSink();
    let passed = 0;
    const passing: FramerSink = {
      onMessage: (message) => sink.onMessage(message),
      onPing: () => sink.onPing(),
      onError: (error, partial) => sink.onError(error, partial),
      passesOver: (left) => left > plain.length,
      onPassedOver: () => {
        passed += 1;
      },
    };
    const text = `${plain}${plain}\r\n\r\n${register}${plain}${plain}`;
    new StreamFramer(codec, DEFAULT_FRAMER_LIMITS).push(codec.encode(text), passing);
    expect(sink.events).toEqual(['ping', `message ${register}`, `message ${plain}`]);
    expect(passed).toBe(3);
  });
});
