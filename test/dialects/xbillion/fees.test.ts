// Who pays the fee and what it leaves: what the notification says is what the ledger holds.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { audit } from '../../../src/ledger/audit.ts';
import { type Json, type Shop, openShop } from './shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(async () => {
  expect((await audit(shop.db)).ok).toBe(true);
  await shop.close();
});

/** What the transfers of a payment put on each account. */
async function booksOf(id: string): Promise<Record<string, bigint>> {
  const rows = await shop.db.query<{ account: string; units: string }>(
    `select account, sum(units)::text as units from (
       select credit_account as account, units from ledger_transfers where payment_id = $1
       union all
       select debit_account, -units from ledger_transfers where payment_id = $1) as moved
      group by 1 having sum(units) <> 0`,
    [id],
  );
  return Object.fromEntries(rows.map(({ account, units }) => [account, BigInt(units)]));
}

async function paid(service: Json, change: Json) {
  await shop.set({ services: { fees: { kind: 'redirect', ...service } } });
  const { id } = await shop.made({ service: 'fees', webhook_url: hook, ...change });
  await shop.play(id, 'pay', 'confirm');
  const [delivery] = await shop.deliveries(id);
  const told = JSON.parse(delivery?.body ?? '{}') as { out_amount: Json; fee: Json };
  return { told, books: await booksOf(id) };
}

const hook = 'https://shop.example.com/paid';

describe('the fee is posted', () => {
  const cases: readonly [string, Json, number, bigint, bigint][] = [
    ['borne by the payer', { fixed: '2', payer: 'customer' }, 100, 10_000n, 200n],
    ['borne by the merchant', { fixed: '2', payer: 'merchant' }, 100, 9_800n, 200n],
    ['odd, of the payer', { percent: '2.5', payer: 'customer' }, 10.01, 1_001n, 25n],
    ['odd, of the merchant', { percent: '2.5', payer: 'merchant' }, 10.01, 976n, 25n],
  ];
  for (const [name, fee, amount, available, fees] of cases) {
    it(name, async () => {
      const { told, books } = await paid({ fee }, { amount });
      expect(books).toEqual({
        'test/outside/USD/sandbox': -(available + fees),
        'test/available/USD': available,
        'test/fees/USD/house': fees,
      });
      expect(told.fee).toMatchObject({ fee: parseInt(`${fees}`, 10) / 100, currency: 'USD' });
      expect(told.fee.fee_payer).toBe(fee.payer);
    });
  }

  it('without one, everything is the merchant’s', async () => {
    const { told, books } = await paid({}, {});
    expect(told.fee).toMatchObject({ fee: 0 });
    expect(books).toEqual({ 'test/outside/USD/sandbox': -10_000n, 'test/available/USD': 10_000n });
  });

  it('a price in another currency bears the same share of it', async () => {
    const fee = { fixed: '2', payer: 'merchant' };
    const { books } = await paid({ fee, convertTo: 'USD' }, { currency: 'EUR' });
    const price = -(books['test/outside/USD/sandbox'] ?? 0n);
    expect(price).toBeGreaterThan(10_000n);
    const fees = (price * 2n) / 100n;
    expect(books).toMatchObject({
      'test/fees/USD/house': fees,
      'test/available/USD': price - fees,
    });
  });
});
