import { ServedDomains } from '@hermod/contracts';
import { Metrics, RandomIdSource } from '@hermod/platform';
import { DIGEST_ALGORITHMS } from '@hermod/sip';
import { challengesIn, MemoryStores, VirtualClock } from '@hermod/testkit';
import { describe, expect, test } from 'vitest';
import { EdgeWorld, FakeFlow, messageText } from '../test/edge-world.ts';
import {
  type AuthenticationConfig,
  exposeAuthenticationMetrics,
  newAuthenticator,
} from './authentication.ts';
import type { Authenticator } from './domain/authentication/authenticator.ts';

const DIGEST: AuthenticationConfig = {
  auth: 'digest',
  authRealm: undefined,
  authAlgorithms: DIGEST_ALGORITHMS,
  authNonceSec: 300,
  gruuSecret: undefined,
};

function authenticatorOf(change: Partial<AuthenticationConfig>): Authenticator | undefined {
  const domains = new ServedDomains(['Example.COM', 'example.net'], true);
  return newAuthenticator(
    { ...DIGEST, ...change },
    domains,
    new MemoryStores(),
    new RandomIdSource(),
  );
}

/** The challenges of an edge with that configuration. */
function challengesOf(change: Partial<AuthenticationConfig>) {
  const flow = new FakeFlow();
  new EdgeWorld(new VirtualClock(), {}, authenticatorOf(change)).receive(flow, messageText());
  const [response] = flow.responses;
  return response === undefined ? [] : challengesIn(response);
}

describe('authentication as configured', () => {
  test('MUST know the dialogs of other processes by the secret that they share, and else none but its own', () => {
    const macOf = (gruuSecret: string | undefined) =>
      authenticatorOf({ gruuSecret })?.dialogMac.mac('a');
    expect(macOf('a shared secret')).toBe(macOf('a shared secret'));
    expect(macOf('a shared secret')).not.toBe(macOf('another secret'));
    expect(macOf(undefined)).not.toBe(macOf(undefined));
  });

  test('MUST ask nobody with open, and everybody with anything else', () => {
    expect(authenticatorOf({ auth: 'open' })).toBeUndefined();
    expect(challengesOf({ auth: 'open' })).toEqual([]);
    expect(challengesOf({ auth: undefined })).toHaveLength(3);
  });

  test('MUST offer the realm and the algorithms that are set, by default the first domain', () => {
    expect(challengesOf({})).toMatchObject(
      DIGEST_ALGORITHMS.map((algorithm) => ({ realm: 'example.com', algorithm })),
    );
    expect(challengesOf({ authRealm: 'chat', authAlgorithms: ['MD5', 'SHA-256'] })).toMatchObject([
      { realm: 'chat', algorithm: 'MD5' },
      { realm: 'chat', algorithm: 'SHA-256' },
    ]);
  });

  test('MUST show each result, at zero where nobody is asked', async () => {
    const open = new Metrics('edge');
    exposeAuthenticationMetrics(open, undefined);
    expect(await open.text()).toContain('result="wrong",service="edge"} 0');
    const authenticator = authenticatorOf({});
    const world = new EdgeWorld(new VirtualClock(), {}, authenticator);
    world.receive(new FakeFlow(), messageText());
    const metrics = new Metrics('edge');
    exposeAuthenticationMetrics(metrics, authenticator);
    const text = await metrics.text();
    expect(text).toContain('sip_authentications_total{result="challenged",service="edge"} 1');
    expect(text.match(/^sip_authentications_total\{/gm)).toHaveLength(10);
  });
});
