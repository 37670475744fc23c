import type { Binding, Latin1Codec } from '@hermod/sip';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBinding, encodeBinding, flowTokenOf } from './binding-codec.ts';
import {
  decodeRecordHeader,
  decodeRecordValue,
  encodeRecordHeader,
  encodeRecordValue,
  RECORD_HEADER_BYTES,
} from './log-record.ts';
import { decodeMail, encodeMail } from './mail-codec.ts';
import type { LogRecord } from './ports.ts';

const codec: Latin1Codec = {
  decode: (bytes, start, end) => Buffer.from(bytes.subarray(start, end)).toString('latin1'),
  encode: (text) => Buffer.from(text, 'latin1'),
};

const latin1 = fc
  .array(fc.integer({ min: 0x20, max: 0xff }))
  .map((codes) => String.fromCharCode(...codes));
const ID = /^[A-Za-z0-9_-]{22}$/;

const records: fc.Arbitrary<LogRecord> = fc.record({
  type: fc.constant('message' as const),
  aor: fc.constant('sip:bob@example.com'),
  deliveryId: fc.stringMatching(ID),
  receivedAtMs: fc.integer({ min: 0, max: 2 ** 45 }),
  expiresAtMs: fc.integer({ min: 0, max: 2 ** 45 }),
  flags: fc.integer({ min: 0, max: 255 }),
  head: latin1.map((text) => `MESSAGE sip:b@h SIP/2.0\r\nX: ${text}\r\n\r\n`),
  body: fc.uint8Array({ maxLength: 300 }),
});

describe('log record', () => {
  it('MUST come back as it went in, header and value, at any position', () => {
    fc.assert(
      fc.property(records, fc.nat(40), (record, at) => {
        const header = new Uint8Array(at + RECORD_HEADER_BYTES);
        encodeRecordHeader(record, header, at);
        const { type, deliveryId, receivedAtMs, expiresAtMs, flags } = record;
        expect(decodeRecordHeader(header, at)).toEqual({
          ...{ type, deliveryId, receivedAtMs, expiresAtMs, flags },
        });
        const value = encodeRecordValue(record, codec);
        const back = decodeRecordValue(value, 0, value.length, codec);
        expect(back?.head).toBe(record.head);
        expect([...(back?.body ?? [])]).toEqual([...record.body]);
      }),
    );
  });

  it('MUST keep a body that holds an empty line of its own', () => {
    const body = new Uint8Array([13, 10, 13, 10, 0, 255]);
    const value = encodeRecordValue(recordWith({ head: 'A\r\n\r\n', body }), codec);
    const back = decodeRecordValue(value, 0, value.length, codec);
    expect([...(back?.body ?? [])]).toEqual([...body]);
  });

  it('MUST be undefined, not an error, for anything else: poison', () => {
    const header = new Uint8Array(RECORD_HEADER_BYTES);
    encodeRecordHeader(recordWith({}), header, 0);
    expect(decodeRecordHeader(header.subarray(1), 0)).toBeUndefined();
    expect(decodeRecordHeader(Uint8Array.of(2, ...header.subarray(1)), 0)).toBeUndefined();
    expect(decodeRecordHeader(Uint8Array.of(1, 9, ...header.subarray(2)), 0)).toBeUndefined();
    const noEnd = codec.encode('MESSAGE sip:b@h SIP/2.0\r\nX: y\r\n');
    expect(decodeRecordValue(noEnd, 0, noEnd.length, codec)).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        decodeRecordHeader(bytes, 0);
        decodeRecordValue(bytes, 0, bytes.length, codec);
        decodeMail('sip:b@h', bytes, codec);
      }),
    );
  });

  it('of a registration MUST have neither delivery id nor value', () => {
    const record = recordWith({ type: 'registered', deliveryId: '', head: '' });
    const header = new Uint8Array(RECORD_HEADER_BYTES);
    encodeRecordHeader(record, header, 0);
    expect(decodeRecordHeader(header, 0)).toMatchObject({ type: 'registered', deliveryId: '' });
    expect(decodeRecordValue(new Uint8Array(0), 0, 0, codec)?.head).toBe('');
  });
});

describe('stored mail', () => {
  it('MUST come back as it went in, with its order', () => {
    fc.assert(
      fc.property(records, fc.integer({ min: 0, max: 2 ** 52 }), (record, order) => {
        const back = decodeMail(record.aor, encodeMail({ order, record }, codec), codec);
        expect(back?.order).toBe(order);
        expect({ ...back?.record, body: [...(back?.record.body ?? [])] }).toEqual({
          ...record,
          body: [...record.body],
        });
      }),
    );
  });
});

describe('binding', () => {
  const binding: Binding = {
    key: '<urn:uuid:1>;1',
    contact: 'sip:bob@192.0.2.1:5060;transport=tcp',
    params: ';+sip.instance="<urn:uuid:1>";reg-id=1',
    q: 500,
    callId: 'a@b',
    cseq: 7,
    expiresAtMs: 1_800_000_000_000,
    path: ['sip:edge-1.tok_-en@10.0.0.5:5070;transport=tcp;lr;ob', 'sip:p2.example.com;lr'],
    flowToken: 'edge-1.tok_-en',
    flowBound: true,
    refusesMessage: false,
    gruuSinceMs: 0,
  };

  it('MUST come back as it went in', () => {
    for (const one of [
      binding,
      { ...binding, refusesMessage: true, flowBound: false },
      { ...binding, key: binding.contact, path: [], flowToken: '' },
      { ...binding, gruuSinceMs: 1_795_348_800_123 },
      { ...binding, path: [], flowToken: '', gruuSinceMs: 1 },
    ]) {
      expect(decodeBinding(encodeBinding(one))).toEqual(one);
    }
  });

  it('MUST read what was stored before bindings had GRUUs', () => {
    const text =
      '["<urn:uuid:1>;1","sip:bob@192.0.2.1:5060;transport=tcp",";+sip.instance=\\"<urn:uuid:1>\\";reg-id=1",500,"a@b",7,1800000000000,1,"sip:edge-1.tok_-en@10.0.0.5:5070;transport=tcp;lr;ob","sip:p2.example.com;lr"]';
    expect(decodeBinding(text)).toEqual(binding);
    expect(encodeBinding(binding)).toBe(text);
  });

  it.each(['', 'x', '{}', '[]', '[1,2,3,4,5,6,7,8]', '["","c","",1,"i",1,"soon",0]'])(
    'MUST be undefined for %s',
    (text) => {
      expect(decodeBinding(text)).toBeUndefined();
    },
  );

  it.each([
    ['sip:edge-1.abc@10.0.0.5:5070;lr', 'edge-1.abc'],
    ['sips:edge-1.abc@h', 'edge-1.abc'],
    ['sip:10.0.0.5:5070;lr', ''],
    ['', ''],
  ])('has the flow token of its Path: %s', (path, token) => {
    expect(flowTokenOf(path)).toBe(token);
  });
});

function recordWith(change: Partial<LogRecord>): LogRecord {
  return {
    type: 'message',
    aor: 'sip:bob@example.com',
    deliveryId: 'd'.repeat(22),
    receivedAtMs: 1,
    expiresAtMs: 0,
    flags: 0,
    head: 'A\r\n\r\n',
    body: new Uint8Array(0),
    ...change,
  };
}
