import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';

/** What a line of a chart says: as text, and as numbers without their unit. */
export type ShownLine = { readonly now: string; readonly peak: number; readonly total: number };

export type View = {
  readonly colorScheme?: 'light' | 'dark';
  readonly width?: number;
};

/** How long a gauge may take to show: the process samples some of them only every few seconds. */
export const SHOWN = { timeout: 10_000 };

/** The live page of a process in a browser. */
export class LivePage {
  readonly page: Page;
  /** Whatever the browser complained about. */
  readonly complaints: string[] = [];
  /** Addresses of everything that it asked for. */
  readonly requested = new Set<string>();

  private constructor(page: Page) {
    this.page = page;
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => this.complaints.push(message.text()));
    page.on('request', (request) => this.requested.add(request.url()));
  }

  /** Resolves when it has shown something.
   *  @param http of the process's operator port */
  static async open(browser: Browser, http: string, view: View = {}): Promise<LivePage> {
    const { colorScheme = 'light', width = 1280 } = view;
    const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 } });
    const live = new LivePage(page);
    await page.goto(`${http}/`);
    await live.ticks(2);
    return live;
  }

  /** Waits until it has asked so many times more. */
  async ticks(count: number): Promise<void> {
    const until = (await this.#asked()) + count;
    // Not in the page: waiting there takes an eval, which its policy forbids.
    while ((await this.#asked()) < until) await delay(50);
  }

  async #asked(): Promise<number> {
    return Number(await this.page.evaluate('document.documentElement.dataset.asked ?? 0'));
  }

  state(): Promise<string> {
    return this.page.getByRole('status').innerText();
  }

  events(): Promise<string[]> {
    return this.page.locator('#events li').allInnerTexts();
  }

  /** Waits until its state is as it should be. */
  async untilState(pattern: RegExp, timeout = 15_000): Promise<void> {
    await this.page.getByRole('status').filter({ hasText: pattern }).waitFor({ timeout });
  }

  /** A figure of the top, as text. */
  figure(label: string): Promise<string> {
    return this.page.locator(`[data-figure="${label}"] dd`).innerText();
  }

  /** Titles of all charts, in order. */
  titles(): Promise<string[]> {
    return this.page.getByRole('figure').getByRole('heading').allInnerTexts();
  }

  /** The newest value of a line, as text. */
  async now(chart: string, label: string): Promise<string> {
    return (await this.line(chart, label)).now;
  }

  /** @param chart its title */
  async line(chart: string, label: string): Promise<ShownLine> {
    const row = this.page
      .getByRole('figure', { name: chart, exact: true })
      .getByRole('row')
      .filter({ has: this.page.getByRole('rowheader', { name: label, exact: true }) });
    const [now = '', peak = '', total = ''] = await row.getByRole('cell').allInnerTexts();
    return { now, peak: numberOf(peak), total: numberOf(total) };
  }
}

/** `1,234/s`, `12.3 ms`: 1234, 12.3. */
export function numberOf(text: string): number {
  return Number.parseFloat(text.replaceAll(',', ''));
}
