import { CPIM_NAMESPACE, parseCpimAddress } from '../cpim/cpim-header.ts';
import type { CpimMessage } from '../cpim/cpim-message.ts';

/** Namespace of the CPIM headers of instant message disposition notifications (RFC 5438 §6). */
export const IMDN_NAMESPACE = 'urn:ietf:params:imdn';

/** A Message-ID is copied into every notification, which has to stay below 1300 bytes. */
const MAX_MESSAGE_ID_CHARS = 128;
/** Intermediaries that want to see the notification. */
const MAX_RECORD_ROUTES = 4;

const UNDERSTOOD: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  [CPIM_NAMESPACE, new Set(['From', 'To', 'cc', 'DateTime', 'Subject', 'NS', 'Require'])],
  [
    IMDN_NAMESPACE,
    new Set([
      ...['Disposition-Notification', 'Message-ID', 'Original-To'],
      ...['IMDN-Record-Route', 'IMDN-Route'],
    ]),
  ],
]);

/** What a sender wants to be told of its instant message, and what the notification has to say to be understood. */
export type DispositionRequest = {
  /** It could not be delivered after it was accepted. */
  readonly negativeDelivery: boolean;
  readonly positiveDelivery: boolean;
  /** An intermediary processed or stored it. */
  readonly processing: boolean;
  readonly display: boolean;
  readonly messageId: string;
  /** DateTime of the message, as its sender wrote it. */
  readonly dateTime: string;
  /** CPIM From, as on the wire. */
  readonly from: string;
  /** URI of the CPIM To. */
  readonly recipientUri: string;
  /** URI of Original-To; undefined when no intermediary changed the recipient. */
  readonly originalRecipientUri: string | undefined;
  /** IMDN-Record-Route values, topmost first, as on the wire. */
  readonly recordRoutes: readonly string[];
};

// Disposition-Notification = "Disposition-Notification: " [ notify-req *( COMMA notify-req ) ]
/** Reads what is asked for in a message/cpim.
 *  @returns undefined when nothing is: no request, a notification itself (RFC 5438 §7.2.1: never one for another), a message that requires
 *  what we do not understand, or a request without the headers that a notification is made of
 *  @see RFC 5438 §6, §7.1.1 */
export function parseDispositionRequest(cpim: CpimMessage): DispositionRequest | undefined {
  const wanted = requestsOf(cpim.get('Disposition-Notification', IMDN_NAMESPACE));
  if (wanted.size === 0 || isNotification(cpim) || !isUnderstood(cpim)) return undefined;
  const messageId = cpim.get('Message-ID', IMDN_NAMESPACE) ?? '';
  const dateTime = cpim.get('DateTime') ?? '';
  const from = cpim.get('From') ?? '';
  const to = parseCpimAddress(cpim.get('To') ?? '');
  const recordRoutes = cpim.all('IMDN-Record-Route', IMDN_NAMESPACE);
  const isComplete =
    isMessageId(messageId) && isDateTime(dateTime) && parseCpimAddress(from) !== undefined;
  if (!isComplete || to === undefined || recordRoutes.length > MAX_RECORD_ROUTES) return undefined;
  return {
    negativeDelivery: wanted.has('negative-delivery'),
    positiveDelivery: wanted.has('positive-delivery'),
    processing: wanted.has('processing'),
    display: wanted.has('display'),
    messageId,
    dateTime,
    from,
    recipientUri: to.uri,
    originalRecipientUri: parseCpimAddress(cpim.get('Original-To', IMDN_NAMESPACE) ?? '')?.uri,
    recordRoutes,
  };
}

/** Is it a notification? One sign is enough, so that no spelling of one starts a loop: its type, or its disposition (RFC 5438 §7.2.1, §9). */
export function isNotification(cpim: CpimMessage): boolean {
  const type = typeOf(cpim.mime('content-type'));
  return type === 'message/imdn+xml' || typeOf(cpim.mime('content-disposition')) === 'notification';
}

/** The names of a request list, without their extension parameters; values that nobody knows do no harm. */
function requestsOf(value: string | undefined): ReadonlySet<string> {
  const wanted = new Set<string>();
  for (const request of value?.split(',') ?? []) {
    const name = typeOf(request);
    if (name !== '') wanted.add(name);
  }
  return wanted;
}

function isUnderstood(cpim: CpimMessage): boolean {
  return cpim.required.every(
    ({ namespace, name }) => UNDERSTOOD.get(namespace ?? '')?.has(name) === true,
  );
}

/** Token, as liberal as its bound allows: it comes back as it was. */
function isMessageId(text: string): boolean {
  return text.length <= MAX_MESSAGE_ID_CHARS && /^[!-~]+$/.test(text);
}

/** RFC 3339 §5.6 date-time. */
function isDateTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)$/.test(text);
}

/** The value before its parameters, in lower case; '' for none. */
function typeOf(value: string | undefined): string {
  return (value?.split(';', 1)[0] ?? '').trim().toLowerCase();
}
