import { type PageFile, readPage, readPalette } from '@hermod/platform';
import type { EdgeListener } from '../domain/settings.ts';

/** Files by the path that they are asked for at; relative links only, as those of the live page. */
const FILES: Readonly<Record<string, string>> = {
  '/chat': 'page.html',
  '/chat/page.css': 'page.css',
  '/chat/page.js': 'page.js',
  '/chat/challenges.js': 'challenges.js',
  '/chat/composing.js': 'composing.js',
  '/chat/conversations.js': 'conversations.js',
  '/chat/cpim.js': 'cpim.js',
  '/chat/jssip.js': 'jssip.js',
  '/chat/phone.js': 'phone.js',
};

/** What the chat page has to know of its edge. */
export type ChatPageConfig = {
  /** Of users who do not say another. */
  readonly domain: string;
  readonly auth: 'open' | 'digest' | 'token' | undefined;
  /** A WebSocket is opened with an access token. */
  readonly requireToken: boolean;
};

/** The files of the chat page, by path, for `OperationServer.add`.
 *  @param listeners of the edge, as told to others; those for WebSockets are what the page connects to
 *  @throws Error when one is missing */
export function readChatPage(
  { domain, auth = 'open', requireToken }: ChatPageConfig,
  listeners: readonly EdgeListener[],
): ReadonlyMap<string, PageFile> {
  const sockets = listeners
    .filter(({ transport }) => transport === 'WS' || transport === 'WSS')
    .map(({ transport, told }) => `${transport.toLowerCase()}://${told.host}:${told.port}`);
  // The same place from src/chat and from dist/chat.
  const files = new Map([
    ...readPage(new URL('../../src/chat/', import.meta.url), FILES),
    ...readPalette('/chat/palette.css'),
  ]);
  const connectTo = sockets.map((url) =>
    url.includes('[') ? url.slice(0, url.indexOf('/')) : url,
  );
  for (const [path, file] of files) files.set(path, { ...file, connectTo });
  const config = JSON.stringify({ domain, auth, requireToken, sockets });
  files.set('/chat/config.json', { type: 'application/json', bytes: Buffer.from(config) });
  return files;
}
