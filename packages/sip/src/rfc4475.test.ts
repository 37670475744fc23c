import { describe, expect, it } from 'vitest';
import {
  codec,
  parseNameAddrList,
  RecordingSink,
  TORTURE_NAMES,
  torture,
} from '../testdata/fixtures.ts';
import { frameDatagram } from './datagram-framer.ts';
import { DEFAULT_FRAMER_LIMITS } from './framer-limits.ts';
import { HeadEditor } from './head-editor.ts';
import { H } from './header-name.ts';
import { type SipMessage, SipRequest, SipResponse } from './message.ts';
import { buildResponse } from './response.ts';
import { StreamFramer } from './stream-framer.ts';
import { unescapeUser } from './uri.ts';
import { validateRequest } from './validate.ts';
import { parseVia } from './via.ts';

// RFC 4475 §3: what the parser, the datagram framer and the validator make of each message, together. 0 = well-formed and
// valid (a later step may refuse it: 416, 420, 483 …); 'drop' = a response that is dropped; else the status of the answer.
const VERDICTS: Readonly<Record<string, number | 'drop'>> = {
  // §3.1.1 valid
  wsinv: 0,
  intmeth: 0,
  esc01: 0,
  escnull: 0,
  esc02: 0,
  lwsdisp: 0,
  longreq: 0,
  dblreq: 0,
  semiuri: 0,
  transports: 0,
  mpart01: 0,
  unreason: 0,
  noreason: 0,
  // §3.1.2 invalid
  badinv01: 400,
  clerr: 400,
  ncl: 400,
  scalar02: 400,
  scalarlg: 'drop',
  quotbal: 400,
  ltgtruri: 400,
  lwsruri: 400,
  lwsstart: 0,
  trws: 0,
  escruri: 0,
  baddate: 0,
  regbadct: 0,
  badaspec: 400,
  baddn: 400,
  badvers: 505,
  mismatch01: 400,
  mismatch02: 400,
  bigcode: 'drop',
  // §3.2 to §3.4
  badbranch: 400,
  insuf: 400,
  unkscm: 0,
  novelsc: 0,
  unksm2: 0,
  bext01: 0,
  invut: 0,
  regaut01: 0,
  multi01: 400,
  mcl01: 400,
  bcast: 0,
  zeromf: 0,
  cparam01: 0,
  cparam02: 0,
  regescrt: 0,
  sdp01: 0,
  inv2543: 0,
};

// §3.1.2.9, §3.1.2.10: superfluous spaces in the request line may be tolerated; sent on they must not be.
const TIDIED: Readonly<Record<string, (head: string) => string>> = {
  lwsstart: (head) => head.replace(/^INVITE {2}(\S+) {2}SIP/, 'INVITE $1 SIP'),
  trws: (head) => head.replace(/^(.+?) +\r\n/, '$1\r\n'),
};

function verdict(bytes: Uint8Array): number | 'drop' {
  const framed = frameDatagram(bytes, codec, DEFAULT_FRAMER_LIMITS);
  if ('ping' in framed) throw new Error('not a keepalive');
  if (!framed.ok) return framed.status === 0 ? 'drop' : framed.status;
  // A response is matched by its top Via and its CSeq; one that lacks them is nobody's (RFC 3261 §18.1.2).
  if (framed.value.kind === 'response') {
    return framed.value.topVia.ok && framed.value.cseq.ok ? 0 : 'drop';
  }
  return validateRequest(framed.value)?.status ?? 0;
}

function datagram(name: string): SipRequest | SipResponse {
  const framed = frameDatagram(torture(name), codec, DEFAULT_FRAMER_LIMITS);
  if ('ping' in framed || !framed.ok) throw new Error(`${name} is not a message`);
  return framed.value;
}

function request(name: string): SipRequest {
  const message = datagram(name);
  if (!(message instanceof SipRequest)) throw new Error(`${name} is no request`);
  return message;
}

