import { ServedDomains } from '@hermod/contracts';
import { type OpenEdge, openEdge, PeerTrunks, StoredRecipients, TrunkListener } from '@hermod/edge';
import { driveTimers, monotonicMs, RandomIdSource, systemClock } from '@hermod/platform';
import { RegistrarApp } from '@hermod/registrar';
import { DEFAULT_REGISTER_POLICY, TimerWheel } from '@hermod/sip';
import { freePorts, MemoryStores } from '@hermod/testkit';
import { edgeOptions } from '../../services/edge/test/edge-options.ts';
import { InProcessRegistrar } from '../../services/standalone/src/adapters/in-process-registrar.ts';

const HOST = '127.0.0.1';

/** Two edges with real sockets and real trunks between them, and one registrar. No log: calls do not need it. */
export class TwoEdges {
  readonly edges: readonly OpenEdge[];
  /** UDP and TCP port of each. */
  readonly sipPorts: readonly number[];
  readonly #close: () => Promise<void>;

  private constructor(
    edges: readonly OpenEdge[],
    sipPorts: readonly number[],
    close: () => Promise<void>,
  ) {
    this.edges = edges;
    this.sipPorts = sipPorts;
    this.#close = close;
  }

  static async start(domain: string): Promise<TwoEdges> {
    const timers = new TimerWheel(monotonicMs(), 10, { nowMs: monotonicMs });
    const closers: (() => Promise<void> | void)[] = [driveTimers(timers, 10)];
    const ids = new RandomIdSource();
    const domains = new ServedDomains([domain], true);
    const stores = new MemoryStores();
    const log = {
      append: () => Promise.reject(new Error('calls are not appended')),
      probe: () => Promise.resolve(),
    };
    const registrar = new RegistrarApp(
      { bindings: stores, subscribers: stores, log, due: stores, clock: systemClock, timers, ids },
      { domains, domainMode: 'open', partitions: 1, policy: DEFAULT_REGISTER_POLICY },
    );
    const trunkPorts = await freePorts(2);
    const targets = trunkPorts.map((port) => ({ remote: { address: HOST, port } }));
    const sipPorts = await freePorts(2);
    const edges: OpenEdge[] = [];
    for (const [index, port] of sipPorts.entries()) {
      const trunkPort = trunkPorts[index] ?? 0;
      const trunks = new PeerTrunks(targets, { address: HOST, port: trunkPort });
      const endpoint = { host: HOST, port };
      const open = await openEdge(
        edgeOptions({
          edgeId: `edge-${index + 1}`,
          listen: [
            { ...endpoint, transport: 'udp' },
            { ...endpoint, transport: 'tcp' },
          ],
          trunkOf: () => ({ host: HOST, port: trunkPort, transport: 'TCP' }),
          settings: { domains },
          ports: {
            registrar: new InProcessRegistrar(registrar),
            recipients: new StoredRecipients(stores),
            trunks,
            timers,
          },
        }),
      );
      const listener = await TrunkListener.listen({
        edge: open.edge,
        address: HOST,
        port: trunkPort,
        peers: [],
      });
      trunks.start(open.edge);
      edges.push(open);
      closers.push(
        () => trunks.close(),
        () => listener.close(),
        () => open.close(),
      );
    }
    return new TwoEdges(edges, sipPorts, async () => {
      for (const close of closers.reverse()) await close();
    });
  }

  close(): Promise<void> {
    return this.#close();
  }
}
