// The chat page of a real standalone in a real browser: JsSIP over WebSocket.
import { freePorts, TokenIssuer } from '@hermod/testkit';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { launchChromium } from '../interop/chromium.ts';
import { provisionStandalone } from '../system/provision.ts';
import { Scene } from '../system/scene.ts';
import { StandaloneProcess } from '../system/standalone-process.ts';
import { ChatPage, type ChatView } from './chat-page.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

let scene: Scene;
let directory: string;
let listen: Record<string, string>;
let tcpPort: number;
beforeEach(async () => {
  scene = new Scene();
  directory = scene.directory();
  const [tcp = 0, ws = 0, http = 0] = await freePorts(3);
  tcpPort = tcp;
  listen = {
    HERMOD_SIP_LISTEN: `tcp://127.0.0.1:${tcp},ws://127.0.0.1:${ws}`,
    HERMOD_HTTP_LISTEN: `127.0.0.1:${http}`,
  };
});
afterEach(() => scene.close());

function start(env: Readonly<Record<string, string>> = {}): Promise<StandaloneProcess> {
  return scene.start(directory, { ...listen, ...env });
}

async function signedIn(http: string, user: string, view?: ChatView): Promise<ChatPage> {
  const chat = await ChatPage.signedIn(browser, http, user, view);
  scene.onClose(() => chat.close());
  return chat;
}

describe('two windows', () => {
  test('MUST have talked within a minute of npm start', async () => {
    const startedMs = performance.now();
    // As on the first day: nothing was compiled before.
    const env = { ...listen, NODE_DISABLE_COMPILE_CACHE: '1' };
    const standalone = await StandaloneProcess.start(directory, env, 'npm');
    scene.onClose(async () => {
      await standalone.stop();
    });
    const newcomers = await launchChromium();
    scene.onClose(() => newcomers.close());
    const alice = await ChatPage.signedIn(newcomers, standalone.http, 'alice');
    const bob = await ChatPage.signedIn(newcomers, standalone.http, 'bob');
    await alice.writeTo('bob');
    await alice.send('hello');
    await alice.untilMessage('hello', /delivered$/);
    await bob.contact('alice').click();
    await bob.untilMessage('hello');
    const tookSec = (performance.now() - startedMs) / 1_000;
    console.info(`the first message after ${tookSec.toFixed(1)} s`);
    expect(tookSec).toBeLessThan(60);
  });

  test('MUST talk: what is said arrives, its sender sees that, and that the other one writes', async () => {
    const { http } = await start();
    const alice = await signedIn(http, 'alice');
    const bob = await signedIn(http, 'bob');
    expect(await alice.page.locator('#who').innerText()).toBe('sip:alice@localhost');
    await alice.writeTo('bob');
    await alice.send('Grüße an Bob 👋');
    await alice.untilMessage('Grüße an Bob 👋', /delivered$/);
    await bob.contact('alice').click();
    await bob.untilMessage('Grüße an Bob 👋');
    await bob.page.getByLabel('Message', { exact: true }).pressSequentially('and ');
    await alice.page.getByText('bob is writing …').waitFor();
    await bob.send('and back');
    await alice.untilMessage('and back');
    await expect.poll(() => alice.page.locator('#composing').innerText()).toBe('');
    await alice.send('<img src=x onerror=alert(1)>');
    await bob.untilMessage('<img src=x onerror=alert(1)>');
    expect(await bob.texts()).toEqual([
      'Grüße an Bob 👋',
      'and back',
      '<img src=x onerror=alert(1)>',
    ]);
    expect([...alice.complaints, ...bob.complaints]).toEqual([]);
  });

  test('of which one goes offline: what was said meanwhile MUST wait, arrive in order, and be told', async () => {
    const { http } = await start();
    const alice = await signedIn(http, 'alice');
    const bob = await signedIn(http, 'bob');
    await bob.close();
    await alice.writeTo('bob');
    for (const text of ['one', 'two', 'three']) {
      await alice.send(text);
      await alice.untilMessage(text, /stored/);
    }
    const again = await signedIn(http, 'bob');
    await again.contact('alice').getByLabel('3 unread').waitFor();
    await again.contact('alice').click();
    expect(await again.texts()).toEqual(['one', 'two', 'three']);
    // RFC 5438: the page at the other end has said so itself.
    for (const text of ['one', 'two', 'three']) await alice.untilMessage(text, /delivered$/);
  });

  test('MUST outlive a restart of the edge: they connect and register again, and get what came meanwhile', async () => {
    const first = await start();
    const alice = await signedIn(first.http, 'alice');
    const bob = await signedIn(first.http, 'bob');
    await alice.writeTo('bob');
    await alice.send('before');
    await alice.untilMessage('before', /delivered$/);
    await first.kill();
    for (const page of [alice, bob]) await page.untilState(/^offline/);
    await alice.send('into the dark');
    await alice.untilMessage('into the dark', /not delivered: offline/);

    // Without a port for browsers, so that they are certainly away.
    const between = await start({ HERMOD_SIP_LISTEN: `tcp://127.0.0.1:${tcpPort}` });
    const carol = await scene.tcp(tcpPort, 'carol');
    for (const user of ['alice', 'bob']) {
      const { status } = await carol.sendMessage(`sip:${user}@localhost`, 'meanwhile');
      expect(status).toBe(202);
    }
    await between.kill();
    await start();
    for (const page of [alice, bob]) {
      await page.untilState(/^connected$/, 30_000);
      await page.contact('carol').getByLabel('1 unread').waitFor();
      await page.contact('carol').click();
      expect(await page.texts()).toEqual(['meanwhile']);
    }
    await alice.contact('bob').click();
    await alice.page.getByRole('button', { name: 'Send again' }).click();
    await alice.untilMessage('into the dark', /delivered$/);
    await bob.contact('alice').click();
    await bob.send('here too');
    await alice.untilMessage('here too');
    for (const page of [alice, bob]) {
      expect(await page.texts()).toEqual(['before', 'into the dark', 'here too']);
    }
  });

  test('MUST keep who one is and what was said when they are loaded again, each its own', async () => {
    const { http } = await start();
    const alice = await signedIn(http, 'alice');
    const bob = await scene.device(tcpPort, 'bob');
    await alice.writeTo('bob');
    await alice.send('before');
    await alice.untilMessage('before', /delivered$/);
    await alice.page.reload();
    await alice.untilState(/^connected$/);
    await alice.contact('bob').click();
    expect(await alice.texts()).toEqual(['before']);
    expect((await bob.sendMessage('sip:alice@localhost', 'after')).status).toBe(200);
    await alice.untilMessage('after');
    await alice.page.getByRole('button', { name: 'Sign out' }).click();
    await alice.untilState(/^signed out$/);
    await expect
      .poll(async () => (await bob.sendMessage('sip:alice@localhost', 'gone')).status)
      .toBe(202);
  });
});