function stream(bytes: Uint8Array, chunkBytes: number): RecordingSink {
  const sink = new RecordingSink();
  const framer = new StreamFramer(codec, DEFAULT_FRAMER_LIMITS);
  for (let i = 0; i < bytes.length; i += chunkBytes) {
    framer.push(bytes.slice(i, i + chunkBytes), sink);
  }
  return sink;
}

function sipUser(message: SipMessage, id: 'from' | 'to'): string {
  const addr = message[id];
  if (!addr.ok || !addr.value.uri.ok || addr.value.uri.value.kind !== 'sip') throw new Error(id);
  return addr.value.uri.value.user ?? '';
}

describe('RFC 4475', () => {
  it('MUST have a verdict for each of its 49 messages', () => {
    expect(TORTURE_NAMES).toHaveLength(49);
    expect([...TORTURE_NAMES].sort()).toEqual(Object.keys(VERDICTS).sort());
  });

  it.each(Object.entries(VERDICTS))('MUST judge %s as %s', (name, expected) => {
    expect(verdict(torture(name))).toBe(expected);
  });

  it.each(TORTURE_NAMES)('MUST frame %s alike, whole and octet by octet', (name) => {
    const whole = stream(torture(name), 100_000);
    expect(stream(torture(name), 1).events).toEqual(whole.events);
    expect(stream(torture(name), 13).events).toEqual(whole.events);
  });

  it.each(TORTURE_NAMES)('MUST keep the unedited head of %s byte for byte', (name) => {
    const framed = frameDatagram(torture(name), codec, DEFAULT_FRAMER_LIMITS);
    if ('ping' in framed || !framed.ok) return;
    const { head } = framed.value;
    expect(new HeadEditor(framed.value).toHead()).toBe(TIDIED[name]?.(head) ?? head);
    const pushed = new HeadEditor(framed.value).pushFirst(H.VIA, 'Via: SIP/2.0/TCP me').toHead();
    const bytes = codec.encode(pushed);
    const again = frameDatagram(bytes, codec, DEFAULT_FRAMER_LIMITS);
    // With its body cut off, only a message that announces one may be refused.
    if ('ping' in again) throw new Error('lost');
    const message = again.ok ? again.value : again.partial;
    if (message === undefined) return;
    expect(message.values(H.VIA)).toEqual(['SIP/2.0/TCP me', ...framed.value.values(H.VIA)]);
  });
});

