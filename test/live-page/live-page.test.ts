// The live page of a real standalone in a real browser.
import { setTimeout as delay } from 'node:timers/promises';
import { Metrics } from '@hermod/platform';
import { readMetric } from '@hermod/testkit';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Health } from '../../packages/platform/src/health.ts';
import { OperationServer } from '../../packages/platform/src/http-server.ts';
import { readSource } from '../docs/pages.ts';
import { launchChromium } from '../interop/chromium.ts';
import { Scene } from '../system/scene.ts';
import { LivePage, numberOf, SHOWN, type View } from './live-page.ts';

const SLOW_MS = 300;
const HELD_MS = 4_000;

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.close());

async function open(http: string, view?: View): Promise<LivePage> {
  const live = await LivePage.open(browser, http, view);
  scene.onClose(() => live.page.close());
  return live;
}

describe('the live page', () => {
  test('MUST show what the process does: rate, goodput, responses, times, flows, mailbox', async () => {
    const { sipPort, http } = await scene.start();
    const live = await open(http);
    expect(await live.state()).toBe('ready');
    expect(await live.page.title()).toBe('Hermod standalone');
    const alice = await scene.tcp(sipPort, 'alice');
    const bob = await scene.device(sipPort, 'bob');
    const startedMs = performance.now();
    for (let i = 0; i < 100; i += 1) {
      await alice.sendMessage(bob.aor, `${i}`);
      await delay(40);
    }
    const perSec = 100_000 / (performance.now() - startedMs);
    const offered = numberOf(await live.figure('messages offered'));
    expect(offered).toBeGreaterThan(perSec * 0.6);
    expect(offered).toBeLessThan(perSec * 1.5);
    expect(numberOf(await live.figure('delivered (goodput)'))).toBeGreaterThan(perSec * 0.6);
    for (let i = 0; i < 5; i += 1) await alice.sendMessage('sip:carol@localhost', `${i}`);
    await alice.sendMessage(bob.aor, 'too far', { maxForwards: 0 });
    await live.ticks(3);

    expect((await live.line('Messages', 'offered')).total).toBe(106);
    expect((await live.line('Messages', 'taken from the log')).total).toBe(105);
    expect((await live.line('Messages', 'delivered')).total).toBe(100);
    expect((await live.line('Messages', 'stored')).total).toBe(5);
    for (const [code, count] of [
      ['200', 101],
      ['202', 5],
      ['483', 1],
    ] as const) {
      expect((await live.line('Final responses', code)).total).toBe(count);
    }
    const { peak } = await live.line('Messages', 'delivered');
    expect(peak).toBeGreaterThan(perSec * 0.8);
    expect(peak).toBeLessThan(perSec * 2);
    expect(await live.figure('open flows')).toBe('2');
    await expect.poll(() => live.now('Flows', 'tcp'), SHOWN).toBe('2');
    await expect.poll(() => live.figure('messages in mailboxes'), SHOWN).toBe('5');
    await expect.poll(() => live.now('Mailbox', 'recipients'), SHOWN).toBe('1');
    expect(await live.figure('lag')).toBe('0 s');
    expect(live.complaints).toEqual([]);
  });

  test('percentiles MUST be of the last seconds, and those above their limit be marked', async () => {
    const { sipPort, http } = await scene.start();
    const alice = await scene.tcp(sipPort, 'alice');
    const bob = await scene.device(sipPort, 'bob');
    for (let i = 0; i < 50; i += 1) await alice.sendMessage(bob.aor, `${i}`);
    const live = await open(http);
    expect(await live.figure('delivered after, p99')).toBe('–');
    bob.answer = () => ({ status: 200, delayMs: SLOW_MS });
    for (let i = 0; i < 4; i += 1) await alice.sendMessage(bob.aor, `slow ${i}`);
    await live.ticks(2);
    for (const label of ['delivered after, median', 'delivered after, p99']) {
      const figure = live.page.locator(`[data-figure="${label}"]`);
      // The bucket that they fall into.
      expect(numberOf(await figure.locator('dd').innerText())).toBeGreaterThan(250);
      expect(numberOf(await figure.locator('dd').innerText())).toBeLessThanOrEqual(500);
      expect(await figure.locator('dt').innerText()).toBe(`${label}: above 250 ms`);
    }
    expect(numberOf((await live.line('Where the time goes', 'device')).now)).toBeGreaterThan(250);
    await live.ticks(7);
    expect(await live.figure('delivered after, p99')).toBe('–');
  });

  test('MUST show load that is shed, and why', async () => {
    const { sipPort, http } = await scene.start(undefined, { HERMOD_FLOW_RATE: '10' });
    const alice = await scene.tcp(sipPort, 'alice');
    const bob = await scene.device(sipPort, 'bob');
    const live = await open(http);
    const sent = Array.from({ length: 40 }, (_one, i) => alice.sendMessage(bob.aor, `${i}`));
    await Promise.race([Promise.all(sent), delay(3_000)]);
    await live.ticks(2);
    const { peak, total } = await live.line('Refused', 'flow_rate');
    expect(total).toBeGreaterThan(10);
    expect(total).toBeLessThan(25);
    expect(peak).toBeGreaterThan(5);
    await Promise.allSettled(sent);
  });

  test('MUST show what the congestion controller does', async () => {
    const { sipPort, http } = await scene.start(undefined, { HERMOD_CONGESTION: 'on' });
    const live = await open(http);
    const alice = await scene.tcp(sipPort, 'alice');
    for (let i = 0; i < 10; i += 1) await alice.sendMessage('sip:carol@localhost', `${i}`);
    await live.ticks(2);
    expect(await live.page.locator('#controller').innerText()).toMatch(
      /^Congestion controller: (lets all in|refuses some)(; (nearest to|beyond) its target is [a-z_]+)?\.$/,
    );
    const limit = await readMetric(http, 'im_admission_rate_limit', 'loop="all"');
    const shown = numberOf((await live.line('Admission', 'limit')).now);
    expect(shown).toBeGreaterThan(limit * 0.5);
    expect(shown).toBeLessThan(limit * 2);
    expect((await live.line('Admission', 'offered')).peak).toBeGreaterThan(0);
    // A standalone has everything but trunks.
    const panels = readSource('packages/platform/src/live-page/panels.js');
    const titles = [...panels.matchAll(/^ {4}title: '(.*)',$/gm)].map(([, title]) => title);
    expect(await live.titles()).toEqual(titles.filter((title) => title !== 'Trunks'));
  });

  test('MUST say that the process is away, since when, and that it has started anew', async () => {
    const directory = scene.directory();
    const first = await scene.start(directory);
    const alice = await scene.tcp(first.sipPort, 'alice');
    const bob = await scene.device(first.sipPort, 'bob');
    const live = await open(first.http);
    for (let i = 0; i < 20; i += 1) await alice.sendMessage(bob.aor, `${i}`);
    await live.ticks(2);
    expect((await live.line('Messages', 'delivered')).total).toBe(20);
    const { peak } = await live.line('Messages', 'delivered');
    await first.kill();
    const killedMs = Date.now();
    await live.untilState(/^away since/);
    const [, clock = '', why] = /^away since (\S+) – (.*)$/.exec(await live.state()) ?? [];
    expect(why).toBe(`nothing answers at ${new URL(first.http).host}`);
    const [hours = 0, minutes = 0, seconds = 0] = clock.split(':').map(Number);
    const saidMs = new Date(killedMs).setHours(hours, minutes, seconds, 0);
    expect(Math.abs(killedMs - saidMs)).toBeLessThan(3_000);
    expect(await live.page.title()).toBe('Hermod standalone – away');
    expect(await live.figure('messages offered')).toBe('–');
    const limits = live.page.getByRole('heading', { name: /^How full/ });
    expect(await limits.innerText()).toBe('How full, when it last answered');
    expect((await live.line('Messages', 'delivered')).now).toBe('–');

    await scene.start(directory, { HERMOD_HTTP_LISTEN: new URL(first.http).host });
    await live.untilState(/^ready$/);
    await live.ticks(2);
    const delivered = await live.line('Messages', 'delivered');
    expect(delivered).toEqual({ now: '0/s', peak, total: 0 });
    const events = (await live.events()).toReversed().map((line) => line.replace(/^\S+\s+/, ''));
    expect(events[0]).toMatch(/^away: nothing answers/);
    expect(events).toContain('the process has started anew: its counters begin at 0');
    expect(events.at(-1)).toBe('ready');
  });

  test('a process that hangs MUST be called away, and go on where it was', async () => {
    const standalone = await scene.start();
    const live = await open(standalone.http);
    standalone.signal('SIGSTOP');
    await live.untilState(/^away since .* – no answer within 4 s$/);
    standalone.signal('SIGCONT');
    await live.untilState(/^ready$/);
    expect((await live.events()).join()).not.toContain('started anew');
  });

  test('MUST say why the process is not ready', async () => {
    const standalone = await scene.start();
    const alice = await scene.tcp(standalone.sipPort, 'alice');
    const bob = await scene.device(standalone.sipPort, 'bob');
    const live = await open(standalone.http);
    bob.answer = () => ({ status: 200, delayMs: HELD_MS });
    const sent = alice.sendMessage(bob.aor, 'held');
    await bob.waitForRequests(1, 2_000);
    // It stops once this is done, and is not ready meanwhile.
    standalone.signal('SIGTERM');
    await live.untilState(/^not ready – .*stopping/);
    expect(await live.page.title()).toBe('Hermod standalone – not ready');
    await sent;
    await live.untilState(/^away since/);
  });

  test('MUST ask nobody but its process, and run nothing that comes from elsewhere', async () => {
    const health = new Health();
    const owned = '<img src=x onerror="window.owned = 1"><script>window.owned = 1</script>';
    health.addCheck('kafka', () => owned);
    const pages = { service: 'edge', health, metrics: new Metrics('edge') };
    const server = await OperationServer.listen({ host: '127.0.0.1', port: 0 }, pages);
    scene.onClose(() => server.close());
    const http = `http://127.0.0.1:${server.address.port}`;
    const live = await open(http);
    expect(await live.state()).toBe(`not ready – kafka: ${owned}`);
    for (const url of live.requested) expect(url.startsWith(`${http}/`), url).toBe(true);
    const other = await OperationServer.listen({ host: '127.0.0.1', port: 0 }, pages);
    scene.onClose(() => other.close());
    const outcome = await live.page.evaluate(`(async () => {
      const script = document.createElement('script');
      script.textContent = 'window.owned = 1';
      document.body.append(script);
      const asked = fetch('http://127.0.0.1:${other.address.port}/metrics', { mode: 'no-cors' });
      return [window.owned, await asked.then(() => 'reached', () => 'refused')];
    })()`);
    expect(outcome).toEqual([undefined, 'refused']);
    expect(live.complaints.filter((text) => text.includes('Content Security Policy')).length).toBe(
      3,
    );
  });

  test('MUST be usable by keyboard: hold it, look back, go on', async () => {
    const { sipPort, http } = await scene.start();
    const live = await open(http);
    const alice = await scene.tcp(sipPort, 'alice');
    for (let i = 0; i < 30; i += 1) await alice.sendMessage('sip:carol@localhost', `${i}`);
    await live.ticks(6);
    expect(await live.figure('messages offered')).toBe('0/s');
    await live.page.keyboard.press('Tab');
    const pause = live.page.getByRole('button', { name: 'Pause' });
    expect(await live.page.evaluate('document.activeElement.textContent')).toBe('Pause');
    await live.page.keyboard.press('Space');
    expect(await pause.getAttribute('aria-pressed')).toBe('true');
    const total = await live.line('Messages', 'offered');
    await alice.sendMessage('sip:carol@localhost', 'while it is held');
    await live.ticks(2);
    expect(await live.line('Messages', 'offered')).toEqual(total);
    await live.page.keyboard.press('Tab');
    const seen = new Set<string>();
    for (let second = 0; second < 10; second += 1) {
      await live.page.keyboard.press('ArrowLeft');
      seen.add(await live.figure('messages offered'));
    }
    expect(Math.max(...[...seen].map((text) => numberOf(text) || 0))).toBeGreaterThan(5);
    const back = live.page.getByRole('slider', { name: 'Look back' });
    expect(await back.getAttribute('aria-valuetext')).toMatch(/^\d\d:\d\d:\d\d, 10 s back$/);
    await live.page.keyboard.press('Shift+Tab');
    await live.page.keyboard.press('Space');
    expect(await back.getAttribute('aria-valuetext')).toBe('now');
    await live.ticks(1);
    expect((await live.line('Messages', 'offered')).total).toBe(total.total + 1);
  });
});

