// Makes the chat page's SIP stack, one ES module, of the JsSIP that package.json pins: node tools/run.mjs tools/bundle-jssip.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'vite';

const require = createRequire(import.meta.url);
/** Where the page's files are. */
export const BUNDLE = join(import.meta.dirname, '../services/edge/src/chat/jssip.js');

/** The text of the module, the same whenever it is made. */
export async function bundleJsSip(): Promise<string> {
  const entry = require.resolve('jssip');
  const root = dirname(require.resolve('jssip/package.json'));
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const license = readFileSync(join(root, 'LICENSE.md'), 'utf8').trim();
  const result = await build({
    configFile: false,
    envFile: false,
    publicDir: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2022',
      minify: true,
      lib: { entry, formats: ['es'], fileName: 'jssip' },
    },
  });
  const [output] = Array.isArray(result) ? result : [result];
  if (output === undefined || !('output' in output)) throw new Error('nothing was made');
  const code = output.output.map((chunk) => (chunk.type === 'chunk' ? chunk.code : '')).join('');
  return `/* oxlint-disable */\n/* JsSIP ${version}, made by tools/bundle-jssip.ts.\n\n${license}\n*/\n${code}`;
}

if (import.meta.main) writeFileSync(BUNDLE, await bundleJsSip());