describe('RFC 4475 §3.1.1 details', () => {
  it('MUST read wsinv through its folds and white space (§3.1.1.1)', () => {
    const message = request('wsinv');
    expect(message.requestUri).toBe('sip:vivekg@chair-dnrc.example.com;unknownparam');
    expect(message.to.ok && message.to.value.tag).toBe('1918181833n');
    expect(message.from.ok && message.from.value.displayName).toBe('J Rosenberg \\"');
    expect(message.from.ok && message.from.value.tag).toBe('98asjd8');
    expect(message.cseq).toEqual({ ok: true, value: { number: 9, method: 'INVITE' } });
    expect(message.get(H.MAX_FORWARDS)).toBe('0068');
    expect(message.get(H.SUBJECT)).toBe('');
    expect(message.byName('newfangledheader')).toBe('newfangled value continued newfangled value');
    expect(message.byName('UnknownHeaderWithUnusualValue')).toBe(';;,,;;,;');
    const vias = message.values(H.VIA).map((value) => parseVia(value));
    expect(vias.map((via) => via.ok && `${via.value.transport} ${via.value.sentBy}`)).toEqual([
      'UDP 192.0.2.2',
      'TCP spindle.example.com',
      'UDP 192.168.255.111',
    ]);
    expect(vias.map((via) => via.ok && via.value.branch)).toEqual([
      '390skdjuw',
      'z9hG4bK9ikj8',
      'z9hG4bK30239',
    ]);
    const contact = parseNameAddrList(message.get(H.CONTACT) ?? '');
    expect(contact.ok && contact.value[0]?.displayName).toBe('Quoted string ""');
    expect(contact.ok && contact.value[0]?.params.get('q')).toBe('0.33');
    expect(message.body.length).toBe(150);
  });

  it('MUST take every legal character of intmeth (§3.1.1.2)', () => {
    const message = request('intmeth');
    expect(message.method).toBe("!interesting-Method0123456789_*+`.%indeed'~");
    expect(message.to.ok && message.to.value.displayName).toBe('BEL:\x07 NUL:\0 DEL:\x7f');
    expect(message.from.ok && message.from.value.displayName).toBe(
      "token1~` token2'+_ token3*%!.-",
    );
    expect(message.from.ok && message.from.value.tag).toBe("_token~1'+`*%!-.");
    expect(message.callId).toBe('intmeth.word%ZK-!.*_+\'@word`~)(><:\\/"][?}{');
    const uri = message.uri;
    if (!uri.ok || uri.value.kind !== 'sip') throw new Error('uri');
    expect(uri.value.password).toBe("&it+has=1,weird!*pas$wo~d_too.(doesn't-it)");
    expect(uri.value.host).toBe('example.com');
  });

  it('MUST decode escapes once only (§3.1.1.3)', () => {
    const message = request('esc01');
    const uri = message.uri;
    if (!uri.ok || uri.value.kind !== 'sip') throw new Error('uri');
    expect(unescapeUser(uri.value.user ?? '')).toBe('sips:user@example.com');
    expect(unescapeUser(sipUser(message, 'to'))).toBe('user');
    const contact = parseNameAddrList(message.get(H.CONTACT) ?? '');
    const contactUri = contact.ok ? contact.value[0]?.uri : undefined;
    if (!contactUri?.ok || contactUri.value.kind !== 'sip') throw new Error('contact');
    expect(contactUri.value.params.get('lr')).toBe(true);
    expect(contactUri.value.params.get('name')).toBe('value%41');
  });

  it('MUST keep NULs apart (§3.1.1.4)', () => {
    const message = request('escnull');
    expect(unescapeUser(sipUser(message, 'to'))).toBe('null-\0-null');
    expect(message.values(H.CONTACT)).toEqual([
      '<sip:%00@host5.example.com>',
      '<sip:%00%00@host5.example.com>',
    ]);
  });

  it('MUST NOT take % for an escape in methods and header names (§3.1.1.5)', () => {
    const message = request('esc02');
    expect(message.method).toBe('RE%47IST%45R');
    expect(message.to.ok && message.to.value.displayName).toBe('%Z%45');
    expect(message.values(H.CONTACT)).toHaveLength(2);
  });

  it('MUST see all Vias of longreq in every spelling (§3.1.1.7)', () => {
    expect(request('longreq').values(H.VIA)).toHaveLength(34);
  });

  it('MUST drop what follows the body in a datagram (§3.1.1.8)', () => {
    const message = request('dblreq');
    expect([message.method, message.body.length]).toEqual(['REGISTER', 0]);
  });

  it('MUST find the user of semiuri (§3.1.1.9)', () => {
    const uri = request('semiuri').uri;
    if (!uri.ok || uri.value.kind !== 'sip') throw new Error('uri');
    expect(unescapeUser(uri.value.user ?? '')).toBe('user;par=u@example.net');
    expect(uri.value.params.entries).toEqual([]);
  });

  it('MUST keep the binary body of mpart01 byte for byte (§3.1.1.11)', () => {
    const bytes = torture('mpart01');
    const message = stream(bytes, 1).messages[0];
    expect(message?.body.length).toBe(553);
    expect(message?.body).toEqual(bytes.slice(bytes.length - 553));
  });

  it('MUST take any reason phrase, even none (§3.1.1.12, §3.1.1.13)', () => {
    const full = datagram('unreason');
    const none = datagram('noreason');
    if (!(full instanceof SipResponse) || !(none instanceof SipResponse)) throw new Error('kind');
    expect(full.reason.startsWith('= 2**3 * 5**2 \xd0\xbd')).toBe(true);
    expect([none.status, none.reason]).toEqual([100, '']);
  });
});

