import { describe, expect, it } from 'vitest';
import type { Hop } from '../../ports.ts';
import { NextHopHealth } from './next-hop-health.ts';

function hopAt(port: number, domain = 'example.net', transport: Hop['transport'] = 'TCP'): Hop {
  return { address: '192.0.2.1', port, transport, domain };
}

const HOP = hopAt(5060);

describe('NextHopHealth', () => {
  it('MUST leave a hop alone that did not answer, and try it again with one request (RFC 4321 §1.3)', () => {
    const health = new NextHopHealth();
    expect(health.mayTry(HOP, 0)).toBe(true);
    health.onSilence(HOP, 0);
    expect(health.mayTry(HOP, 9_999)).toBe(false);
    expect(health.mayTry(hopAt(5061), 9_999)).toBe(true);
    expect(health.mayTry(HOP, 10_000)).toBe(true);
    expect(health.mayTry(HOP, 10_000)).toBe(false);
    // That request was lost without a trace: somebody else may try.
    expect(health.mayTry(HOP, 15_000)).toBe(true);
  });

  it('MUST wait longer each time, and forget all of it when the hop answers', () => {
    const health = new NextHopHealth();
    health.onSilence(HOP, 0);
    health.onSilence(HOP, 10_000);
    expect(health.mayTry(HOP, 29_999)).toBe(false);
    expect(health.mayTry(HOP, 30_000)).toBe(true);
    for (let i = 0; i < 10; i += 1) health.onSilence(HOP, 100_000);
    expect(health.mayTry(HOP, 259_999)).toBe(false);
    expect(health.mayTry(HOP, 260_000)).toBe(true);
    health.onAnswer(HOP);
    expect(health.size).toBe(0);
    health.onSilence(HOP, 300_000);
    expect(health.mayTry(HOP, 310_000)).toBe(true);
  });

  it('MUST send nothing more to a server before its Retry-After is over (RFC 3261 §21.5.4)', () => {
    const health = new NextHopHealth();
    health.onOverload(HOP, 0, 60_000);
    expect(health.mayTry(HOP, 59_999)).toBe(false);
    expect(health.mayTry(HOP, 60_000)).toBe(true);
    health.onOverload(HOP, 0, 4_000_000_000);
    expect(health.mayTry(HOP, 3_600_000)).toBe(true);
  });

  it('MUST take a 503 without Retry-After for a 500: the next request may succeed (RFC 3261 §21.5.4)', () => {
    const health = new NextHopHealth();
    health.onOverload(HOP, 0, undefined);
    expect(health.mayTry(HOP, 0)).toBe(true);
  });

  it('MUST NOT hold one domain against another whose certificate is good (RFC 5922 §7.3)', () => {
    const health = new NextHopHealth();
    health.onSilence(hopAt(5061, 'example.net', 'TLS'), 0);
    expect(health.mayTry(hopAt(5061, 'example.net', 'TLS'), 0)).toBe(false);
    expect(health.mayTry(hopAt(5061, 'example.org', 'TLS'), 0)).toBe(true);
  });

  it('MUST NOT grow without bound', () => {
    const health = new NextHopHealth();
    for (let port = 1; port <= 5_000; port += 1) health.onSilence(hopAt(port), 0);
    expect(health.size).toBe(4_096);
    expect(health.mayTry(hopAt(1), 0)).toBe(true);
    expect(health.mayTry(hopAt(5_000), 0)).toBe(false);
  });
});
