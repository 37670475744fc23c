// Renews the pictures of docs/chat.md.   node tools/run.mjs test/chat/screenshots.ts
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts, SipPeer } from '@hermod/testkit';
import { launchChromium } from '../interop/chromium.ts';
import { StandaloneProcess } from '../system/standalone-process.ts';
import { ChatPage, type ChatView } from './chat-page.ts';

const IMAGES = fileURLToPath(new URL('../../docs/images', import.meta.url));
const VIEWS: readonly (ChatView & { readonly name: string })[] = [
  { name: 'chat-light', colorScheme: 'light', width: 960, height: 560 },
  { name: 'chat-dark', colorScheme: 'dark', width: 960, height: 560 },
  { name: 'chat-phone', colorScheme: 'light', width: 390, height: 700 },
];

const directory = mkdtempSync(join(tmpdir(), 'hermod-chat-'));
const [tcpPort = 0, wsPort = 0] = await freePorts(2);
const standalone = await StandaloneProcess.start(directory, {
  HERMOD_SIP_LISTEN: `tcp://127.0.0.1:${tcpPort},ws://127.0.0.1:${wsPort}`,
});
const browser = await launchChromium();
try {
  for (const { name, ...view } of VIEWS) {
    const alice = await ChatPage.signedIn(browser, standalone.http, 'alice', view);
    const bob = await ChatPage.signedIn(browser, standalone.http, 'bob');
    const dave = await SipPeer.tcp(tcpPort, { user: 'dave' });
    await dave.sendMessage('sip:alice@localhost', 'Do you have a minute?');
    await alice.writeTo('carol');
    await alice.send('See you tomorrow, when you are back.');
    await alice.untilMessage('See you tomorrow, when you are back.', /stored/);
    await bob.writeTo('alice');
    await bob.send('Is the new edge up?');
    // On a telephone it takes the place of the contacts.
    const back = alice.page.getByRole('button', { name: 'Back to the contacts' });
    if (await back.isVisible()) await back.click();
    await alice.contact('bob').click();
    await alice.send('Since this morning. It speaks WebSocket now:\nyou are looking at it.');
    await bob.untilMessage('Since this morning. It speaks WebSocket now:\nyou are looking at it.');
    await bob.send('And nothing to install. Nice!');
    await alice.untilMessage('And nothing to install. Nice!');
    await bob.page.getByLabel('Message', { exact: true }).pressSequentially('One more thing');
    await alice.page.getByText('bob is writing …').waitFor();
    await alice.page.screenshot({ path: join(IMAGES, `${name}.png`) });
    await Promise.all([alice.close(), bob.close(), dave.close()]);
  }
} finally {
  await browser.close();
  await standalone.kill();
  rmSync(directory, { recursive: true });
}
