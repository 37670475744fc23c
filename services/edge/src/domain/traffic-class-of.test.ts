import { TRAFFIC_CLASS_NAMES } from '@hermod/congestion';
import { SipRequest } from '@hermod/sip';
import { bufferCodec } from '@hermod/transport';
import { describe, expect, test } from 'vitest';
import { type MessageParts, messageText, sip } from '../../test/edge-world.ts';
import { trafficClassOf } from './traffic-class-of.ts';

function classOf(parts: MessageParts, hasBindings = false): string | undefined {
  const request = sip(messageText(parts));
  if (!(request instanceof SipRequest)) throw new Error('not a request');
  return TRAFFIC_CLASS_NAMES[trafficClassOf(request, hasBindings, bufferCodec)];
}

const ROUTE = 'Route: <sip:192.0.2.1:5060;lr>';
const CPIM = 'Content-Type: Message/CPIM';
const imdn = (status: string): string =>
  `<imdn xmlns="urn:ietf:params:xml:ns:imdn"><delivery-notification><status><${status}/></status></delivery-notification></imdn>`;
const wrapped = (type: string, body: string): string =>
  `From: <sip:a@example.com>\r\nTo: <sip:b@example.com>\r\n\r\nContent-type: ${type}\r\n\r\n${body}`;

describe('the class of a request (RFC 5390 §4 REQ 13, 19)', () => {
  test.each<[string, string, MessageParts]>([
    ['message', 'a text', {}],
    ['message', 'a text of CPIM', { headers: [CPIM], body: wrapped('text/plain', 'hello') }],
    ['message', 'a claim of a dialog, without its Route', { toTag: 'x' }],
    ['in_dialog', 'a MESSAGE in a dialog', { toTag: 'x', headers: [ROUTE] }],
    ['composing', 'typing', { headers: ['Content-Type: application/im-iscomposing+xml'] }],
    [
      'composing',
      'typing in CPIM',
      { headers: [CPIM], body: wrapped('application/im-iscomposing+xml', '<isComposing/>') },
    ],
    [
      'delivery_notice',
      'an IMDN',
      { headers: ['Content-Type: message/imdn+xml;charset=utf-8'], body: imdn('delivered') },
    ],
    [
      'delivery_notice',
      'an IMDN in CPIM',
      { headers: [CPIM], body: wrapped('message/imdn+xml', imdn('delivered')) },
    ],
    [
      'failure_notice',
      'an IMDN of a failure',
      { headers: [CPIM], body: wrapped('message/imdn+xml', imdn('failed')) },
    ],
    ['session', 'an INVITE', { method: 'INVITE' }],
    ['in_dialog', 'a re-INVITE', { method: 'INVITE', toTag: 'x' }],
    ['in_dialog', 'an INFO', { method: 'INFO', toTag: 'x' }],
    ['release', 'a BYE', { method: 'BYE', toTag: 'x' }],
    ['release', 'a CANCEL', { method: 'CANCEL' }],
    [
      'register',
      'a REGISTER',
      { method: 'REGISTER', headers: ['Contact: <sip:a@h>', 'Expires: 600'] },
    ],
    ['register', 'a REGISTER that asks', { method: 'REGISTER', headers: ['Expires: 0'] }],
    [
      'release',
      'a REGISTER that removes all bindings',
      { method: 'REGISTER', headers: ['Contact: *', 'Expires: 0'] },
    ],
    [
      'release',
      'a REGISTER that removes a binding',
      { method: 'REGISTER', headers: ['Contact: <sip:a@h>;expires=0'] },
    ],
    [
      'register',
      'a REGISTER that removes one and adds one',
      { method: 'REGISTER', headers: ['Contact: <sip:a@h>, <sip:a@i>;expires=0'] },
    ],
    [
      'register',
      'a REGISTER that only looks like a removal',
      { method: 'REGISTER', headers: ['Contact: <sip:a@h>;expires=600', 'Expires: 0'] },
    ],
    ['other', 'a SUBSCRIBE', { method: 'SUBSCRIBE', headers: ['Expires: 60'] }],
    [
      'release',
      'a SUBSCRIBE that ends a subscription',
      { method: 'SUBSCRIBE', toTag: 'x', headers: ['Expires: 0'] },
    ],
    ['other', 'an OPTIONS', { method: 'OPTIONS' }],
  ])('MUST be %s for %s', (expected, _what, parts) => {
    expect(classOf(parts)).toBe(expected);
  });

  test('MUST be refresh for a REGISTER of a flow that has bindings', () => {
    expect(classOf({ method: 'REGISTER', headers: ['Contact: <sip:a@h>'] }, true)).toBe('refresh');
  });
});
