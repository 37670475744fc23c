import { beforeEach, expect, test } from 'vitest';
import { Composing } from './composing.js';

let told: boolean[];
let composing: Composing;

beforeEach(() => {
  told = [];
  composing = new Composing((isActive) => told.push(isActive));
});

test('MUST be told when somebody begins to write, and again before that is forgotten (RFC 3994 §3.2)', () => {
  for (let atMs = 0; atMs < 61_000; atMs += 1_000) composing.typed('hi', atMs);
  expect(told).toEqual([true, true, true]);
});

test('MUST be told when nothing was written for 15 s, or all is gone (RFC 3994 §3.2)', () => {
  composing.typed('hi', 0);
  composing.tick(14_000);
  expect(told).toEqual([true]);
  composing.tick(15_000);
  composing.tick(16_000);
  expect(told).toEqual([true, false]);
  composing.typed('hi again', 20_000);
  composing.typed('', 20_500);
  expect(told).toEqual([true, false, true, false]);
});

test('a message MUST be its own end: nothing is told behind it', () => {
  composing.typed('hi', 0);
  composing.sent();
  composing.tick(60_000);
  expect(told).toEqual([true]);
});
