import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';

/** What one end of TLS connections shows and whom it trusts, as PEM text. */
export type TlsPem = {
  /** Its own certificate, those that link it to an authority behind it; undefined: it shows none. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Authorities that the other end's certificate must come from; undefined: the public ones that Node knows. */
  readonly ca?: string | undefined;
};

/** {@link TlsPem} for any number of listeners and connects, to be replaced without closing one of them: connections that stand keep
 *  what they began with. */
export class TlsCredentials {
  #options: SecureContextOptions;
  #context: SecureContext;
  readonly #onReplaced = new Set<() => void>();

  /** @throws Error of OpenSSL when the PEM cannot be used */
  constructor(pem: TlsPem) {
    this.#options = contextOptions(pem);
    this.#context = createSecureContext(this.#options);
  }

  /** For a listener. */
  get options(): SecureContextOptions {
    return this.#options;
  }

  /** For a connect. */
  get context(): SecureContext {
    return this.#context;
  }

  /** Use other PEM from now on. @throws Error of OpenSSL when it cannot be used; then the old one stays */
  replace(pem: TlsPem): void {
    const options = contextOptions(pem);
    this.#context = createSecureContext(options);
    this.#options = options;
    for (const tell of this.#onReplaced) tell();
  }

  /** Be told of each replacement. @returns ends that */
  onReplaced(tell: () => void): () => void {
    this.#onReplaced.add(tell);
    return () => this.#onReplaced.delete(tell);
  }
}

function contextOptions({ cert, key, ca }: TlsPem): SecureContextOptions {
  return { cert, key, ca, minVersion: 'TLSv1.2' };
}
