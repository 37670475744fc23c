// The report in a real browser, without a network.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium } from '../../interop/chromium.ts';
import { Scene } from '../../system/scene.ts';
import { Interval } from '../core/interval.ts';
import { type LedgerCounts, noCounts } from '../core/ledger.ts';
import { Timeline } from '../core/timeline.ts';
import { parseCommandLine, readOptions } from '../options.ts';
import { formatPage } from './page.ts';
import { summarise } from './summary.ts';

const scene = new Scene();
let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await scene.close();
});

/** The report of a made-up run: 20 s, refusals from the 8th to the 12th, one message lost. */
function reportFile(command: string): string {
  const timeline = new Timeline(1);
  const counts: LedgerCounts = noCounts();
  for (let second = -2; second < 24; second += 1) {
    const interval = new Interval();
    const sent = second < 20 ? 1000 : 0;
    const refused = second >= 8 && second < 13 ? 250 : 0;
    interval.counts.intended = sent;
    interval.counts.sent = sent;
    interval.counts.received = sent - refused;
    for (let i = 0; i < sent - refused; i += 1) {
      interval.status(200);
      if (second >= 0) interval.time('success', 2 + (i % 50) * (refused > 0 ? 4 : 0.2));
    }
    for (let i = 0; i < refused; i += 1) interval.status(503);
    interval.gauges.connected = 500;
    counts.sent += sent;
    counts.delivered += sent - refused;
    counts.refused += refused;
    timeline.add(interval.take(second));
  }
  counts.lost200 = 1;
  const options = readOptions(
    parseCommandLine(['--duration', '20', '--warm-up', '2']),
    String,
    10_000,
  );
  const broken = {
    ...{ invariant: 'lost' as const, callId: 'ab-00000001@load', from: 'sip:a@x', to: 'sip:b@x' },
    ...{ status: 200, atSec: 1.5, received: undefined },
  };
  const result = {
    ...{ run: 'ab', startedMs: 0, joinedSec: 1, timeline, counts, broken: [broken], causes: {} },
    wasStopped: false,
  };
  const path = join(scene.directory(), 'report.html');
  writeFileSync(path, formatPage(summarise(result, options, command)));
  return pathToFileURL(path).href;
}

async function open(
  colorScheme: 'light' | 'dark',
  width = 1280,
  command = 'npm run load',
): Promise<{ page: Page; errors: string[]; requests: string[] }> {
  const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 } });
  const errors: string[] = [];
  const requests: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => errors.push(message.text()));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(reportFile(command));
  return { page, errors, requests };
}

const luminance = (rgb: string): number => {
  const [r = 0, g = 0, b = 0] = (rgb.match(/\d+/g) ?? []).map(Number);
  return (r + g + b) / 3;
};

describe('the report', () => {
  test('MUST draw its charts and say its figures without asking anybody for anything', async () => {
    const { page, errors, requests } = await open('light');
    await page.waitForSelector('html[data-drawn]');
    expect(errors).toEqual([]);
    expect(requests).toHaveLength(1);
    expect(await page.locator('#charts canvas').count()).toBe(5);
    expect(await page.locator('#verdict').textContent()).toContain('not every invariant holds');
    expect(await page.locator('#warnings').textContent()).toContain('1 messages answered 200');
    expect(await page.locator('#broken').textContent()).toContain('ab-00000001@load');
    expect(await page.locator('#tiles').textContent()).toContain('1,000/soffered');
    const events = await page.locator('#events').textContent();
    expect(events).toContain('8serverrefuses with 503 (1250, for 5 s)');
    expect(events).toContain('13serverno 503 any more');
    // Something is painted, and not in one colour.
    const colours = await page.evaluate(`(() => {
      const canvas = document.querySelector('#charts canvas');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return new Set(new Uint32Array(data.buffer)).size;
    })()`);
    expect(colours).toBeGreaterThan(10);
    await page.close();
  });

  test('MUST be light or dark as its reader is', async () => {
    for (const [scheme, isLight] of [
      ['light', true],
      ['dark', false],
    ] as const) {
      const { page } = await open(scheme);
      const colour = await page.evaluate('getComputedStyle(document.body).backgroundColor');
      expect(luminance(String(colour)) > 128).toBe(isLight);
      const text = await page.evaluate('getComputedStyle(document.body).color');
      expect(Math.abs(luminance(String(text)) - luminance(String(colour)))).toBeGreaterThan(150);
      await page.close();
    }
  });

  test('MUST fit on a telephone', async () => {
    const { page } = await open('light', 390);
    await page.waitForSelector('html[data-drawn]');
    const width = await page.evaluate('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(390);
    await page.close();
  });

  test('MUST NOT run what an option says', async () => {
    const command = 'npm run load -- --report </script><script>document.title="owned"</script>';
    const { page, errors } = await open('light', 1280, command);
    await page.waitForSelector('html[data-drawn]');
    expect(errors).toEqual([]);
    expect(await page.title()).toBe('hermod-load');
    expect(await page.locator('#command').textContent()).toBe(command);
    await page.close();
  });
});
