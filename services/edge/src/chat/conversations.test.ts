import { describe, expect, test } from 'vitest';
import { addressOf, Conversations, nameOf } from './conversations.js';

const BOB = 'sip:bob@localhost';
const said = (id: string, text = id) => ({ id, text, atMs: 1 });

describe('Conversations', () => {
  test('MUST show a message once, however often it comes', () => {
    const conversations = new Conversations();
    expect(conversations.receive(BOB, said('1'))).toBe(true);
    expect(conversations.receive(BOB, said('1'))).toBe(false);
    expect(conversations.contact(BOB)).toMatchObject({ unread: 1, messages: [{ text: '1' }] });
  });

  test('what has arrived MUST stay so, whatever a slower answer says', () => {
    const conversations = new Conversations();
    conversations.send(BOB, said('1'));
    conversations.settle('1', 'accepted');
    expect(conversations.contact(BOB).messages[0]?.state).toBe('accepted');
    conversations.settle('1', 'delivered');
    conversations.settle('1', 'failed', '480 Temporarily Unavailable');
    conversations.settle('unknown', 'failed');
    expect(conversations.contact(BOB).messages[0]).toMatchObject({
      state: 'delivered',
      why: undefined,
    });
  });

  test('MUST be the same after they were kept; nobody waits for an answer of before', () => {
    const conversations = new Conversations();
    conversations.receive(BOB, said('1'));
    conversations.send(BOB, said('2'));
    conversations.contact(BOB).composingUntilMs = 5;
    const again = new Conversations(JSON.parse(JSON.stringify(conversations)));
    expect(again.contact(BOB)).toMatchObject({ unread: 1, composingUntilMs: 0 });
    expect(again.contact(BOB).messages.map(({ state }) => state)).toEqual([undefined, 'failed']);
    expect(again.receive(BOB, said('1'))).toBe(false);
  });

  test('MUST forget the oldest beyond their caps', () => {
    const conversations = new Conversations();
    for (let i = 0; i < 1_000; i += 1) conversations.receive(BOB, said(String(i)));
    expect(conversations.contact(BOB).messages).toHaveLength(500);
    expect(conversations.contact(BOB).messages[0]?.text).toBe('500');
    for (let i = 0; i < 300; i += 1) conversations.receive(`sip:u${i}@localhost`, said(`u${i}`));
    expect(conversations.contacts).toHaveLength(200);
    expect(conversations.contacts.at(-1)?.address).toBe('sip:u299@localhost');
  });
});

test.each([
  ['bob', BOB],
  [' sip:bob@LOCALHOST ', BOB],
  ['sips:bob@example.com', 'sip:bob@example.com'],
  ['+49(30)1@[::1]', 'sip:+49(30)1@[::1]'],
  ['bob@', undefined],
  ['a b', undefined],
  ['<bob@localhost>', undefined],
  ['bob@local host', undefined],
  ['', undefined],
])('%j MUST be taken for the address %s', (text, address) => {
  expect(addressOf(text, 'localhost')).toBe(address);
});

test('a name MUST be short for who is of the same domain', () => {
  expect(nameOf(BOB, 'localhost')).toBe('bob');
  expect(nameOf('sip:bob@example.com', 'localhost')).toBe('bob@example.com');
});
