import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FuzzRun, faultOf } from './fuzz.ts';
import { type FuzzTarget, must } from './fuzz-target.ts';
import { TARGETS } from './targets/index.ts';

const CORPUS = new URL('./corpus/', import.meta.url);
const SEED = 4475;
const INPUTS = 20_000;

function targetNamed(name: string): FuzzTarget {
  const target = TARGETS.find((one) => one.name === name);
  if (target === undefined) throw new Error(`corpus/${name} belongs to no target`);
  return target;
}

describe('what was once found', () => {
  const files = readdirSync(CORPUS, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.bin'))
    .sort();

  test.each(files)('%s MUST NOT break its target again', async (file) => {
    const input = new Uint8Array(readFileSync(new URL(file, CORPUS)));
    expect(await faultOf(targetNamed(file.split('/')[0] ?? ''), input)).toBeUndefined();
  });
});

describe('a short run', () => {
  test.each(TARGETS)('$name MUST stand any input', async (target) => {
    const run = new FuzzRun(SEED, [target]);
    for (let index = 0; index < INPUTS / TARGETS.length; index += 1) {
      const failure = await run.step(index);
      if (failure !== undefined) {
        throw new Error(
          `input ${index}, ${Buffer.from(failure.input).toString('hex')}: ${failure.reason}`,
        );
      }
    }
  });

  test('MUST make the same inputs from the same seed, and others from another', () => {
    const inputs = (seed: number) => {
      const run = new FuzzRun(seed, TARGETS);
      return Array.from({ length: 100 }, (_, i) => Buffer.from(run.inputOf(i)).toString('hex'));
    };
    expect(inputs(1)).toEqual(inputs(1));
    expect(new Set([...inputs(1), ...inputs(2)]).size).toBeGreaterThan(150);
  });

  test('MUST reach both verdicts of every parser: inputs that are all refused test nothing', async () => {
    const { frameDatagram, DEFAULT_FRAMER_LIMITS, validateRequest } = await import('@hermod/sip');
    const { bufferCodec } = await import('@hermod/transport');
    const run = new FuzzRun(SEED, [targetNamed('datagram')]);
    const seen = { refused: 0, invalid: 0, valid: 0, responses: 0 };
    for (let index = 0; index < 2000; index += 1) {
      const framed = frameDatagram(run.inputOf(index), bufferCodec, DEFAULT_FRAMER_LIMITS);
      if ('ping' in framed || !framed.ok) seen.refused += 1;
      else if (framed.value.kind === 'response') seen.responses += 1;
      else if (validateRequest(framed.value) === undefined) seen.valid += 1;
      else seen.invalid += 1;
    }
    for (const [verdict, count] of Object.entries(seen)) {
      expect(count, verdict).toBeGreaterThan(100);
    }
  });
});

describe('the fuzzer', () => {
  const planted = (check: FuzzTarget['check']): FuzzTarget => ({
    name: 'planted',
    weight: 1,
    make: (random) => Uint8Array.from({ length: 40 }, () => random.int(256)),
    check,
  });

  test('MUST find a fault in one input of hundreds, and cut it down to the octet that matters', async () => {
    const run = new FuzzRun(SEED, [
      planted((input) => must(!input.includes(0x0a), 'no line feed')),
    ]);
    let failure = await run.step(0);
    for (let index = 1; failure === undefined && index < 1000; index += 1) {
      failure = await run.step(index);
    }
    expect(failure).toMatchObject({ target: 'planted', input: Uint8Array.of(0x0a) });
    expect(failure?.reason).toContain('no line feed');
  });

  test('MUST find an input that takes too long', async () => {
    const slow = planted(() => {
      const untilMs = performance.now() + 300;
      while (performance.now() < untilMs);
    });
    expect(await faultOf(slow, Uint8Array.of(1))).toContain('took');
  });
});