describe('the live page, whatever it is looked at with', () => {
  const standing = new Scene();
  let http: string;
  beforeAll(async () => {
    ({ http } = await standing.start());
  });
  afterAll(() => standing.close());

  test.each(['light', 'dark'] as const)(
    'MUST be legible when %s (WCAG 1.4.3, 1.4.11)',
    async (colorScheme) => {
      const live = await open(http, { colorScheme });
      const { page, text, lines } = await live.page.evaluate<{
        page: number;
        text: number;
        lines: number;
      }>(CONTRASTS);
      expect(page > 0.5).toBe(colorScheme === 'light');
      expect(text).toBeGreaterThanOrEqual(4.5);
      expect(lines).toBeGreaterThanOrEqual(3);
    },
  );

  test.each([320, 390])('MUST fit on a screen of %d pixels (WCAG 1.4.10)', async (width) => {
    const live = await open(http, { width });
    const needed = await live.page.evaluate('document.documentElement.scrollWidth');
    expect(needed).toBeLessThanOrEqual(width);
    const chart = await live.page.getByRole('figure').first().boundingBox();
    expect(chart?.width).toBeGreaterThan(width * 0.8);
  });
});

/** The luminance of the page, and the least contrast of text and of charts' lines with what is behind them. */
const CONTRASTS = `(() => {
  const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) =>
    [r, g, b]
      .map((one) => one / 255)
      .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
      .reduce((sum, one, i) => sum + one * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (let at = node; at !== null; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return luminance(colour);
    }
    return 1;
  };
  const contrast = (one, other) => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  const least = (nodes, property) =>
    Math.min(...nodes.map((node) => contrast(luminance(parse(getComputedStyle(node)[property])), behind(node))));
  const texts = [...document.querySelectorAll('body *')].filter(
    (node) => node.checkVisibility() && [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim() !== ''),
  );
  const svgTexts = texts.filter((node) => node.namespaceURI.endsWith('svg'));
  const htmlTexts = texts.filter((node) => !node.namespaceURI.endsWith('svg'));
  return {
    page: behind(document.body),
    text: Math.min(least(htmlTexts, 'color'), least(svgTexts, 'fill')),
    lines: least([...document.querySelectorAll('.series')], 'stroke'),
  };
})()`;
