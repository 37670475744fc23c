import { parseCpim, parseDispositionRequest } from '@hermod/sip';
import { bufferCodec } from '@hermod/transport';
import { describe, expect, test } from 'vitest';
import {
  formatComposing,
  formatDelivered,
  formatMessage,
  parseBody,
  parseComposing,
  readNotification,
  wantsDelivery,
} from './cpim.js';

const MESSAGE = {
  from: 'sip:alice@localhost',
  to: 'sip:bob@localhost',
  id: 'a1b2c3',
  atMs: Date.UTC(2026, 10, 23, 4, 5, 6),
  text: 'Grüße, <Bob> & alle',
};

/** As the server reads it. */
function atServer(body: string) {
  const parsed = parseCpim(Buffer.from(body), bufferCodec);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value;
}

function read(body: string) {
  const parsed = parseBody('message/cpim;charset=utf-8', body);
  if (parsed === undefined) throw new Error('it cannot be read');
  return parsed;
}

describe('a message of the page', () => {
  test('MUST be message/cpim that asks what becomes of it, as the server reads it (RFC 5438 §7.1.1)', () => {
    const cpim = atServer(formatMessage(MESSAGE));
    expect(Buffer.from(cpim.content).toString()).toBe(MESSAGE.text);
    expect(parseDispositionRequest(cpim)).toMatchObject({
      positiveDelivery: true,
      negativeDelivery: true,
      processing: false,
      display: false,
      messageId: MESSAGE.id,
      recipientUri: MESSAGE.to,
      dateTime: '2026-11-23T04:05:06.000Z',
    });
  });

  test('MUST come out at another page as it went in', () => {
    const message = read(formatMessage(MESSAGE));
    expect(message).toMatchObject({ type: 'text/plain', content: MESSAGE.text });
    expect(wantsDelivery(message)).toBe(true);
    expect(readNotification(message)).toBeUndefined();
  });
});

describe('a notification', () => {
  test('MUST say that the message has arrived, and ask for nothing itself (RFC 5438 §7.2.1)', () => {
    const request = read(formatMessage(MESSAGE));
    const parts = { from: MESSAGE.to, id: 'n1', atMs: MESSAGE.atMs };
    const body = formatDelivered(request, parts);
    expect(readNotification(read(body))).toEqual({ id: MESSAGE.id, disposition: 'delivered' });
    expect(wantsDelivery(read(body))).toBe(false);
    expect(parseDispositionRequest(atServer(body))).toBeUndefined();
    expect(atServer(body).get('To')).toBe('<sip:alice@localhost>');
  });

  test.each([
    ['processing-notification', 'stored'],
    ['delivery-notification', 'failed'],
    ['display-notification', 'displayed'],
  ])('of another element MUST be understood: %s, %s (RFC 5438 §11)', (element, status) => {
    const body =
      'From: <sip:localhost>\r\nTo: <sip:alice@localhost>\r\nNS: MyImdn <urn:ietf:params:imdn>\r\nMyImdn.Message-ID: 9\r\n\r\n' +
      'content-type: message/imdn+xml; charset=utf-8\r\nContent-Disposition: notification\r\n\r\n' +
      '<?xml version="1.0"?>\n<i:imdn xmlns:i="urn:ietf:params:xml:ns:imdn">\n <i:message-id> a&amp;b </i:message-id>' +
      `<i:${element}><i:status>\n<i:${status}/></i:status></i:${element}></i:imdn>`;
    expect(readNotification(read(body))).toEqual({ id: 'a&b', disposition: status });
  });

  test.each(['', 'no head', 'From: <sip:a@b>\r\n\r\n', 'From: <sip:a@b>\r\n\r\nX: y\r\n\r\nhi'])(
    'that is no message/cpim MUST NOT be read: %j',
    (body) => {
      expect(parseBody('Message/CPIM', body)).toBeUndefined();
    },
  );

  test('what is not asked for by its headers MUST NOT be told', () => {
    const silent = formatMessage(MESSAGE).replace('positive-delivery, ', '');
    expect(wantsDelivery(read(silent))).toBe(false);
    expect(wantsDelivery({ type: 'text/plain', headers: new Map(), content: 'hi' })).toBe(false);
  });
});

describe('a sign that somebody writes (RFC 3994)', () => {
  test('MUST hold for a while, or end', () => {
    expect(parseComposing(formatComposing(true))).toBe(60);
    expect(parseComposing(formatComposing(false))).toBe(0);
  });

  test.each([
    ['<isComposing><state>active</state></isComposing>', 120],
    ['<c:isComposing><c:state>active</c:state><c:refresh>90</c:refresh></c:isComposing>', 90],
    ['<isComposing><state>active</state><refresh>5</refresh></isComposing>', 60],
    ['<isComposing><state>active</state><refresh>1e9</refresh></isComposing>', 3_600],
    ['<isComposing><state>active</state><refresh>soon</refresh></isComposing>', 60],
    ['<isComposing/>', 0],
    ['', 0],
  ])('MUST be taken for what it says: %s', (document, seconds) => {
    expect(parseComposing(document)).toBe(seconds);
  });
});
