import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CertificateAuthority } from '@hermod/testkit';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConfigError } from '../config-error.ts';
import { createLogger } from '../logger.ts';
import { Metrics } from '../metrics.ts';
import {
  type CheckedPem,
  checkPem,
  type PemFile,
  type PemPaths,
  readPemFilesSync,
} from './pem-files.ts';
import { PemWatch, watchPem } from './watched-pem.ts';

const authority = new CertificateAuthority();
const one = authority.issue({ days: 2 });
const other = authority.issue({ days: 3 });
const expired = authority.issue({ days: -1 });
afterAll(() => authority.remove());

let directory: string;
let paths: PemPaths;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hermod-pem-'));
  paths = {
    certificates: [{ cert: file('cert', 'tlsCert'), key: file('key', 'tlsKey') }],
    ca: file('ca', 'tlsClientCa'),
  };
  put('cert', one.certFile);
  put('key', one.keyFile);
  put('ca', authority.ca.certFile);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function file(name: string, variable: PemFile['variable']): PemFile {
  return { path: join(directory, name), variable };
}

function put(name: string, file: string): void {
  copyFileSync(file, join(directory, name));
}

function problemOf(use: () => unknown): ConfigError['problem'] {
  try {
    use();
  } catch (error) {
    if (error instanceof ConfigError) return error.problem;
  }
  throw new Error('it is no problem');
}

