import { encodeBinding, mailSender } from '@hermod/contracts';
import { IDLE_VERSION_SEC, LEDGER_TTL_SEC } from '../store-lifetimes.ts';
import {
  type AorRow,
  decodeAorRow,
  decodeBindings,
  decodeCount,
  decodeLedgerRow,
  decodeTime,
  EMPTY_AOR_ROW,
  encodeAorRow,
  encodeCount,
  encodeLedgerRow,
  encodeTime,
  statusOf,
} from './lmdb-rows.ts';
import { aorKeyOf, type LmdbTables } from './lmdb-tables.ts';
import { CONFLICT, ENDED, FULL, MOVED, type WriteOp, type WriteResult } from './writer-protocol.ts';

const NO_ORDER = -1;
const ACCEPTED = 202;
/** Something has to lie under a key that says everything itself; LMDB bindings are unhappy with empty values. */
const PRESENT = Buffer.from([1]);
const SWEEP_AORS = 1000;

type Op<Name extends WriteOp['op']> = Extract<WriteOp, { op: Name }>;

/** The writes themselves, to be called inside a transaction. Each is atomic because the transaction is, and because there is one writer. */
export class WriteOps {
  readonly #tables: LmdbTables;
  #sweptTo = '';

  constructor(tables: LmdbTables) {
    this.#tables = tables;
  }

