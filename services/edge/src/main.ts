import { ServedDomains } from '@hermod/contracts';
import {
  formatHostPort,
  logGate,
  nodeGruuSeal,
  openTracer,
  ProbeGate,
  RandomIdSource,
  runService,
  sha256Hash,
  systemClock,
  trunkCredentials,
} from '@hermod/platform';
import { ClusterBackends, exposeBackendMetrics } from '@hermod/platform/cluster';
import { KafkaLogAppender } from '@hermod/platform/kafka';
import { bufferCodec, type PeerLinkTarget, TlsCredentials } from '@hermod/transport';
import { openAccessTokens } from './access-tokens.ts';
import {
  clientTls,
  openEdge,
  PeerTrunks,
  readChatPage,
  SipRegistrarClient,
  StoredRecipients,
  TrunkListener,
} from './app.ts';
import { exposeAuthenticationMetrics, newAuthenticator } from './authentication.ts';
import { configuredEdge } from './configured-edge.ts';
import { exposeAppenderMetrics, exposeEdgeMetrics, exposeTrunkMetrics } from './metrics.ts';
import { newLocator, newRelayRules } from './relaying.ts';

await runService('edge', process, async (context) => {
  const { config, logger, lifecycle, health, metrics, timers, http } = context;
  const tracer = await openTracer('edge', context);
  const credentialsOf = trunkCredentials(config, (pem) => new TlsCredentials(pem), context);
  const peerAt = (at: (typeof config.edges)[number]): PeerLinkTarget => {
    return { remote: { address: at.host, port: at.port }, credentials: credentialsOf(at) };
  };
  const backends = ClusterBackends.connect(config, config.edgeId, logger, bufferCodec);
  void backends.verify();
  const log = new KafkaLogAppender(backends.kafka, backends.topics);
  const gate = new ProbeGate(
    [
      { name: 'set-up', probe: () => backends.verified() },
      { name: 'log', probe: () => log.probe() },
      { name: 'store', probe: () => backends.stores.recipients.probe() },
    ],
    logGate(logger),
  );
  lifecycle.onStop('backends', async () => {
    gate.stop();
    await log.close();
    backends.close();
  });
  void gate.start();
  const registrars = new SipRegistrarClient({
    registrars: config.registrars.map(peerAt),
    timers,
  });
  registrars.start();
  const trunkAddress = config.trunkAdvertise ?? config.trunkListen;
  const ids = new RandomIdSource();
  const domains = new ServedDomains(config.domains, config.domainAliases);
  const tokens = await openAccessTokens(config, context);
  const authenticator = newAuthenticator(config, domains, backends.stores.credentials, ids, tokens);
  const trunks = new PeerTrunks(config.edges.map(peerAt), {
    address: trunkAddress.host,
    port: trunkAddress.port,
  });
  const client = await openEdge({
    ...configuredEdge(config, domains),
    edgeId: config.edgeId,
    tls: clientTls(config, context),
    ownSockets: [
      config.httpListen,
      config.trunkListen,
      trunkAddress,
      ...config.edges,
      ...config.registrars,
    ],
    logger,
    trunkOf: () => {
      return { ...trunkAddress, transport: trunkAddress.transport === 'tls' ? 'TLS' : 'TCP' };
    },
    ports: {
      log,
      registrar: registrars,
      trunks,
      recipients: new StoredRecipients(backends.stores.recipients),
      gate,
      clock: systemClock,
      timers,
      ids,
      hash: sha256Hash,
      codec: bufferCodec,
      authenticator,
      gruuSeal: config.gruuSecret === undefined ? undefined : nodeGruuSeal(config.gruuSecret),
      relay: newRelayRules(config, domains, authenticator !== undefined),
      locator: newLocator(config),
      tracer,
    },
  });
  const trunk = await TrunkListener.listen({
    edge: client.edge,
    address: config.trunkListen.host,
    port: config.trunkListen.port,
    peers: config.trunkPeers,
    credentials: credentialsOf(config.trunkListen),
    advertised: trunkAddress,
  });
  trunks.start(client.edge);
  lifecycle.onStop('trunk', async () => {
    await trunks.close();
    await trunk.close();
    await registrars.close();
  });
  // The trunk stays open meanwhile: the answers that waiting senders get come over it.
  lifecycle.onStop('clients', async (graceMs) => {
    client.stopAccepting();
    await client.edge.drain(graceMs);
    await client.close();
  });
  if (config.chat === true) {
    const { auth, wsRequireToken: requireToken } = config;
    http.add(readChatPage({ domain: domains.primary, auth, requireToken }, client.addresses));
  }
  exposeEdgeMetrics(metrics, client);
  exposeAuthenticationMetrics(metrics, authenticator);
  exposeTrunkMetrics(metrics, trunk, trunks, registrars);
  exposeAppenderMetrics(metrics, log);
  exposeBackendMetrics(metrics, backends);
  health.addCheck('gate', () => gate.reason);
  health.addCheck('registrars', () => (registrars.isUp ? undefined : 'no registrar answers'));
  logger.info({ sip: client.urls, trunk: formatHostPort(trunkAddress) }, 'edge is open');
});
