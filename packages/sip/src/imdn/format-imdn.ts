import { parseCpimAddress } from '../cpim/cpim-header.ts';
import { formatCpim, formatCpimAddress } from '../cpim/format-cpim.ts';
import { formatDateTime } from '../date.ts';
import { type DispositionRequest, IMDN_NAMESPACE } from './disposition-request.ts';

/** What has become of a message, as an intermediary can tell.
 *  @see RFC 5438 §8.1, §8.2 */
export type Disposition =
  /** In a mailbox. */
  | 'stored'
  /** Expired, or refused by the recipient's devices, after it was accepted. */
  | 'failed';

const ELEMENTS: Readonly<Record<Disposition, string>> = {
  stored: 'processing-notification',
  failed: 'delivery-notification',
};

/** What a notification says beside its {@link Disposition}. */
export type NotificationParts = {
  /** URI of the element that sends it. */
  readonly from: string;
  /** Message-ID of its own: a token. */
  readonly messageId: string;
  /** When it is made, epoch ms. */
  readonly nowMs: number;
};

/** The message/cpim body of a notification. It has no Disposition-Notification and no IMDN-Record-Route (RFC 5438 §7.2.1).
 *  @param request of the message it is about: its DateTime, Message-ID and recipients come back unchanged
 *  @returns latin1 text of the bytes */
export function formatNotification(
  request: DispositionRequest,
  disposition: Disposition,
  parts: NotificationParts,
): string {
  return formatCpim({
    headers: [
      formatCpimAddress('From', parts.from),
      // As it came, escapes and all.
      `To: ${request.from}`,
      `NS: imdn <${IMDN_NAMESPACE}>`,
      `imdn.Message-ID: ${parts.messageId}`,
      `DateTime: ${formatDateTime(parts.nowMs)}`,
      ...request.recordRoutes.map((route) => `imdn.IMDN-Route: ${route}`),
    ],
    mimeHeaders: ['Content-Type: message/imdn+xml', 'Content-Disposition: notification'],
    content: formatImdnDocument(request, disposition),
  });
}

/** Where a notification goes: the topmost IMDN-Record-Route of its message.  @returns undefined when there is none that can be read */
export function firstImdnRoute(request: DispositionRequest): string | undefined {
  return parseCpimAddress(request.recordRoutes[0] ?? '')?.uri;
}

/** The message/imdn+xml document.  @see RFC 5438 §11 */
export function formatImdnDocument(request: DispositionRequest, disposition: Disposition): string {
  const element = ELEMENTS[disposition];
  const original = request.originalRecipientUri ?? request.recipientUri;
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\r\n<imdn xmlns="urn:ietf:params:xml:ns:imdn">' +
    `<message-id>${escapeXml(request.messageId)}</message-id><datetime>${request.dateTime}</datetime>` +
    `<recipient-uri>${escapeXml(request.recipientUri)}</recipient-uri>` +
    `<original-recipient-uri>${escapeXml(original)}</original-recipient-uri>` +
    `<${element}><status><${disposition}/></status></${element}></imdn>`
  );
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
