import { Buffer } from 'node:buffer';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { ConfigError } from '../config-error.ts';
import { VARIABLES } from '../config-variables.ts';
import { type OcspResponse, parseOcspResponse } from './ocsp-response.ts';

/** The configured files of one end of TLS connections. */
export type PemPaths = {
  /** Each with its key. The first is what the other end is shown; the others are of a listener's further domains. */
  readonly certificates?: readonly KeyPair<PemFile>[];
  readonly ca?: PemFile | undefined;
  /** Each about one of the certificates. */
  readonly ocsp?: readonly PemFile[];
  readonly ticketKeys?: PemFile | undefined;
};

/** A certificate and its key. */
export type KeyPair<T> = { readonly cert: T; readonly key: T };

/** A file and the variable that names it. */
export type PemFile = { readonly path: string; readonly variable: PemVariable };

/** Variables that name files of TLS. */
export type PemVariable =
  | 'tlsCert'
  | 'tlsKey'
  | 'tlsCa'
  | 'tlsClientCa'
  | 'tlsOcsp'
  | 'tlsTicketKeys'
  | 'trunkTlsCert'
  | 'trunkTlsKey'
  | 'trunkTlsCa';

/** What stands in the files: PEM text, and octets as latin1. */
export type Pem = {
  readonly certificates: readonly KeyPair<string>[];
  readonly ca: string | undefined;
  readonly ocsp: readonly string[];
  readonly ticketKeys: string | undefined;
};

/** A certificate, its key, and what its authority says of it. */
export type CheckedCertificate = KeyPair<string> & {
  readonly ocsp: { readonly response: Uint8Array; readonly untilMs: number } | undefined;
};

/** What can be used together. */
export type CheckedPem = Partial<CheckedCertificate> & {
  readonly others: readonly CheckedCertificate[];
  readonly ca: string | undefined;
  /** 48 octets. */
  readonly ticketKeys: Uint8Array | undefined;
  /** Epoch milliseconds at which the first of the certificates expires; undefined: there is none. */
  readonly expiresAtMs: number | undefined;
  /** Epoch milliseconds at which the first of the OCSP responses is worth nothing any more; undefined: there is none. */
  readonly ocspUntilMs: number | undefined;
};

const TICKET_KEYS_BYTES = 48;
const READ_FAULTS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'is not there'],
  ['EACCES', 'may not be read by this user'],
  ['EISDIR', 'is a directory'],
]);

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** @throws ConfigError that says which file and why in words */
export function readPemFilesSync(paths: PemPaths): Pem {
  return contentsOf(paths, (file) => {
    try {
      return readFileSync(file.path, 'latin1');
    } catch (error) {
      throw unreadable(file, error);
    }
  });
}

/** Rejects with what {@link readPemFilesSync} throws. */
export async function readPemFiles(paths: PemPaths): Promise<Pem> {
  const texts = new Map<PemFile, string>();
  await Promise.all(
    filesOf(paths).map(async (file) => {
      try {
        texts.set(file, await readFile(file.path, 'latin1'));
      } catch (error) {
        throw unreadable(file, error);
      }
    }),
  );
  return contentsOf(paths, (file) => texts.get(file) ?? '');
}

function filesOf({ certificates = [], ca, ocsp = [], ticketKeys }: PemPaths): PemFile[] {
  const pairs = certificates.flatMap(({ cert, key }) => [cert, key]);
  return [...pairs, ca, ...ocsp, ticketKeys].filter((file) => file !== undefined);
}

function contentsOf(paths: PemPaths, textOf: (file: PemFile) => string): Pem {
  const { certificates = [], ca, ocsp = [], ticketKeys } = paths;
  return {
    certificates: certificates.map(({ cert, key }) => ({ cert: textOf(cert), key: textOf(key) })),
    ca: ca && textOf(ca),
    ocsp: ocsp.map(textOf),
    ticketKeys: ticketKeys && textOf(ticketKeys),
  };
}

/** Can these be used together? @throws ConfigError that says which cannot and why */
export function checkPem(paths: PemPaths, pem: Pem): CheckedPem {
  const { certificates = [], ca, ocsp = [], ticketKeys } = paths;
  if (ca !== undefined) certificatesIn(ca, pem.ca);
  const own = certificates.map((files, i) => ownCertificate(files, pem.certificates[i]));
  const said = ocsp.map((file, i) => ocspIn(file, pem.ocsp[i], own));
  const [first, ...others] = pem.certificates.map((pair, i): CheckedCertificate => {
    const { serialNumber } = own[i] ?? {};
    return { ...pair, ocsp: said.find((one) => one.serialNumber === serialNumber) };
  });
  return {
    ...first,
    others,
    ca: pem.ca,
    ticketKeys: ticketKeys && ticketKeysIn(ticketKeys, pem.ticketKeys),
    expiresAtMs: earliest(own.map(({ validToDate }) => validToDate.getTime())),
    ocspUntilMs: earliest(said.map(({ untilMs }) => untilMs)),
  };
}

function earliest(timesMs: readonly number[]): number | undefined {
  return timesMs.length === 0 ? undefined : Math.min(...timesMs);
}

function ownCertificate(
  files: KeyPair<PemFile>,
  pair: KeyPair<string> | undefined,
): X509Certificate {
  const [own] = certificatesIn(files.cert, pair?.cert);
  const key = privateKeyIn(files.key, pair?.key);
  if (own?.checkPrivateKey(key) !== true) {
    throw unusable(files.key, `is not the key of the certificate in ${files.cert.path}`);
  }
  return own;
}

function ocspIn(
  file: PemFile,
  text = '',
  own: readonly X509Certificate[],
): OcspResponse & { readonly response: Uint8Array } {
  const response = Buffer.from(text, 'latin1');
  const parsed = parseOcspResponse(response);
  if (parsed === undefined) {
    throw unusable(
      file,
      'holds no OCSP response in DER form that is a success and has a nextUpdate',
    );
  }
  if (!own.some(({ serialNumber }) => serialNumber === parsed.serialNumber)) {
    const { name } = VARIABLES.tlsCert;
    throw unusable(file, `is about a certificate that is not in ${name}: ${parsed.serialNumber}`);
  }
  if (!parsed.isGood) throw unusable(file, 'says that the certificate is revoked or unknown');
  return { ...parsed, response };
}

function ticketKeysIn(file: PemFile, text = ''): Uint8Array {
  const keys = Buffer.from(text, 'latin1');
  if (keys.length !== TICKET_KEYS_BYTES) {
    throw unusable(file, `holds ${keys.length} octets, and has to hold ${TICKET_KEYS_BYTES}`);
  }
  return keys;
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
