// A real browser for tests of the hosted page, and what it must never complain about.

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = places.find((place) => existsSync(place));

const required = process.env['REQUIRE_BROWSER'] === '1';
/** Where there is no Chromium the tests are skipped, unless REQUIRE_BROWSER=1 asks for one. */
export const browserMissing = executablePath === undefined && !required;
if (browserMissing) console.warn('No Chromium here: browser tests of the checkout are skipped.');

export async function launch(): Promise<Browser> {
  if (executablePath === undefined) throw new Error(`no Chromium at ${places.join(', ')}`);
  return chromium.launch({
    executablePath,
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
}

type Visit = { readonly page: Page; readonly complaints: string[]; close(): Promise<void> };

/** A fresh visitor; `complaints` collects errors, policy violations and requests to elsewhere. */
export async function visit(
  browser: Browser,
  origin: string,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<Visit> {
  const context: BrowserContext = await browser.newContext(options);
  const complaints: string[] = [];
  const page = await context.newPage();
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(origin)) complaints.push(`request to ${request.url()}`);
  });
  return { page, complaints, close: () => context.close() };
}

const { resolve } = createRequire(import.meta.url);
const axeSource = readFileSync(resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core finds wrong by WCAG A and AA and its own best practices, one line each. */
export async function axe(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const script = `axe.run(document, { resultTypes: ['violations'], preload: false }).then((found) =>
    found.violations.map((one) => one.id + ': ' + one.nodes.map((node) => node.html).join(' | ')))`;
  return page.evaluate(script) as Promise<string[]>;
}
