import { areOnLoopback, type SipListener } from './config-value.ts';

/** Messages of one sender that wait for one recipient: more than a person writes to somebody who does not answer. */
const DEFAULT_MAX_PER_SENDER = 100;

/** `HERMOD_MAILBOX_MAX_PER_SENDER`; 0: no bound but the mailbox's own. Who has SIP listeners on loopback addresses alone is spared; a router
 *  has none and cannot know. */
export function mailboxMaxPerSender(config: {
  readonly mailboxMaxPerSender: number | undefined;
  readonly sipListen?: readonly SipListener[];
}): number {
  const { mailboxMaxPerSender: set, sipListen } = config;
  if (set !== undefined) return set;
  return sipListen !== undefined && areOnLoopback(sipListen) ? 0 : DEFAULT_MAX_PER_SENDER;
}
