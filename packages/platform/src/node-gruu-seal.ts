import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  timingSafeEqual,
} from 'node:crypto';
import type { GruuSeal } from '@hermod/sip';

const CIPHER = 'aes-256-ctr';
const KEY_BYTES = 32;
/** The tag is the cipher's initial vector as well. */
const TAG_BYTES = 16;
/** Longer than any token of ours: AoR and instance are bounded. */
const MAX_TOKEN_CHARS = 1_024;

/** Authenticated and deterministic: encrypted under an initial vector that is a MAC of the text (SIV, as RFC 5297 has it).
 *  @param secret any text; processes with the same one open each other's tokens */
export function nodeGruuSeal(secret: string): GruuSeal {
  const keys = Buffer.from(hkdfSync('sha256', secret, '', 'hermod temp-gruu', 2 * KEY_BYTES));
  const macKey = keys.subarray(0, KEY_BYTES);
  const cipherKey = keys.subarray(KEY_BYTES);
  const tagOf = (text: Uint8Array): Buffer =>
    createHmac('sha256', macKey).update(text).digest().subarray(0, TAG_BYTES);
  return {
    seal(text) {
      const plain = Buffer.from(text, 'latin1');
      const tag = tagOf(plain);
      const sealed = createCipheriv(CIPHER, cipherKey, tag).update(plain);
      return Buffer.concat([tag, sealed]).toString('base64url');
    },
    open(token) {
      if (token.length > MAX_TOKEN_CHARS) return undefined;
      const bytes = Buffer.from(token, 'base64url');
      // The decoder passes over what is no base64url: one text, one token.
      if (bytes.length <= TAG_BYTES || bytes.toString('base64url') !== token) return undefined;
      const tag = bytes.subarray(0, TAG_BYTES);
      const plain = createDecipheriv(CIPHER, cipherKey, tag).update(bytes.subarray(TAG_BYTES));
      return timingSafeEqual(tagOf(plain), tag) ? plain.toString('latin1') : undefined;
    },
  };
}
