import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CertificateAuthority } from '@hermod/testkit';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { parseOcspResponse } from './ocsp-response.ts';

const authority = new CertificateAuthority();
const certificate = authority.issue({});
const good = readFileSync(authority.ocspResponse(certificate, { minutes: 30 }));
afterAll(() => authority.remove());

describe('an OCSP response', () => {
  test('MUST say which certificate it is about, what of it, and until when (RFC 6960 §4.2.1)', () => {
    const found = parseOcspResponse(good);
    const { serialNumber } = new X509Certificate(certificate.cert);
    expect(found).toMatchObject({ serialNumber, isGood: true });
    expect(((found?.untilMs ?? 0) - Date.now()) / 60_000).toBeCloseTo(30, 0);
  });

  test('that says revoked MUST NOT be good', () => {
    const der = readFileSync(authority.ocspResponse(certificate, { isRevoked: true }));
    expect(parseOcspResponse(der)?.isGood).toBe(false);
  });

  test('that is no success, PEM, a certificate or empty MUST be none', () => {
    const tryLater = Buffer.from('30030a0103', 'hex');
    const others = [tryLater, Buffer.from(certificate.cert), Buffer.alloc(0)];
    others.push(new X509Certificate(certificate.cert).raw);
    for (const der of others) expect(parseOcspResponse(der)).toBeUndefined();
  });

  test('that was cut off or altered anywhere MUST NOT throw', () => {
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), fc.boolean(), (at, octet, isCut) => {
        const der = isCut ? good.subarray(0, at) : Buffer.from(good);
        if (!isCut) der[at] = octet;
        parseOcspResponse(der);
      }),
    );
  });
});
