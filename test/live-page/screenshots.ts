// Renews the pictures of docs/live-page.md: five minutes of a standalone under load.   node tools/run.mjs test/live-page/screenshots.ts
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { launchChromium } from '../interop/chromium.ts';
import { StandaloneProcess } from '../system/standalone-process.ts';
import { LivePage } from './live-page.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const IMAGES = join(ROOT, 'docs/images');
const SECONDS = 290;
const VIEWS = [
  { name: 'live-page-light', colorScheme: 'light', width: 1280, height: 1460 },
  { name: 'live-page-dark', colorScheme: 'dark', width: 1280, height: 1460 },
  { name: 'live-page-phone', colorScheme: 'light', width: 390, height: 1460 },
] as const;

const directory = mkdtempSync(join(tmpdir(), 'hermod-live-page-'));
const standalone = await StandaloneProcess.start(directory, { HERMOD_CONGESTION: 'on' });
const browser = await launchChromium();
const load = startLoad(standalone.sipPort);
const loadEnd = once(load, 'exit');
try {
  const pages = await Promise.all(
    VIEWS.map((view) => LivePage.open(browser, standalone.http, view)),
  );
  const early = await Promise.race([loadEnd, delay(SECONDS * 1000)]);
  if (early !== undefined) throw new Error(`the load ended early: ${early[0]}`);
  mkdirSync(IMAGES, { recursive: true });
  for (const [i, { name, width, height }] of VIEWS.entries()) {
    const page = pages[i]?.page;
    await page?.setViewportSize({ width, height });
    await pages[i]?.ticks(1);
    await page?.screenshot({ path: join(IMAGES, `${name}.png`) });
  }
} finally {
  load.kill('SIGINT');
  await loadEnd;
  await browser.close();
  await standalone.kill();
  rmSync(directory, { recursive: true });
}

/** Bursts, some users who are away, some who come and go. */
function startLoad(sipPort: number): ChildProcess {
  const options = [
    ...['--target', `tcp://127.0.0.1:${sipPort}`, '--users', '100', '--away', '0.05'],
    ...['--rate', '80@40,160@20', '--duration', String(SECONDS + 60), '--churn', '1'],
    ...[
      '--register-rate',
      '20',
      '--workers',
      '1',
      '--report',
      'none',
      '--settle',
      '1',
      '--no-collect',
    ],
  ];
  const args = ['--conditions=source', join(ROOT, 'test/load/main.ts'), ...options];
  return spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}
