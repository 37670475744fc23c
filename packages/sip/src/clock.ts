/** Source of time of the services; `packages/sip` itself takes times as arguments (`nowMs`). */
export interface Clock {
  /** Epoch milliseconds. */
  nowMs(): number;
}

/** Source of unguessable identifiers: tags, branches, flow tokens. */
export interface IdSource {
  /** A random SIP token of base64url characters.
   *  @param bytes random bytes in it, 12 (96 bits) by default; RFC 3261 §19.3 wants 32 bits at least */
  token(bytes?: number): string;
}

/** Digest used for ids that several processes must derive alike. */
export interface Hash {
  /** @param text latin1 string
   *  @param octets behind it, borrowed for the call
   *  @returns 22 characters base64url: the first 16 bytes of SHA-256 */
  digest(text: string, octets?: Uint8Array): string;
}
