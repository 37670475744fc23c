// @ts-check
// The geometry of a chart: scales, ticks and paths, in pixels. Runs in the browser.

/** @typedef {{ readonly width: number, readonly height: number, readonly fromMs: number, readonly toMs: number }} Frame */

/** Where values are drawn; `ticks`: values worth a line across.
 *  @typedef {{ readonly y: (value: number) => number, readonly ticks: readonly number[] }} Scale */

const STEPS = [1, 2, 5, 10];
/** Below it, logarithmic charts have no difference to show. */
const LEAST_LOG = 1e-4;

/** @param {Frame} frame
 *  @param {number} atMs */
export function xOf({ width, fromMs, toMs }, atMs) {
  return ((atMs - fromMs) / (toMs - fromMs)) * width;
}

/** From nothing to a round number above all values.
 *  @param {readonly number[]} values finite
 *  @param {number} height
 *  @param {10 | 1024} base of round numbers: of bytes, 100 MiB is one
 *  @returns {Scale} */
export function linearScale(values, height, base) {
  const most = Math.max(0, ...values) || 1;
  const power = base ** Math.floor(Math.log2(most) / Math.log2(base));
  const step = roundUp(most / power / 4) * power;
  const top = step * Math.max(1, Math.ceil(most / step));
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_one, i) => i * step);
  return { y: (value) => height * (1 - value / top), ticks };
}

/** Powers of ten around all values; what is nothing lies on the floor.
 *  @param {readonly number[]} values finite
 *  @param {number} height
 *  @returns {Scale} */
export function logScale(values, height) {
  const positive = values.filter((value) => value > LEAST_LOG);
  const low = Math.floor(Math.log10(Math.min(1, ...positive)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(LEAST_LOG, ...positive))));
  const ticks = Array.from({ length: high - low + 1 }, (_one, i) => 10 ** (low + i));
  const y = (/** @type {number} */ value) =>
    height * (1 - (Math.log10(Math.max(value, 10 ** low)) - low) / (high - low));
  return { y, ticks };
}

/** A line through points, broken where there is none; a point alone is a dot.
 *  @param {readonly (readonly [x: number, y: number] | undefined)[]} points */
export function pathOf(points) {
  let path = '';
  let isOpen = false;
  for (const point of points) {
    if (point !== undefined) {
      const [x, y] = point.map((one) => one.toFixed(1));
      path += isOpen ? `L${x} ${y}` : `M${x} ${y}h0`;
    }
    isOpen = point !== undefined;
  }
  return path;
}

/** 1, 2 or 5 times a power of ten.
 *  @param {number} value above 0 */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * (STEPS.find((step) => step * power >= value * 0.999) ?? 10);
}
