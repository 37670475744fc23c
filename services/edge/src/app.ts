export { openAccessTokens } from './access-tokens.ts';
export { PeerTrunks } from './adapters/peer-trunks.ts';
export { SipRegistrarClient } from './adapters/sip-registrar-client.ts';
export { StoredRecipients } from './adapters/stored-recipients.ts';
export { TrunkListener } from './adapters/trunk-listener.ts';
export { exposeAuthenticationMetrics, newAuthenticator } from './authentication.ts';
export { readChatPage } from './chat/chat-page.ts';
export { type ClientTls, clientTls } from './client-tls.ts';
export { configuredEdge } from './configured-edge.ts';
export { Authenticator } from './domain/authentication/authenticator.ts';
export type { TokenParts } from './domain/authentication/token-authenticator.ts';
export {
  DEFAULT_EDGE_LIMITS,
  type EdgeLimits,
  type EdgeSettings,
  type HostPort,
} from './domain/settings.ts';
export { Edge } from './edge.ts';
export { exposeEdgeMetrics } from './metrics.ts';
export {
  type ClientEndpoint,
  type OpenEdge,
  type OpenEdgeOptions,
  openEdge,
} from './open-edge.ts';
export type {
  CongestionPorts,
  Connector,
  Destinations,
  EdgeDelivery,
  EdgeNeighbour,
  EdgePorts,
  EdgeService,
  EdgeTrunks,
  Flow,
  FlowTokens,
  FlowTransport,
  Hop,
  HopBounds,
  Locator,
  OnFinal,
  Outlet,
  Recipients,
  RegistrarPort,
  RelayPolicy,
  Toward,
  Transport,
} from './ports.ts';
export { newLocator, newRelayRules, type RelayConfig } from './relaying.ts';