describe('a page and another SIP client', () => {
  test('on TCP MUST talk, each in the form that it understands (RFC 3261 §21.4.13)', async () => {
    const { http } = await start();
    const alice = await signedIn(http, 'alice');
    const bob = await scene.device(tcpPort, 'bob');
    bob.answer = (request) => {
      const isPlain = request.head.includes('Content-Type: text/plain');
      return isPlain ? 200 : { status: 415, headers: ['Accept: text/plain'] };
    };
    await alice.writeTo('bob');
    await alice.send('in plain words');
    await alice.untilMessage('in plain words', /delivered$/);
    expect(bob.texts.at(-1)).toBe('in plain words');
    expect((await bob.sendMessage('sip:alice@localhost', 'heard')).status).toBe(200);
    await alice.untilMessage('heard');
    const odd = await bob.sendMessage('sip:alice@localhost', '{}', {
      contentType: 'application/json',
    });
    expect(odd.status).toBe(415);
  });

  test('that refuses MUST be told to who wrote, with the reason, and be asked again on demand', async () => {
    const { http } = await start();
    const alice = await signedIn(http, 'alice');
    const bob = await scene.device(tcpPort, 'bob');
    bob.answer = () => 603;
    await alice.writeTo('bob');
    await alice.send('please');
    await alice.untilMessage('please', /not delivered: 603 Decline/);
    bob.answer = () => 200;
    await alice.page.getByRole('button', { name: 'Send again' }).click();
    await alice.untilMessage('please', /delivered$/);
    expect(await alice.texts()).toEqual(['please']);
  });
});

describe('where passwords are asked for', () => {
  test('MUST sign in with the right one, and say why not with another', async () => {
    await provisionStandalone(directory, ['alice', 'bob']);
    const { http } = await start({
      HERMOD_AUTH: 'digest',
      HERMOD_DOMAINS: 'localhost',
      // JsSIP looks at the last alone, and knows MD5 alone.
      HERMOD_AUTH_ALGORITHMS: 'MD5,SHA-256',
    });
    const alice = await ChatPage.open(browser, http);
    scene.onClose(() => alice.close());
    await alice.signIn('alice', 'wrong');
    await alice.page.getByText('The server has refused alice@localhost: 401').waitFor();
    await alice.signIn('alice', 'alice-s');
    await alice.untilState(/^connected$/);
    const bob = await scene.tcp(tcpPort, 'bob', { password: 'bob-s' });
    expect((await bob.register()).status).toBe(200);
    await alice.writeTo('bob');
    await alice.send('it is me');
    await alice.untilMessage('it is me', /delivered$/);
    const kept = await alice.page.evaluate(
      'JSON.stringify([{...sessionStorage}, {...localStorage}])',
    );
    expect(kept).toContain('it is me');
    expect(kept).not.toContain('alice-s');
  });
});

