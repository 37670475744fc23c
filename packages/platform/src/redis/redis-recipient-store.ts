import {
  type AppendMailOptions,
  type AppendMailResult,
  bindingsKey,
  encodeMail,
  ledgerPrefix,
  type MailEntry,
  mailboxKey,
  mailEntriesKey,
  mailSendersKey,
  REFUSES_MESSAGE,
  type RecipientState,
  type RecipientStore,
  storedMail,
  subscriberKey,
} from '@hermod/contracts';
import type { Latin1Codec } from '@hermod/sip';
import { LEDGER_TTL_SEC } from '../store-lifetimes.ts';
import type { DurableWriter } from './durable-writer.ts';
import type { RedisConnection } from './redis-connection.ts';
import { integerOf, RedisReply } from './redis-reply.ts';
import {
  APPEND_MAIL,
  FLAG_BINDING,
  PROBE_WRITE,
  READ,
  READ_MAIL,
  REMOVE_BINDING,
  REMOVE_MAIL,
} from './redis-scripts.ts';
import { bindingsOf } from './stored-bindings.ts';

/** {@link RecipientStore} on Redis: one script per call, every key of an AoR in one slot. */
export class RedisRecipientStore implements RecipientStore {
  readonly #connection: RedisConnection;
  readonly #writer: DurableWriter;
  readonly #codec: Latin1Codec;

  constructor(connection: RedisConnection, writer: DurableWriter, codec: Latin1Codec) {
    this.#connection = connection;
    this.#writer = writer;
    this.#codec = codec;
  }

  async read(aor: string, deliveryId: string, nowMs: number): Promise<RecipientState> {
    const reply = await this.#connection.run(READ, stateKeys(aor, deliveryId), []);
    return stateOf(new RedisReply(reply), nowMs);
  }

  async appendMail(
    aor: string,
    entry: MailEntry,
    options: AppendMailOptions,
  ): Promise<AppendMailResult> {
    const { deliveryId } = entry.record;
    const sender = options.perSender?.sender ?? '';
    const encoded = encodeMail(entry, this.#codec, sender);
    const reply = new RedisReply(
      await this.#writer.write(
        APPEND_MAIL,
        [...stateKeys(aor, deliveryId), mailEntriesKey(aor), mailSendersKey(aor)],
        [
          deliveryId,
          entry.order,
          Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength),
          options.seenVersion ?? '',
          options.maxEntries,
          LEDGER_TTL_SEC,
          sender,
          options.perSender?.maxEntries ?? 0,
        ],
      ),
    );
    const kind = reply.text(0);
    if (kind === 'moved' || kind === 'ended') return { kind, state: stateOf(reply, options.nowMs) };
    return kind === 'full' ? { kind: 'full' } : { kind: 'stored', count: reply.integer(1) };
  }

  async readMail(aor: string, afterOrder: number, limit: number): Promise<readonly MailEntry[]> {
    const keys = [mailboxKey(aor), mailEntriesKey(aor)];
    const reply = new RedisReply(await this.#connection.run(READ_MAIL, keys, [afterOrder, limit]));
    const entries: MailEntry[] = [];
    for (let i = 0; i < reply.length; i += 3) {
      const place = { aor, deliveryId: reply.text(i), order: reply.integer(i + 1) };
      entries.push(storedMail(place, reply.bytes(i + 2), this.#codec));
    }
    return entries;
  }

  async removeMail(
    aor: string,
    finished: Parameters<RecipientStore['removeMail']>[1],
  ): Promise<number> {
    const keys = [mailboxKey(aor), mailEntriesKey(aor), mailSendersKey(aor)];
    const args: (string | number)[] = [LEDGER_TTL_SEC];
    for (const { deliveryId, status } of finished) {
      keys.push(ledgerPrefix(aor) + deliveryId);
      args.push(deliveryId, status);
    }
    return integerOf(await this.#writer.write(REMOVE_MAIL, keys, args));
  }

  async recordStatus(aor: string, deliveryId: string, status: number): Promise<void> {
    const key = ledgerPrefix(aor) + deliveryId;
    await this.#connection.command('recordStatus', (client) =>
      client.set(key, status, 'EX', LEDGER_TTL_SEC),
    );
  }

  async removeBinding(aor: string, bindingKey: string, flowToken: string): Promise<boolean> {
    const args = [bindingKey, flowToken];
    return integerOf(await this.#connection.run(REMOVE_BINDING, [bindingsKey(aor)], args)) === 1;
  }

  async refuseMessage(aor: string, bindingKey: string, flowToken: string): Promise<boolean> {
    const args = [bindingKey, flowToken, REFUSES_MESSAGE];
    return integerOf(await this.#connection.run(FLAG_BINDING, [bindingsKey(aor)], args)) === 1;
  }

  async probe(): Promise<void> {
    const writers = this.#writer.connection;
    const probes = [writers.command('probe', (client) => client.eval(PROBE_WRITE, 0))];
    // A writer on a connection of its own may be away while the readers' is not, or the other way round.
    if (writers !== this.#connection) {
      probes.push(this.#connection.command('probe', (client) => client.ping()));
    }
    await Promise.all(probes);
  }
}

/** Reads `[tag, HGETALL b, ZCARD m, EXISTS s, GET l]`; bindings that have expired at `nowMs` are left out. */
function stateOf(reply: RedisReply, nowMs: number): RecipientState {
  const { version, bindings } = bindingsOf(reply.list(1));
  return {
    version,
    bindings: bindings.filter((binding) => binding.expiresAtMs > nowMs),
    mailboxCount: reply.integer(2),
    provisioned: reply.integer(3) === 1,
    ledgerStatus: reply.integer(4),
  };
}

function stateKeys(aor: string, deliveryId: string): string[] {
  return [bindingsKey(aor), mailboxKey(aor), subscriberKey(aor), ledgerPrefix(aor) + deliveryId];
}
