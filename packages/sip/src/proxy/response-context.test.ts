import { describe, expect, it } from 'vitest';
import { DEFAULT_FRAMER_LIMITS } from '../framer-limits.ts';
import { H } from '../header-name.ts';
import { parseMessage, type SipResponse } from '../message.ts';
import { bestResponse } from './best-response.ts';
import { forwardBestResponse, ResponseContext } from './response-context.ts';

function response(status: number, lines: readonly string[] = []): SipResponse {
  const head = [
    `SIP/2.0 ${status} Reason`,
    'Via: SIP/2.0/TCP router;branch=z9hG4bKr',
    'Via: SIP/2.0/TCP edge;branch=z9hG4bKe',
    'CSeq: 1 MESSAGE',
    ...lines,
    '',
    '',
  ].join('\r\n');
  const message = parseMessage(head, new TextEncoder().encode('body'));
  if (!message.ok || message.value.kind !== 'response') throw new Error('test response is broken');
  return message.value;
}

function best(...statuses: number[]): number | undefined {
  return statuses[bestResponse(statuses.map((status) => ({ status, response: undefined })))];
}

describe('bestResponse', () => {
  it.each([
    ['any 2xx before a 6xx', [486, 603, 202, 200], 202],
    ['a 6xx before everything else', [302, 404, 600, 500], 600],
    ['the first 6xx', [404, 603, 600], 603],
    ['the lowest class', [500, 404, 503], 404],
    ['a 3xx before a 4xx', [404, 302], 302],
    ['401 and 407 before other 4xx', [404, 415, 407, 401], 407],
    ['415 before 404', [404, 415], 415],
    ['484 before 486', [486, 484], 484],
    ['404 before 408', [408, 430, 404], 404],
    ['500 before 503', [503, 500], 500],
    ['the first of equals', [404, 486], 404],
    ['the only one', [503], 503],
  ])('MUST choose %s (RFC 3261 §16.7 step 6)', (_name, statuses, expected) => {
    expect(best(...statuses)).toBe(expected);
  });

  it('MUST give -1 for none', () => {
    expect(bestResponse([])).toBe(-1);
  });
});

