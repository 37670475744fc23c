import { H } from '@hermod/sip';
import { CertificateAuthority, SipPeer, type SipPeerOptions } from '@hermod/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ClusterUnderTest } from './cluster-under-test.ts';

const START_MS = 120_000;

describe('TLS in a cluster: clients, trunks with certificates on both sides (ADR 0015)', () => {
  const clients = new CertificateAuthority();
  const members = new CertificateAuthority();
  const shown = clients.issue({ altNames: ['URI:sip:localhost'] });
  const trunk = members.issue({ altNames: ['IP:127.0.0.1'] });
  const peers: SipPeer[] = [];
  let cluster: ClusterUnderTest;

  beforeAll(async () => {
    cluster = await ClusterUnderTest.start(['edge-1', 'edge-2', 'router-1', 'registrar-1'], {
      HERMOD_TLS_CERT: shown.certFile,
      HERMOD_TLS_KEY: shown.keyFile,
      HERMOD_TRUNK_TLS_CERT: trunk.certFile,
      HERMOD_TRUNK_TLS_KEY: trunk.keyFile,
      HERMOD_TRUNK_TLS_CA: members.ca.certFile,
    });
  }, START_MS);
  afterAll(async () => {
    for (const peer of peers) await peer.close();
    await cluster?.close();
    clients.remove();
    members.remove();
  }, START_MS);

  async function peer(edge: string, user: string, scheme: SipPeerOptions['scheme']) {
    // The certificate speaks for the domain, not for the address that it is reached by.
    const tls = {
      ca: clients.ca.cert,
      servername: 'localhost',
      checkServerIdentity: () => undefined,
    };
    const one = await SipPeer.tls(cluster.sipPort(edge), tls, { user, scheme: scheme ?? 'sip' });
    peers.push(one);
    return one;
  }

  test('a message for a sips URI MUST cross from edge to edge, directly and from the mailbox (RFC 5630 §5.3)', async () => {
    const alice = await peer('edge-2', 'alice', 'sips');
    expect((await alice.sendMessage('sips:bob@localhost', 'before')).status).toBe(202);
    const bob = await peer('edge-1', 'bob', 'sips');
    const registered = await bob.register();
    expect(registered.status).toBe(200);
    expect(registered.response.get(H.PATH)).toMatch(/^<sips:[^>]*;lr>$/);
    await bob.waitForRequests(1);
    // 202: the mailbox was not seen empty yet, and what comes goes behind it (design §4 rule 3).
    expect([200, 202]).toContain((await alice.sendMessage('sips:bob@localhost', 'after')).status);
    await bob.waitForRequests(2);
    expect(bob.texts).toEqual(['before', 'after']);
    for (const { request } of bob.received) {
      expect(request.requestUri).toBe(bob.contact);
      const inClear = request.all(H.VIA).filter((via) => !via.startsWith('SIP/2.0/TLS'));
      expect(inClear).toEqual([]);
    }
    expect([200, 202]).toContain((await alice.sendMessage('sip:bob@localhost', 'plain')).status);
    await bob.waitForRequests(3);
    expect(bob.received[2]?.request.requestUri).toBe(bob.contact.replace('sips:', 'sip:'));
  });

  test('a call MUST cross from edge to edge by sips Record-Routes', async () => {
    const dave = await peer('edge-1', 'dave', 'sips');
    expect((await dave.register()).status).toBe(200);
    const carol = await peer('edge-2', 'carol', 'sips');
    const answered = await carol.request('SUBSCRIBE', 'sips:dave@localhost', {
      headers: ['Contact: <sips:carol@127.0.0.1:5061>', 'Event: presence'],
    });
    expect(answered.status).toBe(200);
    const routes = dave.received[0]?.request.values(H.RECORD_ROUTE) ?? [];
    expect(routes.length).toBeGreaterThan(1);
    for (const route of routes) expect(route).toMatch(/^<sips:[^>]*;lr/);
    for (const route of routes) expect(route).not.toContain('transport=');
  });
});
