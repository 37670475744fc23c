/**
 * What access tokens cost per request, parsing of the header row included:
 *
 *   node --conditions=source bench/tokens.ts [--rounds 20]
 *
 * `known`: a token that was seen before, as in every datagram. `flow`: a stream whose user has proved itself, and shows its token all the same, as
 * JsSIP does. `new`: one that was not, verified one after the other; most of it is another thread's, or waiting for it.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ServedDomains } from '@hermod/contracts';
import { Authenticator, openAccessTokens } from '@hermod/edge';
import { nodeDigestHash, RandomIdSource, randomMac } from '@hermod/platform';
import { TokenIssuer } from '@hermod/testkit';
import { newFlow, report, requestWith } from './authentication-parts.ts';

const REALM = 'example.com';
/** A token is looked at where nobody can read along. */
const HERE = '127.0.0.1';
const PER_ROUND = 5_000;
const NEW_PER_ROUND = 200;

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '20' } } });
const rounds = Number(values.rounds);
const issuer = new TokenIssuer('https://login.example.com/', REALM);

async function newAuthenticator(): Promise<Authenticator> {
  const directory = mkdtempSync(join(tmpdir(), 'hermod-bench-'));
  const tokenJwks = join(directory, 'keys');
  writeFileSync(tokenJwks, issuer.jwks);
  const quiet = () => undefined;
  const tokens = await openAccessTokens(
    {
      tokenJwks,
      tokenIssuer: issuer.issuer,
      tokenAudience: undefined,
      tokenClaim: 'sub',
      tokenScope: undefined,
      authRealm: undefined,
      domains: [REALM],
    },
    { logger: { info: quiet, error: quiet }, lifecycle: { onReload: quiet, onStop: quiet } },
  );
  rmSync(directory, { recursive: true });
  return new Authenticator({
    domains: new ServedDomains([REALM], true),
    realm: REALM,
    algorithms: [],
    nonceLifetimeMs: 300_000,
    credentials: { readCredential: () => Promise.resolve(undefined) },
    hash: nodeDigestHash,
    mac: randomMac(),
    dialogMac: randomMac(),
    ids: new RandomIdSource(),
    tokens,
  });
}

function lineOf(token: string): string {
  return `Authorization: Bearer ${token}\r\n`;
}

/** @returns microseconds for one of `count` */
async function time(count: number, all: () => Promise<void> | void): Promise<number> {
  const start = process.hrtime.bigint();
  await all();
  return Number(process.hrtime.bigint() - start) / 1000 / count;
}

for (const algorithm of ['ES256', 'RS256', 'EdDSA'] as const) {
  issuer.rotate(algorithm);
  const authenticator = await newAuthenticator();
  const flow = newFlow('UDP', HERE);
  const us: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const requests = Array.from({ length: NEW_PER_ROUND }, (_, i) =>
      requestWith(lineOf(issuer.token({ sub: 'alice', jti: `${round} ${i}` }))),
    );
    us.push(
      await time(requests.length, async () => {
        for (const request of requests) {
          const needs = authenticator.check(flow, request, Date.now());
          if (needs.ok !== 'load') throw new Error('not new');
          await authenticator.load(needs, Date.now());
          if (authenticator.check(flow, request, Date.now()).ok !== true)
            throw new Error('refused');
        }
      }),
    );
  }
  report(`new, ${algorithm}`, us);
}

const authenticator = await newAuthenticator();
const token = issuer.token({ sub: 'alice' });
const needs = authenticator.check(newFlow('TLS', HERE), requestWith(lineOf(token)), Date.now());
if (needs.ok !== 'load') throw new Error('not new');
await authenticator.load(needs, Date.now());
for (const [name, flow] of [
  ['known', newFlow('UDP', HERE)],
  ['flow', newFlow('TLS', HERE)],
] as const) {
  const us: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const requests = Array.from({ length: PER_ROUND }, () => requestWith(lineOf(token)));
    for (const request of requests) if (!request.from.ok) throw new Error('bench head is wrong');
    const nowMs = Date.now();
    us.push(
      await time(requests.length, () => {
        for (const request of requests) {
          if (authenticator.check(flow, request, nowMs).ok !== true) throw new Error('refused');
        }
      }),
    );
  }
  report(name, us);
}
