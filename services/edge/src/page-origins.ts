import type { ServedDomains } from '@hermod/contracts';
import type { Origins } from '@hermod/platform';
import { isLoopback, uriHost } from '@hermod/sip';
import type { MayOpen } from '@hermod/transport';

/** What the configuration says of pages that open WebSockets. */
type PageConfig = {
  /** Undefined: those at names and addresses of ours. */
  readonly wsOrigins: Origins | undefined;
  readonly sipListen: readonly { readonly host: string }[];
  readonly sipAdvertise: readonly { readonly host: string }[] | undefined;
};

const LOOPBACK: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/**
 * `HERMOD_WS_ORIGINS`. Where nobody has to prove who he is, any page in the browser of somebody who can reach this process could speak in his name;
 * so a page has to come from here, or from where the operator says (RFC 6455 §10.2). Judged by the names of ours, never by what the request
 * says it was for: whose page it is also decides what its own name means.
 */
export function pageOrigins(config: PageConfig, domains: ServedDomains): MayOpen {
  const { wsOrigins, sipListen, sipAdvertise = [] } = config;
  if (wsOrigins === 'any') return () => true;
  if (wsOrigins !== undefined) {
    const listed = new Set(wsOrigins);
    return (origin) => listed.has(origin);
  }
  const hosts = new Set([...sipListen, ...sipAdvertise].map(({ host }) => uriHost(host)));
  if (sipListen.some(({ host }) => host === 'localhost' || isLoopback(host))) {
    for (const host of LOOPBACK) hosts.add(host);
  }
  return (origin) => {
    if (!URL.canParse(origin)) return false;
    const { hostname } = new URL(origin);
    return hosts.has(hostname) || domains.canonical(hostname) !== undefined;
  };
}
