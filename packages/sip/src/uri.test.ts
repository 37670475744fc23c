import { describe, expect, it } from 'vitest';
import { escapeUser, formatSipUri, parseUri, type SipUri, unescapeUser } from './uri.ts';
import { sipUriEquals } from './uri-equality.ts';

function sip(text: string): SipUri {
  const uri = parseUri(text);
  if (!uri.ok || uri.value.kind !== 'sip') throw new Error(`no SIP URI: ${text}`);
  return uri.value;
}

describe('parseUri', () => {
  it.each([
    ['sip:alice@atlanta.com', 'alice', undefined, 'atlanta.com', undefined],
    ['SIP:alice:secret@ATLANTA.com', 'alice', 'secret', 'atlanta.com', undefined],
    ['sips:alice@atlanta.com:5061', 'alice', undefined, 'atlanta.com', 5061],
    ['sip:atlanta.com', undefined, undefined, 'atlanta.com', undefined],
    ['sip:[2001:DB8::1]:5070', undefined, undefined, '[2001:db8::1]', 5070],
    ['sip:a@[::ffff:192.0.2.1]', 'a', undefined, '[::ffff:192.0.2.1]', undefined],
    ['sip:alice;day=tuesday@atlanta.com', 'alice;day=tuesday', undefined, 'atlanta.com', undefined],
    ['sip:%61@h', '%61', undefined, 'h', undefined],
    ['sip:a:@h', 'a', '', 'h', undefined],
    ['sip:a@edge_1:05060', 'a', undefined, 'edge_1', 5060],
  ])('MUST parse %s (RFC 3261 §19.1.1)', (text, user, password, host, port) => {
    expect(sip(text)).toMatchObject({ user, password, host, port });
  });

  it('MUST parse parameters and headers (RFC 3261 §19.1.1)', () => {
    const uri = sip('sip:a@h;Transport=TCP;lr;maddr=[::1];x=%3B?subject=a%20b&to=c');
    expect(uri.params.get('transport')).toBe('TCP');
    expect(uri.params.get('lr')).toBe(true);
    expect(uri.params.get('maddr')).toBe('[::1]');
    expect(uri.params.get('x')).toBe(';');
    expect(uri.params.has('y')).toBe(false);
    expect(uri.headers).toBe('subject=a%20b&to=c');
    expect(formatSipUri(uri)).toBe('sip:a@h;Transport=TCP;lr;maddr=[::1];x=%3B?subject=a%20b&to=c');
  });

  it.each([
    '',
    'sip',
    ':',
    'sip:',
    'sip:@h',
    'sip:a@',
    'sip:a@h:',
    'sip:a@h:0',
    'sip:a@h:65536',
    'sip:a@h:5060x',
    'sip:a@h ',
    'sip:a b@h',
    'sip:a@b@c',
    'sip:a@[::1',
    'sip:a@[:1]',
    'sip:a@[::g]',
    'sip:a@.h',
    'sip:a@-h',
    'sip:a@h;',
    'sip:a@h;;lr',
    'sip:a@h;=x',
    'sip:a@h;x=',
    'sip:a@h;lr;LR',
    'sip:a@h;x="y"',
    'sip:a@h?',
    'sip:a@h?<x>',
    'sip:%4@h',
    'sip:%zz@h',
    'sip:a@h%41',
    'sip:"a"@h',
    'sip:\xe4@h',
    '<sip:a@h>',
    'sip:a@h\r\n',
    'im:',
    'tel:',
    '1x:y',
    'ht tp:x',
    'http:<x>',
  ])('MUST refuse %j with 400 (RFC 3261 §21.4.1)', (text) => {
    const uri = parseUri(text);
    expect(uri.ok).toBe(false);
    expect(uri).toMatchObject({ status: 400 });
  });

  it.each(['im:Fred%20B@Example.com?x=y', 'tel:+1-201-555-0123;phone-context=x', 'http://h/?x'])(
    'MUST leave other URIs as they are: %s (RFC 3860, RFC 3966)',
    (text) => {
      const scheme = text.slice(0, text.indexOf(':'));
      expect(parseUri(text)).toEqual({ ok: true, value: { kind: 'other', scheme, text } });
      expect(parseUri(text.toUpperCase())).toMatchObject({ value: { scheme } });
    },
  );
});

describe('escapeUser and unescapeUser', () => {
  it('MUST decode once only (RFC 3261 §19.1.2)', () => {
    expect(unescapeUser('%25%34%31')).toBe('%41');
    expect(unescapeUser('a%2')).toBe('a%2');
    expect(unescapeUser('%%41')).toBe('%A');
  });

  it('MUST escape only what a user part cannot hold', () => {
    expect(escapeUser("a-_.!~*'()&=+$,;?/")).toBe("a-_.!~*'()&=+$,;?/");
    expect(escapeUser('a b%@:\0\xff')).toBe('a%20b%25%40%3A%00%FF');
  });
});

describe('sipUriEquals', () => {
  // The examples of RFC 3261 §19.1.4, in order.
  it.each([
    ['sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtLanTa.CoM;Transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'],
    ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;newparam=5'],
    [
      'sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com',
      'sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com',
    ],
    [
      'sip:alice@atlanta.com?subject=project%20x&priority=urgent',
      'sip:alice@atlanta.com?priority=urgent&subject=project%20x',
    ],
  ])('MUST find %s and %s equal (RFC 3261 §19.1.4)', (a, b) => {
    expect(sipUriEquals(sip(a), sip(b))).toBe(true);
    expect(sipUriEquals(sip(b), sip(a))).toBe(true);
  });

  it.each([
    ['SIP:ALICE@AtLanTa.CoM;Transport=udp', 'sip:alice@AtLanTa.CoM;Transport=UDP'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:6000;transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next%20meeting'],
    ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;security=off'],
    ['sip:bob@phone21.boxesbybob.com', 'sip:bob@192.0.2.4'],
    ['sip:a@h', 'sips:a@h'],
    ['sip:a@h', 'sip:h'],
    ['sip:a@h', 'sip:a:p@h'],
    ['sip:a@h;lr', 'sip:a@h;lr=true'],
  ])('MUST find %s and %s different (RFC 3261 §19.1.4)', (a, b) => {
    expect(sipUriEquals(sip(a), sip(b))).toBe(false);
    expect(sipUriEquals(sip(b), sip(a))).toBe(false);
  });
});
