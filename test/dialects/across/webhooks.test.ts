// Whatever a payment goes through, only the dialect that made it calls back, and in its own words.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { webhookSecretContext } from '../../../src/dialects/xlink/settings.ts';
import { createVault } from '../../../src/merchants/vault.ts';
import { deliveriesOfPayment } from '../../../src/webhooks/deliveries.ts';
import { type House, type Name, dialects, openHouse, secrets } from './house.ts';

let house: House;
const bitxpayUrl = 'https://shop.example.com/bitxpay';

beforeAll(async () => {
  house = await openHouse();
  const vault = createVault(house.app.options.vaultKey);
  const context = webhookSecretContext(house.merchant.id);
  const webhookSecret = vault.seal('signs', context).toString('base64');
  // Every dialect would have somewhere to call.
  await house.app.merchants.updateSettings(house.merchant.id, 'test', (settings) => {
    const { bitxpay, xlink, xbillion, ...rest } = settings.dialects ?? {};
    const others = { callbackUrl: secrets.callback, webhookUrl: secrets.callback };
    const dialectsWithUrls = {
      ...rest,
      bitxpay: { ...bitxpay, webhookUrl: bitxpayUrl },
      xlink: { ...xlink, ...others, webhookSecret },
      xbillion: { ...xbillion, ...others },
    };
    return { ...settings, dialects: dialectsWithUrls };
  });
});
afterAll(() => house.close());

const memberOfBody: Readonly<Record<Name, string>> = {
  bitxpay: 'payment_reference',
  xpay: 'transaction_status_code',
  xbillion: 'external_id',
  xlink: 'event',
};

test.each(dialects)('a payment of %s', async (maker) => {
  const payment = await house.make(maker);
  await house.play(payment, 'pay', 'confirm');
  for (const reader of dialects) await house.read(reader, payment);
  const deliveries = await deliveriesOfPayment(house.db, payment);
  expect(new Set(deliveries.map(({ dialect }) => dialect))).toEqual(new Set([maker]));
  for (const { url, body } of deliveries) {
    expect(url).toBe(maker === 'bitxpay' ? bitxpayUrl : secrets.callback);
    expect(Object.keys(JSON.parse(body) as object)).toContain(memberOfBody[maker]);
  }
});
