import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Where a Chromium is; undefined: the tests in a browser are skipped, and say so. `CHROMIUM` overrides. */
export function findChromium(): string | undefined {
  const found = [process.env.CHROMIUM ?? '', ...places].find(isProgram);
  if (found === undefined) {
    console.warn('Skipped: no Chromium (apt-get install chromium, or set CHROMIUM), so the page is not tested in one.');
  }
  return found;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A headless browser with an empty profile that talks to nobody by itself. */
export async function startChromium(
  executablePath: string,
): Promise<{ context: BrowserContext; stop(): Promise<void> }> {
  const profile = await mkdtemp(join(tmpdir(), 'escrow-page-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    viewport: { width: 1280, height: 900 },
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  return {
    context,
    async stop() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
