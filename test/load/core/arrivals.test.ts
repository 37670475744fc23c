import { expect, test } from 'vitest';
import { Random } from '../../fuzz/random.ts';
import { type ArrivalProcess, Arrivals } from './arrivals.ts';
import { parseRate, parseRateFile, RateProfile } from './rate-profile.ts';

function profileOf(text: string, seconds: number): RateProfile {
  return new RateProfile(parseRate(text, seconds) ?? [], seconds);
}

function arrivalsOf(profile: RateProfile, process: ArrivalProcess, seed = 7, share = 1): number[] {
  const arrivals = new Arrivals(profile, process, new Random(seed), share);
  const times: number[] = [];
  for (let sec = arrivals.next(); sec < Infinity; sec = arrivals.next()) times.push(sec);
  return times;
}

const within = (times: readonly number[], from: number, before: number): number =>
  times.filter((sec) => sec >= from && sec < before).length;

test('even arrivals MUST be as many as the rate says, at equal distances', () => {
  const times = arrivalsOf(profileOf('200', 10), 'even');
  expect(times).toHaveLength(2000);
  const gaps = times.slice(1).map((sec, i) => sec - (times[i] ?? 0));
  expect(Math.min(...gaps)).toBeCloseTo(0.005, 9);
  expect(Math.max(...gaps)).toBeCloseTo(0.005, 9);
});

test('Poisson arrivals MUST have the mean of the rate, and gaps whose deviation is their mean', () => {
  const times = arrivalsOf(profileOf('500', 100), 'poisson');
  // Within four standard deviations of a Poisson count.
  expect(Math.abs(times.length - 50_000)).toBeLessThan(4 * Math.sqrt(50_000));
  const gaps = times.slice(1).map((sec, i) => sec - (times[i] ?? 0));
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
  expect(Math.sqrt(variance) / mean).toBeGreaterThan(0.97);
  expect(Math.sqrt(variance) / mean).toBeLessThan(1.03);
  // Memoryless: e⁻² of the gaps are longer than twice the mean.
  const long = gaps.filter((gap) => gap > 2 * mean).length / gaps.length;
  expect(long).toBeGreaterThan(0.13);
  expect(long).toBeLessThan(0.141);
});

test.each(['poisson', 'even'] as const)('%s arrivals MUST follow a ramp', (process) => {
  const times = arrivalsOf(profileOf('0..1000', 20), process);
  // The integral: 25 · t².
  for (const [from, before] of [
    [0, 5],
    [5, 10],
    [10, 15],
    [15, 20],
  ] as const) {
    const expected = 25 * (before ** 2 - from ** 2);
    expect(Math.abs(within(times, from, before) - expected)).toBeLessThan(
      4 * Math.sqrt(expected) + 1,
    );
  }
});

test('bursts MUST come again and again until the time is over', () => {
  const times = arrivalsOf(profileOf('100@4,1000@1', 12), 'even');
  expect(within(times, 0, 4)).toBe(400);
  expect(within(times, 4, 5)).toBe(1000);
  expect(within(times, 5, 9)).toBe(400);
  expect(within(times, 9, 10)).toBe(1000);
  expect(within(times, 10, 12)).toBe(200);
});

test('steps MUST share the time', () => {
  const times = arrivalsOf(profileOf('100,200,300', 9), 'even');
  expect([within(times, 0, 3), within(times, 3, 6), within(times, 6, 9)]).toEqual([300, 600, 900]);
});

test('a pause MUST be a pause', () => {
  const times = arrivalsOf(profileOf('100@2,0@3', 10), 'poisson');
  expect(within(times, 2, 5)).toBe(0);
  expect(within(times, 7, 10)).toBe(0);
  expect(within(times, 5, 7)).toBeGreaterThan(100);
});

test('a rate file MUST be replayed second by second', () => {
  const segments = parseRateFile('# trace\n0 100\n1 300\n2.5,50\n\n3.5 0\n4 10\n') ?? [];
  const profile = new RateProfile(segments, 4.5);
  expect([0, 1, 2.4, 2.5, 3.6, 4.2, 5].map((sec) => profile.rateAt(sec))).toEqual([
    100, 300, 300, 50, 0, 10, 0,
  ]);
  const times = arrivalsOf(profile, 'even');
  expect(within(times, 1, 2.5)).toBe(450);
});

test.each(['', '5,', 'x', '5@0', '-1', '1..', '1...2'])('the rate %j MUST be refused', (text) => {
  expect(parseRate(text, 10)).toBeUndefined();
});

test.each(['', '0', '0 x', '1 5\n1 6', '2 5\n1 6'])('the rate file %j MUST be refused', (text) => {
  expect(parseRateFile(text)).toBeUndefined();
});

test('the shares of several processes MUST make up the whole, evenly spread', () => {
  const profile = profileOf('300', 10);
  const all = [0, 1, 2].flatMap((worker) => {
    const arrivals = new Arrivals(profile, 'even', new Random(1), 1 / 3, (worker + 0.5) / 3);
    const times: number[] = [];
    for (let sec = arrivals.next(); sec < Infinity; sec = arrivals.next()) times.push(sec);
    return times;
  });
  const times = all.sort((a, b) => a - b);
  expect(times).toHaveLength(3000);
  const gaps = times.slice(1).map((sec, i) => sec - (times[i] ?? 0));
  expect(Math.max(...gaps)).toBeCloseTo(1 / 300, 6);
});

test('the same seed MUST make the same arrivals, another seed others', () => {
  const profile = profileOf('100', 5);
  expect(arrivalsOf(profile, 'poisson', 3)).toEqual(arrivalsOf(profile, 'poisson', 3));
  expect(arrivalsOf(profile, 'poisson', 3)).not.toEqual(arrivalsOf(profile, 'poisson', 4));
});
