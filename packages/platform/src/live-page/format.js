// @ts-check
// Numbers for people. Runs in the browser.

/** @typedef {import('./panels.js').Unit} Unit */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const precise = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const BYTES = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** A value with its unit; – when it is not known.
 *  @param {number} value
 *  @param {Unit} unit */
export function formatValue(value, unit) {
  if (!Number.isFinite(value)) return value === Number.POSITIVE_INFINITY ? '∞' : '–';
  switch (unit) {
    case 'perSec':
      return `${number(value)}/s`;
    case 'seconds':
      return formatSeconds(value);
    case 'share':
      return `${number(value * 100)} %`;
    case 'bytes':
      return formatBytes(value);
    case 'count':
      return number(value);
  }
}

/** @param {number} atMs epoch */
export function formatTime(atMs) {
  return clock.format(atMs);
}

/** A length of time that has passed: 40 s, 3 min, 2 h, 5 days.
 *  @param {number} ms */
export function formatAge(ms) {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 100) return `${whole.format(seconds)} s`;
  if (seconds < 6_000) return `${whole.format(seconds / 60)} min`;
  if (seconds < 172_800) return `${whole.format(seconds / 3600)} h`;
  return `${whole.format(seconds / 86_400)} days`;
}

/** @param {number} value */
function number(value) {
  return Math.abs(value) >= 100 ? whole.format(value) : precise.format(value);
}

/** @param {number} seconds */
function formatSeconds(seconds) {
  if (seconds === 0) return '0 s';
  if (Math.abs(seconds) < 1) return `${number(seconds * 1000)} ms`;
  return seconds < 100 ? `${number(seconds)} s` : formatAge(seconds * 1000);
}

/** @param {number} bytes */
function formatBytes(bytes) {
  const power = bytes < 1 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10));
  return `${number(bytes / 1024 ** power)} ${BYTES[power]}`;
}
