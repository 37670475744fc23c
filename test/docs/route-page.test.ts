import { describe, expect, test } from 'vitest';
import { declares, missingDeclarations, namedDeclarations, readSource } from './pages.ts';

const PAGES = ['docs/route-of-a-message.md', 'docs/route-of-a-call.md', 'docs/ordering-rules.md'];

describe.each(PAGES)('%s', (page) => {
  test('MUST name the functions of the main path', () => {
    expect(namedDeclarations(readSource(page)).length).toBeGreaterThan(5);
  });

  test('every file#function in it MUST exist', () => {
    expect(missingDeclarations(readSource(page))).toEqual([]);
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
