import { Buffer } from 'node:buffer';
import {
  createHmac,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  sign,
} from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

type TokenAlgorithm = 'ES256' | 'RS256' | 'EdDSA';
type Key = {
  readonly kid: string;
  readonly alg: TokenAlgorithm;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
};

/** What a token says otherwise than it should. */
export type TokenChoice = {
  /** Of another signature than the key's own, or of none. */
  readonly alg?: 'none' | 'HS256';
  readonly kid?: string;
  /** Seconds from now; default 300. */
  readonly expiresIn?: number;
};

/** An authorization server's tokens (RFC 7519), on its own: it shares no code with what it tests. */
export class TokenIssuer {
  readonly issuer: string;
  readonly audience: string;
  /** How often its keys were asked for. */
  asked = 0;
  /** Of its answers about its keys. */
  status = 200;
  #keys: Key[] = [];
  #server: Server | undefined;

  constructor(issuer = 'https://login.example.com/', audience = 'localhost') {
    this.issuer = issuer;
    this.audience = audience;
    this.rotate();
  }

  /** From now on another key signs.  @param keepsOld the one before still counts */
  rotate(alg: TokenAlgorithm = 'ES256', keepsOld = false): void {
    const kid = `key-${Math.random().toString(36).slice(2)}`;
    this.#keys = [{ kid, alg, ...newPair(alg) }, ...(keepsOld ? this.#keys : [])];
  }

  /** Its JSON Web Key Set (RFC 7517). */
  get jwks(): string {
    const keys = this.#keys.map(({ kid, alg, publicKey }): JsonWebKey => {
      return { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' };
    });
    return JSON.stringify({ keys });
  }

  /** @param claims `{ sub: 'alice' }`; in place of the usual ones where they say something else, undefined: left out */
  token(claims: Readonly<Record<string, unknown>>, choice: TokenChoice = {}): string {
    const [key] = this.#keys;
    if (key === undefined) throw new Error('no key');
    const nowSec = Math.floor(Date.now() / 1000);
    const payload = {
      iss: this.issuer,
      aud: this.audience,
      iat: nowSec,
      exp: nowSec + (choice.expiresIn ?? 300),
      ...claims,
    };
    const header = { typ: 'at+jwt', alg: choice.alg ?? key.alg, kid: choice.kid ?? key.kid };
    const text = `${encoded(header)}.${encoded(payload)}`;
    return `${text}.${signature(key, choice.alg, text).toString('base64url')}`;
  }

  /** Publishes its keys on loopback.  @returns where */
  async listen(port = 0): Promise<string> {
    const server = createServer((_request, response) => {
      this.asked += 1;
      response.writeHead(this.status, { 'content-type': 'application/json' }).end(this.jwks);
    });
    this.#server = server;
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    // A TCP server that listens has an address of this form.
    const { port: bound } = server.address() as AddressInfo;
    return `http://127.0.0.1:${bound}/keys`;
  }

  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
}

function newPair(alg: TokenAlgorithm): Pick<Key, 'privateKey' | 'publicKey'> {
  switch (alg) {
    case 'ES256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' });
    case 'RS256':
      return generateKeyPairSync('rsa', { modulusLength: 2048 });
    case 'EdDSA':
      return generateKeyPairSync('ed25519');
  }
}

function encoded(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

function signature(
  { alg, privateKey, publicKey }: Key,
  instead: TokenChoice['alg'],
  text: string,
): Buffer {
  const bytes = Buffer.from(text);
  switch (instead) {
    case 'none':
      return Buffer.alloc(0);
    case 'HS256': {
      // The old trick: what is public taken for a secret.
      const pem = publicKey.export({ format: 'pem', type: 'spki' });
      return createHmac('sha256', pem).update(bytes).digest();
    }
    case undefined:
      return sign(alg === 'EdDSA' ? null : 'sha256', bytes, {
        key: privateKey,
        dsaEncoding: 'ieee-p1363',
      });
  }
}
