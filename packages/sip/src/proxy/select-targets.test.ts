import { describe, expect, it } from 'vitest';
import { bindingOf } from '../../testdata/binding.ts';
import { parseMessage, type SipRequest } from '../message.ts';
import type { Binding } from '../registrar/binding.ts';
import { selectTargets, type TargetSelection } from './select-targets.ts';

const NOW = 1_000_000;

type Fields = { readonly method?: string; readonly uri?: string };

function request(lines: readonly string[], { method = 'MESSAGE', uri }: Fields = {}): SipRequest {
  const head = [
    `${method} ${uri ?? 'sip:user@example.com'} SIP/2.0`,
    'Via: SIP/2.0/TCP client;branch=z9hG4bKa',
    'From: <sip:alice@example.com>;tag=1',
    'To: <sip:user@example.com>',
    'Call-ID: c1',
    `CSeq: 1 ${method}`,
    ...lines,
    '',
    '',
  ].join('\r\n');
  const message = parseMessage(head, new Uint8Array(0));
  if (!message.ok || message.value.kind !== 'request') throw new Error('test request is broken');
  return message.value;
}

function binding(contact: string, params: string, changes: Partial<Binding> = {}): Binding {
  return bindingOf(contact, NOW + 60_000, { params, ...changes });
}

function contactsOf(selection: TargetSelection): string[] {
  return selection.targets.map((target) => target.binding.contact);
}

function select(
  bindings: readonly Binding[],
  lines: readonly string[] = [],
  fields: Fields = {},
): string[] | number {
  const selection = selectTargets(request(lines, fields), bindings, NOW);
  return selection.refusal === 0 ? contactsOf(selection) : selection.refusal;
}

describe('caller preferences: the example of RFC 3841 §7.2.5', () => {
  const u1 = binding('sip:u1@h', ';audio;video;methods="INVITE,BYE";q=0.2', { q: 200 });
  const u2 = binding('sip:u2@h', ';audio="FALSE";methods="INVITE";actor="msg-taker";q=0.2', {
    q: 200,
  });
  const u3 = binding('sip:u3@h', ';audio;actor="msg-taker";methods="INVITE";video;q=0.3', {
    q: 300,
  });
  const u4 = binding('sip:u4@h', ';audio;methods="INVITE,OPTIONS";q=0.2', { q: 200 });
  const u5 = binding('sip:u5@h', ';q=0.5', { q: 500 });
  const all = [u4, u3, u2, u1, u5];
  const reject = 'Reject-Contact: *;actor="msg-taker";video';
  const accept = [
    'Accept-Contact: *;audio;require',
    'Accept-Contact: *;video;explicit',
    'Accept-Contact: *;methods="BYE";class="business";q=1.0',
  ];

  it('MUST drop u3 by rejection and u2 by requirement, and order u5, u1 (Qa 0.83), u4 (Qa 0.5)', () => {
    expect(select(all, [reject, ...accept], { method: 'INVITE' })).toEqual([
      'sip:u5@h',
      'sip:u1@h',
      'sip:u4@h',
    ]);
    // The compact forms, in one row (RFC 3841 §10).
    const compact = [
      'j: *;actor="msg-taker";video',
      'a: *;audio;require, *;video;explicit, *;methods="BYE";class="business"',
    ];
    expect(select(all, compact, { method: 'INVITE' })).toEqual([
      'sip:u5@h',
      'sip:u1@h',
      'sip:u4@h',
    ]);
  });

  it('MUST NOT reject a contact that does not speak of all features of the rule (RFC 3841 §7.2.4)', () => {
    expect(select([u2, u3], [reject], { method: 'INVITE' })).toEqual(['sip:u2@h']);
  });
});