describe('where access tokens are taken (RFC 8898)', () => {
  let issuer: TokenIssuer;
  beforeEach(() => {
    issuer = new TokenIssuer();
    scene.onClose(() => issuer.close());
  });

  async function startWithTokens(env: Record<string, string>): Promise<string> {
    const { http } = await start({
      HERMOD_DOMAINS: 'localhost',
      HERMOD_TOKEN_JWKS: await issuer.listen(),
      HERMOD_TOKEN_ISSUER: issuer.issuer,
      ...env,
    });
    return http;
  }

  async function open(http: string, token: string): Promise<ChatPage> {
    const chat = await ChatPage.open(browser, http, {}, `#access_token=${token}`);
    scene.onClose(() => chat.close());
    return chat;
  }

  test.each([
    ['shown in each request (JsSIP, authorization_jwt)', 'off'],
    ['shown when the WebSocket is opened', 'on'],
  ])('MUST sign in and talk with one that is %s', async (_, required) => {
    const http = await startWithTokens({
      HERMOD_AUTH: 'token',
      HERMOD_WS_REQUIRE_TOKEN: required,
    });
    const token = issuer.token({ sub: 'alice' });
    const alice = await open(http, token);
    expect(await alice.page.getByLabel('Password').isVisible()).toBe(false);
    expect(alice.page.url()).toBe(`${http}/chat`);
    await alice.signIn('alice');
    await alice.untilState(/^connected$/);
    const bob = await open(http, issuer.token({ sub: 'bob' }));
    await bob.signIn('bob');
    await bob.untilState(/^connected$/);
    await alice.writeTo('bob');
    await alice.send('it is me');
    await alice.untilMessage('it is me', /delivered$/);
    await bob.writeTo('alice');
    await bob.untilMessage('it is me');
    const kept = await alice.page.evaluate(
      'JSON.stringify([{...sessionStorage}, {...localStorage}, document.body.innerHTML])',
    );
    expect(kept).toContain('it is me');
    expect(kept).not.toContain(token);
    expect([...alice.complaints, ...bob.complaints]).toEqual([]);
  });

  test('MUST NOT sign in as somebody else with one, nor without', async () => {
    const http = await startWithTokens({ HERMOD_AUTH: 'token' });
    const mallory = await open(http, issuer.token({ sub: 'mallory' }));
    await mallory.signIn('alice');
    await mallory.page.getByText('The server has refused alice@localhost: 403').waitFor();
    const nobody = await ChatPage.open(browser, http);
    scene.onClose(() => nobody.close());
    await nobody.page.getByText('this page needs an access token').waitFor();
    await nobody.signIn('alice');
    await nobody.page.getByText('The server has refused alice@localhost: 401').waitFor();
  });
});

describe('the page', () => {
  test('MUST be usable by keyboard, and on a phone', async () => {
    const { http } = await start();
    const phone = await signedIn(http, 'alice', { width: 360, height: 640 });
    const bob = await scene.device(tcpPort, 'bob');
    await phone.page.getByLabel('Write to').focus();
    await phone.page.keyboard.type('bob');
    await phone.page.keyboard.press('Enter');
    await phone.page.keyboard.type('from the keyboard');
    await phone.page.keyboard.press('Enter');
    await phone.untilMessage('from the keyboard', /delivered$/);
    expect(bob.received).not.toEqual([]);
    expect(await phone.page.getByRole('navigation').isVisible()).toBe(false);
    expect(await phone.page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    await phone.page.getByRole('button', { name: 'Back to the contacts' }).click();
    expect(await phone.contact('bob').isVisible()).toBe(true);
  });

  test('MUST NOT take a name before it knows its server: it would be lost', async () => {
    const { http } = await start();
    const page = await browser.newPage();
    scene.onClose(() => page.close());
    let answer: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await page.route('**/chat/config.json', (route) => held.then(() => route.continue()));
    await page.goto(`${http}/chat`);
    await page.locator('#state').filter({ hasText: 'loading' }).waitFor();
    expect(await page.getByLabel('Name').isVisible()).toBe(false);
    answer();
    await page.getByLabel('Name').waitFor();
    expect(await page.getByLabel('Domain').inputValue()).toBe('localhost');
  });

  test('MUST connect to its own server alone, and run nothing that comes from elsewhere', async () => {
    const { http } = await start();
    const alice = await signedIn(http, 'alice');
    const outcome = await alice.page.evaluate(`(async () => {
      const script = document.createElement('script');
      script.textContent = 'window.owned = 1';
      document.body.append(script);
      const socket = new WebSocket('ws://127.0.0.1:${tcpPort}/');
      const seen = await new Promise((resolve) => { socket.onerror = () => resolve('refused'); });
      return [window.owned, seen];
    })()`);
    expect(outcome).toEqual([undefined, 'refused']);
    expect(
      alice.complaints.filter((text) => text.includes('Content Security Policy')).length,
    ).toBeGreaterThanOrEqual(2);
  });

  test('MUST NOT be there where it is off, or where browsers could not connect', async () => {
    const off = await start({ HERMOD_CHAT: 'off' });
    expect((await fetch(`${off.http}/chat`)).status).toBe(404);
    const other = await scene.start();
    expect((await fetch(`${other.http}/chat`)).status).toBe(404);
  });
});
