import { describe, expect, test } from 'vitest';
import { codec } from '../../testdata/fixtures.ts';
import { parseCpim } from '../cpim/cpim-message.ts';
import {
  type DispositionRequest,
  IMDN_NAMESPACE,
  isNotification,
  parseDispositionRequest,
} from './disposition-request.ts';
import { firstImdnRoute, formatImdnDocument, formatNotification } from './format-imdn.ts';

const ASKED = [
  'From: Alice <im:alice@example.com>',
  'To: Bob <im:bob@example.com>',
  'NS: imdn <urn:ietf:params:imdn>',
  'imdn.Message-ID: 34jk324j',
  'DateTime: 2006-04-04T12:16:49-05:00',
  'imdn.Disposition-Notification: positive-delivery, negative-delivery',
];
const TEXT = ['', 'Content-type: text/plain', 'Content-length: 12', '', 'Hello World'];

function cpimOf(lines: readonly string[]) {
  const cpim = parseCpim(codec.encode(lines.join('\r\n')), codec);
  if (!cpim.ok) throw new Error(`${cpim.code} at ${cpim.at}`);
  return cpim.value;
}

/** The example with a line put in place of the one that begins alike, or added. */
function askedWith(...changes: readonly string[]): DispositionRequest | undefined {
  const lines = [...ASKED];
  for (const change of changes) {
    const name = change.slice(0, change.indexOf(':') + 1);
    const at = lines.findIndex((line) => line.startsWith(name));
    lines.splice(at === -1 ? lines.length : at, at === -1 ? 0 : 1, change);
  }
  return parseDispositionRequest(cpimOf([...lines, ...TEXT]));
}

function asked(...changes: readonly string[]): DispositionRequest {
  const request = askedWith(...changes);
  if (request === undefined) throw new Error('nothing was asked');
  return request;
}

const PARTS = { from: 'sip:example.com', messageId: 'n1', nowMs: Date.UTC(2026, 10, 22, 12) };

describe('asking for notifications (RFC 5438 §6, §7.1.1)', () => {
  test('MUST read the request of §7.1.1.3', () => {
    expect(asked()).toEqual({
      negativeDelivery: true,
      positiveDelivery: true,
      processing: false,
      display: false,
      messageId: '34jk324j',
      dateTime: '2006-04-04T12:16:49-05:00',
      from: 'Alice <im:alice@example.com>',
      recipientUri: 'im:bob@example.com',
      originalRecipientUri: undefined,
      recordRoutes: [],
    });
  });

  test('MUST know the headers by namespace, whatever the prefix', () => {
    const lines = [...ASKED, ...TEXT].map((line) => line.replace(/imdn(?=[. ])(?!>)/, 'x'));
    expect(lines[2]).toBe('NS: x <urn:ietf:params:imdn>');
    expect(parseDispositionRequest(cpimOf(lines))?.messageId).toBe('34jk324j');
    const foreign = [...ASKED, ...TEXT].map((line) => line.replace('params:imdn', 'params:other'));
    expect(parseDispositionRequest(cpimOf(foreign))).toBeUndefined();
  });

  test('MUST ignore what it does not know in the list, parameters too', () => {
    const request = asked(
      'imdn.Disposition-Notification: shiny;when=now , processing;note=daylight,display',
    );
    expect([request.processing, request.display, request.negativeDelivery]).toEqual([
      true,
      true,
      false,
    ]);
  });

  test.each([
    ['no header', 'imdn.Other: x'],
    ['an empty one', 'imdn.Disposition-Notification: '],
    ['only commas', 'imdn.Disposition-Notification: ,,'],
  ])('MUST take %s for no request', (_what, line) => {
    const lines = ASKED.filter((l) => !l.startsWith('imdn.Disposition-Notification'));
    expect(parseDispositionRequest(cpimOf([...lines, line, ...TEXT]))).toBeUndefined();
  });

  test.each([
    'imdn.Message-ID: two words',
    `imdn.Message-ID: ${'x'.repeat(129)}`,
    'imdn.Message-ID: ',
    'DateTime: yesterday',
    'DateTime: 2006-04-04 12:16:49',
    'From: nobody',
    'To: nobody',
  ])('MUST NOT take a request that cannot be answered: %s', (line) => {
    expect(askedWith(line)).toBeUndefined();
  });

  test('MUST NOT use a message that requires what is not understood (RFC 3862 §3.5)', () => {
    expect(askedWith('Require: imdn.Message-ID, Subject')).toBeDefined();
    expect(askedWith('Require: imdn.Shiny')).toBeUndefined();
    expect(askedWith('Require: other.Message-ID')).toBeUndefined();
  });

  test('MUST bound the intermediaries of a notification', () => {
    const routes = Array.from({ length: 5 }, (_, i) => `imdn.IMDN-Record-Route: <sip:i${i}@x>`);
    const of = (count: number) =>
      parseDispositionRequest(cpimOf([...ASKED, ...routes.slice(0, count), ...TEXT]));
    expect(of(4)?.recordRoutes).toHaveLength(4);
    expect(of(5)).toBeUndefined();
  });
});

