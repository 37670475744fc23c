import { describe, expect, it } from 'vitest';
import { codec, headOf, RecordingSink } from '../testdata/fixtures.ts';
import { DEFAULT_FRAMER_LIMITS, type FramerLimits } from './framer-limits.ts';
import { SipRequest } from './message.ts';
import { buildResponse } from './response.ts';
import { type FramerRole, StreamFramer } from './stream-framer.ts';

const START =
  'MESSAGE sip:b@example.com SIP/2.0\nVia: SIP/2.0/TCP a;branch=z9hG4bK1\n' +
  'From: <sip:a@example.com>;tag=1\nTo: <sip:b@example.com>\nCall-ID: 1\nCSeq: 1 MESSAGE';

function message(bodyLength: number, extra = ''): string {
  return `${headOf(`${START}${extra}\nContent-Length: ${bodyLength}`)}${'\xff\r\n\r\n\0'.repeat(bodyLength).slice(0, bodyLength)}`;
}

function run(
  text: string,
  chunkBytes: number,
  limits: FramerLimits = DEFAULT_FRAMER_LIMITS,
  role: FramerRole = 'accepted',
): RecordingSink {
  const sink = new RecordingSink();
  const framer = new StreamFramer(codec, limits, role);
  const bytes = codec.encode(text);
  for (let i = 0; i < bytes.length; i += chunkBytes) {
    framer.push(bytes.slice(i, i + chunkBytes), sink);
    expect(framer.heldBytes).toBeLessThanOrEqual(
      Math.max(limits.maxHeadBytes, limits.maxBodyBytes),
    );
  }
  return sink;
}

const CHUNKS = [1, 2, 3, 4, 5, 7, 64, 100_000];

