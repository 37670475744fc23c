import type { Binding, DigestAlgorithm, SipRequest } from '@hermod/sip';

/** What a record of the log is about. `registered`: an AoR with a non-empty mailbox registered (design §4 rule 5). */
export type RecordType = 'message' | 'registered';

/** Bits of {@link LogRecord.flags}. `NO_STORE`: may be delivered now but never stored (`Expires: 0`, isComposing). `AUTHENTICATED`: the sender
 *  proved its identity, or nobody has to (`HERMOD_AUTH=open`): it may be told that a user does not exist. `ORIGINATED`: Hermod's own message
 *  (a notification); it carries no Via, so nobody is answered. */
export const RecordFlag = { NO_STORE: 1, AUTHENTICATED: 2, ORIGINATED: 4 } as const;

/** One record of `im.inbox`, before it is encoded and after it is decoded. */
export type LogRecord = {
  readonly type: RecordType;
  /** Canonical address-of-record; the partition key. */
  readonly aor: string;
  /** 22 characters base64url; empty for `registered`. */
  readonly deliveryId: string;
  /** Epoch milliseconds of arrival at the edge. */
  readonly receivedAtMs: number;
  /** Epoch milliseconds; 0 = never expires. */
  readonly expiresAtMs: number;
  /** {@link RecordFlag} bits. */
  readonly flags: number;
  /** Head of the SIP request, latin1, through the empty line; its topmost Via is the accepting edge's. Empty for `registered`. */
  readonly head: string;
  /** Body bytes, never altered. */
  readonly body: Uint8Array;
  /** `head` and `body` parsed, as a courtesy to a consumer in the same process; never encoded, and absent from what was decoded. */
  readonly request?: SipRequest | undefined;
};

/** A record as read from the log. */
export type ConsumedRecord = LogRecord & { readonly partition: number; readonly offset: number };

/** The writing side of the durable log. */
export interface LogAppender {
  /** Resolves when the record is durable (every required acknowledgement, or the fdatasync of its group).
   *  Rejects with PlatformError `LOG_UNAVAILABLE` (not accepted) or `LOG_TIMEOUT` (outcome unknown, design §3.3). */
  append(record: LogRecord): Promise<void>;
  /** Resolves when the log answers now; rejects with a PlatformError else. Cheap enough to call every 250 ms. */
  probe(): Promise<void>;
}

/** A partition handed to this consumer. */
export type OwnedPartition = {
  readonly partition: number;
  /** First offset that is not finished: the committed offset, or the partition's start. */
  readonly next: number;
  /** The commit metadata stored with `next` ('' if none). */
  readonly metadata: string;
};

/** What a consumer tells the router. Calls are synchronous and in this order: onFrozen* → onOwned → onRecord*. */
export interface RecordSink {
  /** A rebalance began: nothing may be sent, stored or committed until onOwned (design §4 rule 7). */
  onFrozen(): void;
  /** The complete new assignment. Partitions not in it are lost; retained ones keep their state; records already in flight may be seen again. */
  onOwned(partitions: readonly OwnedPartition[]): void;
  /** Records of one partition come in offset order. Must not throw. */
  onRecord(record: ConsumedRecord): void;
  /** A record whose bytes cannot be decoded (poison): the router sends it to the dead-letter log and finishes it. */
  onUndecodable(partition: number, offset: number, bytes: Uint8Array): void;
}

/** The reading side of the durable log: one member of the consumer group. */
export interface LogConsumer {
  start(sink: RecordSink): Promise<void>;
  /** Stores the position; only for partitions owned now. Rejects with PlatformError; a rejected commit is retried by the next one. */
  commit(partition: number, next: number, metadata: string): Promise<void>;
  /** Back-pressure. Idempotent. */
  pause(partition: number): void;
  resume(partition: number): void;
  /** Records of the owned partitions that were not handed over yet, as far as is known. */
  readonly unread: number;
  /** False when the last successful heartbeat is older than the session time-out on the monotonic clock, or while frozen. */
  readonly leaseValid: boolean;
  /** Leaves the group cleanly. */
  stop(): Promise<void>;
}

