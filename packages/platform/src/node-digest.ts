import { hash, hkdfSync, randomBytes } from 'node:crypto';
import type { DigestHash, Mac } from '@hermod/sip';

const NODE_NAMES = { 'SHA-512-256': 'sha512-256', 'SHA-256': 'sha256', MD5: 'md5' } as const;

/** The hash functions of digest authentication. */
export const nodeDigestHash: DigestHash = {
  hashText: (algorithm, text) => hash(NODE_NAMES[algorithm], Buffer.from(text, 'latin1'), 'hex'),
  hashBytes: (algorithm, bytes) => hash(NODE_NAMES[algorithm], bytes, 'hex'),
};

const SECRET_BYTES = 32;
/** Of SHA-256. */
const BLOCK_BYTES = 64;
/** 132 bits. */
const MAC_CHARS = 22;

/** HMAC-SHA-256 under a secret that is drawn now and never leaves the process. */
export function randomMac(): Mac {
  return hmacSha256(randomBytes(SECRET_BYTES));
}

/** HMAC-SHA-256 under a key that all processes with the same secret have.
 *  @param secret any text  @param purpose another one, another key */
export function secretMac(secret: string, purpose: string): Mac {
  return hmacSha256(Buffer.from(hkdfSync('sha256', secret, '', purpose, SECRET_BYTES)));
}

/** RFC 2104 by two one-shot hashes: `createHmac` costs 11 µs, mostly for the object, this 1.
 *  @param secret at most 64 bytes */
export function hmacSha256(secret: Uint8Array): Mac {
  const inner = padded(secret, 0x36);
  const outer = padded(secret, 0x5c);
  return {
    mac: (text) => {
      const digest = hash('sha256', Buffer.concat([inner, Buffer.from(text, 'latin1')]), 'buffer');
      return hash('sha256', Buffer.concat([outer, digest]), 'base64url').slice(0, MAC_CHARS);
    },
  };
}

function padded(secret: Uint8Array, pad: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES, pad);
  for (const [i, byte] of secret.entries()) block[i] = byte ^ pad;
  return block;
}
