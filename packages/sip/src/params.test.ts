import { describe, expect, it } from 'vitest';
import { MAX_PARAMS, type Params, parseHeaderParams, parseUriParams, unquote } from './params.ts';

function header(text: string): Params {
  const params = parseHeaderParams(text, 0, text.length);
  if (!params.ok) throw new Error(text);
  return params.value;
}

function uri(text: string): Params {
  const params = parseUriParams(text, 0, text.length);
  if (!params.ok) throw new Error(text);
  return params.value;
}

describe('Params', () => {
  it('MUST NOT take % for an escape in a header parameter (RFC 4475 §3.1.1.2)', () => {
    const params = header(';tag=a%41;b%72anch=x');
    expect(params.get('tag')).toBe('a%41');
    expect(params.has('branch')).toBe(false);
    expect(params.get('b%72anch')).toBe('x');
  });

  it('MUST undo escapes in URI parameters once (RFC 3261 §19.1.2)', () => {
    const params = uri(';%6Cr;n%61me=v%61lue%25%34%31');
    expect(params.get('lr')).toBe(true);
    expect(params.get('name')).toBe('value%41');
    expect(params.format()).toBe(';%6Cr;n%61me=v%61lue%25%34%31');
  });

  it('MUST ignore the case of names and keep that of values (RFC 3261 §7.3.1)', () => {
    const params = header(' ; TAG = AbC ;Q="x\\"y\\\\"');
    expect([params.get('tag'), params.get('q'), params.getText('tag')]).toEqual([
      'AbC',
      'x"y\\',
      'AbC',
    ]);
    expect(params.format()).toBe(';TAG=AbC;Q="x\\"y\\\\"');
  });

  it('MUST refuse a name that comes twice, however it is spelt (RFC 3261 §19.1.1)', () => {
    expect(parseHeaderParams(';tag=1;Tag=2', 0, 12).ok).toBe(false);
    expect(parseUriParams(';lr;%6Cr', 0, 8).ok).toBe(false);
    expect(parseHeaderParams(';lr;%6Cr', 0, 8).ok).toBe(true);
  });

  it.each([parseHeaderParams, parseUriParams])(
    'MUST refuse more parameters than its cap, which bounds the comparing of names (%o)',
    (parse) => {
      const list = (n: number): string => Array.from({ length: n }, (_, i) => `;p${i}`).join('');
      const fits = list(MAX_PARAMS);
      expect(parse(fits, 0, fits.length).ok).toBe(true);
      const more = list(MAX_PARAMS + 1);
      expect(parse(more, 0, more.length)).toMatchObject({ code: 'SIP_BAD_PARAM', status: 400 });
    },
  );

  it('MUST change copies, never itself', () => {
    const params = header(';a=1;b;c="x"');
    expect(params.with('B', '2').format()).toBe(';a=1;B=2;c="x"');
    expect(params.with('d', true).format()).toBe(';a=1;b;c="x";d');
    expect(params.without('a').format()).toBe(';b;c="x"');
    expect(params.without('x')).toBe(params);
    expect(params.format()).toBe(';a=1;b;c="x"');
  });

  it('MUST leave alone what is not quoted', () => {
    expect([unquote('a"b'), unquote('"'), unquote('""'), unquote('"a\\"b"')]).toEqual([
      'a"b',
      '"',
      '',
      'a"b',
    ]);
  });
});
