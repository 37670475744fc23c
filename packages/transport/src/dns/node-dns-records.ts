import { promises as dns } from 'node:dns';
import type { DnsRecords, NaptrRecord, SrvRecord } from './dns-records.ts';
import { type DnsAnswer, RecordCache } from './record-cache.ts';

/** How long answers are believed, ms. Node tells the TTL of addresses, and of no other records. */
const MIN_TTL_MS = 1_000;
const MAX_TTL_MS = 300_000;
const SERVICE_TTL_MS = 30_000;
const NEGATIVE_TTL_MS = 10_000;
const FAILURE_TTL_MS = 2_000;
/** One try of one server, ms, tries of each, and what all of them may take together: a request of ours waits for up to three answers, one
 *  after the other, and its client for 32 s in all. */
const TRY_MS = 1_000;
const TRIES = 2;
const QUERY_MS = 3_000;
/** Names remembered of each record type, some 200 bytes each. */
const MAX_NAMES = 4_096;
const MAX_QUERIES = 256;

/** What a {@link NodeDnsRecords} is made with. */
export type NodeDnsOptions = {
  /** Servers to ask, `address` or `address:port`, IPv6 in brackets where there is a port; undefined: those of the system. */
  readonly servers?: readonly string[] | undefined;
};

/** {@link DnsRecords} from c-ares, Node's own resolver: it needs no thread, knows all record types, and goes by the DNS alone, not by
 *  the hosts file. */
export class NodeDnsRecords implements DnsRecords {
  readonly #resolver = new dns.Resolver({ timeout: TRY_MS, maxTimeout: TRY_MS, tries: TRIES });
  readonly #naptr = this.#cacheOf((name) => this.#askNaptr(name));
  readonly #srv = this.#cacheOf((name) => this.#askSrv(name));
  readonly #addresses = this.#cacheOf((name) => this.#askAddresses(name));

  constructor(options: NodeDnsOptions = {}) {
    if (options.servers !== undefined) this.#resolver.setServers(options.servers);
  }

  /** Names remembered, of all types: a gauge. */
  get size(): number {
    return this.#naptr.size + this.#srv.size + this.#addresses.size;
  }

  naptr(name: string): Promise<readonly NaptrRecord[] | undefined> {
    return this.#naptr.get(name);
  }

  srv(name: string): Promise<readonly SrvRecord[] | undefined> {
    return this.#srv.get(name);
  }

  addresses(name: string): Promise<readonly string[] | undefined> {
    return this.#addresses.get(name);
  }

  async #askNaptr(name: string): Promise<DnsAnswer<NaptrRecord>> {
    const records = await recordsOf(this.#resolver.resolveNaptr(name));
    return { records, ttlMs: ttlOf(records, SERVICE_TTL_MS) };
  }

  async #askSrv(name: string): Promise<DnsAnswer<SrvRecord>> {
    const records = await recordsOf(this.#resolver.resolveSrv(name));
    return { records, ttlMs: ttlOf(records, SERVICE_TTL_MS) };
  }

  /** RFC 7984 §3.1: of both families. IPv4 first (DEVIATION, docs/adr/0014): many a host has an IPv6 address and no way out by it. */
  async #askAddresses(name: string): Promise<DnsAnswer<string>> {
    const [v4, v6] = await Promise.all([
      recordsOf(this.#resolver.resolve4(name, { ttl: true })),
      recordsOf(this.#resolver.resolve6(name, { ttl: true })),
    ]);
    const isUnknown = v4 === undefined || v6 === undefined;
    const found = [...(v4 ?? []), ...(v6 ?? [])];
    if (isUnknown && found.length === 0) return { records: undefined, ttlMs: FAILURE_TTL_MS };
    const leastSec = found.reduce((least, { ttl }) => Math.min(least, ttl), MAX_TTL_MS / 1000);
    const records = found.map(({ address }) => address);
    return { records, ttlMs: ttlOf(records, Math.max(MIN_TTL_MS, leastSec * 1000)) };
  }

  #cacheOf<T>(ask: (name: string) => Promise<DnsAnswer<T>>): RecordCache<T> {
    return new RecordCache({
      ask,
      nowMs: () => performance.now(),
      maxNames: MAX_NAMES,
      maxQueries: MAX_QUERIES,
    });
  }
}

function ttlOf(records: readonly unknown[] | undefined, positiveMs: number): number {
  if (records === undefined) return FAILURE_TTL_MS;
  return records.length === 0 ? NEGATIVE_TTL_MS : positiveMs;
}

/** An empty list where the DNS says that there is nothing, undefined where it says nothing in time. */
async function recordsOf<T>(asked: Promise<readonly T[]>): Promise<readonly T[] | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const isLate = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), QUERY_MS);
  });
  const records = await Promise.race([answerOf(asked), isLate]);
  clearTimeout(timer);
  return records;
}

async function answerOf<T>(asked: Promise<readonly T[]>): Promise<readonly T[] | undefined> {
  try {
    return await asked;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    // A name that cannot be asked for has no records either.
    const isNothing = code === 'ENOTFOUND' || code === 'ENODATA' || code === 'EBADNAME';
    return isNothing ? [] : undefined;
  }
}
