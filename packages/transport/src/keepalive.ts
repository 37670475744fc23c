import type { OutgoingMessage } from '@hermod/sip';
import { messageBytes } from './encode-message.ts';

const NO_BODY = new Uint8Array(0);

/** A double CRLF asks for a sign of life.  @see RFC 5626 §3.5.1, §5.4 */
export const PING: OutgoingMessage = { head: '\r\n\r\n', body: NO_BODY };
/** A single one is it. */
export const PONG: OutgoingMessage = { head: '\r\n', body: NO_BODY };
/** Octets of a {@link PING}: what is shorter answers. */
export const PING_BYTES = messageBytes(PING);
