// Paying through the page in a real browser, with a script and without one.

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { axe, browserMissing, launch, visit } from './browser.ts';
import { mount, type Mounted } from './mounted.ts';

let browser: Browser;
let shop: Mounted;

const phone = { viewport: { width: 390, height: 844 } };

function kind(page: Page, wanted: string): Promise<unknown> {
  return page.waitForSelector(`main[data-kind="${wanted}"]`, { timeout: 10_000 });
}

/** The merchant's own site, as far as the payer's browser can tell. */
async function serveShop(page: Page): Promise<void> {
  await page.route('https://shop.example.com/**', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<title>The shop</title>Thank you' }),
  );
}

describe.skipIf(browserMissing)('a payer', () => {
  beforeAll(async () => {
    browser = await launch();
    shop = await mount();
  });
  afterAll(async () => {
    await browser?.close();
    await shop?.close();
  });

  test('chooses by keyboard, sees the payment arrive by itself, and is brought back', async () => {
    const { id, reference } = await shop.core.create();
    const { page, complaints, close } = await visit(browser, shop.origin, phone);
    await serveShop(page);
    await page.goto(`${shop.origin}/link/${reference}`);
    await page.getByRole('button', { name: /Litecoin/ }).focus();
    await page.keyboard.press('Enter');
    await kind(page, 'pay');
    expect(new URL(page.url()).search).toBe('?method=sandbox-litecoin');
    await page.evaluate('window.untouched = true');
    await shop.play(id, 'pay');
    await kind(page, 'confirming');
    expect(await page.textContent('#announce')).toBe('Payment seen, being confirmed');
    expect(await page.title()).toContain('Payment seen');
    await shop.play(id, 'confirm');
    await kind(page, 'completed');
    expect(await page.evaluate('window.untouched')).toBe(true);
    expect(await page.textContent('[data-return-note]')).toMatch(/Returning in \d+ s\./);
    expect(await axe(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.waitForURL('https://shop.example.com/thanks', { timeout: 15_000 });
    await close();
  });

  test('may stay instead, and is not sent away when coming back later', async () => {
    const { id } = await shop.core.create();
    const { page, close } = await visit(browser, shop.origin, phone);
    // Nothing to show keeps a browser where it is, however late the click comes.
    await page.route('https://shop.example.com/**', (route) => route.fulfill({ status: 204 }));
    await page.goto(`${shop.origin}/link/${id}`);
    await shop.play(id, 'pay');
    await shop.play(id, 'confirm');
    await kind(page, 'completed');
    await page.getByRole('button', { name: 'Stay here' }).click();
    await page.reload();
    await kind(page, 'completed');
    expect(await page.isHidden('[data-return-note]')).toBe(true);
    await close();
  });

  test('who paid too little is shown the rest, live', async () => {
    const { id, reference } = await shop.core.create();
    const { page, complaints, close } = await visit(browser, shop.origin, phone);
    await page.goto(`${shop.origin}/link/${reference}`);
    await page.getByRole('button', { name: /Litecoin/ }).click();
    await kind(page, 'pay');
    const first = await page.getAttribute('.field:nth-child(2) .copy', 'data-copy');
    await shop.play(id, 'underpay');
    await kind(page, 'short');
    expect(await page.textContent('.lead')).toContain('6.25 USD');
    const second = await page.getAttribute('.field:nth-child(2) .copy', 'data-copy');
    expect(second).not.toBe(first);
    expect(await page.isVisible('.qr')).toBe(true);
    await page.getByRole('button', { name: 'Pay in full' }).click();
    await kind(page, 'confirming');
    expect(complaints).toEqual([]);
    await close();
  });

  test('copies amount and address exactly', async () => {
    const { reference } = await shop.core.create();
    const { page, close } = await visit(browser, shop.origin, {
      ...phone,
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await page.goto(`${shop.origin}/link/${reference}`);
    await page.getByRole('button', { name: /Litecoin/ }).click();
    await kind(page, 'pay');
    const { instructions } = await shop.core.view(reference);
    await page.locator('.copy').nth(1).click();
    await page.waitForSelector('.copy[data-copied]');
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(instructions[0]?.target);
    await close();
  });

  test('without a script: chooses, pays, reloads and returns', async () => {
    const { reference } = await shop.core.create();
    const { page, complaints, close } = await visit(browser, shop.origin, {
      ...phone,
      javaScriptEnabled: false,
    });
    await serveShop(page);
    await page.goto(`${shop.origin}/link/${reference}`);
    await page.getByRole('button', { name: /Bitcoin \(/ }).click();
    await kind(page, 'pay');
    expect(await page.locator('meta[http-equiv="refresh"]').count()).toBe(1);
    expect(await page.locator('.copy:visible').count()).toBe(0);
    expect(await page.textContent('.deadline')).toContain('25 min');
    await page.getByRole('button', { name: 'Pay too little' }).click();
    await kind(page, 'short');
    await page.getByRole('button', { name: 'Pay in full' }).click();
    await kind(page, 'confirming');
    await page.getByRole('button', { name: 'Confirm', exact: true }).click();
    await page.getByRole('button', { name: 'Confirm', exact: true }).click();
    await kind(page, 'completed');
    expect(complaints).toEqual([]);
    await page.getByRole('link', { name: /Return to/ }).click();
    await page.waitForURL('https://shop.example.com/thanks');
    await close();
  });

  test('where streams are refused, the page asks from time to time', async () => {
    const full = await mount({ deps: () => ({ limits: { streams: 0 } }) });
    const { id } = await full.core.create();
    const { page, close } = await visit(browser, full.origin, phone);
    await page.clock.install();
    const refused = page.waitForResponse((answer) => answer.url().endsWith('/events'));
    await page.goto(`${full.origin}/link/${id}`);
    expect((await refused).status()).toBe(503);
    await full.play(id, 'pay');
    await expect
      .poll(async () => {
        await page.clock.runFor(5_000);
        return page.getAttribute('main', 'data-kind');
      })
      .toBe('confirming');
    await close();
    await full.close();
  });

  test('when the time is over the page says so by itself', async () => {
    const { id } = await shop.core.create();
    const { page, close } = await visit(browser, shop.origin, phone);
    await page.clock.install();
    await page.goto(`${shop.origin}/link/${id}`);
    await page.clock.runFor(1_000);
    expect(await page.textContent('[data-left-ms]')).toMatch(/^2[45]:\d\d$/);
    const before = shop.core.clock.at;
    shop.core.clock.at = new Date(before.getTime() + 1_500_000);
    await page.clock.runFor(1_500_000);
    await kind(page, 'expired');
    shop.core.clock.at = before;
    await close();
  });
});
