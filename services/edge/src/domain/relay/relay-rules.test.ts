import { ServedDomains } from '@hermod/contracts';
import { parseUri, SipRequest, type SipUri } from '@hermod/sip';
import { describe, expect, it } from 'vitest';
import { FakeFlow, messageText, sip } from '../../../test/edge-world.ts';
import type { Toward } from '../../ports.ts';
import { RelayRules } from './relay-rules.ts';

const STRANGER = '198.51.100.7';
const PEER = '203.0.113.1';
const OURS = 'sip:alice@example.com';
const THEIRS = 'sip:carol@other.example';

function rulesOf(forAuthenticated: boolean, peers: string, inbound = ''): RelayRules {
  return new RelayRules({
    domains: new ServedDomains(['example.com', 'alias.example.com', '192.0.2.1'], true),
    forAuthenticated,
    peers: new Set([peers]),
    inbound: new Set([inbound]),
    destinations: new Set(['198.51.100.9', '2001:db8::9']),
  });
}

function requestFrom(from: string): SipRequest {
  const request = sip(messageText({ from, uri: 'sip:dave@third.example' }));
  if (!(request instanceof SipRequest)) throw new Error('not a request');
  return request;
}

function uriOf(text: string): SipUri {
  const uri = parseUri(text);
  if (!uri.ok || uri.value.kind !== 'sip') throw new Error('not a SIP URI');
  return uri.value;
}

describe('RelayRules.mayRelay', () => {
  it.each<readonly [string, string, string, boolean, boolean]>([
    ['nobody', STRANGER, OURS, false, false],
    ['a peer, as one of ours', PEER, OURS, false, true],
    ['a peer, as somebody else', PEER, THEIRS, false, true],
    ['one of ours, who proves it', STRANGER, OURS, true, true],
    ['one of ours by another name', STRANGER, 'sip:alice@ALIAS.example.com', true, true],
    ['somebody who does not even claim to be ours', STRANGER, THEIRS, true, false],
  ])('%s: from %s as %s', (_who, address, from, forAuthenticated, may) => {
    const flow = new FakeFlow('TCP', address);
    const rules = rulesOf(forAuthenticated, PEER);
    expect(rules.mayRelay(flow, requestFrom(from), uriOf('sip:dave@third.example'))).toBe(may);
  });

  it.each<readonly [string, boolean]>([
    ['sip:198.51.100.9', true],
    ['sip:dave@198.51.100.9:5070;transport=tcp', true],
    ['sip:[2001:DB8:0::9]', true],
    ['sip:third.example;maddr=198.51.100.9', true],
    ['sip:198.51.100.8;maddr=third.example', true],
    ['sip:198.51.100.8', false],
    ['sip:dave@[2001:db8::8]:5070', false],
    ['sip:[::ffff:10.0.0.1]', false],
    ['sip:third.example;maddr=198.51.100.8', false],
    ['sip:198.51.100.9;maddr=[2001:db8::8]', false],
  ])('to %s: %s (ADR 0020)', (uri, may) => {
    const peer = new FakeFlow('TCP', PEER);
    expect(rulesOf(false, PEER).mayRelay(peer, requestFrom(OURS), uriOf(uri))).toBe(may);
  });
});

describe('RelayRules.needsNoProof', () => {
  const rules = rulesOf(true, PEER, STRANGER);

  it.each<readonly [string, Toward, string, boolean]>([
    ['a source that may come in, to a user of ours', 'user', STRANGER, true],
    ['any other source', 'user', '198.51.100.8', false],
    ['within a dialog over a flow of ours, from anywhere', 'dialog', '198.51.100.8', true],
    ['to another domain: a peer', 'elsewhere', PEER, true],
    ['to another domain: a source that may only come in', 'elsewhere', STRANGER, false],
  ])('%s', (_what, toward, address, needsNone) => {
    const flow = new FakeFlow('TCP', address);
    expect(rules.needsNoProof(flow, requestFrom(THEIRS), toward)).toBe(needsNone);
    // A From of ours has to be proved wherever it comes from.
    expect(rules.needsNoProof(flow, requestFrom(OURS), toward)).toBe(false);
  });

  it.each([
    'sip:alice@EXAMPLE.com',
    'sips:alice@example.com',
    'sip:alice@example.com.',
    'sip:alice@example.com:5070',
    'sip:alice@192.0.2.1',
    'sip:alice@[2001:db8::1]',
    'sip:alice@0300.0.2.1',
    'im:alice@example.com',
    'im:nonsense',
    'tel:+4930123',
    'mailto:alice@example.com',
  ])('MUST take %s for one of ours, or for one that cannot be told from ours', (from) => {
    expect(rules.needsNoProof(new FakeFlow('TCP', STRANGER), requestFrom(from), 'user')).toBe(
      false,
    );
  });

  it.each([
    'sip:carol@other.example',
    'sips:carol@OTHER.example',
    'im:carol@other.example',
    'sip:carol@xexample.com',
  ])('%s is from elsewhere', (from) => {
    expect(rules.needsNoProof(new FakeFlow('TCP', STRANGER), requestFrom(from), 'user')).toBe(true);
  });
});
