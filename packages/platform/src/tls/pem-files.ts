import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { ConfigError } from '../config-error.ts';
import { VARIABLES } from '../config-variables.ts';

/** The configured files of one end of TLS connections. A certificate comes with its key. */
export type PemPaths = {
  readonly cert?: PemFile | undefined;
  readonly key?: PemFile | undefined;
  readonly ca?: PemFile | undefined;
};

/** A file and the variable that names it. */
export type PemFile = { readonly path: string; readonly variable: PemVariable };

/** Variables that name PEM files. */
export type PemVariable =
  | 'tlsCert'
  | 'tlsKey'
  | 'tlsCa'
  | 'tlsClientCa'
  | 'trunkTlsCert'
  | 'trunkTlsKey'
  | 'trunkTlsCa';

/** What stands in the files, as PEM text. */
export type Pem = {
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly ca: string | undefined;
};

/** PEM that can be used together. */
export type CheckedPem = Pem & {
  /** Epoch milliseconds at which the certificate expires; undefined: there is none. */
  readonly expiresAtMs: number | undefined;
};

const READ_FAULTS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'is not there'],
  ['EACCES', 'may not be read by this user'],
  ['EISDIR', 'is a directory'],
]);

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** @throws ConfigError that says which file and why in words */
export function readPemFilesSync(paths: PemPaths): Pem {
  const read = (file: PemFile | undefined): string | undefined => {
    if (file === undefined) return undefined;
    try {
      return readFileSync(file.path, 'latin1');
    } catch (error) {
      throw unreadable(file, error);
    }
  };
  return { cert: read(paths.cert), key: read(paths.key), ca: read(paths.ca) };
}

/** Rejects with what {@link readPemFilesSync} throws. */
export async function readPemFiles(paths: PemPaths): Promise<Pem> {
  const read = async (file: PemFile | undefined): Promise<string | undefined> => {
    if (file === undefined) return undefined;
    try {
      return await readFile(file.path, 'latin1');
    } catch (error) {
      throw unreadable(file, error);
    }
  };
  const [cert, key, ca] = await Promise.all([read(paths.cert), read(paths.key), read(paths.ca)]);
  return { cert, key, ca };
}

/** Can these be used together? @throws ConfigError that says which cannot and why */
export function checkPem(paths: PemPaths, pem: Pem): CheckedPem {
  if (paths.ca !== undefined) certificatesIn(paths.ca, pem.ca);
  if (paths.cert === undefined || paths.key === undefined) {
    return { ...pem, expiresAtMs: undefined };
  }
  const [own] = certificatesIn(paths.cert, pem.cert);
  const key = privateKeyIn(paths.key, pem.key);
  if (own?.checkPrivateKey(key) !== true) {
    throw unusable(paths.key, `is not the key of the certificate in ${paths.cert.path}`);
  }
  return { ...pem, expiresAtMs: own.validToDate.getTime() };
}

function certificatesIn(file: PemFile, text = ''): X509Certificate[] {
  const blocks = text.match(CERTIFICATE) ?? [];
  if (blocks.length === 0) throw unusable(file, 'holds no certificate in PEM form');
  return blocks.map((block) => {
    try {
      return new X509Certificate(block);
    } catch (error) {
      throw unusable(file, 'holds a certificate that cannot be parsed', error);
    }
  });
}

function privateKeyIn(file: PemFile, text = ''): ReturnType<typeof createPrivateKey> {
  try {
    return createPrivateKey(text);
  } catch (error) {
    throw unusable(file, 'holds no private key in PEM form that needs no passphrase', error);
  }
}

function unreadable(file: PemFile, error: unknown): ConfigError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return unusable(file, READ_FAULTS.get(code) ?? `cannot be read (${code})`, error);
}

function unusable({ path, variable }: PemFile, fault: string, cause?: unknown): ConfigError {
  const { name, form } = VARIABLES[variable];
  return new ConfigError(
    { variable: name, fault: `${path} ${fault}`, remedy: `set it to ${form}, or mend the file` },
    cause,
  );
}
