// What test mode can be priced in and paid with, all at built-in rates.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Core, createCore } from '../harness/core.ts';

const coins = 'BTC LTC BCH ETH USDT USDC DOGE DASH SOL XRP'.split(' ');
let core: Core;

beforeEach(async () => {
  core = await createCore();
});
afterEach(() => core.close());

test.each(['COC', 'COP', 'VES', 'ARS', 'USD', 'KWD', 'JPY'])(
  'a price in %s can be paid with test money and each of ten coins',
  async (asset) => {
    const payment = await core.create({ price: { units: 10_000_000n, asset } });
    const view = await core.view(payment.id);
    const methods = core.payments.offered('test', asset);
    expect(methods.map((method) => method.asset)).toEqual([asset, ...coins]);
    for (const method of methods) {
      const { expected } = await core.payments.choose(view.payment, method.id);
      expect(expected.asset).toBe(method.asset);
      expect(expected.units).toBeGreaterThan(0n);
    }
  },
);

test('play money is no price for live money', async () => {
  const attempt = core.create({ mode: 'live', price: { units: 100n, asset: 'COC' } });
  await expect(attempt).rejects.toMatchObject({ code: 'asset_not_supported' });
});
