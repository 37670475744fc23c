import type { Outcome, Second } from './cluster-model.ts';
import type { Figure, Trial } from './scenarios.ts';

/** A trial that was run. */
export type Result = {
  readonly trial: Trial;
  readonly outcome: Outcome;
  readonly figures: readonly Figure[];
};

const WIDTH = 720;
const HEIGHT = 200;
const LEFT = 58;
const TOP = 10;
const BOTTOM = 38;

type Line = { readonly name: string; readonly colour: string; readonly of: (s: Second) => number };

const RATES: readonly Line[] = [
  { name: 'offered', colour: 'var(--grey)', of: (s) => s.offered },
  { name: 'served by edges', colour: 'var(--blue)', of: (s) => s.admitted },
  { name: 'taken by routers', colour: 'var(--orange)', of: (s) => s.routed },
];
const LAG: readonly Line[] = [
  { name: 'lag of the log', colour: 'var(--red)', of: (s) => s.lagSec },
];

/** Did it come to what it had to? */
export function passes({ value, bound, isLeast }: Figure): boolean {
  return isLeast ? value >= bound : value <= bound;
}

/** One page that needs nothing else.  @param title plain text */
export function pageOf(title: string, results: readonly Result[]): string {
  const parts = results.map(({ trial, outcome, figures }) => {
    const rows = figures.map(
      (figure) =>
        `<tr class="${passes(figure) ? 'pass' : 'fail'}"><td>${figure.what}</td><td>${figure.value.toFixed(3)}</td>` +
        `<td>${figure.isLeast ? '≥' : '≤'} ${figure.bound}</td><td>${passes(figure) ? 'pass' : 'fail'}</td></tr>`,
    );
    return (
      `<section><h2>${trial.name}</h2><p>${trial.about}</p>` +
      chart(outcome.seconds, RATES, 'of what all edges can serve', 2.2) +
      chart(outcome.seconds, LAG, 'seconds', 60) +
      `<table><tr><th>figure</th><th>value</th><th>bound</th><th></th></tr>${rows.join('')}</table></section>`
    );
  });
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><style>${STYLE}</style><h1>${title}</h1>${parts.join('')}</html>\n`;
}

/** @param unit of the vertical axis  @param most which ends there at the latest */
function chart(
  seconds: readonly Second[],
  lines: readonly Line[],
  unit: string,
  most: number,
): string {
  const highest = Math.max(...seconds.flatMap((second) => lines.map((line) => line.of(second))));
  const top = Math.min(most, Math.max(1, highest * 1.05));
  const x = (sec: number) => LEFT + (sec * (WIDTH - LEFT)) / seconds.length;
  const y = (value: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - Math.min(value, top) / top);
  const step = stepOf(top);
  const grid: string[] = [];
  for (let value = 0; value <= top; value += step) {
    const at = y(value).toFixed(1);
    grid.push(
      `<line x1="${LEFT}" x2="${WIDTH}" y1="${at}" y2="${at}" class="grid"/>` +
        `<text x="${LEFT - 6}" y="${at}" text-anchor="end" dy="4">${Number(value.toFixed(1))}</text>`,
    );
  }
  const times: string[] = [];
  for (let sec = 0; sec < seconds.length; sec += 10) {
    times.push(`<text x="${x(sec)}" y="${HEIGHT - 20}" text-anchor="middle">${sec}</text>`);
  }
  const middleY = y(top / 2).toFixed(1);
  const titles =
    `<text x="${(LEFT + WIDTH) / 2}" y="${HEIGHT - 4}" text-anchor="middle">time, s</text>` +
    `<text x="12" y="${middleY}" text-anchor="middle" transform="rotate(-90 12 ${middleY})">${unit}</text>`;
  const paths = lines.map(({ colour, of }) => {
    const points = seconds.map((second, i) => `${x(i).toFixed(1)},${y(of(second)).toFixed(1)}`);
    return `<polyline points="${points.join(' ')}" style="stroke:${colour}"/>`;
  });
  const legend = lines.map(({ name, colour }) => `<span style="color:${colour}">— ${name}</span>`);
  const cut = highest > top ? ` <span>(axis ends at ${top})</span>` : '';
  return `<p class="legend">${legend.join(' ')}${cut}</p><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">${titles}${grid.join('')}${times.join('')}${paths.join('')}</svg>`;
}

/** A round number that divides an axis into three to six. */
function stepOf(top: number): number {
  const power = 10 ** Math.floor(Math.log10(top / 2));
  const times = [1, 2, 5].find((factor) => top / (factor * power) <= 6) ?? 10;
  return times * power;
}

const STYLE = `
:root{--grey:#888;--blue:#1769c5;--orange:#c76a00;--red:#c02a2a;--line:#ddd;color-scheme:light dark;font:15px/1.45 system-ui,sans-serif}
@media(prefers-color-scheme:dark){:root{--blue:#6cb0ff;--orange:#ffab4c;--red:#ff7b7b;--line:#444}}
body{max-width:760px;margin:2rem auto;padding:0 1rem}svg{width:100%;height:auto}
svg text{font-size:11px;fill:currentColor}svg polyline{fill:none;stroke-width:1.8}.grid{stroke:var(--line)}
table{border-collapse:collapse}td,th{padding:.15rem .8rem .15rem 0;text-align:left}.legend{margin:.3rem 0}
.pass td:last-child{color:green}.fail td{color:var(--red);font-weight:600}`;
