import { formatSipDate } from '@hermod/sip';
import { VirtualClock } from '@hermod/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import { EdgeWorld, FakeFlow, messageText } from '../../test/edge-world.ts';

const MINUTE_MS = 60_000;
const SIGNED = 'multipart/signed; protocol="application/pkcs7-signature"; boundary=b';

let world: EdgeWorld;
beforeEach(() => {
  world = new EdgeWorld(new VirtualClock());
});

/** What a MESSAGE gets whose Date is `skewMs` from the clock. */
function statusOf(type: string, skewMs: number, flow = new FakeFlow()): string {
  const date = formatSipDate(world.now() + skewMs);
  const headers = [`Content-Type: ${type}`, `Date: ${date}`];
  world.receive(flow, messageText({ headers }));
  const [response] = flow.responses;
  return response === undefined ? 'taken' : `${response.status} ${response.reason}`;
}

describe('the Date of a signed message (RFC 3428 §11.4)', () => {
  test.each([
    SIGNED,
    'Multipart/Signed',
    'application/pkcs7-mime; smime-type=signed-data; name=x',
    'application/x-pkcs7-mime',
  ])('SHOULD be refused when it is off by several minutes, either way: %s', (type) => {
    expect(statusOf(type, -6 * MINUTE_MS)).toBe('400 Incorrect Date or Time');
    expect(statusOf(type, 6 * MINUTE_MS)).toBe('400 Incorrect Date or Time');
    expect(world.log.records).toEqual([]);
  });

  test('MAY be a few minutes off, as clocks are', () => {
    expect(statusOf(SIGNED, -4 * MINUTE_MS)).toBe('taken');
    expect(statusOf(SIGNED, 4 * MINUTE_MS)).toBe('taken');
  });

  test.each([
    'text/plain',
    'multipart/mixed; boundary=b',
    'application/pkcs7-mime; smime-type=enveloped-data',
    'application/pkcs7-mime; name="a.p7m"; smime-type="auth-enveloped-data"',
  ])('MUST NOT matter where no signature is to be seen: %s', (type) => {
    expect(statusOf(type, -60 * MINUTE_MS)).toBe('taken');
  });

  test('MUST NOT matter when a known store-and-forward server brings it', () => {
    world.locator.isOpen = true;
    expect(statusOf(SIGNED, -60 * MINUTE_MS)).toBe('taken');
  });

  test.each([[], ['Date: yesterday']])('says nothing when it is absent or malformed', (...date) => {
    const flow = new FakeFlow();
    world.receive(flow, messageText({ headers: [`Content-Type: ${SIGNED}`, ...date] }));
    expect(flow.responses).toEqual([]);
    expect(world.log.records).toHaveLength(1);
  });
});