describe('ResponseContext', () => {
  it('MUST be complete once every branch has a final result', () => {
    const context = new ResponseContext(2);
    const notFound = response(404);
    expect(context.best).toBeUndefined();
    context.add(0, 100, response(100));
    expect(context.finals).toHaveLength(0);
    context.add(0, 404, notFound);
    expect(context.isComplete).toBe(false);
    context.add(0, 200, response(200));
    expect(context.best?.status).toBe(404);
    expect(context.best?.response).toBe(notFound);
    context.add(1, 486, response(486));
    expect(context.isComplete).toBe(true);
    expect(context.best?.status).toBe(404);
    expect(context.best?.response).toBe(notFound);
  });

  it('MUST let a late response take the place of a made-up status', () => {
    const context = new ResponseContext(1);
    context.add(0, 408, undefined);
    expect(context.best).toMatchObject({ status: 480, response: undefined });
    context.add(0, 200, response(200));
    expect(context.best).toMatchObject({ status: 200 });
    expect(context.finals).toHaveLength(1);
  });

  it('MUST send a lone 503 as 500, without its Retry-After (RFC 3261 §16.7 step 6)', () => {
    const context = new ResponseContext(1);
    context.add(0, 503, response(503, ['Retry-After: 5', 'X: y']));
    const chosen = context.best;
    expect(chosen?.status).toBe(500);
    const message = chosen === undefined ? undefined : forwardBestResponse(chosen, 1);
    expect(message?.head).toBe(
      'SIP/2.0 500 Server Internal Error\r\nVia: SIP/2.0/TCP edge;branch=z9hG4bKe\r\nCSeq: 1 MESSAGE\r\nX: y\r\n\r\n',
    );
    expect(message?.body).toHaveLength(4);
  });

  it.each([408, 430])(
    'MUST NOT send %i upstream for a MESSAGE (RFC 4320 §4.2, RFC 5626 §11.6)',
    (status) => {
      const context = new ResponseContext(1);
      context.add(0, status, response(status));
      const chosen = context.best;
      expect(chosen?.status).toBe(480);
      expect(chosen && forwardBestResponse(chosen, 1)?.head).toMatch(/^SIP\/2\.0 480 /);
    },
  );

  it('MUST send 408 for an INVITE that nobody answered, and 430 as 480 for it too (RFC 3261 §16.7 step 6, RFC 5626 §11.6)', () => {
    const silent = new ResponseContext(1, 'INVITE');
    silent.add(0, 408, undefined);
    expect(silent.best?.status).toBe(408);
    const lost = new ResponseContext(1, 'INVITE');
    lost.add(0, 430, undefined);
    expect(lost.best?.status).toBe(480);
  });

  it('MUST add every challenge of every 401 and 407 to the one chosen (RFC 3261 §16.7 step 7, RFC 8760 §2.5)', () => {
    const context = new ResponseContext(4);
    context.add(2, 404, response(404, ['WWW-Authenticate: not one of them']));
    context.add(0, 407, response(407, ['Proxy-Authenticate: Digest realm="a", nonce="1"']));
    context.add(
      1,
      401,
      response(401, [
        'WWW-Authenticate: Digest realm="b", nonce="2", algorithm=SHA-256',
        'WWW-Authenticate: Digest realm="b", nonce="3"',
      ]),
    );
    context.add(3, 407, undefined);
    const chosen = context.best;
    if (chosen === undefined) throw new Error('no best response');
    expect(chosen.status).toBe(407);
    expect(chosen.headers).toEqual([
      'WWW-Authenticate: Digest realm="b", nonce="2", algorithm=SHA-256',
      'WWW-Authenticate: Digest realm="b", nonce="3"',
    ]);
    const lines = forwardBestResponse(chosen, 1)?.head.split('\r\n') ?? [];
    expect(lines.filter((line) => line.includes('Authenticate'))).toEqual([
      'Proxy-Authenticate: Digest realm="a", nonce="1"',
      ...chosen.headers,
    ]);
  });

  it.each([
    ['bytes', [`WWW-Authenticate: Digest realm="${'r'.repeat(9_000)}"`]],
    ['rows', Array<string>(150).fill('WWW-Authenticate: Digest realm="r"')],
  ])('MUST NOT add challenges to a head that has no %s left for them', (_name, lines) => {
    const context = new ResponseContext(4);
    for (let branch = 0; branch < 4; branch += 1) context.add(branch, 401, response(401, lines));
    const chosen = context.best;
    const message = chosen && forwardBestResponse(chosen, 0);
    if (message === undefined) throw new Error('no best response');
    expect(message.head.length).toBeLessThanOrEqual(DEFAULT_FRAMER_LIMITS.maxHeadBytes);
    const again = parseMessage(message.head, message.body);
    if (!again.ok) throw new Error(again.reason);
    expect(again.value.headerRows).toBeLessThanOrEqual(DEFAULT_FRAMER_LIMITS.maxHeaderRows);
    expect(again.value.all(H.WWW_AUTHENTICATE).length).toBeGreaterThan(lines.length);
  });

  it('MUST pass other responses on as they are, but for our Vias', () => {
    const context = new ResponseContext(1);
    context.add(0, 415, response(415, ['Accept: text/plain']));
    const chosen = context.best;
    expect(chosen && forwardBestResponse(chosen, 1)?.head).toBe(
      'SIP/2.0 415 Reason\r\nVia: SIP/2.0/TCP edge;branch=z9hG4bKe\r\nCSeq: 1 MESSAGE\r\nAccept: text/plain\r\n\r\n',
    );
  });

  it('MUST leave a made-up status to be built from the request', () => {
    const context = new ResponseContext(1);
    context.add(0, 503, undefined);
    const chosen = context.best;
    expect(chosen).toMatchObject({ status: 500, response: undefined });
    expect(chosen && forwardBestResponse(chosen, 1)).toBeUndefined();
  });
});
