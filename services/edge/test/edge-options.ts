import { ServedDomains } from '@hermod/contracts';
import { RandomIdSource, sha256Hash, systemClock } from '@hermod/platform';
import { bufferCodec, DEFAULT_PEER_CAPS, TlsCredentials } from '@hermod/transport';
import { DEFAULT_EDGE_LIMITS } from '../src/domain/settings.ts';
import type { OpenEdgeOptions } from '../src/open-edge.ts';

type Given = Partial<Omit<OpenEdgeOptions, 'settings' | 'ports'>> & {
  readonly settings?: Partial<OpenEdgeOptions['settings']>;
  readonly ports: Partial<OpenEdgeOptions['ports']> & Pick<OpenEdgeOptions['ports'], 'timers'>;
};

const NOWHERE = { has: () => false };

/** What an edge with real sockets is opened with, but for what a test is about: free ports of loopback, the open domain localhost, nobody
 *  registered, nothing to be appended, nowhere to connect to. */
export function edgeOptions({ settings, ports, ...others }: Given): OpenEdgeOptions {
  return {
    edgeId: 'e1',
    listen: [
      { transport: 'tcp', host: '127.0.0.1', port: 0 },
      { transport: 'udp', host: '127.0.0.1', port: 0 },
    ],
    advertise: undefined,
    tls: {
      listen: undefined,
      connect: new TlsCredentials({}),
      requireClientCertificate: false,
    },
    mayOpen: () => true,
    ownSockets: [],
    peerCaps: DEFAULT_PEER_CAPS,
    destinations: { ofDevices: NOWHERE, ofDomains: NOWHERE },
    logger: { info: () => undefined, warn: () => undefined },
    trunkOf: (first) => first,
    ...others,
    settings: {
      domains: new ServedDomains(['localhost'], true),
      openDomain: true,
      acceptAfterMs: 300,
      limits: DEFAULT_EDGE_LIMITS,
      ...settings,
    },
    ports: {
      log: { append: () => Promise.reject(new Error('appended')), probe: () => Promise.resolve() },
      registrar: { register: () => Promise.resolve(undefined) },
      recipients: {
        read: () => Promise.resolve({ bindings: [], provisioned: false }),
        removeBinding: () => Promise.resolve(false),
      },
      gate: { open: true },
      clock: systemClock,
      ids: new RandomIdSource(),
      hash: sha256Hash,
      codec: bufferCodec,
      ...ports,
    },
  };
}
