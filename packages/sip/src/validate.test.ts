import { describe, expect, it } from 'vitest';
import { requestOf } from '../testdata/fixtures.ts';
import { validateRequest } from './validate.ts';

const LINES: readonly string[] = [
  'Via: SIP/2.0/TCP a;branch=z9hG4bK1',
  'From: <sip:a@h>;tag=1',
  'To: <sip:b@h>',
  'Call-ID: 1@a',
  'CSeq: 1 MESSAGE',
  'Max-Forwards: 70',
];

function check(start: string, replaced: string, by: string, body = new Uint8Array(0)) {
  const lines = LINES.map((line) => (line.startsWith(replaced) ? by : line)).filter(Boolean);
  return validateRequest(requestOf([start, ...lines].join('\n'), body));
}

const START = 'MESSAGE sip:b@h SIP/2.0';

describe('validateRequest', () => {
  it('MUST accept a well-formed request, and one of RFC 2543', () => {
    expect(check(START, '#', '')).toBe(undefined);
    expect(check(START, 'Max-Forwards', '')).toBe(undefined);
    expect(check(START, 'From', 'From: sip:a@h')).toBe(undefined);
    expect(check(START, 'Via', 'Via: SIP/2.0/UDP a')).toBe(undefined);
  });

  it.each([
    ['Via', 'Missing Via Header Field'],
    ['From', 'Missing From Header Field'],
    ['To', 'Missing To Header Field'],
    ['Call-ID', 'Missing Call-ID Header Field'],
    ['CSeq', 'Missing CSeq Header Field'],
  ])('MUST answer 400 naming a missing %s (RFC 3261 §8.1.1, §21.4.1)', (name, reason) => {
    expect(check(START, name, '')).toMatchObject({ status: 400, reason });
  });

  it.each(['From', 'To', 'Call-ID', 'CSeq', 'Max-Forwards'])(
    'MUST answer 400 to two %s headers (RFC 4475 §3.3.8)',
    (name) => {
      const line = LINES.find((one) => one.startsWith(name)) ?? '';
      expect(check(START, name, `${line}\n${line}`)).toMatchObject({
        status: 400,
        code: 'SIP_DUPLICATE_HEADER',
        reason: `Multiple ${name} Header Fields`,
      });
    },
  );

  it.each([
    ['Via', 'Via: SIP/2.0/TCP', 'SIP_BAD_VIA'],
    ['Via', 'Via: SIP/1.0/TCP a;branch=z9hG4bK1', 'SIP_BAD_VIA'],
    ['Via', 'Via: SIP/2.0/TCP a;branch=z9hG4bK', 'SIP_BAD_VIA'],
    ['From', 'From: A, B <sip:a@h>;tag=1', 'SIP_BAD_NAME_ADDR'],
    ['From', 'From: <sip:a b@h>;tag=1', 'SIP_BAD_URI'],
    ['To', 'To: "x <sip:b@h>', 'SIP_BAD_NAME_ADDR'],
    ['To', 'To: <sip:b@h>;tag', undefined],
    ['To', 'To: < sip:b@h >', 'SIP_BAD_URI'],
    ['Call-ID', 'Call-ID: a b', 'SIP_BAD_CALL_ID'],
    ['Call-ID', 'Call-ID:', 'SIP_BAD_CALL_ID'],
    ['CSeq', 'CSeq: 4294967296 MESSAGE', 'SIP_BAD_CSEQ'],
    ['CSeq', 'CSeq: 4294967295 MESSAGE', undefined],
    ['CSeq', 'CSeq: -1 MESSAGE', 'SIP_BAD_CSEQ'],
    ['CSeq', 'CSeq: 1MESSAGE', 'SIP_BAD_CSEQ'],
    ['CSeq', 'CSeq: 1 ', 'SIP_BAD_CSEQ'],
    ['CSeq', 'CSeq: 1 message', 'SIP_CSEQ_METHOD'],
    ['Max-Forwards', 'Max-Forwards: 256', 'SIP_BAD_MAX_FORWARDS'],
    ['Max-Forwards', 'Max-Forwards: 7x', 'SIP_BAD_MAX_FORWARDS'],
    ['Max-Forwards', 'Max-Forwards:', 'SIP_BAD_MAX_FORWARDS'],
    ['Max-Forwards', 'Max-Forwards: 0', undefined],
  ])('MUST judge %s as in %j: %s', (name, line, code) => {
    const fault = check(START, name, line);
    expect(fault?.code).toBe(code);
    if (code !== undefined) expect(fault?.status).toBe(400);
  });

  it('MUST NOT judge the Vias of other elements, nor headers it does not need (RFC 3261 §16.3)', () => {
    const via =
      'Via: SIP/2.0/TCP a;branch=z9hG4bK1, ;;;\nVia: nonsense\nExpires: x\nDate: y\nContact: <';
    expect(check(START, 'Via', via)).toBe(undefined);
  });

  it('MUST answer 505 to another version (RFC 3261 §21.5.6)', () => {
    expect(check('MESSAGE sip:b@h SIP/3.0', '#', '')).toMatchObject({ status: 505 });
    expect(check('MESSAGE sip:b@h sip/2.0', '#', '')).toBe(undefined);
  });

  it('MUST answer 400 to a malformed Request-URI, and leave its scheme to 416', () => {
    expect(check('MESSAGE sip:b@h;; SIP/2.0', '#', '')).toMatchObject({
      status: 400,
      reason: 'Malformed Request-URI',
    });
    expect(check('MESSAGE foo:bar SIP/2.0', '#', '')).toBe(undefined);
  });

  it('MUST compare Content-Length with the body (RFC 3261 §20.14)', () => {
    const body = new Uint8Array(3);
    const cseq = 'CSeq: 1 MESSAGE\nContent-Length: ';
    expect(check(START, 'CSeq', `${cseq}3`, body)).toBe(undefined);
    expect(check(START, 'CSeq', `${cseq}4`, body)).toMatchObject({ status: 400 });
    expect(check(START, 'CSeq', `${cseq}3\nl: 4`, body)).toMatchObject({ status: 400 });
  });
});
