import { readFileSync } from 'node:fs';

/** A file of the page. */
export type PageFile = { readonly type: string; readonly bytes: Buffer };

const SCRIPT = 'text/javascript; charset=utf-8';

/** Files by the path that they are asked for at. Relative links only, so that the page works behind a prefix too. */
const FILES: Readonly<Record<string, readonly [name: string, type: string]>> = {
  '/': ['page.html', 'text/html; charset=utf-8'],
  '/live/page.css': ['page.css', 'text/css; charset=utf-8'],
  '/live/icon.svg': ['icon.svg', 'image/svg+xml'],
  '/live/page.js': ['page.js', SCRIPT],
  '/live/chart.js': ['chart.js', SCRIPT],
  '/live/format.js': ['format.js', SCRIPT],
  '/live/history.js': ['history.js', SCRIPT],
  '/live/interval.js': ['interval.js', SCRIPT],
  '/live/panels.js': ['panels.js', SCRIPT],
  '/live/sample.js': ['sample.js', SCRIPT],
};

/** Nothing but what this port serves, and nobody may frame it. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** Reads the files of the live page, by path. They are served as they are: nothing builds them.
 *  @throws Error when one is missing */
export function readLivePage(): ReadonlyMap<string, PageFile> {
  return new Map(
    Object.entries(FILES).map(([path, [name, type]]) => {
      // The same place from src/live-page and from dist/live-page.
      const url = new URL(`../../src/live-page/${name}`, import.meta.url);
      return [path, { type, bytes: readFileSync(url) }];
    }),
  );
}
