import { readFileSync } from 'node:fs';
import { DEFAULT_FRAMER_LIMITS, frameDatagram } from '@hermod/sip';
import { VirtualClock } from '@hermod/testkit';
import { bufferCodec } from '@hermod/transport';
import { expect, test } from 'vitest';
import { EdgeWorld, FakeFlow } from '../../test/edge-world.ts';

const DIR = new URL('../../../../packages/sip/testdata/rfc4475/', import.meta.url);

/** What this edge does with each message of RFC 4475 §3: answers with a status, forwards a REGISTER, or says nothing. What is for a user
 *  of ours is proxied, and finds nobody at home: 480, an INVITE after 100. What is for anybody else is not relayed: 403. */
const EXPECTED: Readonly<Record<string, number | 'registrar' | 'nothing'>> = {
  wsinv: 403,
  intmeth: 480,
  esc01: 403,
  escnull: 'registrar',
  esc02: 403,
  lwsdisp: 480,
  longreq: 480,
  dblreq: 'registrar',
  semiuri: 480,
  transports: 480,
  mpart01: 403,
  unreason: 'nothing',
  noreason: 'nothing',
  badinv01: 400,
  clerr: 400,
  ncl: 400,
  scalar02: 400,
  scalarlg: 'nothing',
  quotbal: 400,
  ltgtruri: 400,
  lwsruri: 400,
  lwsstart: 480,
  trws: 480,
  escruri: 480,
  baddate: 480,
  regbadct: 'registrar',
  badaspec: 400,
  baddn: 400,
  badvers: 505,
  mismatch01: 400,
  mismatch02: 400,
  bigcode: 'nothing',
  badbranch: 400,
  insuf: 400,
  unkscm: 416,
  novelsc: 416,
  unksm2: 'registrar',
  bext01: 420,
  invut: 480,
  regaut01: 'registrar',
  multi01: 400,
  mcl01: 400,
  bcast: 'nothing',
  zeromf: 200,
  cparam01: 'registrar',
  cparam02: 'registrar',
  regescrt: 'registrar',
  sdp01: 480,
  inv2543: 480,
};

test.each(Object.entries(EXPECTED))('RFC 4475 %s MUST end in %s', async (name, expected) => {
  const world = new EdgeWorld(new VirtualClock());
  world.registrar.answer = () => new Promise(() => undefined);
  const flow = new FakeFlow();
  const bytes = readFileSync(new URL(`${name}.dat`, DIR));
  const framed = frameDatagram(bytes, bufferCodec, DEFAULT_FRAMER_LIMITS);
  if ('ping' in framed) throw new Error('not a keepalive');
  if (framed.ok) world.edge.onMessage(flow, framed.value);
  else world.edge.onFramingError(flow, framed, framed.partial);
  await world.settle();
  expect(flow.statuses.filter((status) => status !== 100)).toEqual(
    typeof expected === 'number' ? [expected] : [],
  );
  expect(world.registrar.requests).toHaveLength(expected === 'registrar' ? 1 : 0);
  expect(world.log.records).toHaveLength(0);
});
