import { X509Certificate } from 'node:crypto';
import { CertificateAuthority } from '@hermod/testkit';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { domainIdentities, isCertifiedFor } from './tls-identity.ts';

const san = (subjectAltName: string, commonName?: string) => ({ subjectAltName, commonName });

describe('the domains of a certificate', () => {
  test.each([
    ['a URI of scheme sip', 'URI:sip:Example.com', ['example.com']],
    ['several', 'URI:sip:a.example, URI:sip:b.example', ['a.example', 'b.example']],
    ['DNS names MUST NOT count beside a URI', 'DNS:a.example, URI:sip:b.example', ['b.example']],
    ['a sips URI MUST NOT count', 'URI:sips:a.example, DNS:b.example', ['b.example']],
    ['a URI with a user MUST NOT count', 'URI:sip:bob@a.example, DNS:b.example', ['b.example']],
    [
      'a URI of another scheme MUST NOT count',
      'URI:https://a.example, DNS:B.example',
      ['b.example'],
    ],
    ['the host of a URI with port and parameters', 'URI:sip:a.example:5061;lr', ['a.example']],
    ['other names', 'email:a@b.example, IP Address:192.0.2.1, DirName:CN = x', []],
    ['a quoted name is one name', 'DNS:"a.example, DNS:b.example"', ['a.example, dns:b.example']],
    ['behind a quoted name', 'DNS:"a\\"", DNS:b.example', ['a"', 'b.example']],
    ['a malformed quotation', 'DNS:"\\x", DNS:b.example', ['b.example']],
  ])('%s (RFC 5922 §7.1)', (_name, subjectAltName, domains) => {
    expect(domainIdentities(san(subjectAltName, 'cn.example'))).toEqual(domains);
  });

  test('the common name counts only without alternative names (RFC 5922 §7.1)', () => {
    const commonName = 'CN.example';
    expect(domainIdentities({ subjectAltName: undefined, commonName })).toEqual(['cn.example']);
    expect(domainIdentities({ subjectAltName: undefined, commonName: undefined })).toEqual([]);
    expect(domainIdentities(san('IP Address:192.0.2.1', commonName))).toEqual([]);
  });
});

describe('isCertifiedFor', () => {
  test.each([
    ['letter case MUST NOT matter', 'DNS:example.com', 'EXAMPLE.com', true],
    ['another domain', 'DNS:example.com', 'example.org', false],
    ['a sub-domain MUST NOT match', 'DNS:example.com', 'sip.example.com', false],
    ['a suffix MUST NOT match', 'DNS:sip.example.com', 'example.com', false],
    ['a wildcard MUST NOT match', 'DNS:*.example.com', 'sip.example.com', false],
    ['an address in the certificate', 'IP Address:192.0.2.1', '192.0.2.1', true],
    ['an address as a URI', 'URI:sip:192.0.2.1', '192.0.2.1', true],
    ['an address as a DNS name MUST NOT match', 'DNS:192.0.2.1', '192.0.2.1', false],
    ['an IPv6 address', 'IP Address:2001:DB8:0:0:0:0:0:1', '[2001:db8::1]', true],
    ['an IPv6 address without brackets', 'IP Address:2001:DB8:0:0:0:0:0:1', '2001:db8::1', true],
    ['another address', 'IP Address:192.0.2.1', '192.0.2.2', false],
  ])('%s (RFC 5922 §7.2)', (_name, subjectAltName, host, expected) => {
    expect(isCertifiedFor(san(subjectAltName), host)).toBe(expected);
  });

  test('an address MUST NOT match a common name', () => {
    const names = { subjectAltName: undefined, commonName: '192.0.2.1' };
    expect(isCertifiedFor(names, '192.0.2.1')).toBe(false);
  });

  test('MUST never throw, whatever stands in a certificate', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, host) => {
        isCertifiedFor(san(text), host);
        isCertifiedFor(san(`DNS:"${text}", URI:${text}`), host);
      }),
    );
  });
});

describe('a certificate made by openssl', () => {
  const authority = new CertificateAuthority();
  afterAll(() => authority.remove());

  const names = (...altNames: string[]) => {
    const { subjectAltName } = new X509Certificate(authority.issue({ altNames }).cert);
    return { subjectAltName, commonName: 'test' };
  };

  test('MUST be read as it was written', () => {
    const many = names('URI:sip:example.com', 'DNS:other.example', 'IP:127.0.0.1', 'IP:::1');
    expect(domainIdentities(many)).toEqual(['example.com']);
    expect(isCertifiedFor(many, '127.0.0.1')).toBe(true);
    expect(isCertifiedFor(many, '[::1]')).toBe(true);
    expect(isCertifiedFor(many, 'other.example')).toBe(false);
    expect(domainIdentities(names('DNS:a.example', 'DNS:b.example'))).toEqual([
      'a.example',
      'b.example',
    ]);
    expect(domainIdentities(names())).toEqual(['test']);
  });
});
