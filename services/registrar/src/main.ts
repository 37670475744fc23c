import { setTimeout as delay } from 'node:timers/promises';
import { ServedDomains } from '@hermod/contracts';
import {
  driveTimers,
  formatHostPort,
  monotonicMs,
  RandomIdSource,
  runService,
  systemClock,
} from '@hermod/platform';
import { ClusterBackends } from '@hermod/platform/cluster';
import { KafkaLogAppender } from '@hermod/platform/kafka';
import { DEFAULT_REGISTER_POLICY, TimerWheel } from '@hermod/sip';
import { bufferCodec } from '@hermod/transport';
import { RegisterListener } from './adapters/register-listener.ts';
import { RegistrarApp } from './app.ts';
import { exposeRegistrarMetrics } from './metrics.ts';

const TICK_MS = 10;

await runService('registrar', process, async ({ config, logger, lifecycle, health, metrics }) => {
  const wheel = new TimerWheel(monotonicMs(), TICK_MS, { nowMs: monotonicMs });
  const stopTimers = driveTimers(wheel, TICK_MS);
  const name = `registrar-${process.pid}`;
  const backends = ClusterBackends.connect(config, name, logger, bufferCodec);
  const log = new KafkaLogAppender(backends.kafka, backends.topics);
  lifecycle.onStop('backends', async () => {
    stopTimers();
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
      timers: wheel,
      ids: new RandomIdSource(),
    },
    {
      domains: new ServedDomains(config.domains, config.domainAliases),
      domainMode: config.domainMode,
      partitions: config.partitions,
      policy: DEFAULT_REGISTER_POLICY,
    },
  );
  const listener = await RegisterListener.listen({
    registrar,
    address: config.trunkListen.host,
    port: config.trunkListen.port,
    peers: config.trunkPeers,
  });
  lifecycle.onStop('registrar', async (graceMs) => {
    listener.stopAccepting();
    const endMs = monotonicMs() + graceMs;
    while (listener.pending > 0 && monotonicMs() < endMs) await delay(20);
    await registrar.drain();
    await listener.close();
  });
  exposeRegistrarMetrics(metrics, registrar.stats);
  // Not Kafka: REGISTER does not depend on the log (design §6).
  health.addCheck('backends', () => backends.problem);
  logger.info({ trunk: formatHostPort(config.trunkListen) }, 'registrar is open');
});
