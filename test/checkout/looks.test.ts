// Every state in a real browser: accessible, no complaint, nothing wider than the window.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { axe, browserMissing, launch, visit } from './browser.ts';
import { type Gallery, startGallery } from './gallery.ts';
import { samples } from './samples.ts';

let browser: Browser;
let gallery: Gallery;

const sizes = [
  { width: 320, height: 640 },
  { width: 700, height: 900 },
  { width: 1280, height: 900 },
];
const names = Object.keys(samples);
/** Ways to pay whose amount reaches under the arrow beside it. */
const coveredArrows = `[...document.querySelectorAll('.choice')].filter((one) => {
  const amount = one.querySelector('.amount')?.getBoundingClientRect();
  const arrow = one.querySelector('.icon').getBoundingClientRect();
  return amount && amount.right > arrow.left;
}).map((one) => one.value)`;
/** Some dozens of pages are opened in each test, on machines that do other things as well. */
const timeoutMs = 120_000;

describe.skipIf(browserMissing)('in a browser', () => {
  beforeAll(async () => {
    browser = await launch();
    gallery = await startGallery();
  });
  afterAll(async () => {
    await browser?.close();
    await gallery?.close();
  });

  test.each(['light', 'dark'] as const)(
    'every state is accessible in %s',
    async (colorScheme) => {
      const { page, complaints, close } = await visit(browser, gallery.origin, {
        colorScheme,
        reducedMotion: 'reduce',
      });
      for (const name of names) {
        await page.goto(`${gallery.origin}/sample/${name}`);
        expect({ name, violations: await axe(page) }).toEqual({ name, violations: [] });
      }
      expect(complaints).toEqual([]);
      await close();
    },
    timeoutMs,
  );

  test.each(sizes)(
    'nothing is wider than $width pixels',
    async (viewport) => {
      const { page, complaints, close } = await visit(browser, gallery.origin, { viewport });
      for (const name of names) {
        await page.goto(`${gallery.origin}/sample/${name}`);
        const width = await page.evaluate('document.documentElement.scrollWidth');
        expect({ name, width }).toEqual({ name, width: viewport.width });
        const covered = await page.evaluate(coveredArrows);
        expect({ name, covered }).toEqual({ name, covered: [] });
      }
      expect(complaints).toEqual([]);
      await close();
    },
    timeoutMs,
  );

  test(
    'what can be pressed is large enough for a thumb',
    async () => {
      const { page, close } = await visit(browser, gallery.origin, {
        viewport: { width: 390, height: 844 },
      });
      for (const name of names) {
        await page.goto(`${gallery.origin}/sample/${name}`);
        const small = await page.evaluate(`[...document.querySelectorAll('a, button, summary')]
        .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 24)
        .map((one) => one.outerHTML)`);
        expect({ name, small }).toEqual({ name, small: [] });
      }
      await close();
    },
    timeoutMs,
  );
});
