import { parseArgs } from 'node:util';
import type { ArrivalProcess } from './core/arrivals.ts';
import { parseRate, parseRateFile, RateProfile, type RateSegment } from './core/rate-profile.ts';
import { INVARIANTS, type Invariant } from './core/verdict.ts';

/** Where a connection goes. */
export type TargetUrl = {
  readonly transport: 'TCP' | 'TLS' | 'UDP';
  readonly host: string;
  readonly port: number;
};

/** A share of the messages has bodies of this size. */
export type BodySize = { readonly bytes: number; readonly share: number };

/** Everything that was asked for, checked. Sent to the worker processes as it is. */
export type LoadOptions = {
  readonly targets: readonly TargetUrl[];
  readonly domain: string;
  readonly userPrefix: string;
  readonly password: string | undefined;
  readonly tlsCa: string | undefined;
  readonly tlsInsecure: boolean;
  readonly localAddresses: readonly string[];
  readonly users: number;
  readonly devices: number;
  readonly senders: number;
  readonly contacts: number;
  /** Share of the messages that go to users who are away, 0–1. */
  readonly away: number;
  readonly slowReaders: number;
  /** How many times the share of one sender the abusive source sends; 0: there is none. */
  readonly abuse: number;
  readonly segments: readonly RateSegment[];
  readonly seconds: number;
  readonly warmUpSec: number;
  readonly arrivals: ArrivalProcess;
  /** Messages in flight of the closed loop; 0: open loop. */
  readonly closed: number;
  readonly thinkMs: number;
  readonly bodies: readonly BodySize[];
  /** Devices per second that leave, connect and register again. */
  readonly churnPerSec: number;
  readonly storm: { readonly atSec: number; readonly share: number } | undefined;
  /** Devices forget every so many-th message; 0: none. */
  readonly forget: number;
  readonly obeyRetryAfter: boolean;
  readonly registerPerSec: number;
  readonly expiresSec: number;
  readonly collect: boolean;
  readonly settleSec: number;
  readonly workers: number;
  readonly seed: number;
  /** Invariants whose breach is reported, and no failure. */
  readonly allowed: readonly Invariant[];
  /** Path of the report without its extension; undefined: none is written. */
  readonly report: string | undefined;
  readonly progress: boolean;
};

/** What is asked for cannot be. */
export class UsageError extends Error {}

type OptionRow = readonly [name: string, value: string, preset: string, meaning: string];

