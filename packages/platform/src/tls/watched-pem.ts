import { isDeepStrictEqual } from 'node:util';
import type { Lifecycle } from '../lifecycle.ts';
import type { Logger } from '../logger.ts';
import type { Metrics } from '../metrics.ts';
import {
  type CheckedPem,
  checkPem,
  type Pem,
  type PemPaths,
  readPemFiles,
  readPemFilesSync,
} from './pem-files.ts';

/** A certificate that was renewed is in use this soon, without a signal. */
const POLL_MS = 10_000;

/** Credentials that PEM can be put into while they are in use. */
export interface PemHolder {
  /** @throws when it cannot be used; then the old one stays */
  replace(pem: CheckedPem): void;
}

/** The parts of a process that {@link watchPem} uses. */
export type PemWatchTools = {
  readonly logger: Logger;
  readonly lifecycle: Pick<Lifecycle, 'onReload' | 'onStop'>;
  readonly metrics: Metrics;
};

/**
 * Credentials from files, read again every 10 s and on SIGHUP. What cannot be used is logged, and changes nothing.
 * @param use whose they are: a label of `sip_tls_certificate_expiry_timestamp_seconds`
 * @param make credentials from what is in the files now
 * @throws ConfigError when they cannot be used at the start
 */
export function watchPem<T extends PemHolder>(
  paths: PemPaths,
  use: string,
  make: (pem: CheckedPem) => T,
  tools: PemWatchTools,
): T {
  const seen = readPemFilesSync(paths);
  const first = checkPem(paths, seen);
  const holder = make(first);
  if (first.cert === undefined && paths.ca === undefined) return holder;
  const watch = new PemWatch(paths, seen, first, holder, use, tools.logger);
  const timer = setInterval(() => void watch.refresh(), POLL_MS).unref();
  tools.lifecycle.onReload(() => void watch.refresh());
  tools.lifecycle.onStop(`tls ${use}`, () => clearInterval(timer));
  if (first.expiresAtMs !== undefined) {
    tools.metrics.collect(
      {
        name: 'sip_tls_certificate_expiry_timestamp_seconds',
        help: 'When the certificate in use expires, in epoch seconds.',
        kind: 'gauge',
      },
      ['use'],
      (emit) => emit((watch.current.expiresAtMs ?? 0) / 1_000, { use }),
    );
  }
  if (first.ocspUntilMs !== undefined) {
    tools.metrics.collect(
      {
        name: 'sip_tls_ocsp_expiry_timestamp_seconds',
        help: 'When the first of the OCSP responses in use is worth nothing any more, in epoch seconds.',
        kind: 'gauge',
      },
      ['use'],
      (emit) => emit((watch.current.ocspUntilMs ?? 0) / 1_000, { use }),
    );
  }
  return holder;
}

/** The files of one holder and what is in use of them. */
export class PemWatch {
  readonly #paths: PemPaths;
  readonly #holder: PemHolder;
  readonly #use: string;
  readonly #logger: Logger;
  #current: CheckedPem;
  /** The last that was looked at, usable or not: each is complained of once. */
  #seen: Pem;
  /** The last complaint about files that cannot even be read. */
  #complaint = '';

  constructor(
    paths: PemPaths,
    seen: Pem,
    first: CheckedPem,
    holder: PemHolder,
    use: string,
    logger: Logger,
  ) {
    this.#paths = paths;
    this.#current = first;
    this.#seen = seen;
    this.#holder = holder;
    this.#use = use;
    this.#logger = logger;
    this.#warnOfExpiry();
  }

  /** What is in use. */
  get current(): CheckedPem {
    return this.#current;
  }

  /** Look at the files, and use what is new in them if it can be used. Never rejects. */
  async refresh(): Promise<void> {
    try {
      const pem = await readPemFiles(this.#paths);
      this.#complaint = '';
      if (isDeepStrictEqual(pem, this.#seen)) return;
      this.#seen = pem;
      const checked = checkPem(this.#paths, pem);
      this.#holder.replace(checked);
      this.#current = checked;
      this.#logger.info({ use: this.#use, expires: this.#expires }, 'new TLS certificates in use');
      this.#warnOfExpiry();
    } catch (error) {
      const complaint = error instanceof Error ? error.message : String(error);
      if (complaint === this.#complaint) return;
      this.#complaint = complaint;
      this.#logger.error(
        { use: this.#use, err: error },
        'new TLS certificates cannot be used: the old ones stay',
      );
    }
  }

  get #expires(): string | undefined {
    const { expiresAtMs } = this.#current;
    return expiresAtMs === undefined ? undefined : new Date(expiresAtMs).toISOString();
  }

  #warnOfExpiry(): void {
    const { expiresAtMs } = this.#current;
    if (expiresAtMs === undefined || expiresAtMs > Date.now()) return;
    this.#logger.error(
      { use: this.#use, expired: this.#expires },
      'the TLS certificate has expired: nobody who checks it will connect; put a new one in its file',
    );
  }
}
