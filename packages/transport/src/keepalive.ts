import type { OutgoingMessage } from '@hermod/sip';

const NO_BODY = new Uint8Array(0);

/** A double CRLF asks for a sign of life.  @see RFC 5626 §3.5.1, §5.4 */
export const PING: OutgoingMessage = { head: '\r\n\r\n', body: NO_BODY };
/** A single one is it. */
export const PONG: OutgoingMessage = { head: '\r\n', body: NO_BODY };