describe('RFC 4475 §3.1.2 to §3.4 details', () => {
  it.each(['clerr', 'ncl', 'baddn', 'mcl01'])('MUST be able to answer %s', (name) => {
    const framed = frameDatagram(torture(name), codec, DEFAULT_FRAMER_LIMITS);
    if ('ping' in framed || framed.ok) throw new Error('accepted');
    const partial = framed.partial;
    if (!(partial instanceof SipRequest)) throw new Error('nothing to answer');
    const answer = buildResponse(partial, framed.status, { reason: framed.reason });
    expect(answer.head).toContain(`Call-ID: ${name}`);
  });

  it('MUST wait for the rest of clerr on a stream (§3.1.2.2)', () => {
    expect(stream(torture('clerr'), 100).events).toEqual([]);
  });

  it.each(['ncl', 'mcl01', 'inv2543'])('MUST give up a stream with %s', (name) => {
    expect(stream(torture(name), 100).errors[0]?.error).toMatchObject({
      code: 'SIP_BAD_CONTENT_LENGTH',
      status: 400,
    });
  });

  it('MUST refuse the Contact of regbadct where it matters (§3.1.2.13)', () => {
    expect(parseNameAddrList(request('regbadct').get(H.CONTACT) ?? '').ok).toBe(false);
  });

  it('MUST name what insuf lacks and still answer it (§3.3.1)', () => {
    const message = request('insuf');
    expect(validateRequest(message)?.reason).toBe('Missing From Header Field');
    expect(buildResponse(message, 400).head).toBe(
      'SIP/2.0 400 Bad Request\r\nVia: SIP/2.0/UDP 192.0.2.95;branch=z9hG4bKkdj.insuf\r\n' +
        'CSeq: 193942 INVITE\r\nContent-Length: 0\r\n\r\n',
    );
  });

  it('MUST leave schemes it does not know opaque (§3.3.2, §3.3.3)', () => {
    expect(request('unkscm').uri).toMatchObject({ value: { kind: 'other' } });
    expect(request('novelsc').uri).toMatchObject({ value: { scheme: 'soap.beep' } });
  });

  it('MUST take a parameter without brackets for a header parameter (§3.3.12, §3.3.13)', () => {
    const outside = parseNameAddrList(request('cparam01').get(H.CONTACT) ?? '');
    const inside = parseNameAddrList(request('cparam02').get(H.CONTACT) ?? '');
    if (!outside.ok || !inside.ok) throw new Error('contact');
    expect(outside.value[0]?.params.get('unknownparam')).toBe(true);
    expect(outside.value[0]?.uriText).toBe('sip:+19725552222@gw1.example.net');
    expect(inside.value[0]?.params.entries).toEqual([]);
    expect(inside.value[0]?.uriText).toBe('sip:+19725552222@gw1.example.net;unknownparam');
  });

  it('MUST keep the escaped header of regescrt inside its URI (§3.3.14)', () => {
    const contact = parseNameAddrList(request('regescrt').get(H.CONTACT) ?? '');
    const uri = contact.ok ? contact.value[0]?.uri : undefined;
    expect(uri).toMatchObject({ value: { headers: 'Route=%3Csip:sip.example.com%3E' } });
  });

  it('MUST accept a request of RFC 2543 (§3.4.1)', () => {
    const message = request('inv2543');
    expect(message.topVia.ok && message.topVia.value.branch).toBe(undefined);
    expect(message.has(H.MAX_FORWARDS)).toBe(false);
    expect(message.body.length).toBeGreaterThan(100);
  });
});