describe('PEM files', () => {
  const check = () => checkPem(paths, readPemFilesSync(paths));

  test('that belong together MUST be read, with the time of expiry', () => {
    const pem = check();
    expect(pem).toMatchObject({ cert: one.cert, key: one.key, ca: authority.ca.cert });
    const days = ((pem.expiresAtMs ?? 0) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(1.9);
    expect(days).toBeLessThan(2.1);
  });

  test.each([
    [
      'is missing',
      'cert',
      () => rmSync(join(directory, 'cert')),
      'HERMOD_TLS_CERT',
      'is not there',
    ],
    ['is no PEM', 'cert', () => put('cert', one.keyFile), 'HERMOD_TLS_CERT', 'no certificate'],
    [
      'is broken',
      'ca',
      () => writeFileSync(join(directory, 'ca'), broken()),
      'HERMOD_TLS_CLIENT_CA',
      'cannot be parsed',
    ],
    ['is no key', 'key', () => put('key', one.certFile), 'HERMOD_TLS_KEY', 'no private key'],
    [
      "is another's key",
      'key',
      () => put('key', other.keyFile),
      'HERMOD_TLS_KEY',
      'is not the key of',
    ],
  ])(
    'a file that %s MUST be a problem of its variable (%s)',
    (_how, name, spoil, variable, fault) => {
      spoil();
      const problem = problemOf(check);
      expect(problem.variable).toBe(variable);
      expect(problem.fault).toContain(join(directory, name));
      expect(problem.fault).toContain(fault);
      expect(problem.remedy).toContain('mend the file');
    },
  );
});

describe('several certificates', () => {
  const check = () => checkPem(paths, readPemFilesSync(paths));
  beforeEach(() => {
    put('cert2', other.certFile);
    put('key2', other.keyFile);
    const [first] = paths.certificates ?? [];
    if (first === undefined) throw new Error('no first');
    const second = { cert: file('cert2', 'tlsCert'), key: file('key2', 'tlsKey') };
    paths = { ...paths, certificates: [first, second], ocsp: [file('ocsp', 'tlsOcsp')] };
    put('ocsp', authority.ocspResponse(other));
  });

  test('MUST be there with their keys, and the time of the first that expires', () => {
    const { cert, others, expiresAtMs = 0 } = check();
    expect([cert, others.map((one) => one.cert)]).toEqual([one.cert, [other.cert]]);
    expect((expiresAtMs - Date.now()) / 86_400_000).toBeLessThan(2.1);
  });

  test('MUST each have the OCSP response that is about it', () => {
    const { ocsp, others, ocspUntilMs = 0 } = check();
    expect(ocsp).toBeUndefined();
    expect(others[0]?.ocsp?.untilMs).toBe(ocspUntilMs);
    expect((ocspUntilMs - Date.now()) / 60_000).toBeCloseTo(60, 0);
  });

  test.each([
    ['is of none of them', () => put('ocsp', authority.ocspResponse(expired)), 'is not in HERMOD'],
    [
      'says revoked',
      () => put('ocsp', authority.ocspResponse(other, { isRevoked: true })),
      'revoked',
    ],
    ['is none', () => put('ocsp', other.certFile), 'holds no OCSP response'],
  ])('an OCSP response that %s MUST be a problem', (_how, spoil, fault) => {
    spoil();
    expect(problemOf(check)).toMatchObject({ variable: 'HERMOD_TLS_OCSP' });
    expect(problemOf(check).fault).toContain(fault);
  });

  test('ticket keys that are not 48 octets MUST be a problem', () => {
    paths = { ...paths, ticketKeys: file('keys', 'tlsTicketKeys') };
    writeFileSync(join(directory, 'keys'), Buffer.alloc(48, 0xe9));
    expect(check().ticketKeys).toEqual(Buffer.alloc(48, 0xe9));
    writeFileSync(join(directory, 'keys'), 'x'.repeat(47));
    expect(problemOf(check)).toMatchObject({ variable: 'HERMOD_TLS_TICKET_KEYS' });
  });
});

function broken(): string {
  return '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
}

describe('a watch over PEM files', () => {
  const lines: string[] = [];
  const logger = createLogger('info', {}, { write: (line) => void lines.push(line) });
  let used: CheckedPem[];
  let watch: PemWatch;
  beforeEach(() => {
    lines.length = 0;
    used = [];
    const seen = readPemFilesSync(paths);
    watch = new PemWatch(
      paths,
      seen,
      checkPem(paths, seen),
      { replace: (pem) => void used.push(pem) },
      'clients',
      logger,
    );
  });

  test('MUST use what is new, once', async () => {
    await watch.refresh();
    expect(used).toEqual([]);
    put('cert', other.certFile);
    put('key', other.keyFile);
    await watch.refresh();
    await watch.refresh();
    expect(used.map(({ cert, key }) => [cert, key])).toEqual([[other.cert, other.key]]);
    expect(watch.current.cert).toBe(other.cert);
  });

  test('MUST keep the old when the new cannot be used, and complain once', async () => {
    put('cert', other.certFile);
    await watch.refresh();
    await watch.refresh();
    rmSync(join(directory, 'ca'));
    await watch.refresh();
    await watch.refresh();
    expect([used, watch.current.cert]).toEqual([[], one.cert]);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain('HERMOD_TLS_KEY');
    expect(lines[1]).toContain('HERMOD_TLS_CLIENT_CA');
    put('ca', authority.ca.certFile);
    put('key', other.keyFile);
    await watch.refresh();
    expect(watch.current.key).toBe(other.key);
  });

  test('MUST say that a certificate has expired', async () => {
    put('cert', expired.certFile);
    put('key', expired.keyFile);
    await watch.refresh();
    expect(lines.join()).toContain('has expired');
  });

  test('MUST NOT be where there are no files: SIGHUP then stops the process', () => {
    const fail = () => {
      throw new Error('must not be asked');
    };
    const lifecycle = { onReload: fail, onStop: fail };
    const tools = { logger, lifecycle, metrics: new Metrics('test') };
    expect(
      watchPem({}, 'connect', (pem) => ({ pem, replace: fail }), tools).pem.ca,
    ).toBeUndefined();
  });

  test('MUST look again on SIGHUP, and tell when the certificate expires', async () => {
    const metrics = new Metrics('test');
    const reloads: (() => void)[] = [];
    const stops: (() => unknown)[] = [];
    const lifecycle = {
      onReload: (reload: () => void) => void reloads.push(reload),
      onStop: (_name: string, stop: (graceMs: number) => unknown) => void stops.push(() => stop(0)),
    };
    const make = (pem: CheckedPem) => {
      used.push(pem);
      return { replace: (next: CheckedPem) => void used.push(next) };
    };
    watchPem(paths, 'trunk', make, { logger, lifecycle, metrics });
    put('cert', other.certFile);
    put('key', other.keyFile);
    for (const reload of reloads) reload();
    await expect.poll(() => used.map(({ cert }) => cert)).toEqual([one.cert, other.cert]);
    const text = await metrics.text();
    const expirySec = Number(/expiry_timestamp_seconds\{[^}]*\} (\S+)/.exec(text)?.[1]);
    expect((expirySec - Date.now() / 1000) / 86_400).toBeCloseTo(3, 1);
    for (const stop of stops) stop();
  });

  test('MUST use an OCSP response that is new, and tell when it is worth nothing any more', async () => {
    put('ocsp', authority.ocspResponse(one, { minutes: 10 }));
    paths = { ...paths, ocsp: [file('ocsp', 'tlsOcsp')] };
    const metrics = new Metrics('test');
    const reloads: (() => void)[] = [];
    const lifecycle = {
      onReload: (reload: () => void) => void reloads.push(reload),
      onStop: () => undefined,
    };
    const make = (pem: CheckedPem) => {
      used.push(pem);
      return { replace: (next: CheckedPem) => void used.push(next) };
    };
    watchPem(paths, 'listen', make, { logger, lifecycle, metrics });
    put('ocsp', authority.ocspResponse(one, { minutes: 60 }));
    for (const reload of reloads) reload();
    await expect.poll(() => used.length).toBe(2);
    const minutes = used.map(({ ocsp }) => ((ocsp?.untilMs ?? 0) - Date.now()) / 60_000);
    expect(minutes.map(Math.round)).toEqual([10, 60]);
    const untilSec = Number(
      /ocsp_expiry_timestamp_seconds\{[^}]*\} (\S+)/.exec(await metrics.text())?.[1],
    );
    expect((untilSec - Date.now() / 1000) / 60).toBeCloseTo(60, 0);
  });
});
