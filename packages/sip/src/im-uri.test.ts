import { describe, expect, it } from 'vitest';
import { isImUri, sipUriOfIm } from './im-uri.ts';
import { formatSipUri, parseUri } from './uri.ts';

function sipOf(text: string): string | number {
  const uri = parseUri(text);
  if (!uri.ok || uri.value.kind !== 'other' || !isImUri(uri.value)) throw new Error(text);
  const sip = sipUriOfIm(uri.value);
  return sip.ok ? formatSipUri(sip.value) : sip.status;
}

describe('sipUriOfIm', () => {
  it.each([
    ['im:fred@example.com', 'sip:fred@example.com'],
    ['IM:Fred@Example.COM', 'sip:Fred@example.com'],
    ['im:fred@example.com?subject=hello', 'sip:fred@example.com'],
    ['im:a%20b@example.com', 'sip:a%20b@example.com'],
  ])('MUST have user and domain of %s (RFC 5509 §3)', (im, sip) => {
    expect(sipOf(im)).toBe(sip);
  });

  it.each([
    'im:example.com',
    'im:?to=fred',
    'im:fred:secret@example.com',
    'im:fred@example.com:5060',
    'im:fred@example.com;transport=tcp',
    'im:Fred%20<fred@example.com',
    'im:fred@',
  ])('MUST refuse %s: it names no inbox of a domain (RFC 3860 §3.1)', (im) => {
    const uri = parseUri(im);
    if (uri.ok) expect(sipOf(im)).toBe(400);
    else expect(uri.status).toBe(400);
  });
});
