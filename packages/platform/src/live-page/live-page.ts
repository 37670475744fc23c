import { type PageFile, readPage } from '../page-file.ts';

/** Files by the path that they are asked for at. Relative links only, so that the page works behind a prefix too. */
const FILES: Readonly<Record<string, string>> = {
  '/': 'page.html',
  '/live/palette.css': 'palette.css',
  '/live/page.css': 'page.css',
  '/live/icon.svg': 'icon.svg',
  '/live/page.js': 'page.js',
  '/live/chart.js': 'chart.js',
  '/live/format.js': 'format.js',
  '/live/history.js': 'history.js',
  '/live/interval.js': 'interval.js',
  '/live/panels.js': 'panels.js',
  '/live/sample.js': 'sample.js',
};

// The same place from src/live-page and from dist/live-page.
const DIRECTORY = new URL('../../src/live-page/', import.meta.url);

/** The files of the live page, by path.  @throws Error when one is missing */
export function readLivePage(): ReadonlyMap<string, PageFile> {
  return readPage(DIRECTORY, FILES);
}

/** The colours of all pages, for another page.  @param path at which it asks for them  @throws Error when the file is missing */
export function readPalette(path: string): ReadonlyMap<string, PageFile> {
  return readPage(DIRECTORY, { [path]: 'palette.css' });
}
