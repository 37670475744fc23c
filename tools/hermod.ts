// npm run hermod -- …: what an operator does to subscribers by hand, on the stores themselves.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  type BindingStore,
  type CredentialStore,
  canonicalAor,
  makeCredential,
  type RecipientStore,
  ServedDomains,
  type SubscriberStore,
} from '@hermod/contracts';
import { type Environment, nodeDigestHash } from '@hermod/platform';
import { LmdbStores } from '@hermod/platform/lmdb';
import { RedisStores } from '@hermod/platform/redis';
import { parseUri } from '@hermod/sip';
import { bufferCodec } from '@hermod/transport';
import { parseUserLines, passwordBytes } from './hermod/import-users.ts';
import { PasswordReader } from './hermod/password-reader.ts';
import { UsageError } from './hermod/usage-error.ts';

const USAGE = `npm run hermod -- user add ADDRESS...      provision subscribers (closed domains know no others)
npm run hermod -- user add --password ADDRESS...   the same, with a password each
npm run hermod -- user passwd ADDRESS...   a new password for subscribers (HERMOD_AUTH=digest)
npm run hermod -- user remove ADDRESS...   take them away; what is stored for them stays until it expires
npm run hermod -- user list                all provisioned subscribers, one a line
npm run hermod -- user show ADDRESS        provisioned or not, password or not, bindings, stored messages
npm run hermod -- user import [FILE]       add the users of a file, or of standard input, one a line:
                                           ADDRESS,password or ADDRESS,{MD5}HA1 (or {SHA-256}, {SHA-512-256})

ADDRESS: alice@example.com or sip:alice@example.com
Passwords are asked for; from standard input that is no terminal they are read one a line. Only their hashes are stored, for
the realm HERMOD_AUTH_REALM, or else the first of HERMOD_DOMAINS: another realm needs new passwords.
What is changed holds within 30 s; a connection whose user has proved itself already stays until it closes.

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
  readonly credentials: CredentialStore;
  close(): Promise<void> | void;
};

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

const domainNames = (env.HERMOD_DOMAINS || 'localhost,127.0.0.1')
  .split(',')
  .map((name) => name.trim());
const domains = new ServedDomains(domainNames, env.HERMOD_DOMAIN_ALIASES !== 'off');
const realm = env.HERMOD_AUTH_REALM || domains.primary;

function aorOf(address: string): string {
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
  const credential = await stores.credentials.readCredential(aor);
  if (credential !== undefined) {
    console.log(`  password ${Object.keys(credential.byUser).join(', ')}`);
  }
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

async function add(stores: Stores, aor: string): Promise<void> {
  const isNew = await stores.subscribers.addSubscriber(aor);
  console.log(isNew ? `${aor} added` : `${aor} was there already`);
}

async function remove(stores: Stores, aor: string): Promise<void> {
  // The password first: who is half removed must not be able to send.
  await stores.credentials.removeCredential(aor);
  const wasThere = await stores.subscribers.removeSubscriber(aor);
  console.log(wasThere ? `${aor} removed` : `${aor} was not there`);
}

async function passwd(stores: Stores, aors: readonly string[], isAdding: boolean): Promise<void> {
  const { subscribers, credentials } = stores;
  const passwords = new PasswordReader();
  try {
    for (const aor of aors) {
      if (!isAdding && !(await subscribers.isProvisioned(aor))) {
        throw new UsageError(`${aor} is not provisioned: user add --password ${aor.slice(4)}`);
      }
      const password = passwordBytes(await passwords.read(aor));
      if (isAdding) await add(stores, aor);
      await credentials.writeCredential(aor, makeCredential(aor, realm, password, nodeDigestHash));
      console.log(`${aor} has a new password`);
    }
  } finally {
    passwords.close();
  }
}

async function importUsers(stores: Stores, file: string | undefined): Promise<void> {
  let text: string;
  try {
    text = readFileSync(file === undefined || file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new UsageError(`user import: ${error instanceof Error ? error.message : String(error)}`);
  }
  // All lines are checked before the first is written.
  const users = parseUserLines(text, realm, aorOf);
  for (const [aor, credential] of users) {
    await stores.subscribers.addSubscriber(aor);
    await stores.credentials.writeCredential(aor, credential);
  }
  console.log(`${users.size} users imported`);
}

async function run(words: readonly string[], withPassword: boolean): Promise<void> {
  const [subject, verb, ...operands] = words;
  const verbs = ['add', 'passwd', 'remove', 'list', 'show', 'import'];
  if (subject !== 'user' || verb === undefined || !verbs.includes(verb)) {
    throw new UsageError(`no such command: ${words.join(' ')}; npm run hermod alone lists them`);
  }
  if (verb === 'import' && operands.length > 1) throw new UsageError('user import: one file');
  if (verb !== 'import' && (verb === 'list') !== (operands.length === 0)) {
    const fault = verb === 'list' ? 'takes no address' : 'which address?';
    throw new UsageError(`user ${verb}: ${fault}`);
  }
  // All of them are checked before the first is changed.
  const aors = verb === 'import' ? [] : operands.map(aorOf);
  const stores = await openStores();
  try {
    if (verb === 'list') await list(stores);
    if (verb === 'import') await importUsers(stores, operands[0]);
    if (verb === 'passwd' || (verb === 'add' && withPassword)) {
      await passwd(stores, aors, verb === 'add');
      return;
    }
    for (const aor of aors) {
      if (verb === 'show') await show(stores, aor);
      else if (verb === 'add') await add(stores, aor);
      else await remove(stores, aor);
    }
  } finally {
    await stores.close();
  }
}

try {
  const { values, positionals } = parseArgs({
    options: { help: { type: 'boolean', short: 'h' }, password: { type: 'boolean' } },
    allowPositionals: true,
  });
  if (values.help || positionals.length === 0) process.stdout.write(USAGE);
  else await run(positionals, values.password === true);
} catch (error) {
  process.stderr.write(`hermod: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError || error instanceof TypeError ? EXIT_USAGE : 1;
}
