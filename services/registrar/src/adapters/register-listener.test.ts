import { once } from 'node:events';
import { createServer } from 'node:net';
import { ServedDomains } from '@hermod/contracts';
import { DEFAULT_REGISTER_POLICY, TimerWheel } from '@hermod/sip';
import { CertificateAuthority, MemoryStores, SipPeer } from '@hermod/testkit';
import { TlsCredentials } from '@hermod/transport';
import { afterEach, describe, expect, it } from 'vitest';
import { RegistrarApp } from '../app.ts';
import { RegisterListener } from './register-listener.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

function registrar(): RegistrarApp {
  const stores = new MemoryStores();
  return new RegistrarApp(
    {
      bindings: stores,
      subscribers: stores,
      log: { append: () => Promise.resolve() },
      due: stores,
      clock: { nowMs: () => Date.UTC(2026, 10, 22) },
      timers: new TimerWheel(0),
      ids: { token: () => 'tag' },
    },
    {
      domains: new ServedDomains(['localhost'], true),
      domainMode: 'open',
      partitions: 8,
      policy: DEFAULT_REGISTER_POLICY,
    },
  );
}

describe('RegisterListener', () => {
  it('MUST answer a REGISTER on the connection it came by', async () => {
    const listener = await RegisterListener.listen({
      registrar: registrar(),
      address: '127.0.0.1',
      port: 0,
      peers: [],
    });
    cleanUps.push(() => listener.close());
    const edge = await SipPeer.tcp(listener.port, { user: 'bob' });
    cleanUps.push(() => edge.close());
    const { status, response } = await edge.register();
    expect(status).toBe(200);
    expect(response.byName('Contact')).toContain(edge.contact);
    expect(listener.pending).toBe(0);
    expect(listener.stats).toEqual({ refusedPeers: 0, capped: 0 });
  });

  it('MUST admit over TLS whoever shows a certificate of the cluster, and nobody else', async () => {
    const cluster = new CertificateAuthority();
    const stranger = new CertificateAuthority();
    cleanUps.push(() => {
      cluster.remove();
      stranger.remove();
    });
    const ca = cluster.ca.cert;
    const listener = await RegisterListener.listen({
      registrar: registrar(),
      address: '127.0.0.1',
      port: 0,
      peers: [],
      credentials: new TlsCredentials({ ...cluster.issue({ altNames: ['IP:127.0.0.1'] }), ca }),
    });
    cleanUps.push(() => listener.close());
    const { cert, key } = cluster.issue({});
    const edge = await SipPeer.tls(listener.port, { ca, cert, key }, { user: 'bob' });
    cleanUps.push(() => edge.close());
    expect((await edge.register()).status).toBe(200);
    const other = stranger.issue({});
    for (const shown of [{}, { cert: other.cert, key: other.key }]) {
      const refused = SipPeer.tls(listener.port, { ca, ...shown }, { user: 'eve' });
      await expect(refused.then((peer) => peer.register())).rejects.toThrow();
    }
  });

  it('MUST name address and variable when the address is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    cleanUps.push(() => void other.close());
    const bound = other.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    const options = { registrar: registrar(), address: '127.0.0.1', port, peers: [] };
    await expect(RegisterListener.listen(options)).rejects.toThrow(
      `cannot listen on tcp://127.0.0.1:${port}: something else listens there; change HERMOD_TRUNK_LISTEN`,
    );
  });
});
