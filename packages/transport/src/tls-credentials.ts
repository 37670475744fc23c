import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';

/** What the authority of a certificate says of it (RFC 6960), for clients that ask. */
export type OcspStaple = {
  /** DER. */
  readonly response: Uint8Array;
  /** Epoch milliseconds: later it is worth nothing, and is not shown. */
  readonly untilMs: number;
};

/** A certificate and its key, as PEM text. */
export type TlsCertificate = {
  /** Those that link it to an authority behind it. */
  readonly cert: string;
  readonly key: string;
  readonly ocsp?: OcspStaple | undefined;
};

/** What one end of TLS connections shows and whom it trusts, as PEM text. */
export type TlsPem = {
  readonly [part in keyof TlsCertificate]?: TlsCertificate[part] | undefined;
} & {
  /** Certificates of a listener's other domains: shown to clients that name one of them (RFC 6066 §3). */
  readonly others?: readonly TlsCertificate[] | undefined;
  /** Authorities that the other end's certificate must come from; undefined: the public ones that Node knows. */
  readonly ca?: string | undefined;
  /** 48 octets, the secret of a listener's session tickets: whoever has it resumes sessions that others began. Undefined: one of its own. */
  readonly ticketKeys?: Uint8Array | undefined;
};

/** What either end says that it will speak (RFC 7301): the name that IANA has for SIP, and what some say instead. */
export const SIP_PROTOCOLS = ['sip/2', 'sip'];

/** RFC 9325 §3.4: keys of tickets have to be changed, "e.g., once every week". */
const TICKET_KEYS_MS = 604_800_000;
const TICKET_KEYS_BYTES = 48;

/** {@link TlsPem} for any number of listeners and connects, to be replaced without closing one of them: connections that stand keep
 *  what they began with. */
export class TlsCredentials {
  #pem: TlsPem;
  #context: SecureContext;
  #ownTicketKeys = randomBytes(TICKET_KEYS_BYTES);
  #ownTicketKeysSinceMs = performance.now();
  readonly #onReplaced = new Set<() => void>();

  /** @throws Error of OpenSSL when the PEM cannot be used */
  constructor(pem: TlsPem) {
    this.#context = checked(pem);
    this.#pem = pem;
  }

  /** For a listener. */
  get pem(): TlsPem {
    return this.#pem;
  }

  /** For a connect. */
  get context(): SecureContext {
    return this.#context;
  }

  /** For a listener: 48 octets. */
  get ticketKeys(): Buffer {
    const { ticketKeys } = this.#pem;
    return ticketKeys === undefined ? this.#ownTicketKeys : Buffer.from(ticketKeys);
  }

  /** Use other PEM from now on. @throws Error of OpenSSL when it cannot be used; then the old one stays */
  replace(pem: TlsPem): void {
    this.#context = checked(pem);
    this.#pem = pem;
    this.#tell();
  }

  /** Draw other keys of tickets when they are of an age, unless they were given. @param nowMs monotonic */
  renewTicketKeys(nowMs: number): void {
    if (nowMs - this.#ownTicketKeysSinceMs < TICKET_KEYS_MS) return;
    this.#ownTicketKeysSinceMs = nowMs;
    if (this.#pem.ticketKeys !== undefined) return;
    this.#ownTicketKeys = randomBytes(TICKET_KEYS_BYTES);
    this.#tell();
  }

  /** Be told of each replacement. @returns ends that */
  onReplaced(tell: () => void): () => void {
    this.#onReplaced.add(tell);
    return () => this.#onReplaced.delete(tell);
  }

  #tell(): void {
    for (const tell of this.#onReplaced) tell();
  }
}

/** What OpenSSL is given of one certificate and those whom its owner trusts. */
export function contextOptions({ cert, key, ca }: TlsPem): SecureContextOptions {
  return { cert, key, ca, minVersion: 'TLSv1.2' };
}

/** For a connect; of what only listeners use it is seen that it can be used. */
function checked(pem: TlsPem): SecureContext {
  for (const other of pem.others ?? []) createSecureContext(contextOptions(other));
  return createSecureContext(contextOptions(pem));
}
