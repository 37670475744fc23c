/**
 * What digest authentication costs per request, the credential cached, parsing of the header row included:
 *
 *   node --conditions=source bench/digest.ts [--rounds 20]
 *
 * `datagram`: credentials verified for each request, as on UDP. `flow`: a stream whose user has proved itself. `challenge`: a request
 * without credentials gets its 407, three rows with one nonce.
 */
import { parseArgs } from 'node:util';
import { makeCredential, ServedDomains } from '@hermod/contracts';
import { Authenticator, type Flow } from '@hermod/edge';
import { nodeDigestHash, RandomIdSource, randomMac } from '@hermod/platform';
import {
  DIGEST_ALGORITHMS,
  type DigestAlgorithm,
  digestHa1,
  digestResponse,
  parseDigestCredentials,
  type SipRequest,
} from '@hermod/sip';
import { NO_BODY, newFlow, report, requestWith } from './authentication-parts.ts';

const REALM = 'example.com';
const ALICE = 'sip:alice@example.com';
const PASSWORD = 'a password';
const CLIENT = '192.0.2.7';
const PER_ROUND = 5_000;

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '20' } } });
const rounds = Number(values.rounds);
const credential = makeCredential(ALICE, REALM, PASSWORD, nodeDigestHash);
const nowMs = Date.now();

function newAuthenticator(): Authenticator {
  return new Authenticator({
    domains: new ServedDomains([REALM], true),
    realm: REALM,
    algorithms: DIGEST_ALGORITHMS,
    nonceLifetimeMs: 300_000,
    credentials: { readCredential: () => Promise.resolve(credential) },
    hash: nodeDigestHash,
    mac: randomMac(),
    dialogMac: randomMac(),
    ids: new RandomIdSource(),
  });
}

function nonceOf(authenticator: Authenticator, flow: Flow): string {
  const challenge = authenticator.check(flow, requestWith(''), nowMs);
  const nonce =
    challenge.ok === false ? /nonce="([^"]*)"/.exec(challenge.headers?.[0] ?? '') : null;
  if (nonce?.[1] === undefined) throw new Error('no challenge');
  return nonce[1];
}

/** Requests whose counts rise, answered by the client beforehand. */
function proofs(algorithm: DigestAlgorithm, nonce: string, from: number): SipRequest[] {
  const ha1 = digestHa1(nodeDigestHash, algorithm, 'alice', REALM, PASSWORD);
  return Array.from({ length: PER_ROUND }, (_, i) => {
    const nc = (from + i + 1).toString(16).padStart(8, '0');
    const row = (response: string) =>
      `Digest username="alice", realm="${REALM}", nonce="${nonce}", uri="sip:bob@example.com", ` +
      `response="${response}", algorithm=${algorithm}, cnonce="0a4f113b", qop=auth, nc=${nc}`;
    const draft = parseDigestCredentials(row('x'));
    if (!draft.ok) throw new Error('bench row is wrong');
    const response = digestResponse(
      nodeDigestHash,
      algorithm,
      ha1,
      'MESSAGE',
      draft.value,
      NO_BODY,
    );
    return requestWith(`Proxy-Authorization: ${row(response)}\r\n`);
  });
}

function time(requests: readonly SipRequest[], each: (request: SipRequest) => void): number {
  const start = process.hrtime.bigint();
  for (let i = 0; i < requests.length; i += 1) {
    const request = requests[i];
    if (request !== undefined) each(request);
  }
  return Number(process.hrtime.bigint() - start) / 1000 / requests.length;
}

for (const algorithm of DIGEST_ALGORITHMS) {
  const authenticator = newAuthenticator();
  const flow = newFlow('UDP', CLIENT);
  const nonce = nonceOf(authenticator, flow);
  await authenticator.load({ ok: 'load', aor: ALICE }, nowMs);
  const us: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const requests = proofs(algorithm, nonce, round * PER_ROUND);
    us.push(
      time(requests, (request) => {
        if (authenticator.check(flow, request, nowMs).ok !== true) throw new Error('not proved');
      }),
    );
  }
  report(`datagram, ${algorithm}`, us);
}

const authenticator = newAuthenticator();
await authenticator.load({ ok: 'load', aor: ALICE }, nowMs);
const stream = newFlow('TCP', CLIENT);
for (const proof of proofs('SHA-256', nonceOf(authenticator, stream), 0).slice(0, 1)) {
  if (authenticator.check(stream, proof, nowMs).ok !== true) throw new Error('not proved');
}
const onFlow: number[] = [];
const challenges: number[] = [];
const datagram = newFlow('UDP', CLIENT);
for (let round = 0; round < rounds; round += 1) {
  const requests = Array.from({ length: PER_ROUND }, () => requestWith(''));
  for (const request of requests) if (!request.from.ok) throw new Error('bench head is wrong');
  onFlow.push(
    time(requests, (request) => {
      if (authenticator.check(stream, request, nowMs).ok !== true) throw new Error('not known');
    }),
  );
  challenges.push(
    time(requests, (request) => {
      if (authenticator.check(datagram, request, nowMs).ok !== false) throw new Error('not asked');
    }),
  );
}
report('flow', onFlow);
report('challenge', challenges);
