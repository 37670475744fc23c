import { FACTORS, type Measured } from './verdict.ts';

const WIDTH = 720;
const HEIGHT = 340;
const LEFT = 52;
const RIGHT = 150;
const TOP = 44;
const BOTTOM = 44;
const MOST = 1.1;

/** Goodput over offered load, both in parts of the peak of each: one SVG that needs nothing else. */
export function plotOf(all: readonly Measured[], share: number): string {
  const lowest = Math.log(FACTORS[0]);
  const span = Math.log(Math.max(...FACTORS)) - lowest;
  const x = (factor: number) =>
    (LEFT + ((Math.log(factor) - lowest) / span) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const y = (part: number) => (TOP + (1 - part / MOST) * (HEIGHT - TOP - BOTTOM)).toFixed(1);
  const rising = FACTORS.slice(0, -1);
  const parts: string[] = [];
  for (const part of [0, 0.25, 0.5, 0.75, 1]) {
    parts.push(
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(part)}" y2="${y(part)}"/>`,
      `<text x="${LEFT - 8}" y="${y(part)}" dy="4" text-anchor="end">${part * 100} %</text>`,
    );
  }
  for (const factor of rising) {
    parts.push(
      `<text x="${x(factor)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${factor}×</text>`,
    );
  }
  const ideal = [...rising, 1].sort((a, b) => a - b);
  parts.push(
    `<polyline class="ideal" points="${ideal.map((f) => `${x(f)},${y(Math.min(1, f))}`).join(' ')}"/>`,
  );
  const last = rising.at(-1) ?? 1;
  for (const { name, peakPerSec, result } of all) {
    const goodput = rising.map((_, i) => (result.stretches[i]?.goodputPerSec ?? 0) / peakPerSec);
    const css = name.toLowerCase();
    const points = rising.map((factor, i) => [x(factor), y(goodput[i] ?? 0)] as const);
    parts.push(
      `<polyline class="${css}" points="${points.map((at) => at.join(',')).join(' ')}"/>`,
      ...points.map(([cx, cy]) => `<circle class="${css}" cx="${cx}" cy="${cy}" r="3.5"/>`),
      `<text class="${css}" x="${Number(x(last)) + 10}" y="${y(goodput.at(-1) ?? 0)}" dy="4">${name}, ${peakPerSec}/s</text>`,
    );
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">
<title>Goodput over offered load</title><style>${STYLE}</style>
<rect class="paper" width="${WIDTH}" height="${HEIGHT}"/>
<text x="${LEFT}" y="22" class="title">Goodput over offered load, each under ${(share * 100).toFixed(0)} % of a core; 100 % is its own peak</text>
${parts.join('\n')}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 6}" text-anchor="middle">offered, in peaks</text>
</svg>
`;
}

const STYLE = `
.paper{fill:#fff}text{font:12px system-ui,sans-serif;fill:#333}.title{font-size:14px}
.grid{stroke:#ddd}polyline{fill:none;stroke-width:2}.ideal{stroke:#999;stroke-width:1;stroke-dasharray:4 4}
polyline.hermod{stroke:#1769c5}circle.hermod,text.hermod{fill:#1769c5}
polyline.kamailio{stroke:#c76a00}circle.kamailio,text.kamailio{fill:#c76a00}
@media(prefers-color-scheme:dark){.paper{fill:#16181c}text{fill:#ccc}.grid{stroke:#444}
polyline.hermod{stroke:#6cb0ff}circle.hermod,text.hermod{fill:#6cb0ff}
polyline.kamailio{stroke:#ffab4c}circle.kamailio,text.kamailio{fill:#ffab4c}}`;
