import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';

/** How the page is looked at. */
export type ChatView = {
  readonly colorScheme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
};

/** The chat page of a process in a browser: one user in one window. */
export class ChatPage {
  readonly page: Page;
  /** Whatever the browser complained about. */
  readonly complaints: string[] = [];
  readonly #context: BrowserContext;

  private constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.page = page;
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
  }

  /** @param http of the process's operator port  @param fragment of the page's URL */
  static async open(
    browser: Browser,
    http: string,
    view: ChatView = {},
    fragment = '',
  ): Promise<ChatPage> {
    const { colorScheme = 'light', width = 1_000, height = 700 } = view;
    const context = await browser.newContext({
      colorScheme,
      viewport: { width, height },
      // What is written beside a message must not depend on where the test runs.
      locale: 'en-GB',
      timezoneId: 'UTC',
    });
    const chat = new ChatPage(context, await context.newPage());
    await chat.page.goto(`${http}/chat${fragment}`);
    return chat;
  }

  /** Opens a page and signs in; resolves when it is registered. */
  static async signedIn(
    browser: Browser,
    http: string,
    user: string,
    view: ChatView = {},
  ): Promise<ChatPage> {
    const chat = await ChatPage.open(browser, http, view);
    await chat.signIn(user);
    await chat.untilState(/^connected$/);
    return chat;
  }

  async signIn(user: string, password = ''): Promise<void> {
    await this.page.getByLabel('Name').fill(user);
    if (password !== '') await this.page.getByLabel('Password').fill(password);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
  }

  /** Opens the conversation with somebody who may be new. */
  async writeTo(contact: string): Promise<void> {
    await this.page.getByLabel('Write to').fill(contact);
    await this.page.getByRole('button', { name: 'Open' }).click();
    await this.page.getByRole('heading', { name: contact, exact: true }).waitFor();
  }

  async send(text: string): Promise<void> {
    await this.page.getByLabel('Message', { exact: true }).fill(text);
    await this.page.getByRole('button', { name: 'Send', exact: true }).click();
  }

  /** Resolves when a message of that text is shown; with what stands beside it, if that is given. */
  async untilMessage(text: string, about?: RegExp, timeout = 15_000): Promise<Locator> {
    const items = this.page.getByRole('log').getByRole('listitem');
    const found = items
      .filter({ has: this.page.getByText(text, { exact: true }) })
      .filter(about === undefined ? {} : { hasText: about });
    await found.first().waitFor({ timeout });
    return found;
  }

  /** What was said, in order. */
  texts(): Promise<string[]> {
    return this.page.locator('#messages .text').allInnerTexts();
  }

  async untilState(pattern: RegExp, timeout = 20_000): Promise<void> {
    const state = this.page.locator('#state');
    await state
      .filter({ hasText: pattern })
      .waitFor({ timeout })
      .catch(async (cause) => {
        throw new Error(`the page says "${await state.innerText()}"`, { cause });
      });
  }

  /** The button of a contact, which says how many messages are unread. */
  contact(name: string): Locator {
    return this.page.getByRole('navigation').getByRole('button', { name: new RegExp(`^${name}`) });
  }

  close(): Promise<void> {
    return this.#context.close();
  }
}
