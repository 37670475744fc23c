import {
  canonicalAor,
  type LogAppender,
  type LogRecord,
  RecordFlag,
  type ServedDomains,
} from '@hermod/contracts';
import {
  type Clock,
  type Disposition,
  type DispositionRequest,
  firstImdnRoute,
  formatNotification,
  formatSipDate,
  H,
  type Hash,
  INITIAL_MAX_FORWARDS,
  isMediaType,
  type Latin1Codec,
  legalRequestUri,
  parseCpim,
  parseDispositionRequest,
  parseUri,
  type SipRequest,
} from '@hermod/sip';
import { requestOf } from './held.ts';
import type { RouterStats } from './router-stats.ts';

const CPIM = 'message/cpim';
/** RFC 3428 §8: a MESSAGE has at most 1300 bytes, ours with the Vias of the router and the edge that sends it. */
const MAX_NOTIFICATION_BYTES = 1300 - 220;
/** RFC 5438 §7.2.1: at most one notification of each type for a message. */
const TYPES: Readonly<Record<Disposition, string>> = { stored: 'processing', failed: 'delivery' };

/** What {@link Notifications} works with. */
export type NotificationsParts = {
  readonly inbox: LogAppender;
  readonly domains: ServedDomains;
  readonly hash: Hash;
  readonly codec: Latin1Codec;
  readonly clock: Clock;
  readonly stats: RouterStats;
};

/**
 * Tells senders that asked for it what became of a message that was accepted (RFC 5438, as a store-and-forward intermediary).
 *
 * A notification is a record of the log like any other, to the sender's AoR. Its delivery id is a function of the message's and the type,
 * so that whoever makes it again after a crash makes the same one. Only message/cpim is looked into, and only what was not delivered at once.
 */
export class Notifications {
  readonly #parts: NotificationsParts;
  readonly #self: string;

  constructor(parts: NotificationsParts) {
    this.#parts = parts;
    this.#self = `sip:${parts.domains.primary}`;
  }

  /** @param request of the record, where it is parsed already
   *  @returns the record to append; undefined when nobody asked, or the sender cannot be told (counted) */
  of(
    record: LogRecord,
    disposition: Disposition,
    request: SipRequest | undefined = requestOf(record),
  ): LogRecord | undefined {
    if ((record.flags & RecordFlag.ORIGINATED) !== 0) return undefined;
    if (request === undefined || !isCpim(request)) return undefined;
    const cpim = parseCpim(record.body, this.#parts.codec);
    const asked = cpim.ok ? parseDispositionRequest(cpim.value) : undefined;
    const isWanted = disposition === 'stored' ? asked?.processing : asked?.negativeDelivery;
    if (asked === undefined || isWanted !== true) return undefined;
    const notification = this.#recordOf(record, request, asked, disposition);
    if (notification === undefined) this.#parts.stats.notificationsDropped += 1;
    return notification;
  }

  /** Resolves when it is durable; rejects as {@link LogAppender.append}. */
  append(notification: LogRecord): Promise<void> {
    return this.#parts.inbox.append(notification);
  }

  // RFC 5438 §7.2.1, §12.1.3.1: to the topmost IMDN-Record-Route, else to the SIP From; SIP To is the SIP From in any case.
  #recordOf(
    record: LogRecord,
    request: SipRequest,
    asked: DispositionRequest,
    disposition: Disposition,
  ): LogRecord | undefined {
    const { domains, hash, codec, clock } = this.#parts;
    if (!request.from.ok) return undefined;
    const sender = request.from.value.uriText;
    const target = asked.recordRoutes.length === 0 ? sender : firstImdnRoute(asked);
    const aor = target === undefined ? undefined : this.#aorOf(target);
    if (target === undefined || aor === undefined) return undefined;
    const nowMs = clock.nowMs();
    const id = hash.digest(`imdn\n${record.deliveryId}\n${TYPES[disposition]}`);
    const body = codec.encode(
      formatNotification(asked, disposition, { from: this.#self, messageId: id, nowMs }),
    );
    const head =
      // No Via: whoever sends it is the first to put one on top (RFC 3261 §8.1.1.7), and nobody waits for an answer.
      `MESSAGE ${legalRequestUri(target)} SIP/2.0\r\nMax-Forwards: ${INITIAL_MAX_FORWARDS}\r\n` +
      `From: <${this.#self}>;tag=${id}\r\nTo: <${sender}>\r\nCall-ID: ${id}@${domains.primary}\r\n` +
      `CSeq: 1 MESSAGE\r\nDate: ${formatSipDate(nowMs)}\r\nContent-Type: ${CPIM}\r\n` +
      `Content-Length: ${body.length}\r\n\r\n`;
    if (head.length + body.length > MAX_NOTIFICATION_BYTES) return undefined;
    return {
      type: 'message',
      aor,
      deliveryId: id,
      receivedAtMs: nowMs,
      expiresAtMs: 0,
      flags: RecordFlag.AUTHENTICATED | RecordFlag.ORIGINATED,
      head,
      body,
    };
  }

  /** A user of ours; not the domain itself, which is who notifies. */
  #aorOf(uriText: string): string | undefined {
    const uri = parseUri(uriText);
    if (!uri.ok || uri.value.kind !== 'sip' || uri.value.user === undefined) return undefined;
    return canonicalAor(uri.value, this.#parts.domains);
  }
}

/** A body that can be read as it stands. */
function isCpim(request: SipRequest): boolean {
  return isMediaType(request.get(H.CONTENT_TYPE), CPIM) && !request.has(H.CONTENT_ENCODING);
}
