import { describe, expect, it } from 'vitest';
import { mailboxMaxPerSender } from './mailbox-bound.ts';

const listen = (...hosts: readonly string[]) =>
  hosts.map((host) => ({ transport: 'udp', host, port: 5060 }) as const);

describe('HERMOD_MAILBOX_MAX_PER_SENDER', () => {
  it.each([
    ['loopback listeners alone', listen('127.0.0.1', '::1'), 0],
    ['a listener that others reach', listen('127.0.0.1', '192.0.2.1'), 100],
    ['no listener of its own, as a router', undefined, 100],
  ])('when unset, MUST depend on who reaches the process: %s', (_, sipListen, expected) => {
    const unset = { mailboxMaxPerSender: undefined };
    const config = sipListen === undefined ? unset : { ...unset, sipListen };
    expect(mailboxMaxPerSender(config)).toBe(expected);
  });

  it('MUST hold as it is set, 0 too', () => {
    expect(mailboxMaxPerSender({ mailboxMaxPerSender: 0 })).toBe(0);
    const sipListen = listen('127.0.0.1');
    expect(mailboxMaxPerSender({ mailboxMaxPerSender: 7, sipListen })).toBe(7);
  });
});
