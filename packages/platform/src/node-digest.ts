import { createHmac, hash, randomBytes } from 'node:crypto';
import type { DigestHash, Mac } from '@hermod/sip';

const NODE_NAMES = { 'SHA-512-256': 'sha512-256', 'SHA-256': 'sha256', MD5: 'md5' } as const;

/** The hash functions of digest authentication. */
export const nodeDigestHash: DigestHash = {
  hashText: (algorithm, text) => hash(NODE_NAMES[algorithm], Buffer.from(text, 'latin1'), 'hex'),
  hashBytes: (algorithm, bytes) => hash(NODE_NAMES[algorithm], bytes, 'hex'),
};

const SECRET_BYTES = 32;
/** 132 bits. */
const MAC_CHARS = 22;

/** HMAC-SHA-256 under a secret that is drawn now and never leaves the process. */
export function randomMac(): Mac {
  const secret = randomBytes(SECRET_BYTES);
  return {
    mac: (text) =>
      createHmac('sha256', secret).update(text, 'latin1').digest('base64url').slice(0, MAC_CHARS),
  };
}
