import { type Browser, chromium } from 'playwright-core';
import { requirePrograms } from './program.ts';

/** Debian's Chromium without a window. Whoever asks closes it. */
export async function launchChromium(): Promise<Browser> {
  await requirePrograms('chromium');
  // Its sandbox needs a user who is not root.
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
}
