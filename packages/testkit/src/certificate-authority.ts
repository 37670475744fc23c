import { execFileSync } from 'node:child_process';
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
    const { certFile, keyFile } = this.ca;
    return this.#make(request, extensions, ['-CA', certFile, '-CAkey', keyFile]);
  }

  /** Remove all files. */
  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #make(
    { commonName = 'test', days = 2 }: CertificateRequest,
    extensions: readonly string[],
    signedBy: readonly string[] = [],
  ): IssuedCertificate {
    this.#issued += 1;
    const path = join(this.#directory, String(this.#issued));
    const [certFile, keyFile, configFile] = [`${path}.crt`, `${path}.key`, `${path}.cnf`];
    const config = ['[req]', 'distinguished_name = name', 'x509_extensions = said', '[name]'];
    writeFileSync(configFile, [...config, '[said]', ...extensions, ''].join('\n'));
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const files = ['-config', configFile, '-keyout', keyFile, '-out', certFile];
    const said = ['-subj', `/CN=${commonName}`, '-days', String(days)];
    execFileSync('openssl', ['req', '-x509', ...key, ...files, ...said, ...signedBy], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    return {
      cert: readFileSync(certFile, 'latin1'),
      key: readFileSync(keyFile, 'latin1'),
      certFile,
      keyFile,
    };
  }
}
