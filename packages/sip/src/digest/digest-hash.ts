import { lowerCase } from '../chars.ts';

/** The algorithms of challenges, the most preferred first (RFC 8760 §2.1). `-sess` variants are neither offered nor taken: ADR 0012. */
export const DIGEST_ALGORITHMS = ['SHA-512-256', 'SHA-256', 'MD5'] as const;
/** One of {@link DIGEST_ALGORITHMS}. */
export type DigestAlgorithm = (typeof DIGEST_ALGORITHMS)[number];

/** The hash functions of digest authentication, injected because this package computes none itself. */
export interface DigestHash {
  /** @param text latin1, one character per byte  @returns lower-case hex: 32 characters for MD5, else 64 */
  hashText(algorithm: DigestAlgorithm, text: string): string;
  /** @param bytes borrowed  @returns as {@link hashText} */
  hashBytes(algorithm: DigestAlgorithm, bytes: Uint8Array): string;
}

/** A keyed hash whose secret this process alone knows. */
export interface Mac {
  /** @param text latin1  @returns base64url characters, at least 128 bits of them */
  mac(text: string): string;
}

/** The algorithm of that name in any case; no name means MD5 (RFC 7616 §3.3). Undefined for any other. */
export function parseDigestAlgorithm(name: string | undefined): DigestAlgorithm | undefined {
  if (name === undefined) return 'MD5';
  const wanted = lowerCase(name);
  for (let i = 0; i < DIGEST_ALGORITHMS.length; i += 1) {
    const algorithm = DIGEST_ALGORITHMS[i];
    if (algorithm !== undefined && lowerCase(algorithm) === wanted) return algorithm;
  }
  return undefined;
}
