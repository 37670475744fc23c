import { H, type SipResponse } from '@hermod/sip';
import { challengesIn, DigestClient, type Exchange, freePorts, SipPeer } from '@hermod/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { provisionStandalone } from './provision.ts';
import { RawDatagrams } from './raw-client.ts';
import { Scene } from './scene.ts';

/** Users of the closed domain. */
const USERS = ['alice', 'bob', 'mallory'];
/** Users whose passwords are guessed at, with one guess each, by as many sources. */
const GUESSED = Array.from({ length: 60 }, (_, i) => `known${i}`);

/** What a response says, without what is new in every response, or repeated from the request. */
function said(response: SipResponse): string {
  return response.head
    .replaceAll(/nonce="[^"]*"/g, 'nonce')
    .replaceAll(/^(Via|From|To|Call-ID|CSeq): .*\r\n/gm, '');
}

describe('a stranger on the open port (issue 4)', () => {
  const scene = new Scene();
  let port: number;
  let bob: SipPeer;

  beforeAll(async () => {
    const directory = scene.directory();
    await provisionStandalone(directory, [...USERS, ...GUESSED]);
    [port = 0] = await freePorts(1);
    await scene.start(directory, {
      HERMOD_SIP_LISTEN: `udp://0.0.0.0:${port},tcp://0.0.0.0:${port}`,
      HERMOD_SIP_ADVERTISE: `udp://127.0.0.1:${port},tcp://127.0.0.1:${port}`,
      HERMOD_DOMAIN_MODE: 'closed',
      HERMOD_CONTACT_NETWORKS: '127.0.0.9',
    });
    bob = await scene.tcp(port, 'bob', { password: 'bob-s' });
    expect((await bob.register()).status).toBe(200);
  });
  afterAll(() => scene.close());

  const to = 'sip:bob@localhost';

  async function texts(): Promise<string[]> {
    // A message that comes in behind shows that nothing else is on its way.
    const alice = await scene.tcp(port, 'alice', { password: 'alice-s' });
    expect((await alice.sendMessage(to, 'the last')).status).toBe(200);
    await alice.close();
    const all = bob.texts;
    expect(all.at(-1)).toBe('the last');
    return all.slice(0, -1);
  }

  test('MUST NOT send as somebody else: 407 without credentials, 403 with its own (RFC 3261 §22.3)', async () => {
    bob.received.length = 0;
    const stranger = await scene.tcp(port, 'alice');
    expect((await stranger.sendMessage(to, 'unproved')).status).toBe(407);
    const guessing = await scene.tcp(port, 'alice', { password: 'a guess' });
    expect((await guessing.sendMessage(to, 'guessed')).status).toBe(407);
    const mallory = await scene.tcp(port, 'mallory', { password: 'mallory-s' });
    const from = 'sip:alice@localhost';
    expect((await mallory.sendMessage(to, 'in her name', { from })).status).toBe(403);
    // Nor when its flow is known, nor by an assertion of its own (RFC 3325 §5).
    expect((await mallory.sendMessage(to, 'own name')).status).toBe(200);
    expect((await mallory.sendMessage(to, 'in her name', { from })).status).toBe(403);
    const headers = ['P-Asserted-Identity: <sip:alice@localhost>'];
    expect((await mallory.sendMessage(to, 'asserted', { headers })).status).toBe(200);
    for (const method of ['INVITE', 'SUBSCRIBE', 'INFO', 'BYE', 'FROBNICATE']) {
      expect([method, (await mallory.request(method, to, { from })).status]).toEqual([method, 403]);
      expect([method, (await stranger.request(method, to)).status]).toEqual([method, 407]);
    }
    expect(await texts()).toEqual(['own name', 'asserted']);
    for (const { request } of bob.received) {
      expect(request.has(H.P_ASSERTED_IDENTITY)).toBe(false);
      expect(request.has(H.PROXY_AUTHORIZATION)).toBe(false);
    }
  });

  test('MUST NOT register for somebody else: 401 without credentials, 403 with its own (RFC 3261 §10.3)', async () => {
    bob.received.length = 0;
    const stranger = await scene.tcp(port, 'bob');
    expect((await stranger.register()).status).toBe(401);
    const mallory = await scene.tcp(port, 'mallory', { password: 'mallory-s' });
    expect((await mallory.register('sip:bob@localhost')).status).toBe(403);
    expect((await mallory.register()).status).toBe(200);
    expect((await mallory.register('sip:bob@localhost')).status).toBe(403);
    // Nor take away what is registered.
    expect((await mallory.register('sip:bob@localhost', { contact: '*', expires: 0 })).status).toBe(
      403,
    );
    expect(await texts()).toEqual([]);
    expect(mallory.received).toEqual([]);
  });

  test('MUST NOT learn whether a user exists: the same answer, as fast, for all (issue 4)', async () => {
    const stranger = await scene.tcp(port, 'stranger');
    const known = await stranger.sendMessage('sip:alice@localhost', 'x');
    const unknown = await stranger.sendMessage('sip:nobody@localhost', 'x');
    expect(said(unknown.response)).toBe(said(known.response));
    for (const method of ['INVITE', 'OPTIONS', 'SUBSCRIBE', 'CANCEL', 'BYE']) {
      const one = await stranger.request(method, 'sip:alice@localhost');
      const other = await stranger.request(method, 'sip:nobody@localhost');
      expect([method, said(other.response)]).toEqual([method, said(one.response)]);
    }
    expect((await stranger.register('sip:alice@localhost')).status).toBe(401);
    expect((await stranger.register('sip:nobody@localhost')).status).toBe(401);

    const times = { known: [] as number[], unknown: [] as number[] };
    const answers = new Set<string>();
    for (const [i, user] of GUESSED.entries()) {
      // Each source guesses twice, too seldom to be slowed down.
      const host = `127.0.1.${i + 1}`;
      const names = [
        ['known', user],
        ['unknown', `nobody${i}`],
      ] as const;
      for (const [kind, name] of i % 2 === 0 ? names : names.toReversed()) {
        const guesser = await SipPeer.tcp(port, { host, user: name });
        const guess = await guessAt(guesser);
        times[kind].push(guess.elapsedMs);
        answers.add(said(guess.response));
        await guesser.close();
      }
    }
    expect([...answers]).toHaveLength(1);
    expect([...answers][0]).toMatch(/^SIP\/2\.0 401 /);
    const ratio = median(times.known) / median(times.unknown);
    expect(ratio).toBeGreaterThan(0.67);
    expect(ratio).toBeLessThan(1.5);

    // Whoever is somebody learns it, as a mail server tells its users.
    const alice = await scene.tcp(port, 'alice', { password: 'alice-s' });
    expect((await alice.sendMessage('sip:nobody@localhost', 'x')).status).toBe(404);
  });

  test('MUST NOT replay a digest, for the same request or another (RFC 7616 §5.12)', async () => {
    bob.received.length = 0;
    const wire = await RawDatagrams.open(port);
    scene.onClose(() => wire.close());
    const alice = await SipPeer.udp(port, { user: 'alice' });
    const client = new DigestClient('alice', 'alice-s');
    client.challenged((await alice.sendMessage(to, 'x')).response);
    const line = client.line('MESSAGE', to, 'the one');
    const options = { headers: [line], contentType: 'text/plain' };
    expect((await alice.sendMessage(to, 'the one', { headers: [line] })).status).toBe(200);

    const again = await alice.sendMessage(to, 'the one', { headers: [line] });
    expect(again.status).toBe(407);
    expect(challengesIn(again.response).map(({ stale }) => stale)).toEqual(Array(3).fill('true'));
    expect((await alice.sendMessage(to, 'another', { headers: [line] })).status).toBe(407);
    // From elsewhere, with everything made new that the digest does not cover.
    const via = `SIP/2.0/UDP 127.0.0.1:${wire.localPort};branch=z9hG4bKreplay;rport`;
    wire.send(alice.format('MESSAGE', to, { ...options, via, callId: 'other', body: 'the one' }));
    await expect.poll(() => wire.statuses).toEqual([407]);
    await alice.close();
    expect(await texts()).toEqual(['the one']);
  });

  test('MUST NOT relay to a foreign domain, by Request-URI, maddr, Route or ACK (issue 4, point 3)', async () => {
    const carol = SipPeer.idle({ user: 'carol', host: '127.0.0.9' });
    scene.onClose(() => carol.close());
    const { port: carolPort } = await carol.listenTcp();
    const there = `127.0.0.9:${carolPort};transport=tcp`;
    const ways = [
      { uri: `sip:carol@${there}`, headers: [] },
      { uri: `sip:bob@localhost;maddr=${there.replace(/:\d+/, '')}`, headers: [] },
      { uri: 'sip:bob@localhost', headers: [`Route: <sip:${there};lr>`] },
    ];
    const froms = ['alice@localhost', 'ALICE@LOCALHOST.', 'eve@elsewhere.example', 'bob@127.0.0.9'];
    for (const stranger of [await scene.tcp(port, 'eve'), await scene.udp(port, 'eve')]) {
      for (const { uri, headers } of ways) {
        for (const user of froms) {
          for (const method of ['MESSAGE', 'INVITE']) {
            const from = `sip:${user}`;
            const { status } = await stranger.request(method, uri, { from, headers });
            expect([403, 407]).toContain(status);
          }
          stranger.socket.write(stranger.format('ACK', uri, { from: `sip:${user}`, headers }));
        }
      }
    }
    // Who has a password may.
    const mallory = await scene.tcp(port, 'mallory', { password: 'mallory-s' });
    expect((await mallory.sendMessage(`sip:carol@${there}`, 'proved')).status).toBe(200);
    expect(carol.received.map(({ request }) => request.method)).toEqual(['MESSAGE']);
    expect(carol.texts).toEqual(['proved']);
  });

  test('MUST NOT forge a flow token: 430, and nobody gets anything (RFC 5626 §5.3, issue 4, point 5)', async () => {
    bob.received.length = 0;
    const mallory = await scene.tcp(port, 'mallory', { password: 'mallory-s' });
    const { response } = await mallory.register();
    const own = /^<sip:([^@]+)@([^;>]+)/.exec(response.get(H.PATH) ?? '');
    const [, token = '', edge = ''] = own ?? [];
    expect(token).not.toBe('');
    const altered = (at: number): string => {
      const other = token.charAt(at) === 'A' ? 'B' : 'A';
      return token.slice(0, at) + other + token.slice(at + 1);
    };
    const forged = [
      ...Array.from({ length: 16 }, (_, i) => altered(token.length - 1 - i)),
      `${token}A`,
      token.slice(0, -1),
      token.slice(0, token.indexOf('.') + 1),
      'bob',
    ];
    for (const user of forged) {
      const headers = [`Route: <sip:${user}@${edge};lr>`];
      for (const method of ['MESSAGE', 'INVITE', 'NOTIFY']) {
        const forgedRequest = await mallory.request(method, to, { headers, body: 'forged' });
        expect([method, user, forgedRequest.status]).toEqual([method, user, 430]);
      }
    }
    // Its own is no way around the log, and leads to the recipient.
    const headers = [`Route: <sip:${token}@${edge};lr>`];
    expect((await mallory.sendMessage(to, 'its own token', { headers })).status).toBe(200);
    expect(await texts()).toEqual(['its own token']);
  });

  test('MUST be slowed down when it guesses, while others are served (issue 4, point 4)', async () => {
    const host = '127.0.2.1';
    const guesser = await SipPeer.tcp(port, { host, user: 'mallory' });
    const statuses: number[] = [];
    for (let i = 0; i < 6; i += 1) statuses.push((await guessAt(guesser)).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 503]);
    await guesser.close();
    const mallory = await scene.tcp(port, 'mallory', { password: 'mallory-s' });
    expect((await mallory.register()).status).toBe(200);
  });
});

/** One REGISTER with a wrong password. */
async function guessAt(peer: SipPeer): Promise<Exchange> {
  const client = new DigestClient(peer.user, 'a guess');
  client.challenged((await peer.register()).response);
  return peer.register(peer.aor, { headers: [client.line('REGISTER', 'sip:localhost', '')] });
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
