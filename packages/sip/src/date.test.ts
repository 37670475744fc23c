import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDateTime, formatSipDate, parseSipDate } from './date.ts';

describe('parseSipDate', () => {
  it('MUST read an RFC 1123 date (RFC 3261 §20.17)', () => {
    expect(parseSipDate('Sat, 13 Nov 2010 23:29:00 GMT')).toEqual({
      ok: true,
      value: Date.UTC(2010, 10, 13, 23, 29, 0),
    });
    expect(parseSipDate('Sat, 29 Feb 2020 00:00:00 GMT').ok).toBe(true);
  });

  it.each([
    '',
    'Sat, 13 Nov 2010 23:29:00 EST',
    'Sat, 13 Nov 2010 23:29:00 UTC',
    'sat, 13 Nov 2010 23:29:00 GMT',
    'Sat, 13 nov 2010 23:29:00 GMT',
    'Sat 13 Nov 2010 23:29:00 GMT ',
    'Sat, 00 Nov 2010 23:29:00 GMT',
    'Sat, 31 Nov 2010 23:29:00 GMT',
    'Sat, 29 Feb 2010 23:29:00 GMT',
    'Sat, 13 Nov 2010 24:29:00 GMT',
    'Sat, 13 ovD 2010 23:29:00 GMT',
    'Saturday, 13 Nov 2010 23:29:00 GMT',
  ])('MUST refuse %j', (text) => {
    expect(parseSipDate(text)).toMatchObject({ ok: false, code: 'SIP_BAD_DATE' });
  });

  it('MUST agree with the calendar, both ways', () => {
    fc.assert(
      fc.property(fc.integer({ min: -62167219200, max: 253402300799 }), (seconds) => {
        const text = formatSipDate(seconds * 1000 + 999 * (seconds > 0 ? 1 : 0));
        expect(text).toBe(new Date(seconds * 1000).toUTCString());
        expect(parseSipDate(text)).toEqual({ ok: true, value: seconds * 1000 });
      }),
    );
  });
});

describe('date-time (RFC 3339 §5.6)', () => {
  it('MUST agree with the calendar', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -62167219200000, max: 253402300799999 }),
        (epochMs) => formatDateTime(epochMs) === new Date(epochMs).toISOString(),
      ),
    );
  });
});
