import { makeCredential, ServedDomains } from '@hermod/contracts';
import { nodeDigestHash } from '@hermod/platform';
import {
  DEFAULT_FRAMER_LIMITS,
  DIGEST_ALGORITHMS,
  frameDatagram,
  H,
  SipRequest,
  validateRequest,
} from '@hermod/sip';
import { bufferCodec } from '@hermod/transport';
import { Authenticator } from '../../../services/edge/src/domain/authentication/authenticator.ts';
import { EdgeWorld, FakeFlow } from '../../../services/edge/test/edge-world.ts';
import { type FuzzTarget, must, mustEqual } from '../fuzz-target.ts';
import { request, response } from '../grammar.ts';
import { mutate } from '../mutate.ts';
import { hashOf, Random } from '../random.ts';
import { SEEDS } from '../seeds.ts';
import { clockFor } from './edge-clock.ts';
import { joinSteps, stepsOf } from './steps.ts';

/** 64·T1 and a second: everything that an edge holds for a client is over by then. */
const ALL_OVER_MS = 33_000;
/** One history in so many is followed to the end of its last timer, which costs more than the rest of it. */
const ONE_IN_ENDS = 512;
/** The tables that are laid out in advance are small: an edge is built for each input. */
const LIMITS = { maxBranches: 64 };
const MAX_ROWS = DEFAULT_FRAMER_LIMITS.maxHeaderRows - 20;

/** Some messages from one client to an edge, in process: each is answered at most once, by SIP, and nothing stays behind. */
export const edgeTarget: FuzzTarget = {
  name: 'edge',
  weight: 1,
  make(random) {
    const steps: string[] = [];
    for (let left = 1 + random.int(6); left > 0; left -= 1) {
      const text = random.chance(20)
        ? random.pick(SEEDS)
        : random.chance(15)
          ? response(random)
          : request(random, random.chance(60) ? 'MESSAGE' : undefined);
      steps.push(random.chance(40) ? mutate(random, text, SEEDS) : text);
    }
    return joinSteps(steps);
  },
  async check(input) {
    const random = new Random(hashOf(input));
    const isFollowed = hashOf(input) % ONE_IN_ENDS === 0;
    const clock = clockFor(isFollowed);
    const isGuarded = random.chance(30);
    const world = new EdgeWorld(clock, LIMITS, isGuarded ? newAuthenticator() : undefined);
    world.log.mode = random.chance(80) ? 'at-once' : random.pick(['unavailable', 'timeout']);
    const flow = new FakeFlow(random.chance(50) ? 'UDP' : 'TCP');
    const steps = stepsOf(input);
    for (const step of steps) {
      receive(world, flow, step);
      // The credential, the append and its answer are promises.
      for (let turns = 0; turns < 6; turns += 1) await Promise.resolve();
    }
    if (isGuarded) {
      mustEqual(world.log.records.length, 0, 'nothing is taken from who has proved nothing');
      mustEqual(world.registrar.requests.length, 0, 'nor registered');
    }
    // RFC 3261 §17.1.1.3: an ACK is never answered.
    const requests = steps.filter((step) => !startsWithAck(step)).length;
    for (const { head, body } of world.log.records) {
      const framed = frameDatagram(
        Buffer.concat([bufferCodec.encode(head), body]),
        bufferCodec,
        DEFAULT_FRAMER_LIMITS,
      );
      must(
        !('ping' in framed) && framed.ok && framed.value instanceof SipRequest,
        'a record is a request',
      );
      must(validateRequest(framed.value) === undefined, 'and a valid one');
      mustEqual(framed.value.method, 'MESSAGE', 'of the method that goes through the log');
      mustEqual(framed.value.body.length, body.length, 'whole');
    }
    must(world.log.records.length <= requests, 'no record without a request');
    if (isFollowed) {
      clock.advance(ALL_OVER_MS);
      await Promise.resolve();
      clock.advance(ALL_OVER_MS);
      for (const [what, count] of Object.entries(world.edge.gauges))
        mustEqual(count, 0, `${what} at the end`);
      mustEqual(clock.pendingTimers, 0, 'timers at the end');
    }
    // `responses` parses what was sent, and throws when it is no SIP.
    // Timer G sends the final response to an INVITE again and again, as it is.
    const finals = flow.sent.filter(({ head }) => /^SIP\/2\.0 [2-6]/.test(head));
    const distinct = new Set(finals.map(({ head }) => head)).size;
    must(distinct <= requests, 'no more final responses than requests, and none to an ACK');
    for (const answer of flow.responses) {
      const cseq = answer.cseq;
      const isInvite = cseq.ok && cseq.value.method === 'INVITE';
      must(answer.status !== 408 || isInvite, 'never 408, but for an INVITE (RFC 4320 §4.2)');
      if (answer.status < 300 && cseq.ok && cseq.value.method === 'MESSAGE') {
        must(
          !answer.has(H.CONTACT) && answer.body.length === 0,
          'a 2xx of a MESSAGE has neither Contact nor body (RFC 3428 §7)',
        );
      }
    }
  },
};

function receive(world: EdgeWorld, flow: FakeFlow, bytes: Uint8Array): void {
  const framed = frameDatagram(bytes, bufferCodec, DEFAULT_FRAMER_LIMITS);
  if ('ping' in framed || !flow.isOpen) return;
  const message = framed.ok ? framed.value : framed.partial;
  // An answer has rows of its own beside the Vias: then the framers' cap is for whoever reads it.
  if (message !== undefined && message.headerRows > MAX_ROWS) return;
  if (framed.ok) world.edge.onMessage(flow, framed.value);
  else world.edge.onFramingError(flow, framed, framed.partial);
}

const SOMEBODY = makeCredential('sip:alice@example.com', 'example.com', 'secret', nodeDigestHash);

/** Knows one user, whose password no input has. Everything about it follows from its input. */
function newAuthenticator(): Authenticator {
  let ids = 0;
  return new Authenticator({
    domains: new ServedDomains(['example.com', 'alias.example.com'], true),
    realm: 'example.com',
    algorithms: DIGEST_ALGORITHMS,
    nonceLifetimeMs: 300_000,
    credentials: {
      readCredential: (aor) =>
        Promise.resolve(aor === 'sip:alice@example.com' ? SOMEBODY : undefined),
    },
    hash: nodeDigestHash,
    mac: { mac: (text) => nodeDigestHash.hashText('SHA-256', `secret${text}`) },
    dialogMac: { mac: (text) => nodeDigestHash.hashText('SHA-256', `dialogs${text}`) },
    ids: { token: () => `n${ids++}` },
  });
}

function startsWithAck(step: Uint8Array): boolean {
  return /^[\r\n\0]*ACK /.test(bufferCodec.decode(step, 0, step.length));
}
