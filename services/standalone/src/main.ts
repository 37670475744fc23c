import { clientTls, exposeAuthenticationMetrics, exposeEdgeMetrics } from '@hermod/edge';
import { formatHostPort, openTracer, runService } from '@hermod/platform';
import { exposeRegistrarMetrics } from '@hermod/registrar';
import { exposeRouterMetrics } from '@hermod/router';
import { Standalone } from './app.ts';

/** As SIPp names them. */
const SIPP_TRANSPORTS = { UDP: 'u1', TCP: 't1', TLS: 'l1', SCTP: 's1', WS: 't1', WSS: 'l1' } as const;

await runService('standalone', process, async (context) => {
  const { config, logger, lifecycle, health, metrics, timers, http } = context;
  const tls = clientTls(config, context);
  const tracer = await openTracer('standalone', context);
  const standalone = await Standalone.start(config, logger, timers, tls, tracer);
  lifecycle.onStop('standalone', (graceMs) => standalone.stop(graceMs));
  exposeEdgeMetrics(metrics, standalone.client);
  exposeAuthenticationMetrics(metrics, standalone.authenticator);
  exposeRouterMetrics(metrics, standalone.router);
  exposeRegistrarMetrics(metrics, standalone.registrar.stats);
  health.addCheck('gate', () => standalone.gate.reason);
  health.addCheck('router', () => (standalone.router.ready ? undefined : 'waits for its store'));
  const { listeners } = standalone.client;
  const clearest = listeners.find(({ transport }) => transport === 'TCP') ?? listeners[0];
  const { address, port } = clearest?.address ?? { address: '127.0.0.1', port: 5060 };
  const domain = config.domains[0] ?? 'localhost';
  const target = formatHostPort({ host: address, port });
  const transport = SIPP_TRANSPORTS[clearest?.transport ?? 'UDP'];
  // Where everybody has to prove who it is, nobody can send yet: the first step is a user with a password.
  const firstStep =
    standalone.authenticator === undefined
      ? `sipp ${target} -sf docs/examples/send.xml -s bob -key domain ${domain} -t ${transport} -m 1 -nostdin`
      : `npm run hermod -- user add --password bob@${domain}`;
  logger.info(
    {
      sip: standalone.client.urls,
      http: `http://${formatHostPort(http.address)}`,
      auth: config.auth,
      try: firstStep,
    },
    'Hermod is ready',
  );
});