/** Terminal state of one message, written once (design §5, `im.outcomes`). */
export type OutcomeRecord = {
  readonly deliveryId: string;
  readonly aor: string;
  readonly outcome: 'delivered' | 'stored' | 'refused' | 'expired' | 'failed';
  /** The status the sender got, or would have got. */
  readonly status: number;
  readonly atMs: number;
};

/** Billing and analytics read it; also the dead-letter log. */
export interface OutcomeLog {
  /** Resolves when durable to the level of the adapter; rejects with PlatformError. */
  record(outcome: OutcomeRecord): Promise<void>;
  /** Puts a record aside that no router could process (`im.dead`). */
  dead(record: {
    readonly partition: number;
    readonly offset: number;
    readonly bytes: Uint8Array;
    readonly reason: string;
  }): Promise<void>;
}

/** Everything the router needs to know about a recipient, from one read. */
export type RecipientState = {
  /** Bumped by every REGISTER of the AoR; 0 if it never registered. */
  readonly version: number;
  /** Not expired at the time of the read. */
  readonly bindings: readonly Binding[];
  readonly mailboxCount: number;
  /** True when the AoR was provisioned as a subscriber. */
  readonly provisioned: boolean;
  /** The recorded status of this delivery id (202 while stored, then its final status), or 0. */
  readonly ledgerStatus: number;
};

/** A stored message. `order` sorts the mailbox: the record's offset, so first-transmission order whatever the order of the writes. What lies in
 *  a mailbox and is no such message is read as one without a head, its bytes as they are for a body: nobody's message goes without a trace. */
export type MailEntry = { readonly order: number; readonly record: LogRecord };

export type AppendMailResult =
  /** Durable. `count`: entries now in the mailbox. Also for an entry that was there already (idempotent by delivery id). */
  | { readonly kind: 'stored'; readonly count: number }
  /** Nothing was stored: the AoR registered since `seenVersion`. */
  | { readonly kind: 'moved'; readonly state: RecipientState }
  /** Nothing was stored: the ledger says how it ended. A repeat, or a call that a dropped connection delivers late, must not bring it back. */
  | { readonly kind: 'ended'; readonly state: RecipientState }
  /** Nothing was stored: one of the two bounds is reached. */
  | { readonly kind: 'full' };

export type AppendMailOptions = {
  /** The binding version at lookup. If it has moved, nothing is stored (rule 5). `undefined`: do not compare. */
  readonly seenVersion: number | undefined;
  /** Bound of entries per AoR; 0 = not checked (an accepted message is never rejected by the bound). */
  readonly maxEntries: number;
  /** Whom the entry counts for as long as it is stored: 22 ASCII characters; and the bound of entries of that one in this mailbox, 0 = not
   *  checked. Absent: it counts for nobody. */
  readonly perSender?: { readonly sender: string; readonly maxEntries: number } | undefined;
  readonly nowMs: number;
};

/** Recipients as the router sees them: bindings, mailbox, ledger. One script per call; all keys of an AoR in one slot.
 *  Every method rejects with PlatformError `STORE_UNAVAILABLE` (retryable) when the store is away. */
export interface RecipientStore {
  read(aor: string, deliveryId: string, nowMs: number): Promise<RecipientState>;
  /** {@link read} at once, by a store that lives in this process; others leave it out. Throws what `read` rejects with. */
  readNow?(aor: string, deliveryId: string, nowMs: number): RecipientState;
  /** Resolves only when durable (design §4 rule 6). Also writes ledger 202. */
  appendMail(aor: string, entry: MailEntry, options: AppendMailOptions): Promise<AppendMailResult>;
  /** The first `limit` entries by `order`, after `afterOrder` (-1 for the first). */
  readMail(aor: string, afterOrder: number, limit: number): Promise<readonly MailEntry[]>;
  /** Removes entries and writes each one's final status into the ledger. Resolves with the entries left. Unknown ids are ignored. */
  removeMail(
    aor: string,
    finished: readonly { readonly deliveryId: string; readonly status: number }[],
  ): Promise<number>;
  /** Writes the ledger only. */
  recordStatus(aor: string, deliveryId: string, status: number): Promise<void>;
  /** Compare-and-delete of a binding on its flow token. True when it was there and is gone. Bumps no version. */
  removeBinding(aor: string, bindingKey: string, flowToken: string): Promise<boolean>;
  /** Marks a binding as refusing MESSAGE (405/501) until it re-registers; same comparison. */
  refuseMessage(aor: string, bindingKey: string, flowToken: string): Promise<boolean>;
  probe(): Promise<void>;
}

