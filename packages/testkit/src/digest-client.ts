import { Buffer } from 'node:buffer';
import { createHash, randomBytes } from 'node:crypto';
import type { SipResponse } from '@hermod/sip';

const HASHES: Readonly<Record<string, string>> = {
  'SHA-512-256': 'sha512-256',
  'SHA-256': 'sha256',
  MD5: 'md5',
};
const WWW_AUTHENTICATE = 20;
const PROXY_AUTHENTICATE = 21;

/** What one answer to a challenge may say otherwise. */
export type DigestChoice = {
  /** Default: the first that is offered (RFC 8760 §2.4). */
  readonly algorithm?: string;
  readonly qop?: 'auth' | 'auth-int';
  /** Default: one more than the last. */
  readonly count?: number;
  readonly username?: string;
  readonly password?: string;
  /** The digest-uri, default the Request-URI. */
  readonly uri?: string;
};

/** The UAC side of digest authentication, on its own: it shares no code with what it tests (RFC 7616 §3.4, RFC 3261 §22). */
export class DigestClient {
  readonly username: string;
  readonly password: string;
  #header = '';
  #offered: readonly Readonly<Record<string, string>>[] = [];
  #count = 0;

  constructor(username: string, password: string) {
    this.username = username;
    this.password = password;
  }

  /** Takes the challenges of a 401 or 407. */
  challenged(response: SipResponse): void {
    const isProxy = response.status === 407;
    this.#header = isProxy ? 'Proxy-Authorization' : 'Authorization';
    this.#offered = challengesIn(response);
    this.#count = 0;
  }

  /** The header line for a request, by the last challenge. */
  line(method: string, uri: string, body: string | Uint8Array, choice: DigestChoice = {}): string {
    const offer = this.#offered.find(
      ({ algorithm }) => choice.algorithm === undefined || algorithm === choice.algorithm,
    );
    if (offer === undefined) throw new Error('no such challenge');
    const { realm = '', nonce = '', algorithm = '' } = offer;
    const H = (data: string | Uint8Array): string => {
      const bytes = typeof data === 'string' ? Buffer.from(data, 'utf8') : data;
      return createHash(HASHES[algorithm] ?? '')
        .update(bytes)
        .digest('hex');
    };
    this.#count = choice.count ?? this.#count + 1;
    const nc = this.#count.toString(16).padStart(8, '0');
    const cnonce = randomBytes(6).toString('hex');
    const qop = choice.qop ?? 'auth';
    const username = choice.username ?? this.username;
    const digestUri = choice.uri ?? uri;
    const a1 = `${username}:${realm}:${choice.password ?? this.password}`;
    const a2 = `${method}:${digestUri}${qop === 'auth-int' ? `:${H(body)}` : ''}`;
    const response = H(`${H(a1)}:${nonce}:${nc}:${cnonce}:${qop}:${H(a2)}`);
    return (
      `${this.#header}: Digest username="${username}", realm="${realm}", nonce="${nonce}", uri="${digestUri}", ` +
      `response="${response}", algorithm=${algorithm}, cnonce="${cnonce}", qop=${qop}, nc=${nc}`
    );
  }
}

/** The parameters of each challenge of a 401 or 407, in order, unquoted. */
export function challengesIn(response: SipResponse): readonly Readonly<Record<string, string>>[] {
  const rows = response.all(response.status === 407 ? PROXY_AUTHENTICATE : WWW_AUTHENTICATE);
  return rows.map((row) => {
    const params = [...row.matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g)];
    return Object.fromEntries(params.map(([, name, quoted, token]) => [name, quoted ?? token]));
  });
}
