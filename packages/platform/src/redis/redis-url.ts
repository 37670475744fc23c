/** Where a Redis is, as `HERMOD_REDIS_URL` says. */
export type RedisTarget = {
  readonly kind: 'single' | 'sentinel' | 'cluster';
  /** The server, the sentinels or the cluster's seed nodes; never empty. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  /** Sentinel's name of the master; '' for the other kinds. */
  readonly master: string;
  readonly tls: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly db: number;
};

type TargetKind = {
  readonly kind: RedisTarget['kind'];
  readonly tls: boolean;
  readonly port: number;
};

const SCHEMES: ReadonlyMap<string, TargetKind> = new Map([
  ['redis', { kind: 'single', tls: false, port: 6379 }],
  ['rediss', { kind: 'single', tls: true, port: 6379 }],
  ['redis+sentinel', { kind: 'sentinel', tls: false, port: 26379 }],
  ['rediss+sentinel', { kind: 'sentinel', tls: true, port: 26379 }],
  ['redis+cluster', { kind: 'cluster', tls: false, port: 6379 }],
  ['rediss+cluster', { kind: 'cluster', tls: true, port: 6379 }],
]);

/** Reads a Redis URL: `redis[s]://[user:password@]host[:port][/db]`, `redis[s]+sentinel://…host:port,host:port/master`,
 *  `redis[s]+cluster://…host:port,host:port`. The standard URL parser knows no host lists, hence this one.
 *  @returns the target, or a sentence that says what is wrong (it never repeats the URL: that may hold a password) */
export function parseRedisUrl(text: string): RedisTarget | string {
  if (/\s/.test(text)) return 'it must not contain white space (in a password: %20)';
  const schemeEnd = text.indexOf('://');
  const scheme = SCHEMES.get(text.slice(0, Math.max(0, schemeEnd)).toLowerCase());
  if (scheme === undefined) {
    return 'the scheme must be redis, rediss, redis+sentinel or redis+cluster (rediss+… for TLS)';
  }
  let rest = text.slice(schemeEnd + 3);
  let username: string | undefined;
  let password: string | undefined;
  const at = rest.lastIndexOf('@');
  if (at >= 0) {
    const colon = rest.indexOf(':');
    const split = colon >= 0 && colon < at ? colon : at;
    try {
      if (split > 0) username = decodeURIComponent(rest.slice(0, split));
      if (split < at) password = decodeURIComponent(rest.slice(split + 1, at));
    } catch {
      return 'the user name or password is not well %-encoded';
    }
    rest = rest.slice(at + 1);
  }
  const slash = rest.indexOf('/');
  const path = slash < 0 ? '' : rest.slice(slash + 1);
  const nodes: { host: string; port: number }[] = [];
  for (const part of (slash < 0 ? rest : rest.slice(0, slash)).split(',')) {
    const node = parseNode(part, scheme.port);
    if (node === undefined) {
      return 'it must name host:port, or a list of them (user name and password end with an @)';
    }
    nodes.push(node);
  }
  if (scheme.kind === 'single' && nodes.length > 1) {
    return 'several hosts need redis+sentinel:// or redis+cluster://';
  }
  if (scheme.kind === 'sentinel' && path === '') {
    return "the path must name Sentinel's master: redis+sentinel://host:26379/mymaster";
  }
  if (scheme.kind === 'cluster' && path !== '') return 'a cluster has no databases: drop the path';
  let db = 0;
  if (scheme.kind === 'single' && path !== '') {
    if (!/^\d{1,5}$/.test(path)) return 'the path must be a database number';
    db = Number(path);
  }
  const master = scheme.kind === 'sentinel' ? path : '';
  return { kind: scheme.kind, nodes, master, tls: scheme.tls, username, password, db };
}

function parseNode(text: string, defaultPort: number): { host: string; port: number } | undefined {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(text);
  if (match === null) return undefined;
  const port = match[2] === undefined ? defaultPort : Number(match[2]);
  const host = match[1] ?? '';
  if (port < 1 || port > 65535) return undefined;
  return { host: host.startsWith('[') ? host.slice(1, -1) : host, port };
}
