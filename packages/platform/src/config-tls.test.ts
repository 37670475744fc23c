import { describe, expect, test } from 'vitest';
import { type Environment, loadConfig } from './config.ts';

const LISTENS = {
  HERMOD_SIP_LISTEN: 'tls://127.0.0.1:5061,wss://127.0.0.1:443',
  HERMOD_TLS_CERT: '/a.crt, /b.crt',
  HERMOD_TLS_KEY: '/a.key,/b.key',
};

describe('certificates of several domains', () => {
  const faults = (more: Environment): Record<string, string> => {
    const loaded = loadConfig('standalone', { ...LISTENS, ...more });
    const problems = loaded.ok ? [] : loaded.problems;
    return Object.fromEntries(problems.map(({ variable, fault }) => [variable, fault]));
  };

  test('MUST be lists of files, certificate by certificate', () => {
    const files = { HERMOD_TLS_OCSP: '/a.ocsp', HERMOD_TLS_TICKET_KEYS: '/tickets' };
    expect(loadConfig('standalone', { ...LISTENS, ...files })).toMatchObject({
      ok: true,
      config: {
        tlsCert: ['/a.crt', '/b.crt'],
        tlsKey: ['/a.key', '/b.key'],
        tlsOcsp: ['/a.ocsp'],
        tlsTicketKeys: '/tickets',
      },
    });
  });

  test('MUST each come with a key', () => {
    expect(faults({ HERMOD_TLS_KEY: '/a.key' })).toEqual({
      HERMOD_TLS_KEY: 'names 1 files, and HERMOD_TLS_CERT 2',
    });
    expect(Object.keys(faults({ HERMOD_TLS_CERT: '/a.crt,,/b.crt' }))).toEqual(['HERMOD_TLS_CERT']);
  });

  test.each(['HERMOD_TLS_OCSP', 'HERMOD_TLS_TICKET_KEYS'])(
    '%s MUST NOT be set where nobody is shown a certificate',
    (name) => {
      const more = { HERMOD_SIP_LISTEN: 'tcp://127.0.0.1:5060', [name]: '/file' };
      expect(Object.keys(faults(more))).toEqual([name]);
      expect(faults({ [name]: '/file' })).toEqual({});
    },
  );
});
