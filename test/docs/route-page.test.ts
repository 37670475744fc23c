import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGES = ['docs/route-of-a-message.md', 'docs/route-of-a-call.md', 'docs/ordering-rules.md'];
const REFERENCE = /([A-Za-z0-9_./-]+\.ts)#([A-Za-z_$][\w$]*(?:\.[#A-Za-z_$][\w$]*)?)/g;

/** Whether a source declares a top-level function, class, constant or type of that name, or a class in it has such a member
 *  (`Class.method`: that class). Relies on Biome's layout: members are indented by two, a class ends with a brace in column 0. */
function declares(source: string, name: string): boolean {
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

function read(path: string): string | undefined {
  try {
    return readFileSync(join(ROOT, path), 'utf8');
  } catch {
    return undefined;
  }
}

describe.each(PAGES)('%s', (page) => {
  const references = [...(read(page) ?? '').matchAll(REFERENCE)].map((match) => ({
    file: match[1] ?? '',
    name: match[2] ?? '',
  }));

  test('MUST name the functions of the main path', () => {
    expect(references.length).toBeGreaterThan(5);
  });

  test('every file#function in it MUST exist', () => {
    const broken = references.filter(({ file, name }) => !declares(read(file) ?? '', name));
    expect(broken).toEqual([]);
  });
});

describe('declares', () => {
  const source = `class Gone extends Error {}

export class Edge {
  readonly #calls: number;
  async onMessage(flow: Flow): Promise<void> {
    helper();
  }
  #forward(): void {}
}
export async function listen(): Promise<void> {
  called();
}
const limit = 3;
`;
  test.each(['Edge', 'Edge.onMessage', 'Edge.#forward', 'onMessage', 'listen', 'limit'])(
    '%s MUST be found',
    (name) => expect(declares(source, name)).toBe(true),
  );

  test.each(['helper', 'called', 'Edge.listen', 'Edge.missing', 'listen.onMessage', 'Edg'])(
    '%s MUST NOT be found: it is only used, or elsewhere',
    (name) => expect(declares(source, name)).toBe(false),
  );
});
