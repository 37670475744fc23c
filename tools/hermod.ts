// npm run hermod -- …: what an operator does to subscribers by hand, on the stores themselves.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  type BindingStore,
  canonicalAor,
  type RecipientStore,
  ServedDomains,
  type SubscriberStore,
} from '@hermod/contracts';
import type { Environment } from '@hermod/platform';
import { LmdbStores } from '@hermod/platform/lmdb';
import { RedisStores } from '@hermod/platform/redis';
import { parseUri } from '@hermod/sip';
import { bufferCodec } from '@hermod/transport';

const USAGE = `npm run hermod -- user add ADDRESS...      provision subscribers (closed domains know no others)
npm run hermod -- user remove ADDRESS...   take them away; what is stored for them stays until it expires
npm run hermod -- user list                all provisioned subscribers, one a line
npm run hermod -- user show ADDRESS        provisioned or not, bindings, stored messages

ADDRESS: alice@example.com or sip:alice@example.com

Works on the Redis of HERMOD_REDIS_URL when that is set (as for the cluster's services), else on the embedded
stores under HERMOD_DATA_DIR (./data), also while the standalone runs. HERMOD_DOMAINS and HERMOD_DOMAIN_ALIASES as for
the services: with aliases, every name stands for the first.
`;
const EXIT_USAGE = 64;
const env: Environment = process.env;
const PAGE = 1000;

type Stores = {
  readonly recipients: RecipientStore;
  readonly bindings: BindingStore;
  readonly subscribers: SubscriberStore;
  close(): Promise<void> | void;
};

/** A mistake of the caller's: shown without a stack. */
class UsageError extends Error {}

async function openStores(): Promise<Stores> {
  const url = env.HERMOD_REDIS_URL ?? '';
  if (url === '') {
    const dir = join(env.HERMOD_DATA_DIR || './data', 'stores');
    return LmdbStores.open(dir, { codec: bufferCodec });
  }
  const replicas = Number(env.HERMOD_REDIS_REPLICAS || '0');
  const stores = RedisStores.connect(url, { codec: bufferCodec, replicas });
  if (await stores.ready(3000)) return stores;
  stores.close();
  throw new UsageError('Redis does not answer within 3 s: check HERMOD_REDIS_URL');
}

function aorOf(address: string): string {
  const domainNames = (env.HERMOD_DOMAINS || 'localhost,127.0.0.1')
    .split(',')
    .map((name) => name.trim());
  const domains = new ServedDomains(domainNames, env.HERMOD_DOMAIN_ALIASES !== 'off');
  const uri = parseUri(address.includes(':') ? address : `sip:${address}`);
  if (!uri.ok || uri.value.kind !== 'sip' || uri.value.user === undefined) {
    throw new UsageError(`${address} is not an address such as alice@example.com`);
  }
  const aor = canonicalAor(uri.value, domains);
  if (aor === undefined) {
    throw new UsageError(
      `${address}: ${uri.value.host} is none of HERMOD_DOMAINS (${domainNames.join(', ')})`,
    );
  }
  return aor;
}

async function list(stores: Stores): Promise<void> {
  for (let after = ''; ; ) {
    const page = await stores.subscribers.listSubscribers(after, PAGE);
    for (const aor of page) console.log(aor);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = last;
  }
}

async function show(stores: Stores, aor: string): Promise<void> {
  const nowMs = Date.now();
  const state = await stores.recipients.read(aor, '', nowMs);
  const [oldest] = await stores.recipients.readMail(aor, -1, 1);
  console.log(`${aor}  ${state.provisioned ? 'provisioned' : 'not provisioned'}`);
  for (const binding of state.bindings) {
    const leftSec = Math.round((binding.expiresAtMs - nowMs) / 1000);
    const notes = [
      `expires in ${leftSec} s`,
      ...(binding.flowBound ? ['reached only over its flow'] : []),
      ...(binding.refusesMessage ? ['refuses MESSAGE'] : []),
    ];
    console.log(`  binding  ${binding.contact}  ${notes.join(', ')}`);
  }
  const since =
    oldest === undefined
      ? ''
      : `, the oldest from ${new Date(oldest.record.receivedAtMs).toISOString()}`;
  console.log(`  stored   ${state.mailboxCount} messages${since}`);
}

async function run(words: readonly string[]): Promise<void> {
  const [subject, verb, ...addresses] = words;
  const verbs = ['add', 'remove', 'list', 'show'];
  if (subject !== 'user' || verb === undefined || !verbs.includes(verb)) {
    throw new UsageError(`no such command: ${words.join(' ')}; npm run hermod alone lists them`);
  }
  if ((verb === 'list') !== (addresses.length === 0)) {
    const fault = verb === 'list' ? 'takes no address' : 'which address?';
    throw new UsageError(`user ${verb}: ${fault}`);
  }
  // All of them are checked before the first is changed.
  const aors = addresses.map(aorOf);
  const stores = await openStores();
  try {
    if (verb === 'list') await list(stores);
    for (const aor of aors) {
      if (verb === 'show') {
        await show(stores, aor);
      } else if (verb === 'add') {
        const isNew = await stores.subscribers.addSubscriber(aor);
        console.log(isNew ? `${aor} added` : `${aor} was there already`);
      } else {
        const wasThere = await stores.subscribers.removeSubscriber(aor);
        console.log(wasThere ? `${aor} removed` : `${aor} was not there`);
      }
    }
  } finally {
    await stores.close();
  }
}

try {
  const { values, positionals } = parseArgs({
    options: { help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  });
  if (values.help || positionals.length === 0) process.stdout.write(USAGE);
  else await run(positionals);
} catch (error) {
  process.stderr.write(`hermod: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError || error instanceof TypeError ? EXIT_USAGE : 1;
}
