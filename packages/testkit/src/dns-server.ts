import { type ChildProcess, spawn } from 'node:child_process';
import { promises as dns } from 'node:dns';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './ports.ts';
import { requireProgram } from './require-program.ts';

/** Debian's, which is in the PATH of root alone. */
const DNSMASQ = '/usr/sbin/dnsmasq';
const START_TIMEOUT_MS = 10_000;
const START_ATTEMPTS = 5;
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
  for (let attempt = 1; ; attempt += 1) {
    const server = new DnsProcess(zone, await freePort());
    try {
      await server.start();
      return server;
    } catch (error) {
      await server.stop();
      // Another process may have taken the free port in between.
      if (attempt >= START_ATTEMPTS) throw error;
    }
  }
}

class DnsProcess implements DnsServer {
  readonly address: string;
  readonly queries: string[] = [];
  readonly #port: number;
  readonly #zone: readonly ZoneLine[];
  #child: ChildProcess | undefined;
  #output = '';
  #unread = '';
  readonly #onExit = (): void => {
    this.#child?.kill('SIGKILL');
  };

  constructor(zone: readonly ZoneLine[], port: number) {
    this.#zone = zone;
    this.#port = port;
    this.address = `127.0.0.1:${port}`;
  }

  async start(): Promise<void> {
    const child = spawn(
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
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.#child = child;
    child.stderr.on('data', (bytes: Buffer) => this.#onOutput(bytes.toString()));
    child.on('error', (error) => this.#onOutput(`${String(error)}\n`));
    process.on('exit', this.#onExit);
    await this.#untilReady(child);
  }

  async stop(): Promise<void> {
    process.off('exit', this.#onExit);
    const child = this.#child;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  #onOutput(text: string): void {
    this.#output = (this.#output + text).slice(-4000);
    const lines = (this.#unread + text).split('\n');
    this.#unread = lines.pop() ?? '';
    for (const line of lines) {
      const query = / query\[(\w+)\] (\S+) from /.exec(line);
      if (query !== null && query[2] !== READY) this.queries.push(`${query[1]} ${query[2]}`);
    }
  }

  async #untilReady(child: ChildProcess): Promise<void> {
    const resolver = new dns.Resolver({ timeout: 200, tries: 1 });
    resolver.setServers([this.address]);
    const deadline = performance.now() + START_TIMEOUT_MS;
    while (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      const addresses = await resolver.resolve4(READY).catch(() => []);
      if (addresses.length > 0) return;
      if (performance.now() > deadline) break;
      await delay(20);
    }
    throw new Error(`dnsmasq on port ${this.#port} did not start:\n${this.#output}`);
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
