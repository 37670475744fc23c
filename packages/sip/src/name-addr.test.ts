import { describe, expect, it } from 'vitest';
import { parseNameAddrList } from '../testdata/fixtures.ts';
import { type NameAddr, parseNameAddr } from './name-addr.ts';

function addr(text: string): NameAddr {
  const value = parseNameAddr(text);
  if (!value.ok) throw new Error(`${text}: ${value.reason} at ${value.at}`);
  return value.value;
}

describe('parseNameAddr', () => {
  it.each([
    ['<sip:a@h>', undefined, 'sip:a@h', undefined],
    ['sip:a@h', undefined, 'sip:a@h', undefined],
    ['sip:a@h;tag=1', undefined, 'sip:a@h', '1'],
    ['sip:a@h ; tag = 1', undefined, 'sip:a@h', '1'],
    ['<sip:a@h;lr>;tag=1', undefined, 'sip:a@h;lr', '1'],
    ['Alice<sip:a@h>', 'Alice', 'sip:a@h', undefined],
    ['Alice B.  C  <sip:a@h> ;tag=x', 'Alice B.  C', 'sip:a@h', 'x'],
    ['"A \\"<x>\\\\, B;" <sip:a@h>', 'A "<x>\\, B;', 'sip:a@h', undefined],
    ['""<sip:a@h>', '', 'sip:a@h', undefined],
    [' \t<sip:a@h>\t', undefined, 'sip:a@h', undefined],
    ['tel:+1-2;tag=3', undefined, 'tel:+1-2', '3'],
  ])('MUST parse %j (RFC 3261 §20.10)', (text, displayName, uriText, tag) => {
    expect(addr(text)).toMatchObject({ displayName, uriText, tag });
  });

  it('MUST keep URI and header parameters apart (RFC 3261 §20.10)', () => {
    const value = addr('<sip:a@h;x=1;y>;x=2;+sip.instance="<urn:uuid:1>";q=0.5');
    const uri = value.uri;
    if (!uri.ok || uri.value.kind !== 'sip') throw new Error('uri');
    expect(uri.value.params.get('x')).toBe('1');
    expect(value.params.get('x')).toBe('2');
    expect(value.params.get('+sip.instance')).toBe('<urn:uuid:1>');
    expect(value.params.format()).toBe(';x=2;+sip.instance="<urn:uuid:1>";q=0.5');
    expect(value.uri).toBe(uri);
  });

  it.each([
    '',
    ' ',
    '<>',
    '<sip:a@h',
    'sip:a@h>',
    '"A <sip:a@h>',
    '"A" sip:a@h',
    '"A"',
    'A, B <sip:a@h>',
    'A@B <sip:a@h>',
    '<sip:a@h>x',
    '<sip:a@h>;',
    '<sip:a@h>;;tag=1',
    '<sip:a@h>;tag=1;TAG=2',
    'sip:a@h?x=y',
    'sip:a,b@h',
    'sip:a;b@h',
    ';tag=1',
  ])('MUST refuse %j with 400 (RFC 3261 §20.10)', (text) => {
    expect(parseNameAddr(text)).toMatchObject({ ok: false, status: 400 });
  });

  it('MUST leave the judgement of the URI to its use', () => {
    expect(addr('< sip:a@h >').uri.ok).toBe(false);
  });

  it('MUST split lists outside quotes and brackets (RFC 3261 §7.3.1)', () => {
    const list = parseNameAddrList('"A, B" <sip:a@h;x="," >, <sip:b,c@h>;q=0.1 ,sip:d@h');
    if (!list.ok) throw new Error(list.reason);
    expect(list.value.map((item) => item.uriText)).toEqual([
      'sip:a@h;x="," ',
      'sip:b,c@h',
      'sip:d@h',
    ]);
    expect(parseNameAddrList('<sip:a@h>,').ok).toBe(false);
  });
});
