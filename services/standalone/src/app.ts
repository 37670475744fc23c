import { join } from 'node:path';
import { ServedDomains, type Tracer } from '@hermod/contracts';
import {
  type Authenticator,
  type ClientTls,
  configuredEdge,
  newAuthenticator,
  newLocator,
  newRelayRules,
  type OpenEdge,
  openEdge,
  StoredRecipients,
  type TokenParts,
} from '@hermod/edge';
import {
  ContactRanges,
  keptSecret,
  type Logger,
  logGate,
  mailboxMaxPerSender,
  monotonicMs,
  nodeGruuSeal,
  ProbeGate,
  prepareDataDirectory,
  RandomIdSource,
  type StandaloneConfig,
  sha256Hash,
  systemClock,
} from '@hermod/platform';
import { LmdbStores } from '@hermod/platform/lmdb';
import { FileOutcomeLog, SegmentLog } from '@hermod/platform/segment-log';
import { RegistrarApp } from '@hermod/registrar';
import { Router } from '@hermod/router';
import { DEFAULT_REGISTER_POLICY, type Timers } from '@hermod/sip';
import { bufferCodec } from '@hermod/transport';
import { InProcessRegistrar } from './adapters/in-process-registrar.ts';
import { InProcessTrunk } from './adapters/in-process-trunk.ts';

/** The whole log is one partition: one process owns it. */
const PARTITIONS = 1;
/** A crash forgets the edge's branch table, so finished records are committed soon: a repeat would show twice. */
const COMMIT_MS = 20;
const SWEEP_MS = 60_000;

/** Edge, router and registrar in one process on embedded stores. */
export class Standalone {
  readonly client: OpenEdge;
  readonly router: Router;
  readonly registrar: RegistrarApp;
  readonly log: SegmentLog;
  readonly gate: ProbeGate;
  readonly authenticator: Authenticator | undefined;
  readonly #stores: LmdbStores;
  readonly #outcomes: FileOutcomeLog;
  readonly #sweep: NodeJS.Timeout;

  private constructor(parts: {
    client: OpenEdge;
    router: Router;
    registrar: RegistrarApp;
    log: SegmentLog;
    gate: ProbeGate;
    authenticator: Authenticator | undefined;
    stores: LmdbStores;
    outcomes: FileOutcomeLog;
  }) {
    this.client = parts.client;
    this.router = parts.router;
    this.registrar = parts.registrar;
    this.log = parts.log;
    this.gate = parts.gate;
    this.authenticator = parts.authenticator;
    this.#stores = parts.stores;
    this.#outcomes = parts.outcomes;
    // What fails is reported by the gate's probe, and the next sweep does the work.
    this.#sweep = setInterval(() => void this.#stores.sweep().catch(() => undefined), SWEEP_MS);
  }

  /** Opens the stores, binds the listeners and starts routing what the last run left unfinished.
   *  Rejects with a PlatformError or the system's error, whose message says what to do. */
  static async start(
    config: StandaloneConfig,
    logger: Logger,
    timers: Timers,
    tls: ClientTls,
    tracer?: Tracer,
    tokens?: TokenParts,
  ): Promise<Standalone> {
    const clock = systemClock;
    const ids = new RandomIdSource();
    const domains = new ServedDomains(config.domains, config.domainAliases);
    for (const part of ['', 'stores', 'log', 'outcomes']) {
      prepareDataDirectory(join(config.dataDir, part), 'HERMOD_DATA_DIR');
    }
    const { gruuSecret = keptSecret(join(config.dataDir, 'gruu.key'), 'HERMOD_DATA_DIR') } = config;
    const gruuSeal = nodeGruuSeal(gruuSecret);
    const stores = LmdbStores.open(join(config.dataDir, 'stores'), { codec: bufferCodec });
    const log = await SegmentLog.open(join(config.dataDir, 'log'), {
      onProblem: (problem) => logger.warn({ ...problem }, 'segment log'),
    });
    const outcomes = await FileOutcomeLog.open(join(config.dataDir, 'outcomes'));
    const gate = new ProbeGate(
      [
        { name: 'log', probe: () => log.probe() },
        { name: 'store', probe: () => stores.recipients.probe() },
      ],
      logGate(logger),
    );
    const trunk = new InProcessTrunk();
    const router = new Router({
      consumer: log,
      store: stores.recipients,
      due: stores.due,
      outcomes,
      inbox: log,
      domains,
      hash: sha256Hash,
      codec: bufferCodec,
      trunk,
      clock,
      timers,
      policy: {
        openDomain: config.domainMode === 'open',
        mailboxTtlMs: config.mailboxTtlSec * 1000,
        mailboxMax: config.mailboxMax,
        mailboxMaxPerSender: mailboxMaxPerSender(config),
        acceptAfterMs: config.acceptAfterMs,
      },
      routerId: ids.token(),
      commitIntervalMs: COMMIT_MS,
      tracer,
      log: (level, message, detail) => logger[level](detail, message),
    });
    const registrar = new RegistrarApp(
      {
        bindings: stores.bindings,
        subscribers: stores.subscribers,
        log,
        due: stores.due,
        clock,
        timers,
        ids,
        gruuSeal,
      },
      {
        domains,
        domainMode: config.domainMode,
        partitions: PARTITIONS,
        policy: {
          ...DEFAULT_REGISTER_POLICY,
          contactNetworks: new ContactRanges(config.contactNetworks),
        },
      },
    );
    await gate.start();
    const authenticator = newAuthenticator(
      { ...config, gruuSecret },
      domains,
      stores.credentials,
      ids,
      tokens,
    );
    const client = await openEdge({
      ...configuredEdge(config, domains, router),
      edgeId: 'standalone',
      tls,
      ownSockets: [config.httpListen],
      logger,
      trunkOf: (first) => first,
      ports: {
        log,
        registrar: new InProcessRegistrar(registrar),
        recipients: new StoredRecipients(stores.recipients),
        gate,
        clock,
        timers,
        ids,
        hash: sha256Hash,
        codec: bufferCodec,
        authenticator,
        gruuSeal,
        relay: newRelayRules(config, domains, authenticator !== undefined),
        locator: newLocator(config),
        tracer,
      },
    });
    trunk.connect(client.edge);
    await router.start();
    return new Standalone({
      client,
      router,
      registrar,
      log,
      gate,
      authenticator,
      stores,
      outcomes,
    });
  }

  /** Stop accepting → finish what is in flight → commit → close (design §4 rule 10). */
  async stop(graceMs: number): Promise<void> {
    const startMs = monotonicMs();
    this.client.stopAccepting();
    await this.client.edge.drain(graceMs);
    await this.registrar.drain();
    // The router stops the log's consumer, which is the log itself: so it comes after the last append.
    await this.router.stop(Math.max(0, graceMs - (monotonicMs() - startMs)));
    await this.client.close();
    this.gate.stop();
    clearInterval(this.#sweep);
    await this.#outcomes.close();
    await this.log.close();
    await this.#stores.close();
  }
}
