import {
  DEFAULT_FRAMER_LIMITS,
  frameDatagram,
  H,
  parseMessage,
  type SipResponse,
} from '@hermod/sip';
import { VirtualClock } from '@hermod/testkit';
import { bufferCodec } from '@hermod/transport';
import { deliveryOf, EdgeWorld, FakeFlow } from '../../../services/edge/test/edge-world.ts';
import { type FuzzTarget, must, mustEqual } from '../fuzz-target.ts';
import { response } from '../grammar.ts';
import { mutate } from '../mutate.ts';
import { hashOf } from '../random.ts';
import { SEEDS } from '../seeds.ts';
import { clockFor } from './edge-clock.ts';
import { joinSteps, stepsOf } from './steps.ts';

/** 64·T1 and a second. */
const ALL_OVER_MS = 33_000;
/** One history in so many is followed to its end. */
const ONE_IN_ENDS = 512;

/** An edge that has sent one MESSAGE to a device, and what it heard of it. */
function deliver(clock: VirtualClock) {
  const world = new EdgeWorld(clock, { maxBranches: 64 });
  const device = new FakeFlow();
  const heard: { readonly status: number; readonly response: SipResponse | undefined }[] = [];
  const flowToken = world.tokens.tokenOf(device) ?? '';
  world.edge.deliver(deliveryOf({ flowToken, flowBound: true }), (status, answer) =>
    heard.push({ status, response: answer }),
  );
  return { world, device, heard };
}

/** The Vias of that MESSAGE: the same in every history. */
const VIAS = deliver(new VirtualClock()).device.requests[0]?.values(H.VIA) ?? [];
const [TOP_VIA = ''] = VIAS;

/** What a device answers to a MESSAGE: one final response at most is heard of it, and passed on whole without our Via. */
export const deviceTarget: FuzzTarget = {
  name: 'device',
  weight: 1,
  make(random) {
    const steps: string[] = [];
    for (let left = 1 + random.int(3); left > 0; left -= 1) {
      const text = response(random, random.chance(90) ? TOP_VIA : undefined).replace(
        /^(CSeq: \d+) \w+/m,
        random.chance(80) ? '$1 MESSAGE' : '$1 $&',
      );
      steps.push(random.chance(40) ? mutate(random, text, SEEDS) : text);
    }
    return joinSteps(steps);
  },
  check(input) {
    const isFollowed = hashOf(input) % ONE_IN_ENDS === 0;
    const clock = clockFor(isFollowed);
    const { world, device, heard } = deliver(clock);
    for (const step of stepsOf(input)) {
      const framed = frameDatagram(step, bufferCodec, DEFAULT_FRAMER_LIMITS);
      if ('ping' in framed || !framed.ok || framed.value.kind !== 'response') continue;
      const vias = framed.value.values(H.VIA).length;
      const before = heard.length;
      world.edge.onMessage(device, framed.value);
      const final = heard[before];
      if (final === undefined) continue;
      mustEqual(final.status, framed.value.status, 'the status is the device’s');
      must(final.status >= 200, 'and final');
      checkPassedOn(final.response, vias);
    }
    must(heard.length <= 1, 'one final response at most (RFC 3261 §17.1.2)');
    if (isFollowed) {
      clock.advance(ALL_OVER_MS);
      must(heard.length === 1, 'and one there is in the end: 408 for silence');
      mustEqual(world.edge.gauges.pendingDeliveries, 0, 'nothing is left over');
    }
  },
};

function checkPassedOn(passed: SipResponse | undefined, vias: number): void {
  must(passed !== undefined, 'with its response');
  const again = parseMessage(passed.head, passed.body);
  must(again.ok && again.value.kind === 'response', 'which is one');
  mustEqual(again.value.values(H.VIA).length, vias - 1, 'without our Via');
  mustEqual(again.value.rows.length, passed.rows.length, 'its rows are where a scan finds them');
}
