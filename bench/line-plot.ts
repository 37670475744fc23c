/** Where the lines of a plot are drawn, in pixels. */
export type PlotArea = {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
};

/** Colours of lines. */
export type LineColour = 'blue' | 'orange';

/** A point of a plot, in pixels. */
export type PlotPoint = readonly [x: string | number, y: string | number];

/** A horizontal line across the plot, with what it stands for.  @param y in pixels */
export function gridLine({ left, right, width }: PlotArea, y: string, label: string): string[] {
  return [
    `<line class="grid" x1="${left}" x2="${width - right}" y1="${y}" y2="${y}"/>`,
    `<text x="${left - 8}" y="${y}" dy="4" text-anchor="end">${label}</text>`,
  ];
}

/** What a place on the horizontal axis stands for.  @param x in pixels */
export function tickLabel({ height, bottom }: PlotArea, x: string, label: string): string {
  return `<text x="${x}" y="${height - bottom + 18}" text-anchor="middle">${label}</text>`;
}

/** Measured points, joined, and a text beside the last.  @param labelX in pixels */
export function plotLine(
  colour: LineColour,
  points: readonly PlotPoint[],
  label: string,
  labelX: number,
): string[] {
  return [
    `<polyline class="${colour}" points="${points.map((at) => at.join(',')).join(' ')}"/>`,
    ...points.map(([cx, cy]) => `<circle class="${colour}" cx="${cx}" cy="${cy}" r="3.5"/>`),
    `<text class="${colour}" x="${labelX}" y="${points.at(-1)?.[1]}" dy="4">${label}</text>`,
  ];
}

/** One SVG that needs nothing else, light or dark as the reader is. */
export function plotFrame(
  area: PlotArea,
  texts: { readonly name: string; readonly title: string; readonly axis: string },
  parts: readonly string[],
): string {
  const { width, height, left, right } = area;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img">
<title>${texts.name}</title><style>${STYLE}</style>
<rect class="paper" width="${width}" height="${height}"/>
<text x="${left}" y="22" class="title">${texts.title}</text>
${parts.join('\n')}
<text x="${(left + width - right) / 2}" y="${height - 8}" text-anchor="middle">${texts.axis}</text>
</svg>
`;
}

const STYLE = `
.paper{fill:#fff}text{font:12px system-ui,sans-serif;fill:#333}.title{font-size:14px}
.grid{stroke:#ddd}polyline{fill:none;stroke-width:2}.ideal{stroke:#999;stroke-width:1;stroke-dasharray:4 4}
polyline.blue{stroke:#1769c5}circle.blue,text.blue{fill:#1769c5}
polyline.orange{stroke:#c76a00}circle.orange,text.orange{fill:#c76a00}
@media(prefers-color-scheme:dark){.paper{fill:#16181c}text{fill:#ccc}.grid{stroke:#444}
polyline.blue{stroke:#6cb0ff}circle.blue,text.blue{fill:#6cb0ff}
polyline.orange{stroke:#ffab4c}circle.orange,text.orange{fill:#ffab4c}}`;
