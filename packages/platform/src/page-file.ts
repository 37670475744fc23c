import { readFileSync } from 'node:fs';

/** A file of a page. */
export type PageFile = {
  readonly type: string;
  readonly bytes: Buffer;
  /** What else its page may connect to: sources of `connect-src`, which knows no IPv6 address (CSP 3 §2.3.1). */
  readonly connectTo?: readonly string[];
};

/** Nothing but what this port serves, and nobody may frame it. */
const HEADERS: readonly (readonly [name: string, value: string])[] = [
  ['X-Content-Type-Options', 'nosniff'],
  ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
];

/** What a file is served with, beside its type. */
export function pageHeaders({
  connectTo = [],
}: PageFile): readonly (readonly [name: string, value: string])[] {
  const connect = ["'self'", ...connectTo].join(' ');
  const policy = `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src ${connect}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  return [['Content-Security-Policy', policy], ...HEADERS];
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  js: 'text/javascript; charset=utf-8',
};

/** Reads the files of a page. They are served as they are: nothing builds them.
 *  @param directory URL that ends in a slash  @param names by the path that they are asked for at
 *  @throws Error when one is missing, or of a type that no page has */
export function readPage(
  directory: URL,
  names: Readonly<Record<string, string>>,
): Map<string, PageFile> {
  return new Map(
    Object.entries(names).map(([path, name]) => {
      const type = TYPES[name.slice(name.lastIndexOf('.') + 1)];
      if (type === undefined) throw new Error(`${name} is no file of a page`);
      return [path, { type, bytes: readFileSync(new URL(name, directory)) }];
    }),
  );
}
