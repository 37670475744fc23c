import { setTimeout as delay } from 'node:timers/promises';
import { ServedDomains } from '@hermod/contracts';
import {
  ContactRanges,
  formatHostPort,
  monotonicMs,
  nodeGruuSeal,
  RandomIdSource,
  runService,
  systemClock,
  trunkCredentials,
} from '@hermod/platform';
import { ClusterBackends, exposeBackendMetrics } from '@hermod/platform/cluster';
import { KafkaLogAppender } from '@hermod/platform/kafka';
import { DEFAULT_REGISTER_POLICY } from '@hermod/sip';
import { bufferCodec, TlsCredentials } from '@hermod/transport';
import { RegisterListener } from './adapters/register-listener.ts';
import { RegistrarApp } from './app.ts';
import { exposeListenerMetrics, exposeRegistrarMetrics } from './metrics.ts';

await runService('registrar', process, async (context) => {
  const { config, logger, lifecycle, health, metrics, timers } = context;
  const credentialsOf = trunkCredentials(config, (pem) => new TlsCredentials(pem), context);
  const name = `registrar-${process.pid}`;
  const backends = ClusterBackends.connect(config, name, logger, bufferCodec);
  const log = new KafkaLogAppender(backends.kafka, backends.topics);
  lifecycle.onStop('backends', async () => {
    await log.close();
    backends.close();
  });
  void backends.verify();
  const registrar = new RegistrarApp(
    {
      bindings: backends.stores.bindings,
      subscribers: backends.stores.subscribers,
      log,
      due: backends.stores.due,
      clock: systemClock,
      timers,
      ids: new RandomIdSource(),
      gruuSeal: config.gruuSecret === undefined ? undefined : nodeGruuSeal(config.gruuSecret),
    },
    {
      domains: new ServedDomains(config.domains, config.domainAliases),
      domainMode: config.domainMode,
      partitions: config.partitions,
      policy: {
        ...DEFAULT_REGISTER_POLICY,
        contactNetworks: new ContactRanges(config.contactNetworks),
      },
    },
  );
  const listener = await RegisterListener.listen({
    registrar,
    address: config.trunkListen.host,
    port: config.trunkListen.port,
    peers: config.trunkPeers,
    credentials: credentialsOf(config.trunkListen),
  });
  lifecycle.onStop('registrar', async (graceMs) => {
    listener.stopAccepting();
    const endMs = monotonicMs() + graceMs;
    while (listener.pending > 0 && monotonicMs() < endMs) await delay(20);
    await registrar.drain();
    await listener.close();
  });
  exposeRegistrarMetrics(metrics, registrar.stats);
  exposeListenerMetrics(metrics, listener);
  exposeBackendMetrics(metrics, backends);
  // Whether they were set up, no more: REGISTER does not depend on the log (design §6), and says 503 itself while the store is away.
  health.addCheck('backends', () => backends.problem);
  logger.info({ trunk: formatHostPort(config.trunkListen) }, 'registrar is open');
});
