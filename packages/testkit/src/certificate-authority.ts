import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate and its key, as PEM text and as files. */
export type IssuedCertificate = {
  readonly cert: string;
  readonly key: string;
  readonly certFile: string;
  readonly keyFile: string;
};

/** What is said in a certificate. */
export type CertificateRequest = {
  /** `subjectAltName` entries as openssl takes them: `URI:sip:example.com`, `DNS:example.com`, `IP:127.0.0.1`. */
  readonly altNames?: readonly string[];
  /** Default `test`. */
  readonly commonName?: string;
  /** Valid from now on for so long, default 2; negative: expired. */
  readonly days?: number;
  /** An RSA key of so many bits; default: one on the curve P-256. */
  readonly rsaBits?: number;
};

/** What an authority says of a certificate. */
export type OcspStatement = {
  /** Worth something for so long, default 60. */
  readonly minutes?: number;
  readonly isRevoked?: boolean;
};

/** A certificate authority of one test, in a directory of its own. Keys live as long as the test: none is ever in the repository. */
export class CertificateAuthority {
  /** The authority's own certificate. */
  readonly ca: IssuedCertificate;
  readonly #directory = mkdtempSync(join(tmpdir(), 'hermod-ca-'));
  #issued = 0;

  constructor() {
    this.ca = this.#make({ commonName: 'Test Authority', days: 2 }, [
      'basicConstraints = critical,CA:TRUE',
    ]);
  }

  /** A certificate of this authority, for either end of a connection. Takes about 20 ms. */
  issue(request: CertificateRequest): IssuedCertificate {
    const { altNames = [] } = request;
    const extensions = ['basicConstraints = CA:FALSE'];
    if (altNames.length > 0) extensions.push(`subjectAltName = ${altNames.join(', ')}`);
    return this.#make(request, extensions, this.ca);
  }

  /** What this authority says of a certificate (RFC 6960).  @returns a file of DER */
  ocspResponse(
    { certFile, cert }: IssuedCertificate,
    { minutes = 60, isRevoked = false }: OcspStatement = {},
  ): string {
    this.#issued += 1;
    const path = join(this.#directory, String(this.#issued));
    const [index, response] = [`${path}.index`, `${path}.ocsp`];
    const { serialNumber } = new X509Certificate(cert);
    const state = isRevoked ? 'R\t991231235959Z\t250101000000Z' : 'V\t991231235959Z\t';
    writeFileSync(index, `${state}\t${serialNumber}\tunknown\t/CN=test\n`);
    const { ca } = this;
    const signer = ['-CA', ca.certFile, '-rsigner', ca.certFile, '-rkey', ca.keyFile];
    const about = ['-issuer', ca.certFile, '-cert', certFile, '-no_nonce'];
    const said = ['-index', index, '-nmin', String(minutes), '-respout', response];
    openssl('ocsp', ...signer, ...about, ...said);
    return response;
  }

  /** Remove all files. */
  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #make(
    { commonName = 'test', days = 2, rsaBits }: CertificateRequest,
    extensions: readonly string[],
    signedBy?: IssuedCertificate,
  ): IssuedCertificate {
    this.#issued += 1;
    const path = join(this.#directory, String(this.#issued));
    const [certFile, keyFile, said, asked] = [
      `${path}.crt`,
      `${path}.key`,
      `${path}.ext`,
      `${path}.csr`,
    ];
    writeFileSync(said, `${extensions.join('\n')}\n`);
    const kind =
      rsaBits === undefined
        ? ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
        : [`rsa:${rsaBits}`];
    const key = ['-newkey', ...kind, '-nodes'];
    openssl('req', '-new', ...key, '-keyout', keyFile, '-out', asked, '-subj', `/CN=${commonName}`);
    const signer =
      signedBy === undefined
        ? ['-key', keyFile]
        : ['-CA', signedBy.certFile, '-CAkey', signedBy.keyFile, '-CAcreateserial'];
    // Not by `req -x509`: that makes no certificate that has expired.
    const dates = ['-days', String(days), '-extfile', said];
    openssl('x509', '-req', '-in', asked, '-out', certFile, ...dates, ...signer);
    return {
      cert: readFileSync(certFile, 'latin1'),
      key: readFileSync(keyFile, 'latin1'),
      certFile,
      keyFile,
    };
  }
}

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