describe('caller preferences, rule by rule', () => {
  const audio = binding('sip:audio@h', ';audio');
  const video = binding('sip:video@h', ';video');
  const deaf = binding('sip:deaf@h', ';audio="FALSE"');
  const plain = binding('sip:plain@h', '');

  it('MUST keep a contact without feature parameters, whatever is preferred (RFC 3841 §7.2.3)', () => {
    expect(select([plain], ['Accept-Contact: *;audio;require;explicit'])).toEqual(['sip:plain@h']);
    expect(select([plain], ['Reject-Contact: *;audio'])).toEqual(['sip:plain@h']);
  });

  it('MUST drop a contact that contradicts a required preference, and keep one that is silent (RFC 3841 §7.2.4)', () => {
    const require = ['Accept-Contact: *;audio;require'];
    expect(select([deaf, video, audio], require)).toEqual(['sip:audio@h', 'sip:video@h']);
  });

  it('MUST drop a contact that is silent on a preference that is explicit and required (RFC 3841 §7.2.4)', () => {
    expect(select([video, audio], ['Accept-Contact: *;audio;require;explicit'])).toEqual([
      'sip:audio@h',
    ]);
  });

  it('MUST only order by a preference that is neither required nor explicit (RFC 3841 §7.2.4)', () => {
    const selected = select([deaf, video, audio], ['Accept-Contact: *;audio']);
    expect(selected).toHaveLength(3);
    expect(selected).toHaveProperty('0', 'sip:audio@h');
  });

  it('MUST count half a match for nothing when the preference is explicit (RFC 3841 §7.2.4)', () => {
    const silent = binding('sip:silent@h', ';text');
    const half = binding('sip:half@h', ';audio');
    const rule = 'Accept-Contact: *;audio;video';
    expect(select([silent, half], [rule])).toEqual(['sip:half@h', 'sip:silent@h']);
    expect(select([silent, half], [`${rule};explicit`])).toEqual(['sip:silent@h', 'sip:half@h']);
  });

  it('MUST put q before the preference (RFC 3841 §7.2.4)', () => {
    const first = binding('sip:first@h', ';video;q=0.9', { q: 900 });
    const second = binding('sip:second@h', ';audio;q=0.8', { q: 800 });
    expect(select([second, first], ['Accept-Contact: *;audio'])).toEqual([
      'sip:first@h',
      'sip:second@h',
    ]);
  });

  it('MUST answer 480 when the preferences that the caller stated leave no contact (RFC 3841 §7.2.4)', () => {
    expect(select([deaf], ['Accept-Contact: *;audio;require'])).toBe(480);
    expect(select([audio], ['Reject-Contact: *;audio'])).toBe(480);
    expect(select([], ['Reject-Contact: *;audio'])).toEqual([]);
  });

  it('MUST ignore rules that are empty or cannot be read', () => {
    const lines = ['Reject-Contact: *, *;q=1, nonsense, *;audio="<open"', 'Accept-Contact: *;;'];
    expect(select([audio], lines)).toEqual(['sip:audio@h']);
  });

  it('MUST bound what one request makes it compare: later rules are ignored', () => {
    const rules = (n: number) => `Reject-Contact: ${Array(n).fill('*;video').join(', ')}, *;audio`;
    expect(select([audio], [rules(19)])).toBe(480);
    expect(select([audio], [rules(20)])).toEqual(['sip:audio@h']);
    const long = Array.from({ length: 32 }, (_, i) => `M${i}`).join(',');
    const rule = `*;methods="${long}"`;
    expect(select([audio], [`Reject-Contact: ${rule}, *;audio`])).toBe(480);
    expect(select([audio], [`Reject-Contact: ${rule}, ${rule}, *;audio`])).toEqual(['sip:audio@h']);
  });
});

describe('implicit preferences (RFC 3841 §7.2.2)', () => {
  const phone = binding('sip:phone@h', ';audio;methods="INVITE,ACK,BYE,CANCEL"');
  const chat = binding('sip:chat@h', ';methods="MESSAGE,OPTIONS"');
  const silent = binding('sip:silent@h', ';audio');

  it('MUST send a MESSAGE to no contact whose methods leave it out, while there is another', () => {
    expect(select([phone, chat, silent])).toEqual(['sip:chat@h', 'sip:silent@h']);
    expect(select([phone, chat], [], { method: 'INVITE' })).toEqual(['sip:phone@h']);
  });

  it('MUST go back to all contacts when the implicit preference leaves none', () => {
    expect(select([phone])).toEqual(['sip:phone@h']);
    expect(select([binding('sip:other@h', ';methods="INVITE"'), phone])).toHaveLength(2);
  });

  it('MUST NOT apply when the caller states preferences (RFC 3841 §7.2.2)', () => {
    expect(select([phone, chat], ['Accept-Contact: *;audio'])).toHaveProperty('0', 'sip:phone@h');
  });

  it('MUST ask for the event package of a SUBSCRIBE (RFC 3841 §7.2.2.2)', () => {
    const presence = binding('sip:presence@h', ';events="presence,winfo"');
    const dialog = binding('sip:dialog@h', ';events="dialog"');
    const event = ['Event: Presence;id=1'];
    expect(select([dialog, presence], event, { method: 'SUBSCRIBE' })).toEqual(['sip:presence@h']);
    expect(select([dialog, presence], event)).toHaveLength(2);
  });
});

