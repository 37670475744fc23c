import { CertificateAuthority } from '@hermod/testkit';
import { afterAll, describe, expect, test } from 'vitest';
import { createLogger } from '../logger.ts';
import { Metrics } from '../metrics.ts';
import type { CheckedPem } from './pem-files.ts';
import { trunkCredentials } from './trunk-pem.ts';

const authority = new CertificateAuthority();
const { certFile, keyFile, cert } = authority.issue({});
afterAll(() => authority.remove());

const NONE = { trunkTlsCert: undefined, trunkTlsKey: undefined, trunkTlsCa: undefined };
const TCP = { transport: 'tcp', host: '127.0.0.1', port: 5070 } as const;
const TLS = { ...TCP, transport: 'tls' } as const;

function credentialsOf(config: Parameters<typeof trunkCredentials>[0]) {
  const lifecycle = { onReload: () => undefined, onStop: () => undefined };
  const logger = createLogger('silent', {});
  const make = (pem: CheckedPem) => ({ pem, replace: () => undefined });
  return trunkCredentials(config, make, { logger, lifecycle, metrics: new Metrics('test') });
}

describe('trunkCredentials', () => {
  test('MUST be the files of the configuration for tls://, none for tcp://', () => {
    const files = { trunkTlsCert: certFile, trunkTlsKey: keyFile };
    const of = credentialsOf({ ...files, trunkTlsCa: authority.ca.certFile });
    expect(of(TLS)?.pem).toMatchObject({ cert, ca: authority.ca.cert });
    expect(of(TCP)).toBeUndefined();
  });

  test('MUST NOT be none for tls://: that would be in clear', () => {
    expect(() => credentialsOf(NONE)(TLS)).toThrow('needs certificates');
    expect(credentialsOf(NONE)(TCP)).toBeUndefined();
  });
});
