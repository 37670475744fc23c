import { SipRequest } from '@hermod/sip';
import { describe, expect, test } from 'vitest';
import { FakeFlow, messageText, sip } from '../../test/edge-world.ts';
import type { Flow, RelayPolicy } from '../ports.ts';
import { provenSender, rememberProof } from './authentication/sender.ts';
import { trafficSource } from './traffic-source.ts';

const PEERS: Pick<RelayPolicy, 'isPeer'> = { isPeer: () => true };

function sourceOf(flow: Flow, from?: string, relay?: Pick<RelayPolicy, 'isPeer'>): number {
  const request = sip(messageText(from === undefined ? {} : { from }));
  if (!(request instanceof SipRequest)) throw new Error('not a request');
  const policy =
    relay === undefined ? undefined : { ...relay, mayRelay: () => false, needsNoProof: () => true };
  return trafficSource(flow, request, policy);
}

function prove(flow: Flow, aor: string): void {
  rememberProof(flow, {
    aor,
    by: 'digest',
    form: 'byUser',
    sender: provenSender(aor, { realm: 'example.com', takesTokens: false }),
    algorithm: 'MD5',
    ha1: '',
  });
}

describe('whose fair share a request takes', () => {
  test('MUST be that of its address, whatever it says and by however many connections it comes', () => {
    const one = sourceOf(new FakeFlow('TCP', '198.51.100.7', 1));
    expect(sourceOf(new FakeFlow('UDP', '198.51.100.7', 2), 'sip:x@example.com')).toBe(one);
    expect(sourceOf(new FakeFlow('TCP', '198.51.100.8', 1))).not.toBe(one);
  });

  test('MUST be that of its network over IPv6, where one device has many addresses', () => {
    const one = sourceOf(new FakeFlow('TCP', '2001:db8:0:1::1', 1));
    expect(sourceOf(new FakeFlow('TCP', '2001:db8:0:1::2', 1))).toBe(one);
    expect(sourceOf(new FakeFlow('TCP', '2001:db8:0:2::1', 1))).not.toBe(one);
  });

  test('MUST be that of the user who has proved something on its flow, from then on', () => {
    const flow = new FakeFlow('TCP', '198.51.100.7', 1);
    const before = sourceOf(flow);
    prove(flow, 'sip:alice@example.com');
    const elsewhere = new FakeFlow('TCP', '203.0.113.1', 1);
    prove(elsewhere, 'sip:alice@example.com');
    expect(sourceOf(flow)).not.toBe(before);
    expect(sourceOf(flow)).toBe(sourceOf(elsewhere));
  });

  test('MUST be that of its flow on this machine', () => {
    const one = sourceOf(new FakeFlow('TCP', '127.0.0.1', 1));
    expect(sourceOf(new FakeFlow('TCP', '127.0.0.1', 2))).not.toBe(one);
  });

  test('MUST be that of whom From names where a known server vouches for it', () => {
    const flow = new FakeFlow('TCP', '198.51.100.7', 1);
    const alice = sourceOf(flow, 'sip:alice@example.org', PEERS);
    expect(sourceOf(flow, 'sip:bob@example.org', PEERS)).not.toBe(alice);
    expect(sourceOf(flow, 'sip:alice@example.org', PEERS)).toBe(alice);
  });
});
