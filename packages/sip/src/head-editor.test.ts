import { describe, expect, it } from 'vitest';
import { HeadEditor } from './head-editor.ts';
import { H } from './header-name.ts';
import { parseMessage, SipRequest } from './message.ts';

const HEAD =
  'MESSAGE sip:bob@example.com SIP/2.0\r\n' +
  'Via: SIP/2.0/TCP a.example.com;branch=z9hG4bKa , SIP/2.0/UDP b.example.com;branch=z9hG4bKb\r\n' +
  'To: <sip:bob@example.com>\r\n' +
  'X-Odd :  kept, as it is \r\n' +
  'v:SIP/2.0/UDP c.example.com;branch=z9hG4bKc;x="1,2"\r\n' +
  'Max-Forwards: 70\r\n' +
  'Content-Length: 0\r\n\r\n';

function request(head: string): SipRequest {
  const message = parseMessage(head, new Uint8Array(0));
  if (!message.ok || !(message.value instanceof SipRequest)) throw new Error('not a request');
  return message.value;
}

function edit(): HeadEditor {
  return new HeadEditor(request(HEAD));
}

describe('HeadEditor', () => {
  it('MUST keep an unedited head byte for byte (RFC 3261 §16.6)', () => {
    expect(edit().toHead()).toBe(HEAD);
  });

  it.each(['MESSAGE  sip:b@h   SIP/2.0', 'MESSAGE sip:b@h SIP/2.0  '])(
    'MUST NOT send the superfluous spaces of %j on (RFC 4475 §3.1.2.9, §3.1.2.10)',
    (line) => {
      const message = request(`${line}\r\nVia: x\r\n\r\n`);
      const tidy = 'MESSAGE sip:b@h SIP/2.0\r\nVia: x\r\n\r\n';
      expect(new HeadEditor(message).toHead()).toBe(tidy);
      const pushed = new HeadEditor(message).pushFirst(H.ROUTE, 'Route: <r>').toRequest();
      expect(pushed.head).toBe(tidy.replace('Via', 'Route: <r>\r\nVia'));
      expect(pushed.rows).toEqual(request(pushed.head).rows);
    },
  );

  it('MUST put a pushed Via above the others (RFC 3261 §16.6 item 8)', () => {
    const head = edit().pushFirst(H.VIA, 'Via: one').pushFirst(H.VIA, 'Via: two').toHead();
    expect(head).toBe(HEAD.replace('Via: SIP', 'Via: two\r\nVia: one\r\nVia: SIP'));
  });

  it('MUST put a pushed header after the start line where there was none', () => {
    const head = edit().pushFirst(H.ROUTE, 'Route: <sip:r;lr>').toHead();
    expect(head).toBe(HEAD.replace('Via: SIP', 'Route: <sip:r;lr>\r\nVia: SIP'));
  });

  it('MUST pop one Via value at a time, across rows and spellings (RFC 3261 §16.7 item 3)', () => {
    const once = edit().popFirstValue(H.VIA).toHead();
    expect(once).toBe(HEAD.replace('SIP/2.0/TCP a.example.com;branch=z9hG4bKa , ', ''));
    const twice = edit().popFirstValue(H.VIA).popFirstValue(H.VIA).toHead();
    expect(request(twice).values(H.VIA)).toEqual([
      'SIP/2.0/UDP c.example.com;branch=z9hG4bKc;x="1,2"',
    ]);
    const editor = edit();
    for (let i = 0; i < 5; i += 1) editor.popFirstValue(H.VIA);
    expect(request(editor.toHead()).has(H.VIA)).toBe(false);
  });

  it('MUST combine start line, replacement, removal, insertion and appending', () => {
    const head = edit()
      .startLine('MESSAGE sip:x@y SIP/2.0')
      .replace(H.MAX_FORWARDS, 'Max-Forwards: 69')
      .replace(H.EXPIRES, 'Expires: 5')
      .removeAll(H.CONTENT_LENGTH)
      .popFirstValue(H.VIA)
      .pushFirst(H.VIA, 'Via: mine')
      .append('Date: now')
      .toHead();
    expect(head).toBe(
      'MESSAGE sip:x@y SIP/2.0\r\nVia: mine\r\n' +
        'Via: SIP/2.0/UDP b.example.com;branch=z9hG4bKb\r\n' +
        'To: <sip:bob@example.com>\r\nX-Odd :  kept, as it is \r\n' +
        'v:SIP/2.0/UDP c.example.com;branch=z9hG4bKc;x="1,2"\r\n' +
        'Max-Forwards: 69\r\nExpires: 5\r\nDate: now\r\n\r\n',
    );
  });

  it('MUST remove further rows on replace', () => {
    const head = edit().replace(H.VIA, 'Via: only').toHead();
    expect(request(head).values(H.VIA)).toEqual(['only']);
  });

  it('MUST remove one row, and no other of that header', () => {
    const message = request(HEAD);
    const first = message.rowOf(H.VIA);
    const head = new HeadEditor(message).removeRow(first).toHead();
    expect(request(head).values(H.VIA)).toEqual([
      'SIP/2.0/UDP c.example.com;branch=z9hG4bKc;x="1,2"',
    ]);
  });

  it('MUST derive the same message as a scan of the edited head would give', () => {
    const edits: readonly ((editor: HeadEditor) => HeadEditor)[] = [
      (e) => e.pushFirst(H.VIA, 'Via: one\r\nVia: two'),
      (e) => e.popFirstValue(H.VIA),
      (e) => e.replace(H.MAX_FORWARDS, 'Max-Forwards: 9'),
      (e) => e.removeAll(H.TO),
      (e) => e.pushFirst(H.ROUTE, 'Route: <sip:r;lr>'),
      (e) => e.append('Date: now'),
      (e) => e.startLine('MESSAGE sip:somebody@else.example.org SIP/2.0'),
      (e) => e.popFirstValue(H.VIA),
    ];
    for (let chosen = 0; chosen < 1 << edits.length; chosen += 1) {
      const editor = edit();
      for (const [i, change] of edits.entries()) if ((chosen >> i) & 1) change(editor);
      const derived = editor.toRequest();
      const scanned = request(editor.toHead());
      expect(derived.head).toBe(scanned.head);
      expect(derived.rows).toEqual(scanned.rows);
      expect(derived.requestUri).toBe(scanned.requestUri);
    }
  });

  it('MUST derive a response with the Via popped (RFC 3261 §16.7 item 3)', () => {
    const head =
      'SIP/2.0 200 OK\r\nv: SIP/2.0/TCP a;branch=z9hG4bKa\r\n' +
      'Via: SIP/2.0/TCP b;branch=z9hG4bKb\r\nSubject: folded\r\n  line\r\nl: 0\r\n\r\n';
    const parsed = parseMessage(head, new Uint8Array(0));
    if (!parsed.ok) throw new Error(parsed.reason);
    const derived = new HeadEditor(parsed.value).popFirstValue(H.VIA).toResponse();
    const scanned = parseMessage(derived.head, new Uint8Array(0));
    expect(scanned).toMatchObject({ ok: true, value: { status: 200, rows: derived.rows } });
    expect(derived.status).toBe(200);
    expect(derived.topVia).toMatchObject({ ok: true, value: { host: 'b' } });
  });
});
