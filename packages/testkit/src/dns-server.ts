import { promises as dns } from 'node:dns';
import { requireProgram } from './require-program.ts';
import { ServerProcess, startOnFreePort } from './server-process.ts';

/** Debian's, which is in the PATH of root alone. */
const DNSMASQ = '/usr/sbin/dnsmasq';
const START_TIMEOUT_MS = 10_000;
const READY = 'ready.hermod-test';

/**
 * One record as a zone file has it, `name TYPE data`, without TTLs save behind an address:
 * `example.com NAPTR 10 50 s SIP+D2T _sip._tcp.example.com`, `_sip._tcp.example.com SRV 1 0 5060 a.example.com`,
 * `a.example.com A 192.0.2.1 30`, `a.example.com AAAA 2001:db8::1`, `www.example.com CNAME a.example.com`. An SRV target `.`: not offered.
 */
export type ZoneLine = string;

/** A running DNS server. */
export type DnsServer = {
  /** `127.0.0.1:port`. */
  readonly address: string;
  /** What it was asked so far, `TYPE name`, in order. */
  readonly queries: readonly string[];
  /** Ends it. Idempotent. */
  stop(): Promise<void>;
};

/** Starts a real dnsmasq that knows these records and no others (installs Debian's when it is missing and we are root). */
export async function startDns(zone: readonly ZoneLine[]): Promise<DnsServer> {
  await requireProgram(DNSMASQ, 'dnsmasq-base');
  return startOnFreePort((port) => new DnsProcess(zone, port));
}

class DnsProcess implements DnsServer {
  readonly address: string;
  readonly queries: string[] = [];
  readonly #port: number;
  readonly #zone: readonly ZoneLine[];
  readonly #process: ServerProcess;
  #unread = '';

  constructor(zone: readonly ZoneLine[], port: number) {
    this.#zone = zone;
    this.#port = port;
    this.address = `127.0.0.1:${port}`;
    this.#process = new ServerProcess(`dnsmasq on port ${port}`);
  }

  async start(): Promise<void> {
    const resolver = new dns.Resolver({ timeout: 200, tries: 1 });
    resolver.setServers([this.address]);
    await this.#process.start(
      DNSMASQ,
      [
        '--no-daemon',
        '--conf-file=/dev/null',
        '--pid-file=',
        `--port=${this.#port}`,
        '--listen-address=127.0.0.1',
        '--bind-interfaces',
        '--no-resolv',
        '--no-hosts',
        // What it does not know does not exist.
        '--local=/#/',
        '--log-queries=extra',
        '--log-facility=-',
        `--host-record=${READY},127.0.0.1`,
        ...this.#zone.map(dnsmasqOption),
      ],
      async () => (await resolver.resolve4(READY).catch(() => [])).length > 0,
      START_TIMEOUT_MS,
      (text) => this.#onOutput(text),
    );
  }

  stop(): Promise<void> {
    return this.#process.end('SIGKILL');
  }

  #onOutput(text: string): void {
    const lines = (this.#unread + text).split('\n');
    this.#unread = lines.pop() ?? '';
    for (const line of lines) {
      const query = / query\[(\w+)\] (\S+) from /.exec(line);
      if (query !== null && query[2] !== READY) this.queries.push(`${query[1]} ${query[2]}`);
    }
  }
}

function dnsmasqOption(line: ZoneLine): string {
  const [name = '', type = '', ...data] = line.split(' ');
  switch (type) {
    case 'A':
    case 'AAAA':
      return `--host-record=${[name, ...data].join(',')}`;
    case 'CNAME':
      return `--cname=${name},${data.join('')}`;
    case 'SRV': {
      const [priority, weight, port, target] = data;
      // Without a target dnsmasq answers with the root.
      if (target === '.') return `--srv-host=${name}`;
      return `--srv-host=${name},${target},${port},${priority},${weight}`;
    }
    case 'NAPTR': {
      const [order, preference, flags, service, replacement] = data;
      return `--naptr-record=${name},${order},${preference},${flags},${service},,${replacement}`;
    }
    default:
      throw new Error(`no zone line: ${line}`);
  }
}