describe('notifications (RFC 5438 §7.2.1, §11)', () => {
  test('MUST say what it is about, and what it is', () => {
    const body = formatNotification(asked(), 'failed', PARTS);
    const cpim = cpimOf([body]);
    expect(isNotification(cpim)).toBe(true);
    expect(cpim.mime('content-type')).toBe('message/imdn+xml');
    expect(cpim.mime('content-disposition')).toBe('notification');
    expect(cpim.get('From')).toBe('<sip:example.com>');
    expect(cpim.get('To')).toBe('Alice <im:alice@example.com>');
    expect(cpim.get('DateTime')).toBe('2026-11-22T12:00:00.000Z');
    expect(cpim.get('Message-ID', IMDN_NAMESPACE)).toBe('n1');
    expect(codec.decode(cpim.content, 0, cpim.content.length)).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\r\n<imdn xmlns="urn:ietf:params:xml:ns:imdn">' +
        '<message-id>34jk324j</message-id><datetime>2006-04-04T12:16:49-05:00</datetime>' +
        '<recipient-uri>im:bob@example.com</recipient-uri>' +
        '<original-recipient-uri>im:bob@example.com</original-recipient-uri>' +
        '<delivery-notification><status><failed/></status></delivery-notification></imdn>',
    );
  });

  test('MUST be a processing notification for what was stored (§8.1)', () => {
    expect(formatImdnDocument(asked(), 'stored')).toContain(
      '<processing-notification><status><stored/></status></processing-notification>',
    );
  });

  test('MUST name the original recipient when an intermediary has changed it (§8)', () => {
    const document = formatImdnDocument(asked('imdn.Original-To: <im:team@example.com>'), 'failed');
    expect(document).toContain('<recipient-uri>im:bob@example.com</recipient-uri>');
    expect(document).toContain(
      '<original-recipient-uri>im:team@example.com</original-recipient-uri>',
    );
  });

  test('MUST NOT ask for notifications, nor record a route; IMDN-Record-Route becomes IMDN-Route in order (§7.2.1)', () => {
    const request = asked(
      'imdn.IMDN-Record-Route: First <sip:one@example.com>',
      'imdn.IMDN-record-route: <sip:no@example.com>',
    );
    const two = {
      ...request,
      recordRoutes: [...request.recordRoutes, '<sip:two@example.com>'],
    };
    const cpim = cpimOf([formatNotification(two, 'failed', PARTS)]);
    expect(cpim.get('Disposition-Notification', IMDN_NAMESPACE)).toBeUndefined();
    expect(cpim.get('IMDN-Record-Route', IMDN_NAMESPACE)).toBeUndefined();
    expect(cpim.all('IMDN-Route', IMDN_NAMESPACE)).toEqual([
      'First <sip:one@example.com>',
      '<sip:two@example.com>',
    ]);
    expect(firstImdnRoute(two)).toBe('sip:one@example.com');
    expect(firstImdnRoute(asked())).toBeUndefined();
  });

  test.each([
    ['Content-Type: message/imdn+xml'],
    ['Content-Type: Message/IMDN+XML; charset=utf-8'],
    ['Content-Type: multipart/mixed; boundary=b', 'Content-Disposition: Notification'],
  ])('MUST NOT be asked for by a notification, single or aggregated: %s (§7.2.1)', (...mime) => {
    expect(parseDispositionRequest(cpimOf([...ASKED, '', ...mime, '', '<imdn/>']))).toBeUndefined();
  });

  test('MUST be well-formed XML whatever the identifiers are', () => {
    const document = formatImdnDocument(
      asked('imdn.Message-ID: </message-id>&amp;"', 'To: <im:b?a&b>'),
      'failed',
    );
    expect(document).toContain('<message-id>&lt;/message-id&gt;&amp;amp;"</message-id>');
    expect(document).toContain('<recipient-uri>im:b?a&amp;b</recipient-uri>');
  });
});
