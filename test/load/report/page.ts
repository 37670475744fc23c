import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Summary } from './summary.ts';

const require = createRequire(import.meta.url);
const PALETTE = join(import.meta.dirname, '../../../packages/platform/src/live-page/palette.css');

/** The report as one HTML page that needs nothing else: style, charts (uPlot, MIT) and figures are in it. */
export function formatPage(summary: Summary): string {
  // Within a script element only "</script" and "<!--" mean anything.
  const json = JSON.stringify(summary).replaceAll('<', '\\u003c');
  return readPart('page.html')
    .replaceAll(
      /<link rel="stylesheet" href="([\w.]+)"[^>]*>/g,
      (_whole, name: string) => `<style>${readPart(name)}</style>`,
    )
    .replaceAll(
      /<script src="([\w.]+)"><\/script>/g,
      (_whole, name: string) => `<script>${readPart(name)}</script>`,
    )
    .replace('id="summary">', () => `id="summary">${json}`);
}

function readPart(name: string): string {
  return readFileSync(pathOf(name), 'utf8');
}

function pathOf(name: string): string {
  if (name.startsWith('uPlot')) return require.resolve(`uplot/dist/${name}`);
  if (name === 'palette.css') return PALETTE;
  return join(import.meta.dirname, name);
}
