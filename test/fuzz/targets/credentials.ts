import {
  type Binding,
  digestResponse,
  parseDigestCredentials,
  parseMessage,
  selectTargets,
} from '@hermod/sip';
import { bufferCodec } from '@hermod/transport';
import { type FuzzTarget, must, mustEqual } from '../fuzz-target.ts';
import { odd, sipUri, token } from '../grammar.ts';
import { mutate } from '../mutate.ts';
import type { Random } from '../random.ts';

function rowText(random: Random): string {
  const value = (text: string) => odd(random, random.chance(85) ? `"${text}"` : text, 3);
  const params = [
    `username=${value(random.pick(['bob', 'b\\"ob', 'b\xc3\xb6b', '']))}`,
    `realm=${value('biloxi.com')}`,
    `nonce=${value(token(random))}`,
    `uri=${value(sipUri(random))}`,
    `response=${value('0123456789abcdef0123456789abcdef')}`,
    `algorithm=${random.pick(['MD5', 'SHA-256', 'SHA-512-256', 'MD5-sess', 'sha-256', '""'])}`,
    `qop=${random.pick(['auth', 'auth-int', '"auth"', 'x'])}`,
    `nc=${random.pick(['00000001', 'ffffffff', '1', '"00000001"', 'g'])}`,
    `cnonce=${value('0a4f113b')}`,
    `opaque=${value('')}`,
  ];
  for (let left = random.int(4); left > 0; left -= 1) {
    params.splice(random.int(params.length), random.int(2), random.pick(params));
  }
  return `${random.pick(['Digest', 'digest', 'Digest ', 'Basic'])} ${params.join(random.pick([', ', ',', ' ,\t']))}`;
}

const ECHO = {
  hashText: (_algorithm: string, text: string) => text,
  hashBytes: (_algorithm: string, bytes: Uint8Array) => String(bytes.length),
};

/** RFC 7616 §3.4: one row of Authorization. */
export const credentialsTarget: FuzzTarget = {
  name: 'credentials',
  weight: 2,
  make(random) {
    const text = rowText(random);
    return Buffer.from(
      random.chance(50) ? mutate(random, text, [rowText(random)]) : text,
      'latin1',
    );
  },
  check(input) {
    const text = bufferCodec.decode(input, 0, input.length);
    const row = parseDigestCredentials(text);
    if (!row.ok) {
      mustEqual(row.status, 400, 'what cannot be read is 400');
      return;
    }
    const found = row.value;
    for (const name of ['realm', 'nonce', 'uri', 'response'] as const) {
      must(found[name].length > 0 && found[name].length <= text.length, `there is a ${name}`);
    }
    const quote = (value: string) => `"${value.replace(/["\\]/g, '\\$&')}"`;
    const again = parseDigestCredentials(
      `Digest username=${quote(found.username)},realm=${quote(found.realm)},nonce=${quote(found.nonce)},uri=${quote(found.uri)},response=${quote(found.response)}`,
    );
    must(again.ok, 'credentials can be written again');
    mustEqual(again.value.username, found.username, 'with the same user name');
    mustEqual(again.value.uri, found.uri, 'and the same digest-uri');
    digestResponse(ECHO, 'MD5', 'ha1', 'MESSAGE', found, input);
  },
};

const FEATURES = [
  'audio',
  'methods="MESSAGE,INVITE"',
  '+sip.x="<str>"',
  '+sip.y="#>=5"',
  'language="en,!fr"',
  'audio="FALSE"',
  'methods',
  'require',
  'explicit',
  'q=0.5',
  '+n="#1:9"',
  'class="personal"',
];

function binding(params: string, n: number): Binding {
  return {
    key: `sip:d${n}`,
    contact: `sip:d${n}@192.0.2.9`,
    params,
    q: 1000,
    callId: 'c',
    cseq: 1,
    expiresAtMs: 2,
    gruuSinceMs: 0,
    path: [],
    flowToken: '',
    flowBound: false,
    refusesMessage: false,
  };
}

/** RFC 3840 and RFC 3841: what contacts say they can, and callers want. */
export const preferencesTarget: FuzzTarget = {
  name: 'preferences',
  weight: 1,
  make(random) {
    const features = () => {
      let text = '';
      for (let left = random.int(4); left > 0; left -= 1)
        text += `;${odd(random, random.pick(FEATURES))}`;
      return text;
    };
    const lines = [
      features(),
      features(),
      `*${features()}`,
      `*${features()}`,
      random.pick(['no-fork', 'sequential, queue', 'x,,y', '']),
    ];
    const text = lines.join('\n');
    return Buffer.from(random.chance(30) ? mutate(random, text, [text]) : text, 'latin1');
  },
  check(input) {
    const [one = '', two = '', accept = '', reject = '', disposition = ''] = bufferCodec
      .decode(input, 0, input.length)
      .split('\n');
    const head = [
      'MESSAGE sip:bob@example.com SIP/2.0',
      `Accept-Contact: ${accept}`,
      `Reject-Contact: ${reject}`,
      `Request-Disposition: ${disposition}`,
      'CSeq: 1 MESSAGE',
      '',
      '',
    ].join('\r\n');
    const parsed = parseMessage(head, new Uint8Array(0));
    if (!parsed.ok || parsed.value.kind !== 'request') return;
    const bindings = [binding(one, 1), binding(two, 2), binding('', 3)];
    const { targets, refusal } = selectTargets(parsed.value, bindings, 1);
    must(targets.length <= bindings.length, 'no target without a binding');
    must(targets.length === 0 || refusal === 0, 'targets or a refusal');
    const contacts = new Set(targets.map(({ binding: { contact } }) => contact));
    mustEqual(contacts.size, targets.length, 'each contact once');
  },
};
