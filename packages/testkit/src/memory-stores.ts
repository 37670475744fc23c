import type {
  AppendMailOptions,
  AppendMailResult,
  BindingStore,
  Credential,
  CredentialStore,
  DueStore,
  MailEntry,
  RecipientState,
  RecipientStore,
  SubscriberStore,
} from '@hermod/contracts';
import { PlatformError, storedMail } from '@hermod/contracts';
import type { Binding } from '@hermod/sip';
import { bufferCodec } from '@hermod/transport';

type Recipient = {
  version: number;
  bindings: Binding[];
  /** Sorted by order. */
  mail: (MailEntry & { readonly sender: string | undefined })[];
  readonly ledger: Map<string, number>;
};

/** Every store port in memory, for tests of the domain; it passes the same contract suite as Redis and LMDB.
 *  `away` makes every call fail as when the server is gone; `hold` makes writes wait, as when a sync does not return. */
export class MemoryStores
  implements RecipientStore, BindingStore, SubscriberStore, CredentialStore, DueStore
{
  away = false;
  hold: Promise<void> | undefined;
  readonly #recipients = new Map<string, Recipient>();
  readonly #provisioned = new Set<string>();
  readonly #credentials = new Map<string, Credential>();
  readonly #due = new Map<number, Map<string, number>>();
  readonly #marks = new Map<number, string>();

  async read(aor: string, deliveryId: string, nowMs: number): Promise<RecipientState> {
    await this.#answer();
    return this.#state(aor, deliveryId, nowMs);
  }

  async appendMail(
    aor: string,
    entry: MailEntry,
    options: AppendMailOptions,
  ): Promise<AppendMailResult> {
    await this.#answer();
    const recipient = this.#recipient(aor);
    const { deliveryId } = entry.record;
    const there = recipient.mail.some((mail) => mail.record.deliveryId === deliveryId);
    if (!there) {
      if ((recipient.ledger.get(deliveryId) ?? 202) !== 202) {
        return { kind: 'ended', state: this.#state(aor, deliveryId, options.nowMs) };
      }
      if (options.seenVersion !== undefined && options.seenVersion !== recipient.version) {
        return { kind: 'moved', state: this.#state(aor, deliveryId, options.nowMs) };
      }
      if (options.maxEntries > 0 && recipient.mail.length >= options.maxEntries) {
        return { kind: 'full' };
      }
      const { sender, maxEntries = 0 } = options.perSender ?? {};
      const ofSender = recipient.mail.filter((mail) => mail.sender === sender).length;
      if (maxEntries > 0 && ofSender >= maxEntries) return { kind: 'full' };
      recipient.mail.push({ ...entry, sender });
      recipient.mail.sort((a, b) => a.order - b.order);
      recipient.ledger.set(deliveryId, 202);
    }
    const count = recipient.mail.length;
    await this.hold;
    return { kind: 'stored', count };
  }

  async readMail(aor: string, afterOrder: number, limit: number): Promise<readonly MailEntry[]> {
    await this.#answer();
    return this.#recipient(aor)
      .mail.filter((mail) => mail.order > afterOrder)
      .slice(0, limit)
      .map(({ order, record }) => ({ order, record }));
  }

  /** Puts bytes where a message is. */
  damageMail(aor: string, deliveryId: string, bytes: Uint8Array): void {
    const { mail } = this.#recipient(aor);
    const at = mail.findIndex((entry) => entry.record.deliveryId === deliveryId);
    const { order = 0, sender } = mail[at] ?? {};
    mail[at] = { ...storedMail({ aor, order, deliveryId }, bytes, bufferCodec), sender };
  }

  async removeMail(
    aor: string,
    finished: readonly { readonly deliveryId: string; readonly status: number }[],
  ): Promise<number> {
    await this.#answer();
    const recipient = this.#recipient(aor);
    for (const { deliveryId, status } of finished) {
      const at = recipient.mail.findIndex((mail) => mail.record.deliveryId === deliveryId);
      if (at < 0) continue;
      recipient.mail.splice(at, 1);
      recipient.ledger.set(deliveryId, status);
    }
    const left = recipient.mail.length;
    await this.hold;
    return left;
  }

  async recordStatus(aor: string, deliveryId: string, status: number): Promise<void> {
    await this.#answer();
    this.#recipient(aor).ledger.set(deliveryId, status);
  }

  async removeBinding(aor: string, bindingKey: string, flowToken: string): Promise<boolean> {
    await this.#answer();
    const { bindings } = this.#recipient(aor);
    const at = bindings.findIndex((b) => b.key === bindingKey && b.flowToken === flowToken);
    if (at >= 0) bindings.splice(at, 1);
    return at >= 0;
  }

  async refuseMessage(aor: string, bindingKey: string, flowToken: string): Promise<boolean> {
    await this.#answer();
    const { bindings } = this.#recipient(aor);
    const at = bindings.findIndex((b) => b.key === bindingKey && b.flowToken === flowToken);
    const binding = bindings[at];
    if (binding === undefined) return false;
    bindings[at] = { ...binding, refusesMessage: true };
    return true;
  }

  async probe(): Promise<void> {
    await this.#answer();
  }

  async readBindings(
    aor: string,
  ): Promise<{ readonly version: number; readonly bindings: readonly Binding[] }> {
    await this.#answer();
    const { version, bindings } = this.#recipient(aor);
    return { version, bindings: [...bindings] };
  }

  async compareAndSet(
    aor: string,
    expectedVersion: number,
    bindings: readonly Binding[],
  ): ReturnType<BindingStore['compareAndSet']> {
    await this.#answer();
    const recipient = this.#recipient(aor);
    if (recipient.version !== expectedVersion) return { kind: 'conflict' };
    recipient.version += 1;
    recipient.bindings = [...bindings];
    return { kind: 'written', version: recipient.version, mailboxCount: recipient.mail.length };
  }

  async isProvisioned(aor: string): Promise<boolean> {
    await this.#answer();
    return this.#provisioned.has(aor);
  }

  async addSubscriber(aor: string): Promise<boolean> {
    await this.#answer();
    const isNew = !this.#provisioned.has(aor);
    this.#provisioned.add(aor);
    await this.hold;
    return isNew;
  }

  async removeSubscriber(aor: string): Promise<boolean> {
    await this.#answer();
    const wasThere = this.#provisioned.delete(aor);
    await this.hold;
    return wasThere;
  }

  async listSubscribers(afterAor: string, limit: number): Promise<readonly string[]> {
    await this.#answer();
    return [...this.#provisioned]
      .sort()
      .filter((aor) => aor > afterAor)
      .slice(0, limit);
  }

  async readCredential(aor: string): Promise<Credential | undefined> {
    await this.#answer();
    return this.#credentials.get(aor);
  }

  async writeCredential(aor: string, credential: Credential): Promise<void> {
    await this.#answer();
    this.#credentials.set(aor, credential);
    await this.hold;
  }

  async removeCredential(aor: string): Promise<boolean> {
    await this.#answer();
    const wasThere = this.#credentials.delete(aor);
    await this.hold;
    return wasThere;
  }

  async schedule(
    partition: number,
    aor: string,
    atMs: number,
    mode: 'earliest' | 'replace',
  ): Promise<void> {
    await this.#answer();
    const set = this.#dueOf(partition);
    const before = set.get(aor);
    if (mode === 'replace' || before === undefined || atMs < before) set.set(aor, atMs);
    await this.hold;
  }

  async due(
    partition: number,
    nowMs: number,
    limit: number,
  ): Promise<readonly { readonly aor: string; readonly atMs: number }[]> {
    await this.#answer();
    return [...this.#dueOf(partition)]
      .filter(([, atMs]) => atMs <= nowMs)
      .sort((a, b) => a[1] - b[1])
      .slice(0, limit)
      .map(([aor, atMs]) => ({ aor, atMs }));
  }

  async clear(partition: number, aor: string): Promise<void> {
    await this.#answer();
    this.#dueOf(partition).delete(aor);
  }

  async size(partition: number): Promise<number> {
    await this.#answer();
    return this.#dueOf(partition).size;
  }

  async readMark(partition: number): Promise<string> {
    await this.#answer();
    return this.#marks.get(partition) ?? '';
  }

  async writeMark(partition: number, mark: string): Promise<void> {
    await this.#answer();
    this.#marks.set(partition, mark);
  }

  async #answer(): Promise<void> {
    if (this.away) throw new PlatformError('STORE_UNAVAILABLE', 'the store is away');
  }

  #state(aor: string, deliveryId: string, nowMs: number): RecipientState {
    const { version, bindings, mail, ledger } = this.#recipient(aor);
    return {
      version,
      bindings: bindings.filter((binding) => binding.expiresAtMs > nowMs),
      mailboxCount: mail.length,
      provisioned: this.#provisioned.has(aor),
      ledgerStatus: ledger.get(deliveryId) ?? 0,
    };
  }

  #recipient(aor: string): Recipient {
    let recipient = this.#recipients.get(aor);
    if (recipient === undefined) {
      recipient = { version: 0, bindings: [], mail: [], ledger: new Map() };
      this.#recipients.set(aor, recipient);
    }
    return recipient;
  }

  #dueOf(partition: number): Map<string, number> {
    let set = this.#due.get(partition);
    if (set === undefined) {
      set = new Map();
      this.#due.set(partition, set);
    }
    return set;
  }
}