/** Every option: its name, what it takes ('' for a switch), its default and its meaning. */
export const OPTIONS: Readonly<Record<string, readonly OptionRow[]>> = {
  'Where to': [
    [
      'target',
      'URL,…',
      'tcp://127.0.0.1:5060',
      'udp://, tcp:// or tls:// with host and port. Several: users take turns, so a repeated URL weighs more',
    ],
    ['domain', 'NAME', 'localhost', 'domain of all users'],
    ['user-prefix', 'TEXT', 'load', 'user names are this and a number: load0, load1, …'],
    [
      'password',
      'TEXT',
      '',
      'password of every user, for servers that challenge; see --print-users',
    ],
    ['tls-ca', 'FILE', '', 'PEM of the authority of the server’s certificate'],
    ['tls-insecure', '', '', 'take any certificate'],
    [
      'local-address',
      'IP,…',
      '',
      'source addresses, taken in turn; one carries about 28,000 connections',
    ],
  ],
  Who: [
    ['users', 'N', '1000', 'users that register, each device on a connection of its own'],
    ['devices', 'N', '1', 'devices of each user (1–32): a message goes to all of them'],
    ['senders', 'N', '', 'how many of the users send; default all (but slow readers)'],
    [
      'contacts',
      'N',
      '4',
      'each sender writes to so many users. Order is checked per sender and contact',
    ],
    [
      'away',
      'SHARE',
      '0',
      'share of the messages (0–1) to users without a device: they come to fetch them after the run',
    ],
  ],
  'How much': [
    [
      'rate',
      'PROFILE',
      '500',
      'messages per second: 500 | ramp 100..5000 | steps 500,1000,2000 | bursts 500@9,5000@1 (RATE@SECONDS, repeated)',
    ],
    ['rate-file', 'FILE', '', 'replay: lines "second rate"; its length is the duration'],
    ['duration', 'SEC', '30', 'seconds measured'],
    [
      'warm-up',
      'SEC',
      '3',
      'seconds at the first rate before that; checked, but not in the figures',
    ],
    [
      'arrivals',
      'KIND',
      'poisson',
      'poisson | even. Messages are due whatever the answers are, and times count from when they were due',
    ],
    [
      'closed',
      'N',
      '0',
      'closed loop instead: so many messages in flight, the next one when one is answered',
    ],
    ['think', 'MS', '0', 'closed loop: pause between an answer and the next message'],
    ['body', 'SIZES', '100', 'octets of bodies: 100 | 100:0.9,1200:0.1 (SIZE:SHARE)'],
  ],
  'What goes wrong': [
    ['churn', 'N', '0', 'devices per second that leave, connect and register again'],
    [
      'storm',
      'SEC:SHARE',
      '',
      'at that second, so many of all connections (0–1) break at once and come back',
    ],
    [
      'abuse',
      'K',
      '0',
      'one more user sends K times the share of one sender; its messages are counted apart',
    ],
    ['slow-readers', 'N', '0', 'so many of the users read a few hundred octets a second'],
    ['forget', 'N', '0', 'devices answer every Nth message and forget it: a run that must fail'],
    ['obey-retry-after', '', '', 'senders that got 503 with Retry-After keep quiet for so long'],
  ],
  Process: [
    [
      'workers',
      'N',
      '',
      'generator processes; default: one per 8,000 messages a second or connections',
    ],
    ['register-rate', 'N', '1000', 'connections and registrations a second before the run'],
    ['expires', 'SEC', '3600', 'Expires of registrations; renewed at half of it'],
    ['seed', 'N', '1', 'the same seed makes the same arrivals'],
  ],
  'What must hold': [
    ['allow', 'LIST', '', `breaches that are no failure: ${INVARIANTS.join(', ')}`],
    [
      'settle',
      'SEC',
      '40',
      'how long to wait for what is missing, after the run and again after fetching',
    ],
    [
      'no-collect',
      '',
      '',
      'after the run nobody registers again: what was answered 202 may be with the server',
    ],
    ['report', 'PATH', 'data/load/TIME', 'writes PATH.json and PATH.html; "none": neither'],
    ['quiet', '', '', 'no progress line'],
    [
      'print-users',
      '',
      '',
      'lines for `npm run hermod -- user import` (with --password), and no run',
    ],
    ['help', '', '', 'this text'],
  ],
};

/** The command's help. */
export function formatHelp(): string {
  let out =
    'npm run load -- [options]      registered users who write to each other through a SIP server, with a ledger of every message\n\n' +
    '  npm start                                       in one terminal, and in another:\n' +
    '  npm run load                                    500 messages/s between 1000 users for 30 s\n' +
    '  npm run load -- --users 10000 --rate 5000 --duration 60\n' +
    '  npm run load -- --rate 500..5000 --duration 120 --away 0.1 --churn 5\n' +
    '  npm run cluster                                 in one terminal; when it is ready it prints the --target of its edges:\n' +
    '  npm run load -- --target tcp://127.0.0.1:40001,tcp://127.0.0.1:40004 --users 10000 --rate 5000 --duration 60\n' +
    'More than the server can do is a test of overload: what it refuses (503) is counted, and what it accepts (2xx) must arrive, once and in order.\n' +
    'A server that then leaves requests without an answer needs --allow unanswered. On the same cores it shares them with the generator: the report says when that was late.\n';
  for (const [title, rows] of Object.entries(OPTIONS)) {
    out += `\n${title}\n`;
    for (const [name, value, preset, meaning] of rows) {
      const left = `--${name}${value === '' ? '' : ` ${value}`}`;
      out += `  ${left.padEnd(24)} ${meaning}${preset === '' ? '' : ` [${preset}]`}\n`;
    }
  }
  return (
    `${out}\nExit code 0: every invariant held. 1: one is broken (the report names messages). 2: the run could not be made.\n` +
    '78: an option is wrong. Ctrl-C ends the run early and in order; once more, at once.\n'
  );
}

