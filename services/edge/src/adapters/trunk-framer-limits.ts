import type { FramerLimits } from '@hermod/sip';

/** Caps of what routers and registrars send over the trunk. Far above those for clients, because it adds up what several clients wrote:
 *  a request carries the Path and the Contact of the recipient beside the sender's head, a 200 to REGISTER lists ten Contacts. A
 *  stream that cannot be framed is closed, and everybody's messages on it fail. */
export const TRUNK_FRAMER_LIMITS: FramerLimits = {
  maxHeadBytes: 262_144,
  maxBodyBytes: 65_536,
  maxHeaderRows: 4_096,
};