describe('StreamFramer', () => {
  it.each(CHUNKS)('MUST cut by Content-Length in chunks of %i (RFC 3261 §18.3)', (size) => {
    const one = message(0);
    const two = message(31);
    const three = message(5000);
    const sink = run(one + two + three + one, size);
    expect(sink.events).toEqual([one, two, three, one].map((text) => `message ${text}`));
  });

  it.each(CHUNKS)(
    'MUST ignore CRLFs before a start line in chunks of %i (RFC 3261 §7.5)',
    (size) => {
      const sink = run(`\r\n${message(3)}\r\n${message(2)}`, size);
      expect(sink.events).toEqual([`message ${message(3)}`, `message ${message(2)}`]);
    },
  );

  it.each(CHUNKS)('MUST report CRLF CRLF as a ping in chunks of %i (RFC 5626 §5.4)', (size) => {
    const sink = run(`\r\n\r\n${message(3)}\r\n\r\n\r\n\r\n\r\n${message(0)}\r\n\r\n`, size);
    const kinds = sink.events.map((event) => event.split(' ', 1)[0]);
    expect(kinds).toEqual(['ping', 'message', 'ping', 'ping', 'message', 'ping']);
  });

  it.each(CHUNKS)(
    'MUST take each CRLF as a pong where we pinged, in chunks of %i (RFC 5626 §4.4.1)',
    (size) => {
      const sink = run(`\r\n\r\n${message(3)}\r\n`, size, DEFAULT_FRAMER_LIMITS, 'connected');
      const kinds = sink.events.map((event) => event.split(' ', 1)[0]);
      expect(kinds).toEqual(['pong', 'pong', 'message', 'pong']);
    },
  );

  it.each([
    ['missing', START],
    ['negative', `${START}\nContent-Length: -999`],
    ['non-numeric', `${START}\nContent-Length: 1e3`],
    ['empty', `${START}\nContent-Length:`],
    ['conflicting', `${START}\nContent-Length: 3\nl: 4`],
    ['absurd', `${START}\nContent-Length: 99999999999999999999`],
  ])('MUST give up the stream on a %s Content-Length (RFC 3261 §20.14)', (_, lines) => {
    for (const size of CHUNKS) {
      const sink = run(headOf(lines) + message(3), size);
      expect(sink.messages).toEqual([]);
      expect(sink.errors).toHaveLength(1);
      expect(sink.errors[0]?.error).toMatchObject({ code: 'SIP_BAD_CONTENT_LENGTH', status: 400 });
      const partial = sink.errors[0]?.partial;
      if (!(partial instanceof SipRequest)) throw new Error('nothing to answer');
      expect(buildResponse(partial, 400).head).toContain('branch=z9hG4bK1');
    }
  });

  it('MAY take equal Content-Length rows as one', () => {
    const text = `${headOf(`${START}\nContent-Length: 2\nl: 02`)}ab`;
    expect(run(text, 1000).events).toEqual([`message ${text}`]);
  });

  it.each(CHUNKS)(
    'MUST refuse a body beyond the cap before taking it, in chunks of %i (RFC 3261 §21.4.11)',
    (size) => {
      const limits = { ...DEFAULT_FRAMER_LIMITS, maxBodyBytes: 100 };
      const sink = run(message(101), size, limits);
      expect(sink.errors[0]?.error).toMatchObject({ code: 'SIP_BODY_TOO_LARGE', status: 413 });
      expect(run(message(100), size, limits).messages).toHaveLength(1);
    },
  );

  it.each(CHUNKS)(
    'MUST refuse an endless head at the cap in chunks of %i (RFC 3261 §21.5.7)',
    (size) => {
      const limits = { ...DEFAULT_FRAMER_LIMITS, maxHeadBytes: 400 };
      const sink = run(message(0, `\nX: ${'x'.repeat(400)}`), size, limits);
      expect(sink.errors[0]?.error).toMatchObject({ code: 'SIP_HEAD_TOO_LARGE', status: 513 });
      // What came before the cap is enough to answer.
      expect(sink.errors[0]?.partial?.callId).toBe('1');
      const exact = message(0);
      const fits = { ...limits, maxHeadBytes: exact.length };
      expect(run(exact, size, fits).messages).toHaveLength(1);
      expect(run(exact, size, { ...limits, maxHeadBytes: exact.length - 1 }).messages).toEqual([]);
    },
  );

  it('MUST refuse more header rows than the cap', () => {
    const limits = { ...DEFAULT_FRAMER_LIMITS, maxHeaderRows: 10 };
    expect(run(message(0, '\nX: y'.repeat(4)), 50, limits).messages).toHaveLength(1);
    expect(run(message(0, '\nX: y'.repeat(5)), 50, limits).errors[0]?.error).toMatchObject({
      code: 'SIP_TOO_MANY_HEADERS',
      status: 400,
    });
  });

  it.each(['\n', '\rX', '\r\r', '\r\n\rX', '\n\r\n\r'])(
    'MUST refuse a bare CR or LF between messages: %j',
    (text) => {
      for (const size of [1, 100]) {
        expect(run(text + message(0), size).errors[0]?.error).toMatchObject({
          code: 'SIP_BAD_LINE_END',
          status: 0,
        });
      }
    },
  );

  it('MUST NOT answer what is no request', () => {
    expect(run('GET / HTTP/1.1\r\nHost: x\r\n\r\n', 9).errors[0]?.error.status).toBe(0);
    expect(run(`${headOf('SIP/2.0 200 OK\nVia: x')}`, 9).errors[0]?.error.status).toBe(0);
  });

  it('MUST report nothing after an error, nor after being closed by its sink', () => {
    const sink = run(`${headOf(START) + message(0)}\r\n\r\n`, 10_000);
    expect(sink.events).toHaveLength(1);
    const framer = new StreamFramer(codec, DEFAULT_FRAMER_LIMITS);
    const seen: string[] = [];
    const closing = new RecordingSink();
    closing.onMessage = () => {
      seen.push('message');
      framer.close();
    };
    framer.push(codec.encode(message(3) + message(3)), closing);
    expect(seen).toEqual(['message']);
    expect(framer.hasPartial).toBe(false);
  });

  it('MUST tell whether a message is incomplete, and hold no more than was received', () => {
    const sink = new RecordingSink();
    const framer = new StreamFramer(codec, DEFAULT_FRAMER_LIMITS);
    framer.push(codec.encode('\r\n'), sink);
    expect(framer.hasPartial).toBe(false);
    const text = message(60_000);
    framer.push(codec.encode(text.slice(0, 50)), sink);
    expect([framer.hasPartial, framer.heldBytes]).toEqual([true, 50]);
    const bodyAt = text.indexOf('\r\n\r\n') + 4;
    framer.push(codec.encode(text.slice(50, bodyAt)), sink);
    expect([framer.hasPartial, framer.heldBytes]).toEqual([true, 0]);
    framer.push(codec.encode(text.slice(bodyAt, bodyAt + 10)), sink);
    expect([framer.hasPartial, framer.heldBytes]).toEqual([true, 10]);
    framer.push(codec.encode(text.slice(bodyAt + 10)), sink);
    expect([framer.hasPartial, framer.heldBytes]).toEqual([false, 0]);
    expect(sink.events).toEqual([`message ${text}`]);
  });

  it('SHOULD NOT copy a body that lies within one chunk', () => {
    const sink = new RecordingSink();
    const chunk = codec.encode(message(40));
    new StreamFramer(codec, DEFAULT_FRAMER_LIMITS).push(chunk, sink);
    expect(sink.messages[0]?.body.buffer).toBe(chunk.buffer);
  });
});
