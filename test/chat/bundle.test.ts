import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BUNDLE, bundleJsSip } from '../../tools/bundle-jssip.ts';

test('the SIP stack of the chat page MUST be the one that package.json pins', async () => {
  // To renew it: node tools/run.mjs tools/bundle-jssip.ts
  expect(readFileSync(BUNDLE, 'utf8') === (await bundleJsSip())).toBe(true);
});
