import { parseDigits } from './chars.ts';
import { type Parsed, parsed, parseError } from './result.ts';

const DAY_NAMES = 'SunMonTueWedThuFriSat';
const MONTH_NAMES = 'JanFebMarAprMayJunJulAugSepOctNovDec';
const DAY_MS = 86_400_000;
const LENGTH = 'Sat, 13 Nov 2010 23:29:00 GMT'.length;

/** Parse a Date value into epoch milliseconds. Case-sensitive, GMT only; the day name is not checked against the date.
 *  Error: `SIP_BAD_DATE`, 400 (a caller that does not need the date ignores it).  @see RFC 3261 §20.17 */
// SIP-date = rfc1123-date = wkday "," SP 2DIGIT SP month SP 4DIGIT SP 2DIGIT ":" 2DIGIT ":" 2DIGIT SP "GMT"
export function parseSipDate(text: string): Parsed<number> {
  const day = parseDigits(text, 5, 7, 31);
  const month = indexOfName(MONTH_NAMES, text.slice(8, 11));
  const year = parseDigits(text, 12, 16, 9999);
  const hour = parseDigits(text, 17, 19, 23);
  const minute = parseDigits(text, 20, 22, 59);
  // 60: a leap second.
  const second = parseDigits(text, 23, 25, 60);
  const isShaped =
    text.length === LENGTH &&
    indexOfName(DAY_NAMES, text.slice(0, 3)) !== -1 &&
    text.slice(3, 5) === ', ' &&
    text.charCodeAt(7) === 32 &&
    text.charCodeAt(11) === 32 &&
    text.charCodeAt(16) === 32 &&
    text.charCodeAt(19) === 58 &&
    text.charCodeAt(22) === 58 &&
    text.slice(25) === ' GMT';
  const isInRange = day > 0 && month !== -1 && year !== -1 && hour !== -1 && minute !== -1;
  if (!isShaped || !isInRange || second === -1 || day > daysIn(year, month)) {
    return parseError('SIP_BAD_DATE', 0, 'Malformed Date');
  }
  const days = daysSinceEpoch(year, month + 1, day);
  return parsed(days * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000);
}

/** The Date value of a point in time. @param epochMs years 0–9999; fractions of a second are cut off */
export function formatSipDate(epochMs: number): string {
  const days = Math.floor(epochMs / DAY_MS);
  const { year, month, day } = civilDate(days);
  // The epoch was a Thursday.
  const dayName = (((days + 4) % 7) + 7) % 7;
  const time = timeOfDay(epochMs - days * DAY_MS);
  const name = DAY_NAMES.slice(dayName * 3, dayName * 3 + 3);
  const monthName = MONTH_NAMES.slice(month * 3 - 3, month * 3);
  return `${name}, ${two(day)} ${monthName} ${String(year).padStart(4, '0')} ${time} GMT`;
}

/** A point in time as RFC 3339 §5.6 writes it, in UTC. @param epochMs integer, years 0–9999 */
export function formatDateTime(epochMs: number): string {
  const days = Math.floor(epochMs / DAY_MS);
  const ms = epochMs - days * DAY_MS;
  const { year, month, day } = civilDate(days);
  const fraction = String(ms % 1000).padStart(3, '0');
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${timeOfDay(ms)}.${fraction}Z`;
}

function indexOfName(names: string, name: string): number {
  const at = names.indexOf(name);
  return at === -1 || at % 3 !== 0 || name.length !== 3 ? -1 : at / 3;
}

function daysIn(year: number, month: number): number {
  if (month === 1) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 3 || month === 5 || month === 8 || month === 10 ? 30 : 31;
}

// Proleptic Gregorian calendar in 400-year eras that begin on 1 March, so that the leap day comes last.
function daysSinceEpoch(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function civilDate(days: number): { year: number; month: number; day: number } {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1,
  };
}

function timeOfDay(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

function two(n: number): string {
  return n < 10 ? `0${n}` : String(n);
}
