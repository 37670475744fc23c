import { decodeBinding, encodeBinding } from '@hermod/contracts';
import {
  type Binding,
  buildResponse,
  DEFAULT_FRAMER_LIMITS,
  DEFAULT_REGISTER_POLICY,
  frameDatagram,
  type GruuScope,
  H,
  parseMessage,
  processRegister,
  selectTargets,
  targetSet,
} from '@hermod/sip';
import { bufferCodec } from '@hermod/transport';
import { type FuzzTarget, must, mustEqual } from '../fuzz-target.ts';
import { request } from '../grammar.ts';
import { mutate } from '../mutate.ts';
import { hashOf, Random } from '../random.ts';
import { SEEDS } from '../seeds.ts';
import { joinSteps, stepsOf } from './steps.ts';

const STATUSES = new Set([200, 400, 403, 420, 421, 423, 439, 500]);
const START_MS = 1_795_348_800_000;
/** As good as any for what is checked here, and faster. */
const GRUUS: GruuScope = {
  aor: 'sip:user@example.com',
  seal: {
    seal: (text) => Buffer.from(text, 'latin1').toString('base64url'),
    open: (token) => Buffer.from(token, 'base64url').toString('latin1'),
  },
};

/** A history of REGISTERs of one AoR (RFC 3261 §10.3): all or nothing, within bounds, storable, answerable. */
export const registerTarget: FuzzTarget = {
  name: 'register',
  weight: 2,
  make(random) {
    const steps: string[] = [];
    for (let left = 1 + random.int(4); left > 0; left -= 1) {
      const text = request(random, 'REGISTER', 'sip:example.com');
      steps.push(random.chance(35) ? mutate(random, text, SEEDS) : text);
    }
    return joinSteps(steps);
  },
  check(input) {
    const random = new Random(hashOf(input));
    let bindings: readonly Binding[] = [];
    let nowMs = START_MS;
    for (const step of stepsOf(input)) {
      nowMs += random.int(3) * 40_000;
      const framed = frameDatagram(step, bufferCodec, DEFAULT_FRAMER_LIMITS);
      if ('ping' in framed || !framed.ok || framed.value.kind !== 'request') continue;
      const source = {
        host: '198.51.100.7',
        port: 5060,
        transport: random.chance(50) ? 'UDP' : 'TCP',
        seenFrom: '198.51.100.7',
      };
      const before = JSON.stringify(bindings);
      const result = processRegister(
        framed.value,
        bindings,
        source,
        DEFAULT_REGISTER_POLICY,
        nowMs,
        GRUUS,
      );
      must(
        STATUSES.has(result.status),
        `a REGISTER ends in a status of §10.3, not ${result.status}`,
      );
      mustEqual(JSON.stringify(bindings), before, 'what was stored is not written over');
      const contacts = framed.value.values(H.CONTACT);
      const isStarBesides = contacts.length > 1 && contacts.includes('*');
      must(!isStarBesides || result.status >= 400, '* stands alone (RFC 3261 §10.3 step 6)');
      must(
        result.status === 200 || result.bindings === undefined,
        'a refusal changes nothing (RFC 3261 §10.3 step 7)',
      );
      const answer = buildResponse(framed.value, result.status, { headers: result.headers });
      const parsed = parseMessage(answer.head, answer.body);
      must(parsed.ok && parsed.value.kind === 'response', 'the answer is a response');
      if (result.bindings !== undefined) bindings = checkBindings(result.bindings, nowMs);
      const { targets } = selectTargets(framed.value, bindings, nowMs);
      must(
        targets.every(({ binding }) => bindings.includes(binding)),
        'a request goes to bindings of its AoR (RFC 3841 §7.2)',
      );
    }
  },
};

function checkBindings(stored: readonly Binding[], nowMs: number): readonly Binding[] {
  must(stored.length <= DEFAULT_REGISTER_POLICY.maxContacts, 'no more contacts than allowed');
  mustEqual(new Set(stored.map(({ key }) => key)).size, stored.length, 'one binding per key');
  for (const binding of stored) {
    must(binding.expiresAtMs > nowMs, 'nothing stored is over');
    mustEqual(
      JSON.stringify(decodeBinding(encodeBinding(binding))),
      JSON.stringify(binding),
      'a binding comes back from the store as it was',
    );
  }
  must(targetSet(stored, nowMs).length <= stored.length, 'no target without a binding');
  return stored;
}
