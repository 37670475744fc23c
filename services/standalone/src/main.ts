import {
  clientTls,
  exposeAuthenticationMetrics,
  exposeEdgeMetrics,
  type FlowTransport,
  type OpenEdge,
  openAccessTokens,
  readChatPage,
} from '@hermod/edge';
import { formatHostPort, openTracer, runService, type StandaloneConfig } from '@hermod/platform';
import { exposeRegistrarMetrics } from '@hermod/registrar';
import { exposeRouterMetrics } from '@hermod/router';
import { Standalone } from './app.ts';

/** As SIPp names those that it has. */
const SIPP_TRANSPORTS: ReadonlyMap<FlowTransport, string> = new Map([
  ['TCP', 't1'],
  ['UDP', 'u1'],
  ['TLS', 'l1'],
  ['SCTP', 's1'],
]);

await runService('standalone', process, async (context) => {
  const { config, logger, lifecycle, health, metrics, timers, http } = context;
  const tls = clientTls(config, context);
  const tracer = await openTracer('standalone', context);
  const tokens = await openAccessTokens(config, context);
  const standalone = await Standalone.start(config, logger, timers, tls, tracer, tokens);
  lifecycle.onStop('standalone', (graceMs) => standalone.stop(graceMs));
  exposeEdgeMetrics(metrics, standalone.client);
  exposeAuthenticationMetrics(metrics, standalone.authenticator);
  exposeRouterMetrics(metrics, standalone.router);
  exposeRegistrarMetrics(metrics, standalone.registrar.stats);
  health.addCheck('gate', () => standalone.gate.reason);
  health.addCheck('router', () => (standalone.router.ready ? undefined : 'waits for its store'));
  const { addresses } = standalone.client;
  const domain = config.domains[0] ?? 'localhost';
  const at = `http://${formatHostPort(http.address)}`;
  const hasChat = config.chat ?? addresses.some(({ transport }) => isWebSocket(transport));
  const { auth, wsRequireToken: requireToken } = config;
  if (hasChat) http.add(readChatPage({ domain, auth, requireToken }, addresses));
  logger.info(
    {
      sip: standalone.client.urls,
      http: at,
      chat: hasChat ? `${at}/chat` : undefined,
      auth,
      // Where everybody has to prove who it is, nobody can send yet: the first step is a user with a password.
      try:
        standalone.authenticator === undefined
          ? sippCommand(addresses, domain)
          : userCommand(auth, domain),
    },
    'Hermod is ready',
  );
});

function isWebSocket(transport: FlowTransport): boolean {
  return transport === 'WS' || transport === 'WSS';
}

/** Makes a first user.  @returns undefined when others do that */
function userCommand(auth: StandaloneConfig['auth'], domain: string): string | undefined {
  return auth === 'token' ? undefined : `npm run hermod -- user add --password bob@${domain}`;
}

/** Sends a first message.  @returns undefined when SIPp has none of the transports */
function sippCommand(addresses: OpenEdge['addresses'], domain: string): string | undefined {
  for (const [transport, name] of SIPP_TRANSPORTS) {
    const listener = addresses.find((one) => one.transport === transport);
    if (listener === undefined) continue;
    const { host, port } = listener.bound;
    return `sipp ${host}:${port} -sf docs/examples/send.xml -s bob -key domain ${domain} -t ${name} -m 1 -nostdin`;
  }
  return undefined;
}
