import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerStunBinding, isStun } from './stun-binding.ts';

const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(' ', ''), 'hex');
const ID = 'b7e7a701 bc34d686 fa87dfae';
const request = (attributes = ''): Uint8Array => {
  const body = hex(attributes);
  return hex(`0001 ${body.length.toString(16).padStart(4, '0')} 2112a442 ${ID} ${attributes}`);
};
const answered = (bytes: Uint8Array, address: string, port: number): string | undefined => {
  const answer = answerStunBinding(bytes, address, port);
  return answer && Buffer.from(answer).toString('hex');
};

describe('answerStunBinding', () => {
  it('MUST answer with the address that the request came from (RFC 5389 §15.2, RFC 5769 §2.2, §2.3)', () => {
    expect(answered(request(), '192.0.2.1', 32_853)).toBe(
      Buffer.from(hex(`0101 000c 2112a442 ${ID} 0020 0008 0001 a147 e112a643`)).toString('hex'),
    );
    expect(answered(request(), '2001:db8:1234:5678:11:2233:4455:6677', 32_853)).toBe(
      Buffer.from(
        hex(`0101 0018 2112a442 ${ID} 0020 0014 0002 a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9`),
      ).toString('hex'),
    );
  });

  it('MUST pass over what may be passed over: SOFTWARE, FINGERPRINT, credentials (RFC 5389 §7.3.1)', () => {
    const attributes = '8022 0003 61626300 0006 0004 61626364 8028 0004 00000000';
    expect(answered(request(attributes), '192.0.2.1', 1)?.slice(0, 4)).toBe('0101');
  });

  it('MUST answer 420 and list what it has to understand and does not (RFC 5389 §7.3.1)', () => {
    expect(answered(request('0025 0000 0024 0004 00000001'), '192.0.2.1', 1)).toBe(
      Buffer.from(hex(`0111 0010 2112a442 ${ID} 0009 0004 00000414 000a 0004 0025 0024`)).toString(
        'hex',
      ),
    );
  });

  it.each([
    ['an indication', hex(`0011 0000 2112a442 ${ID}`)],
    ['a response', hex(`0101 0000 2112a442 ${ID}`)],
    ['another cookie', hex(`0001 0000 2112a443 ${ID}`)],
    ['a wrong length', hex(`0001 0004 2112a442 ${ID}`)],
    ['an attribute that is cut', hex(`0001 0004 2112a442 ${ID} 8022 0004`)],
    ['too little', hex('0001 0000 2112a442')],
    ['SIP', Buffer.from('OPTIONS sip:a@b SIP/2.0\r\n\r\n')],
    ['NULs', new Uint8Array(20)],
  ])('MUST NOT answer %s', (_name, bytes) => {
    expect(answerStunBinding(bytes, '192.0.2.1', 1)).toBeUndefined();
  });

  it('MUST NOT throw, nor answer with much more than came (no amplifier)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.boolean(), (tail, v6) => {
        const bytes = Buffer.concat([
          hex(`0001 00${tail.length.toString(16).padStart(2, '0')} 2112a442 ${ID}`),
          tail,
        ]);
        expect(isStun(bytes)).toBe(true);
        const answer = answerStunBinding(bytes, v6 ? '::1' : '192.0.2.1', 65_535);
        if (answer !== undefined) expect(answer.length).toBeLessThanOrEqual(bytes.length + 24);
      }),
    );
  });
});
