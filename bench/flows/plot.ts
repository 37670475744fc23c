import type { DeviceTransport, Reading } from './protocol.ts';

/** What the process held at so many flows. */
export type Step = Reading & { readonly flows: number };

const WIDTH = 720;
const HEIGHT = 320;
const LEFT = 60;
const RIGHT = 190;
const TOP = 44;
const BOTTOM = 48;

type Line = { readonly css: string; readonly name: string; readonly of: (step: Step) => number };

const LINES: readonly Line[] = [
  { css: 'resident', name: 'resident', of: (step) => step.residentBytes },
  { css: 'heap', name: 'heap', of: (step) => step.heapBytes },
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
  const mostFlows = Math.max(...steps.map((step) => step.flows));
  const mostMb =
    Math.ceil(Math.max(...steps.map((step) => step.residentBytes)) / 2 ** 20 / 50) * 50;
  const x = (flows: number) => (LEFT + (flows / mostFlows) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const y = (mb: number) => (TOP + (1 - mb / mostMb) * (HEIGHT - TOP - BOTTOM)).toFixed(1);
  const parts: string[] = [];
  for (let mb = 0; mb <= mostMb; mb += 50) {
    parts.push(
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(mb)}" y2="${y(mb)}"/>`,
      `<text x="${LEFT - 8}" y="${y(mb)}" dy="4" text-anchor="end">${mb}</text>`,
    );
  }
  for (const { flows } of steps) {
    parts.push(
      `<text x="${x(flows)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${flows}</text>`,
    );
  }
  for (const { css, name, of } of LINES) {
    const points = steps.map((step) => [x(step.flows), y(of(step) / 2 ** 20)] as const);
    const perFlow = (slopeOf(steps, of) / 1024).toFixed(1);
    parts.push(
      `<polyline class="${css}" points="${points.map((at) => at.join(',')).join(' ')}"/>`,
      ...points.map(([cx, cy]) => `<circle class="${css}" cx="${cx}" cy="${cy}" r="3.5"/>`),
      `<text class="${css}" x="${WIDTH - RIGHT + 10}" y="${points.at(-1)?.[1]}" dy="4">${name}: ${perFlow} KB a flow</text>`,
    );
  }
  const title = `Memory of one process over its ${transport.toUpperCase()} flows, registered and idle`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">
<title>${title}</title><style>${STYLE}</style>
<rect class="paper" width="${WIDTH}" height="${HEIGHT}"/>
<text x="${LEFT}" y="22" class="title">${title}, MB</text>
${parts.join('\n')}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle">flows</text>
</svg>
`;
}

const STYLE = `
.paper{fill:#fff}text{font:12px system-ui,sans-serif;fill:#333}.title{font-size:14px}
.grid{stroke:#ddd}polyline{fill:none;stroke-width:2}
polyline.resident{stroke:#1769c5}circle.resident,text.resident{fill:#1769c5}
polyline.heap{stroke:#c76a00}circle.heap,text.heap{fill:#c76a00}
@media(prefers-color-scheme:dark){.paper{fill:#16181c}text{fill:#ccc}.grid{stroke:#444}
polyline.resident{stroke:#6cb0ff}circle.resident,text.resident{fill:#6cb0ff}
polyline.heap{stroke:#ffab4c}circle.heap,text.heap{fill:#ffab4c}}`;