/** Bindings as the registrar sees them. */
export interface BindingStore {
  /** All bindings, expired ones included. */
  readBindings(
    aor: string,
  ): Promise<{ readonly version: number; readonly bindings: readonly Binding[] }>;
  /** Writes all bindings if the version is still `expectedVersion`, which it bumps by one.
   *  @returns `mailboxCount` at that moment, or `conflict` */
  compareAndSet(
    aor: string,
    expectedVersion: number,
    bindings: readonly Binding[],
  ): Promise<
    | { readonly kind: 'written'; readonly version: number; readonly mailboxCount: number }
    | { readonly kind: 'conflict' }
  >;
}

/** Provisioned users of closed domains. */
export interface SubscriberStore {
  isProvisioned(aor: string): Promise<boolean>;
  addSubscriber(aor: string): Promise<boolean>;
  removeSubscriber(aor: string): Promise<boolean>;
  listSubscribers(afterAor: string, limit: number): Promise<readonly string[]>;
}

/** H(A1) of one user name, lower-case hex, by algorithm; absent where an import did not bring it. */
export type Ha1ByAlgorithm = { readonly [algorithm in DigestAlgorithm]?: string };

/** What is kept of a user's password: never itself. The hashes hold for the realm they were made for. */
export type Credential = {
  /** For the user name `alice`. */
  readonly byUser: Ha1ByAlgorithm;
  /** For the user name `alice@example.com`. */
  readonly byAddress: Ha1ByAlgorithm;
};

/** Passwords of users, as hashes (RFC 3261 §22.4). Every method rejects with PlatformError `STORE_UNAVAILABLE` when the store is away. */
export interface CredentialStore {
  readCredential(aor: string): Promise<Credential | undefined>;
  /** Replaces what was there. */
  writeCredential(aor: string, credential: Credential): Promise<void>;
  /** @returns whether there was one */
  removeCredential(aor: string): Promise<boolean>;
}

/** Per partition: which AoR must be looked at, and when (design §4 rule 4). */
export interface DueStore {
  /** `earliest` keeps the smaller of the stored and the given time; `replace` overwrites. Durable like the mailbox. */
  schedule(
    partition: number,
    aor: string,
    atMs: number,
    mode: 'earliest' | 'replace',
  ): Promise<void>;
  /** AoRs whose time has come, earliest first. They stay in the set until replaced or cleared. */
  due(
    partition: number,
    nowMs: number,
    limit: number,
  ): Promise<readonly { readonly aor: string; readonly atMs: number }[]>;
  clear(partition: number, aor: string): Promise<void>;
  /** AoRs in the set, whenever they are due. Costs the same for any number of them. */
  size(partition: number): Promise<number>;
  /** Small durable per-partition text (crash marker of rule 9); '' if unset. */
  readMark(partition: number): Promise<string>;
  writeMark(partition: number, mark: string): Promise<void>;
}

/** Closed list of operational failures. `retryable`: the same call may succeed later. */
const PLATFORM_ERRORS = {
  LOG_UNAVAILABLE: { retryable: true },
  LOG_TIMEOUT: { retryable: false },
  STORE_UNAVAILABLE: { retryable: true },
  STORE_TIMEOUT: { retryable: true },
  STORE_NOT_DURABLE: { retryable: true },
  STORE_MISCONFIGURED: { retryable: false },
  KEYS_UNAVAILABLE: { retryable: true },
  DISK_FULL: { retryable: true },
  NOT_OWNER: { retryable: false },
  CLOSED: { retryable: false },
} as const;
export type PlatformErrorCode = keyof typeof PLATFORM_ERRORS;

/** An operational failure of an adapter; third-party errors stop there and become its `cause`. */
export class PlatformError extends Error {
  readonly code: PlatformErrorCode;
  readonly retryable: boolean;
  constructor(code: PlatformErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'PlatformError';
    this.code = code;
    this.retryable = PLATFORM_ERRORS[code].retryable;
  }
}
