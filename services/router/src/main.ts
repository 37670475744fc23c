import { ServedDomains } from '@hermod/contracts';
import {
  formatHostPort,
  mailboxMaxPerSender,
  openTracer,
  RandomIdSource,
  runService,
  sha256Hash,
  systemClock,
  trunkCredentials,
} from '@hermod/platform';
import { ClusterBackends, exposeBackendMetrics } from '@hermod/platform/cluster';
import { KafkaLogAppender, KafkaLogConsumer, KafkaOutcomeLog } from '@hermod/platform/kafka';
import { bufferCodec, TlsCredentials } from '@hermod/transport';
import { SipTrunk } from './adapters/sip-trunk.ts';
import { EdgeAdvice } from './domain/edge-advice.ts';
import { exposeRouterMetrics, exposeTrunkMetrics } from './metrics.ts';
import { Router } from './router.ts';

const GROUP_ID = 'hermod-router';
/** The broker's minimum: how long the partitions of a dead router wait for a successor. */
const SESSION_MS = 6000;
const COMMIT_MS = 250;

await runService('router', process, async (context) => {
  const { config, logger, lifecycle, health, metrics, timers } = context;
  const tracer = await openTracer('router', context);
  const credentialsOf = trunkCredentials(config, (pem) => new TlsCredentials(pem), context);
  const name = `router-${process.pid}`;
  const backends = ClusterBackends.connect(config, name, logger, bufferCodec);
  const outcomes = new KafkaOutcomeLog(backends.kafka, backends.topics);
  const inbox = new KafkaLogAppender(backends.kafka, backends.topics);
  lifecycle.onStop('backends', async () => {
    await inbox.close();
    await outcomes.close();
    backends.close();
  });
  const trunk = new SipTrunk({
    edges: config.edges.map((at) => {
      return { remote: { address: at.host, port: at.port }, credentials: credentialsOf(at) };
    }),
    // Answers come back on the connection: nobody needs to resolve this name (RFC 3261 §18.2.2).
    sentBy:
      config.trunkAdvertise === undefined
        ? `${name}.invalid`
        : formatHostPort(config.trunkAdvertise),
    timers,
    clock: systemClock,
  });
  trunk.start();
  lifecycle.onStop('trunk', () => trunk.close());
  const router = new Router({
    consumer: new KafkaLogConsumer(backends.kafka, {
      groupId: GROUP_ID,
      topic: backends.topics.inbox,
      sessionTimeoutMs: SESSION_MS,
    }),
    store: backends.stores.recipients,
    due: backends.stores.due,
    outcomes,
    inbox,
    domains: new ServedDomains(config.domains, config.domainAliases),
    hash: sha256Hash,
    codec: bufferCodec,
    trunk,
    clock: systemClock,
    timers,
    policy: {
      openDomain: config.domainMode === 'open',
      mailboxTtlMs: config.mailboxTtlSec * 1000,
      mailboxMax: config.mailboxMax,
      mailboxMaxPerSender: mailboxMaxPerSender(config),
      acceptAfterMs: config.acceptAfterMs,
    },
    routerId: new RandomIdSource().token(),
    commitIntervalMs: COMMIT_MS,
    tracer,
    log: (level, message, detail) => logger[level](detail, message),
  });
  trunk.advice = new EdgeAdvice(router, systemClock.nowMs());
  lifecycle.onStop('router', (graceMs) => router.stop(graceMs));
  exposeRouterMetrics(metrics, router);
  exposeTrunkMetrics(metrics, trunk);
  exposeBackendMetrics(metrics, backends);
  health.addCheck('backends', () => backends.problem);
  health.addCheck('router', () =>
    router.ready ? undefined : 'waits for its partitions or for its store',
  );
  health.addCheck('edges', () => (trunk.edgesUp > 0 ? undefined : 'no edge answers'));
  // Nothing is read before the set-up is right: what edges accept meanwhile waits in the log.
  void backends.verify().then(async (isVerified) => {
    if (isVerified) await router.start();
  });
  logger.info({ edges: config.edges.map(formatHostPort) }, 'router is open');
});