type Raw = Readonly<Record<string, string | boolean | undefined>>;

/** What the command line says, as text by option name, presets filled in.  @throws UsageError */
export function parseCommandLine(args: readonly string[]): Raw {
  const rows = Object.values(OPTIONS).flat();
  const options = Object.fromEntries(
    rows.map(([name, value, preset]) => [
      name,
      value === ''
        ? ({ type: 'boolean' } as const)
        : { type: 'string' as const, ...(preset === '' ? {} : { default: preset }) },
    ]),
  );
  try {
    return parseArgs({ args: [...args], options }).values as Raw;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** Checks what was asked for.
 *  @param raw from {@link parseCommandLine}
 *  @param readText reads a file that an option names
 *  @param maxConnections that one process may have
 *  @throws UsageError that names the option and says what would do */
export function readOptions(
  raw: Raw,
  readText: (path: string) => string,
  maxConnections: number,
): LoadOptions {
  const text = (name: string): string | undefined => {
    const value = raw[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const wrong = (name: string, remedy: string): never => {
    throw new UsageError(`--${name} ${text(name) ?? ''}: ${remedy}`);
  };
  const number = (name: string, min: number, max: number, whole = true): number => {
    const value = Number(text(name) ?? Number.NaN);
    const fits = value >= min && value <= max && (!whole || Number.isInteger(value));
    return fits
      ? value
      : wrong(name, `must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}`);
  };
  const file = (name: string): string | undefined => {
    const path = text(name);
    if (path === undefined) return undefined;
    try {
      return readText(path);
    } catch (error) {
      return wrong(name, error instanceof Error ? error.message : 'cannot be read');
    }
  };

  const targets = (text('target') ?? '')
    .split(',')
    .map((url) => parseTarget(url) ?? wrong('target', 'must be like tcp://127.0.0.1:5060'));
  const users = number('users', 1, 10_000_000);
  const slowReaders = number('slow-readers', 0, users - 1);
  const senders =
    text('senders') === undefined ? users - slowReaders : number('senders', 1, users - slowReaders);
  const replayed = file('rate-file');
  const duration = number('duration', 0.1, 1_000_000, false);
  const segments =
    replayed === undefined
      ? (parseRate(text('rate') ?? '', duration) ??
        wrong('rate', 'must be like 500, 100..5000 or 500@9,5000@1'))
      : (parseRateFile(replayed) ??
        wrong('rate-file', 'must have lines "second rate", seconds rising'));
  const seconds =
    replayed === undefined ? duration : segments.reduce((sum, one) => sum + one.seconds, 0);
  const devices = number('devices', 1, 32);
  const away = number('away', 0, 1, false);
  const { peakPerSec } = new RateProfile(segments, seconds);
  const connections = Math.ceil(users * devices * (1 + away));
  const needed = Math.max(1, Math.ceil(peakPerSec / 8000), Math.ceil(connections / 8000));
  const workers = text('workers') === undefined ? Math.min(needed, 32) : number('workers', 1, 256);
  if (workers > senders) wrong('workers', `more than the ${senders} senders`);
  if (connections / workers > maxConnections) {
    const remedy = `${Math.ceil(connections / maxConnections)} workers, or raise the limit of open files`;
    throw new UsageError(`${connections} connections: this needs ${remedy}`);
  }
  const arrivals = text('arrivals');
  const bodies =
    parseBodies(text('body') ?? '') ?? wrong('body', 'must be like 100 or 100:0.9,1200:0.1');
  const tooLong = bodies.find(({ bytes }) => bytes > MAX_DATAGRAM_BODY);
  if (tooLong !== undefined && targets.some(({ transport }) => transport === 'UDP')) {
    wrong('body', `at most ${MAX_DATAGRAM_BODY} octets over UDP (RFC 3428 §8: 1300 with the head)`);
  }
  const localAddresses = text('local-address')?.split(',') ?? [];
  const allowed = (text('allow')?.split(',') ?? []).map(
    (name) =>
      INVARIANTS.find((one) => one === name) ?? wrong('allow', `knows ${INVARIANTS.join(', ')}`),
  );
  return {
    ...{ targets, users, devices, senders, away, slowReaders, segments, seconds, workers, bodies },
    ...{ localAddresses, allowed },
    domain: text('domain') ?? wrong('domain', 'must not be empty'),
    userPrefix: /^[\w.-]+$/.test(text('user-prefix') ?? '')
      ? (text('user-prefix') ?? '')
      : wrong('user-prefix', 'takes letters, digits, dots and hyphens'),
    password: text('password'),
    tlsCa: file('tls-ca'),
    tlsInsecure: raw['tls-insecure'] === true,
    contacts: number('contacts', 1, 64),
    abuse: number('abuse', 0, 1_000_000, false),
    warmUpSec: number('warm-up', 0, 3600),
    arrivals:
      arrivals === 'poisson' || arrivals === 'even'
        ? arrivals
        : wrong('arrivals', 'poisson or even'),
    closed: number('closed', 0, 1_000_000),
    thinkMs: number('think', 0, 1_000_000, false),
    churnPerSec: number('churn', 0, 100_000, false),
    storm:
      text('storm') === undefined
        ? undefined
        : (parseStorm(text('storm') ?? '') ?? wrong('storm', 'must be like 30:0.5')),
    forget: number('forget', 0, 1_000_000_000),
    obeyRetryAfter: raw['obey-retry-after'] === true,
    registerPerSec: number('register-rate', 1, 1_000_000),
    expiresSec: number('expires', 10, 1_000_000),
    collect: raw['no-collect'] !== true,
    settleSec: number('settle', 0, 3600, false),
    seed: number('seed', 0, 0xffff_ffff),
    report: text('report') === 'none' ? undefined : text('report'),
    progress: raw.quiet !== true,
  };
}

// RFC 3428 §8: 1300 octets with the head, which has about 450 here.
const MAX_DATAGRAM_BODY = 800;

function parseTarget(text: string): TargetUrl | undefined {
  const found = /^(udp|tcp|tls):\/\/(\[[0-9a-f:]+\]|[\w.-]+):(\d{1,5})$/i.exec(text.trim());
  if (found === null) return undefined;
  const [, scheme = '', host = '', port] = found;
  const transport = { udp: 'UDP', tcp: 'TCP', tls: 'TLS' } as const;
  const named = transport[scheme.toLowerCase() as keyof typeof transport];
  return { transport: named, host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

function parseBodies(text: string): BodySize[] | undefined {
  const bodies: BodySize[] = [];
  for (const part of text.split(',')) {
    const found = /^(\d+)(?::(\d*\.?\d+))?$/.exec(part.trim());
    if (found === null) return undefined;
    const bytes = Number(found[1]);
    if (bytes < 8 || bytes > 60_000) return undefined;
    bodies.push({ bytes, share: Number(found[2] ?? 1) });
  }
  return bodies;
}

function parseStorm(text: string): LoadOptions['storm'] {
  const found = /^(\d+(?:\.\d+)?):(\d*\.?\d+)$/.exec(text);
  const share = Number(found?.[2]);
  return share > 0 && share <= 1 ? { atSec: Number(found?.[1]), share } : undefined;
}

/** Address of a user. */
export function aorOf(options: LoadOptions, user: number): string {
  return `sip:${options.userPrefix}${user}@${options.domain}`;
}
