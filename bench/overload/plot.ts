import { gridLine, type PlotArea, plotFrame, plotLine, tickLabel } from '../line-plot.ts';
import { HERMOD } from './servers.ts';
import { FACTORS, goodputAt, type Measured, spreadOf } from './verdict.ts';

const AREA: PlotArea = { width: 720, height: 340, left: 52, right: 150, bottom: 44 };
const TOP = 44;
const HEADROOM = 1.05;

/** Goodput over offered load, both in parts of the peak of each: one SVG that needs nothing else. */
export function plotOf(all: readonly Measured[], share: number): string {
  const { width, height, left, right, bottom } = AREA;
  const lowest = Math.log(FACTORS[0]);
  const span = Math.log(Math.max(...FACTORS)) - lowest;
  const rising = FACTORS.slice(0, -1);
  const shares = all.flatMap((measured) => rising.map((_, i) => goodputAt(measured, i).median));
  const most = Math.max(1, ...shares) * HEADROOM;
  const x = (factor: number) =>
    (left + ((Math.log(factor) - lowest) / span) * (width - left - right)).toFixed(1);
  const y = (part: number) => (TOP + (1 - part / most) * (height - TOP - bottom)).toFixed(1);
  const parts: string[] = [];
  for (const part of [0, 0.25, 0.5, 0.75, 1]) {
    parts.push(...gridLine(AREA, y(part), `${part * 100} %`));
  }
  for (const factor of rising) parts.push(tickLabel(AREA, x(factor), `${factor}×`));
  const ideal = [...rising, 1].sort((a, b) => a - b);
  parts.push(
    `<polyline class="ideal" points="${ideal.map((f) => `${x(f)},${y(Math.min(1, f))}`).join(' ')}"/>`,
  );
  const last = rising.at(-1) ?? 1;
  for (const measured of all) {
    const { name, rounds } = measured;
    const points = rising.map((factor, i) => {
      const { median } = goodputAt(measured, i);
      return [x(factor), y(median)] as const;
    });
    const colour = name === HERMOD.name ? 'blue' : 'orange';
    const peak = spreadOf(rounds.map(({ peakPerSec }) => peakPerSec)).median;
    parts.push(...plotLine(colour, points, `${name}, ${peak}/s`, Number(x(last)) + 10));
  }
  const title = `Goodput over offered load, each under ${(share * 100).toFixed(0)} % of a core; 100 % is its own peak`;
  const texts = { name: 'Goodput over offered load', title, axis: 'offered, in peaks' };
  return plotFrame(AREA, texts, parts);
}
