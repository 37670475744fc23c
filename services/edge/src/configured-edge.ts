import { canonicalAor, type ServedDomains } from '@hermod/contracts';
import { AddressRanges, type Origins, type Privileged } from '@hermod/platform';
import { parseUri } from '@hermod/sip';
import type { PrometheusOptions } from './adapters/prometheus-signals.ts';
import { type DefenceConfig, flowRateLimit, peerCaps } from './defence.ts';
import { PriorityRules } from './domain/priority-rules.ts';
import { DEFAULT_EDGE_LIMITS } from './domain/settings.ts';
import type { ClientEndpoint, OpenEdgeOptions } from './open-edge.ts';
import { pageOrigins } from './page-origins.ts';
import type { RouterLoad } from './ports.ts';
import { newDestinations, type RelayConfig } from './relaying.ts';

/** What the configuration says of an edge, whatever process it is in. */
export type EdgeConfig = RelayConfig &
  DefenceConfig & {
    readonly domainMode: 'open' | 'closed';
    readonly congestion: boolean;
    readonly priorityFrom: Privileged;
    readonly prometheusUrl: string | undefined;
    readonly prometheusMatch: string | undefined;
    readonly prometheusScrapeSec: number;
    readonly acceptAfterMs: number;
    readonly sipListen: readonly ClientEndpoint[];
    readonly sipAdvertise: readonly ClientEndpoint[] | undefined;
    readonly wsOrigins: Origins | undefined;
    readonly wsRequireToken: boolean;
  };

/** The part of {@link OpenEdgeOptions} that the configuration decides by itself.  @param router in the same process */
export function configuredEdge(
  config: EdgeConfig,
  domains: ServedDomains,
  router?: RouterLoad,
): Pick<
  OpenEdgeOptions,
  | 'listen'
  | 'advertise'
  | 'mayOpen'
  | 'requireToken'
  | 'peerCaps'
  | 'destinations'
  | 'congestion'
  | 'settings'
> {
  return {
    listen: config.sipListen,
    advertise: config.sipAdvertise,
    mayOpen: pageOrigins(config, domains),
    requireToken: config.wsRequireToken,
    peerCaps: peerCaps(config),
    destinations: newDestinations(config),
    congestion: config.congestion
      ? { router, priority: priorityRules(config, domains), prometheus: prometheusOf(config) }
      : undefined,
    settings: {
      domains,
      openDomain: config.domainMode === 'open',
      acceptAfterMs: config.acceptAfterMs,
      limits: { ...DEFAULT_EDGE_LIMITS, flowRate: flowRateLimit(config) },
    },
  };
}

function priorityRules({ priorityFrom }: EdgeConfig, domains: ServedDomains): PriorityRules {
  const users: string[] = [];
  for (const user of priorityFrom.users) {
    const uri = parseUri(`sip:${user}`);
    const aor = uri.ok && uri.value.kind === 'sip' ? canonicalAor(uri.value, domains) : undefined;
    // Nobody of another domain proves anything here.
    if (aor !== undefined) users.push(aor);
  }
  return new PriorityRules(users, new AddressRanges(priorityFrom.ranges));
}

function prometheusOf({
  prometheusUrl,
  prometheusMatch = '',
  prometheusScrapeSec,
}: EdgeConfig): PrometheusOptions | undefined {
  if (prometheusUrl === undefined) return undefined;
  return { url: prometheusUrl, match: prometheusMatch, scrapeSec: prometheusScrapeSec };
}
