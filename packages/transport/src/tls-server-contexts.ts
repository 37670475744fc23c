import { Buffer } from 'node:buffer';
import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import {
  contextOptions,
  type OcspStaple,
  type TlsCertificate,
  type TlsCredentials,
} from './tls-credentials.ts';
import { certifiedHosts, namesOf } from './tls-identity.ts';

/** A session can be resumed for so long: half as long as the keys of its ticket last (RFC 9325 §3.4). */
const TICKET_LIFETIME_SEC = 302_400;
/** OpenSSL resumes no session of another server: whichever edge a client meets is the same one. */
const SESSION_ID_CONTEXT = 'hermod';

/** What a TLS listener shows to whom: made of its credentials as they are at the time. */
export class ServerContexts {
  /** For whoever names no domain, or one that no certificate has. */
  readonly options: SecureContextOptions;
  readonly #others: readonly (readonly [X509Certificate, SecureContext])[];
  readonly #staples: readonly (readonly [X509Certificate, OcspStaple])[];

  /** @param isMutual clients have to show certificates */
  constructor({ pem, ticketKeys }: TlsCredentials, isMutual: boolean) {
    const { cert = '', key = '', ocsp, others = [], ca } = pem;
    // Whoever resumes is not asked for a certificate. Where one is needed a ticket is good for Node's 5 minutes, at this listener, as long as
    // its authorities stay: OpenSSL draws keys for it. Otherwise who never had a certificate would come in by a ticket of another listener.
    const sessions: SecureContextOptions = isMutual
      ? {}
      : { ticketKeys, sessionTimeout: TICKET_LIFETIME_SEC };
    const optionsOf = (certificate: TlsCertificate): SecureContextOptions => {
      const { cert, key } = certificate;
      return {
        ...contextOptions({ cert, key, ca }),
        ...sessions,
        sessionIdContext: SESSION_ID_CONTEXT,
      };
    };
    this.options = optionsOf({ cert, key });
    this.#others = others.map((other) => [
      new X509Certificate(other.cert),
      createSecureContext(optionsOf(other)),
    ]);
    this.#staples = [{ cert, key, ocsp }, ...others].flatMap(({ cert, ocsp }) => {
      return ocsp === undefined ? [] : [[new X509Certificate(cert), ocsp] as const];
    });
  }

  /** For whoever names a domain; undefined: the {@link options} do.  @param serverName as in the handshake (RFC 6066 §3) */
  named(serverName: string): SecureContext | undefined {
    const host = serverName.toLowerCase();
    for (const [certificate, context] of this.#others) {
      // Browsers know wildcards, RFC 5922 does not: what the client makes of the certificate is its own affair.
      if (certificate.checkHost(host) !== undefined) return context;
      if (certifiedHosts(namesOf(certificate.toLegacyObject())).includes(host)) return context;
    }
    return undefined;
  }

  /** What the authority says of a certificate; null: nothing that is still worth something.
   *  @param certificate DER  @param nowMs epoch milliseconds */
  stapleOf(certificate: Uint8Array, nowMs: number): Buffer | null {
    for (const [{ raw }, { response, untilMs }] of this.#staples) {
      if (raw.equals(certificate)) return nowMs < untilMs ? Buffer.from(response) : null;
    }
    return null;
  }
}
