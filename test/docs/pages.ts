import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** How pages abbreviate directories. */
const DIRECTORIES: Readonly<Record<string, string>> = {
  sip: 'packages/sip/src',
  transport: 'packages/transport/src',
  edge: 'services/edge/src',
  registrar: 'services/registrar/src',
  router: 'services/router/src',
  congestion: 'packages/congestion/src',
};
const TESTS = /`([\w./-]+\.ts)` › ("(?:[^"\\]|\\.)+"(?:,\s+"(?:[^"\\]|\\.)+")*)/g;
const DECLARATIONS = /([A-Za-z0-9_./-]+\.ts)#([A-Za-z_$][\w$]*(?:\.[#A-Za-z_$][\w$]*)?)/g;

/** Something that a page says is in a file. */
export type Named = { readonly file: string; readonly name: string };

/** A file's text, its path from the root or abbreviated; empty when there is none. */
export function readSource(file: string): string {
  const [first = ''] = file.split('/');
  const directory = DIRECTORIES[first];
  const path = directory === undefined ? file : `${directory}${file.slice(first.length)}`;
  try {
    return readFileSync(join(ROOT, path), 'utf8');
  } catch {
    // No such file: nothing is in it.
    return '';
  }
}

/** Every test that a text names: `` `file.test.ts` › "name", "name" ``. */
export function namedTests(text: string): readonly Named[] {
  return [...text.matchAll(TESTS)].flatMap(([, file = '', names = '']) =>
    [...names.matchAll(/"((?:[^"\\]|\\.)+)"/g)].map(([, name = '']) => ({
      file,
      name: name.replaceAll('\\"', '"'),
    })),
  );
}

/** Those that do not exist: as the whole title of a test, a suite, a clause or a row of a table, in whatever quotes. */
export function missingTests(text: string): readonly Named[] {
  return namedTests(text).filter(({ file, name }) => {
    const source = readSource(file);
    return !['"', "'", '`'].some((quote) => {
      const title = name.replaceAll(quote, `\\${quote}`);
      return source.includes(quote + title + quote);
    });
  });
}

/** Every declaration that a text names: `file.ts#name`, `file.ts#Class.member`. */
export function namedDeclarations(text: string): readonly Named[] {
  return [...text.matchAll(DECLARATIONS)].map(([, file = '', name = '']) => ({ file, name }));
}

/** Those that do not exist. */
export function missingDeclarations(text: string): readonly Named[] {
  return namedDeclarations(text).filter(({ file, name }) => !declares(readSource(file), name));
}

/** Whether a source declares a top-level function, class, constant or type of that name, or a class in it has such a member
 *  (`Class.method`: that class). Relies on Biome's layout: members are indented by two, a class ends with a brace in column 0. */
export function declares(source: string, name: string): boolean {
  const [outer = '', member] = name.split('.');
  if (member !== undefined) {
    return classBodies(source).some((body) => body.name === outer && hasMember(body.text, member));
  }
  const declaration = `^(?:export )?(?:async |abstract )*(?:function|class|const|type|interface) ${quoted(outer)}\\b`;
  if (new RegExp(declaration, 'm').test(source)) return true;
  return classBodies(source).some((body) => hasMember(body.text, outer));
}

function classBodies(source: string): readonly { readonly name: string; readonly text: string }[] {
  const classes = source.matchAll(
    /^(?:export )?(?:abstract )?class (\w+)(?:.*\{\}$|[\s\S]*?^\})/gm,
  );
  return [...classes].map((match) => ({ name: match[1] ?? '', text: match[0] }));
}

function hasMember(classBody: string, name: string): boolean {
  const modifiers = '(?:(?:static|async|readonly|override|private|get|set) )*';
  return new RegExp(`^ {2}${modifiers}${quoted(name)}(?:<[^>]*>)?(?:\\(| = |[:?])`, 'm').test(
    classBody,
  );
}

function quoted(name: string): string {
  return name.replace(/[$#]/g, '\\$&');
}