describe('Request-Disposition (RFC 3841 §9.1)', () => {
  const bindings = [binding('sip:low@h', '', { q: 100 }), binding('sip:high@h', '', { q: 900 })];
  const ask = (line: string) => selectTargets(request([line]), bindings, NOW);

  it('MUST fork in parallel unless asked otherwise, and in the order of q when asked for sequential', () => {
    expect(ask('Subject: x').isSequential).toBe(false);
    expect(ask('Request-Disposition: parallel').isSequential).toBe(false);
    const sequential = ask('Request-Disposition: proxy, Sequential');
    expect(sequential.isSequential).toBe(true);
    expect(contactsOf(sequential)).toEqual(['sip:high@h', 'sip:low@h']);
  });

  it('MUST choose one target when asked not to fork', () => {
    expect(contactsOf(ask('d: no-fork'))).toEqual(['sip:high@h']);
  });
});

describe('requests to a GRUU (RFC 5627 §5.1)', () => {
  const ID = 'urn:uuid:00000000-0000-1000-8000-aabbccddeeff';
  const device = (contact: string, instance: string, changes: Partial<Binding> = {}): Binding =>
    binding(contact, `;+sip.instance="<${instance}>"`, changes);
  const phone = device('sip:phone@h', ID, { gruuSinceMs: 7 });
  const desk = device('sip:desk@h', 'urn:uuid:11111111-0000-1000-8000-aabbccddeeff');

  it('MUST reach that instance alone, however its hexadecimal digits are written', () => {
    const uri = `sip:user@example.com;gr=${ID.toUpperCase().replace('URN:UUID', 'urn:uuid')}`;
    expect(select([phone, desk], [], { uri })).toEqual(['sip:phone@h']);
  });

  it('MUST reach all flows of the instance, one at a time', () => {
    const uri = `sip:user@example.com;gr=${ID}`;
    const flow = (regId: number) => device(`sip:f${regId}@h`, ID, { key: `<${ID}>;${regId}` });
    const selection = selectTargets(request([], { uri }), [flow(1), desk, flow(2)], NOW);
    expect(selection.targets).toHaveLength(1);
    expect(selection.targets[0]?.fallbacks).toHaveLength(1);
  });

  it('MUST answer 480 for an instance that is not registered now', () => {
    const uri = 'sip:user@example.com;gr=urn:uuid:22222222-0000-1000-8000-aabbccddeeff';
    expect(select([phone, desk], [], { uri })).toBe(480);
    const expired = { ...phone, expiresAtMs: NOW };
    expect(select([expired], [], { uri: `sip:user@example.com;gr=${ID}` })).toBe(480);
  });

  it('MUST answer 404 for a temporary GRUU of a registration that is over', () => {
    const uri = (since: string) => `sip:user@example.com;gr=${ID};gr-since=${since}`;
    expect(select([phone, desk], [], { uri: uri('7') })).toEqual(['sip:phone@h']);
    expect(select([phone, desk], [], { uri: uri('6') })).toBe(404);
    expect(select([phone, desk], [], { uri: uri('%21') })).toBe(404);
    expect(select([], [], { uri: uri('7') })).toBe(404);
  });
});

describe('a request for a sips URI', () => {
  const uri = 'sips:user@example.com';
  const plain = binding('sip:a@h', '');
  const secured = binding('sips:b@h', '');

  it('MUST go to sips contacts only (RFC 5630 §5.3)', () => {
    expect(select([plain, secured], [], { uri })).toEqual(['sips:b@h']);
    expect(select([plain, secured]).toString()).toContain('sip:a@h');
    expect(select([plain, secured])).toHaveLength(2);
  });

  it('MUST be 480 with warning 380 when there are none but others (RFC 5630 §5.3)', () => {
    expect(selectTargets(request([], { uri }), [plain], NOW)).toEqual({
      targets: [],
      refusal: 480,
      isSequential: false,
      warning: 'Warning: 380 hermod "SIPS Not Allowed"',
    });
  });

  it('MUST NOT be refused when just nobody is registered', () => {
    const gone = binding('sip:a@h', '', { expiresAtMs: NOW - 1 });
    for (const bindings of [[], [gone]]) expect(select(bindings, [], { uri })).toEqual([]);
  });

  it('MUST NOT fall back to a flow that is not sips', () => {
    const instance = ';+sip.instance="<urn:uuid:1>";reg-id=1';
    const key = '<urn:uuid:1>;';
    const older = binding('sip:b@h', instance, { key: `${key}1` });
    const newer = binding('sips:b@h', instance, { key: `${key}2`, expiresAtMs: NOW + 90_000 });
    const [target] = selectTargets(request([], { uri }), [older, newer], NOW).targets;
    expect([target?.binding, target?.fallbacks]).toEqual([newer, []]);
  });
});