  apply(op: WriteOp, bytes: Uint8Array, nowMs: number): WriteResult {
    switch (op.op) {
      case 'appendMail':
        return only(this.#appendMail(op, bytes, nowMs));
      case 'removeMail':
        return only(this.#removeMail(op, nowMs));
      case 'recordStatus':
        return only(this.#recordStatus(op, nowMs));
      case 'removeBinding':
      case 'refuseMessage':
        return only(this.#changeBinding(op, nowMs));
      case 'compareAndSet':
        return this.#compareAndSet(op, nowMs);
      case 'addSubscriber':
        return only(this.#setProvisioned(op.aor, true, nowMs));
      case 'removeSubscriber':
        return only(this.#setProvisioned(op.aor, false, nowMs));
      case 'writeCredential':
        this.#tables.credentials.putSync(aorKeyOf(op.aor), Buffer.from(op.encoded));
        return only(1);
      case 'removeCredential':
        return only(this.#tables.credentials.removeSync(aorKeyOf(op.aor)) ? 1 : 0);
      case 'schedule':
        return only(this.#schedule(op));
      case 'clear':
        return only(this.#unschedule(op.partition, aorKeyOf(op.aor)) === undefined ? 0 : 1);
      case 'writeMark':
        this.#tables.marks.putSync(op.partition, Buffer.from(`=${op.mark}`));
        return only(1);
      case 'sweep':
        return only(this.sweepLedger(nowMs, SWEEP_AORS) + this.#sweepAors(nowMs));
      case 'probe':
        this.#tables.aors.putSync('probe', encodeAorRow(EMPTY_AOR_ROW));
        return only(1);
    }
  }

  /** Removes at most `limit` ledger rows that are older than the time to live. @returns how many went */
  sweepLedger(nowMs: number, limit: number): number {
    const { ages, ledger } = this.#tables;
    let swept = 0;
    // Collected first: a cursor does not survive writes to its own table.
    const old = [...ages.getKeys({ end: [nowMs - LEDGER_TTL_SEC * 1000, '', ''], limit })];
    for (const key of old) {
      ages.removeSync(key);
      if (ledger.removeSync([key[1], key[2]])) swept += 1;
    }
    return swept;
  }

  #appendMail(op: Op<'appendMail'>, bytes: Uint8Array, nowMs: number): number {
    const { ledger, mail } = this.#tables;
    const aorKey = aorKeyOf(op.aor);
    const row = this.#row(aorKey);
    const known = decodeLedgerRow(ledger.get([aorKey, op.deliveryId]));
    if (known !== undefined && known.order >= 0) return row.mailboxCount;
    const status = known === undefined ? 0 : statusOf(known, nowMs);
    if (status !== 0 && status !== ACCEPTED) return ENDED;
    if (op.seenVersion !== undefined && op.seenVersion !== row.version) return MOVED;
    if (op.maxEntries > 0 && row.mailboxCount >= op.maxEntries) return FULL;
    if (!this.#countSender(aorKey, op.perSender)) return FULL;
    const entry = Buffer.from(bytes.buffer, bytes.byteOffset + op.at, op.length);
    mail.putSync([aorKey, op.order, op.deliveryId], entry);
    this.#writeLedger(aorKey, op.deliveryId, ACCEPTED, op.order, nowMs);
    const mailboxCount = row.mailboxCount + 1;
    const countsSenders = row.countsSenders || op.perSender !== undefined;
    this.#writeRow(aorKey, { ...row, mailboxCount, countsSenders, changedAtMs: nowMs });
    return mailboxCount;
  }

  #removeMail(op: Op<'removeMail'>, nowMs: number): number {
    const { ledger, mail } = this.#tables;
    const aorKey = aorKeyOf(op.aor);
    const row = this.#row(aorKey);
    let { mailboxCount, countsSenders } = row;
    for (const { deliveryId, status } of op.finished) {
      const known = decodeLedgerRow(ledger.get([aorKey, deliveryId]));
      if (known === undefined || known.order < 0) continue;
      if (countsSenders) {
        this.#uncountSender(aorKey, mail.get([aorKey, known.order, deliveryId]));
      }
      mail.removeSync([aorKey, known.order, deliveryId]);
      this.#writeLedger(aorKey, deliveryId, status, NO_ORDER, nowMs);
      mailboxCount -= 1;
    }
    if (mailboxCount !== row.mailboxCount) {
      if (mailboxCount === 0 && countsSenders) {
        this.#forgetSenders(aorKey);
        countsSenders = false;
      }
      this.#writeRow(aorKey, { ...row, mailboxCount, countsSenders, changedAtMs: nowMs });
    }
    return mailboxCount;
  }

  /** @returns false when there are as many of it as there may be */
  #countSender(aorKey: string, perSender: Op<'appendMail'>['perSender']): boolean {
    if (perSender === undefined) return true;
    const { senders } = this.#tables;
    const { sender, maxEntries } = perSender;
    const count = decodeCount(senders.get([aorKey, sender]));
    if (maxEntries > 0 && count >= maxEntries) return false;
    senders.putSync([aorKey, sender], encodeCount(count + 1));
    return true;
  }

  #uncountSender(aorKey: string, entry: Buffer | undefined): void {
    const sender = entry === undefined ? '' : mailSender(entry);
    if (sender === '') return;
    const { senders } = this.#tables;
    const count = decodeCount(senders.get([aorKey, sender]));
    if (count > 1) senders.putSync([aorKey, sender], encodeCount(count - 1));
    else senders.removeSync([aorKey, sender]);
  }

  // An empty mailbox counts for nobody, whatever entries that were damaged have left behind.
  #forgetSenders(aorKey: string): void {
    const { senders } = this.#tables;
    const left: [string, string][] = [];
    for (const key of senders.getKeys({ start: [aorKey, ''] })) {
      if (key[0] !== aorKey) break;
      left.push(key);
    }
    for (const key of left) senders.removeSync(key);
  }

  #recordStatus(op: Op<'recordStatus'>, nowMs: number): number {
    const aorKey = aorKeyOf(op.aor);
    const known = decodeLedgerRow(this.#tables.ledger.get([aorKey, op.deliveryId]));
    this.#writeLedger(aorKey, op.deliveryId, op.status, known?.order ?? NO_ORDER, nowMs);
    return 1;
  }

  // Rows with mail live as long as the mail; only the others are in `ages`, once each.
  #writeLedger(
    aorKey: string,
    deliveryId: string,
    status: number,
    order: number,
    atMs: number,
  ): void {
    const { ages, ledger } = this.#tables;
    const before = decodeLedgerRow(ledger.get([aorKey, deliveryId]));
    if (before !== undefined && before.order < 0)
      ages.removeSync([before.atMs, aorKey, deliveryId]);
    ledger.putSync([aorKey, deliveryId], encodeLedgerRow({ status, order, atMs }));
    if (order < 0) ages.putSync([atMs, aorKey, deliveryId], PRESENT);
  }

  #changeBinding(op: Op<'removeBinding' | 'refuseMessage'>, nowMs: number): number {
    const aorKey = aorKeyOf(op.aor);
    const row = this.#row(aorKey);
    const lines: string[] = [];
    let found = 0;
    for (const binding of decodeBindings(row.bindings)) {
      if (binding.key !== op.bindingKey || binding.flowToken !== op.flowToken) {
        lines.push(encodeBinding(binding));
        continue;
      }
      found = 1;
      if (op.op === 'refuseMessage')
        lines.push(encodeBinding({ ...binding, refusesMessage: true }));
    }
    if (found === 0) return 0;
    this.#writeRow(aorKey, { ...row, bindings: lines.join('\n'), changedAtMs: nowMs });
    return 1;
  }

  #compareAndSet(op: Op<'compareAndSet'>, nowMs: number): WriteResult {
    const aorKey = aorKeyOf(op.aor);
    const row = this.#row(aorKey);
    if (row.version !== op.expectedVersion) return only(CONFLICT);
    const version = row.version + 1;
    this.#writeRow(aorKey, { ...row, version, bindings: op.bindings, changedAtMs: nowMs });
    return { value: version, extra: row.mailboxCount };
  }

  #setProvisioned(aor: string, provisioned: boolean, nowMs: number): number {
    const { subscribers } = this.#tables;
    const aorKey = aorKeyOf(aor);
    const row = this.#row(aorKey);
    if (row.provisioned === provisioned) return 0;
    this.#writeRow(aorKey, { ...row, provisioned, changedAtMs: nowMs });
    if (provisioned) subscribers.putSync(aorKey, Buffer.from(aor));
    else subscribers.removeSync(aorKey);
    return 1;
  }

  #schedule(op: Op<'schedule'>): number {
    const aorKey = aorKeyOf(op.aor);
    const before = this.#unschedule(op.partition, aorKey);
    const atMs =
      op.mode === 'earliest' && before !== undefined ? Math.min(before, op.atMs) : op.atMs;
    this.#tables.due.putSync([op.partition, aorKey], encodeTime(atMs));
    this.#tables.times.putSync([op.partition, atMs, aorKey], Buffer.from(op.aor));
    return 1;
  }

  #unschedule(partition: number, aorKey: string): number | undefined {
    const before = decodeTime(this.#tables.due.get([partition, aorKey]));
    if (before === undefined) return undefined;
    this.#tables.due.removeSync([partition, aorKey]);
    this.#tables.times.removeSync([partition, before, aorKey]);
    return before;
  }

  // Walks the table piece by piece, one piece per call, and begins again at its end.
  #sweepAors(nowMs: number): number {
    const { aors } = this.#tables;
    const idle: string[] = [];
    let seen = 0;
    let last = '';
    for (const { key, value } of aors.getRange({ start: this.#sweptTo, limit: SWEEP_AORS })) {
      seen += 1;
      last = key;
      if (isIdle(decodeAorRow(value), nowMs)) idle.push(key);
    }
    this.#sweptTo = seen < SWEEP_AORS ? '' : last;
    for (const key of idle) aors.removeSync(key);
    return idle.length;
  }

  #row(aorKey: string): AorRow {
    return decodeAorRow(this.#tables.aors.get(aorKey));
  }

  #writeRow(aorKey: string, row: AorRow): void {
    this.#tables.aors.putSync(aorKey, encodeAorRow(row));
  }
}

function isIdle(row: AorRow, nowMs: number): boolean {
  if (row.provisioned || row.mailboxCount > 0) return false;
  let lastUseMs = row.changedAtMs;
  for (const { expiresAtMs } of decodeBindings(row.bindings)) {
    lastUseMs = Math.max(lastUseMs, expiresAtMs);
  }
  return nowMs - lastUseMs > IDLE_VERSION_SEC * 1000;
}

function only(value: number): WriteResult {
  return { value, extra: 0 };
}
