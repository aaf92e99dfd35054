// Draws the README's pictures of the hosted page anew: `node test/checkout/pictures.ts`.

import { fileURLToPath } from 'node:url';
import { launch, visit } from './browser.ts';
import { startGallery } from './gallery.ts';

const pictures = [
  { name: 'checkout-phone', size: { width: 390, height: 1000 }, deviceScaleFactor: 2 },
  { name: 'checkout-desktop', size: { width: 1280, height: 800 }, deviceScaleFactor: 1.5 },
];

const gallery = await startGallery();
const browser = await launch();
for (const { name, size, deviceScaleFactor } of pictures) {
  const { page, close } = await visit(browser, gallery.origin, {
    viewport: size,
    deviceScaleFactor,
    reducedMotion: 'reduce',
  });
  await page.goto(`${gallery.origin}/sample/pay`);
  const path = fileURLToPath(new URL(`../../docs/pictures/${name}.png`, import.meta.url));
  await page.screenshot({ path });
  await close();
}
await browser.close();
await gallery.close();
