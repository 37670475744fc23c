import {
  gridLine,
  type LineColour,
  type PlotArea,
  plotFrame,
  plotLine,
  tickLabel,
} from '../line-plot.ts';
import type { DeviceTransport, Reading } from './protocol.ts';

/** What the process held at so many flows. */
export type Step = Reading & { readonly flows: number };

const AREA: PlotArea = { width: 720, height: 320, left: 60, right: 190, bottom: 48 };
const TOP = 44;

type Line = {
  readonly colour: LineColour;
  readonly name: string;
  readonly of: (step: Step) => number;
};

const LINES: readonly Line[] = [
  { colour: 'blue', name: 'resident', of: (step) => step.residentBytes },
  { colour: 'orange', name: 'heap', of: (step) => step.heapBytes },
];

/** Bytes per flow, by least squares. */
export function slopeOf(steps: readonly Step[], of: (step: Step) => number): number {
  const mean = (value: (step: Step) => number) =>
    steps.reduce((sum, step) => sum + value(step), 0) / steps.length;
  const flows = mean((step) => step.flows);
  const bytes = mean(of);
  const covariance = mean((step) => (step.flows - flows) * (of(step) - bytes));
  return covariance / mean((step) => (step.flows - flows) ** 2);
}

/** Memory over the number of flows: one SVG that needs nothing else. */
export function plotOf(transport: DeviceTransport, steps: readonly Step[]): string {
  const { width, height, left, right, bottom } = AREA;
  const mostFlows = Math.max(...steps.map((step) => step.flows));
  const mostMb =
    Math.ceil(Math.max(...steps.map((step) => step.residentBytes)) / 2 ** 20 / 50) * 50;
  const x = (flows: number) => (left + (flows / mostFlows) * (width - left - right)).toFixed(1);
  const y = (mb: number) => (TOP + (1 - mb / mostMb) * (height - TOP - bottom)).toFixed(1);
  const parts: string[] = [];
  for (let mb = 0; mb <= mostMb; mb += 50) parts.push(...gridLine(AREA, y(mb), `${mb}`));
  for (const { flows } of steps) parts.push(tickLabel(AREA, x(flows), `${flows}`));
  for (const { colour, name, of } of LINES) {
    const points = steps.map((step) => [x(step.flows), y(of(step) / 2 ** 20)] as const);
    const perFlow = (slopeOf(steps, of) / 1024).toFixed(1);
    parts.push(...plotLine(colour, points, `${name}: ${perFlow} KB a flow`, width - right + 10));
  }
  const name = `Memory of one process over its ${transport.toUpperCase()} flows, registered and idle`;
  return plotFrame(AREA, { name, title: `${name}, MB`, axis: 'flows' }, parts);
}
