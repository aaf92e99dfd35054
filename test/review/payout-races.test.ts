// Payouts that come at the same time as others for the same money, or under the same number.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { audit } from '../../src/ledger/audit.ts';
import { balancesOf } from '../../src/ledger/balances.ts';
import { post } from '../../src/ledger/post.ts';
import { type Shop, openShop } from '../dialects/xlink/shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

async function fund(units: bigint, id: string): Promise<void> {
  const transfer = {
    merchantId: shop.merchant.id,
    id,
    debit: 'test/outside/KRW/transfer-test',
    credit: 'test/available/KRW',
    amount: { units, asset: 'KRW' },
    paymentId: null,
    reason: 'start',
  };
  await shop.db.transaction((tx) => post(tx, [transfer], shop.clock.at));
}

async function balanceOf(kind: string): Promise<bigint> {
  const rows = await balancesOf(shop.db, shop.merchant.id, 'test');
  return rows.find(({ account }) => account === `test/${kind}/KRW`)?.amount.units ?? 0n;
}

test('64 at once with money for ten', async () => {
  await fund(500_000n, 'ten');
  const bodies = Array.from({ length: 64 }, () => shop.payoutBody());
  const answers = await Promise.all(bodies.map((body) => shop.post('sessions', body)));
  const made = answers.filter(({ status }) => status === 200);
  expect(made).toHaveLength(10);
  const others = answers.filter(({ status }) => status !== 200);
  expect(new Set(others.map(({ detail }) => detail))).toEqual(new Set(['Insufficient balance']));
  expect([await balanceOf('available'), await balanceOf('payable')]).toEqual([0n, 500_000n]);
});

test('one number, as what comes in and as what goes out', async () => {
  await fund(5_000_000n, 'many');
  for (let turn = 0; turn < 4; turn += 1) {
    const number = { operation_number: `BOTH-${turn}` };
    const before = await balanceOf('available');
    const bodies = Array.from({ length: 16 }, (_, at) =>
      at % 2 === turn % 2 ? shop.body(number) : shop.payoutBody(number),
    );
    const answers = await Promise.all(bodies.map((body) => shop.post('sessions', body)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(new Set(answers.map(({ json }) => json.session_id)).size).toBe(1);
    const [first] = answers;
    const spent = first?.json.operation_type === 'PAYOUT' ? 50_000n : 0n;
    expect(before - (await balanceOf('available'))).toBe(spent);
  }
  expect(await audit(shop.db)).toMatchObject({ ok: true, overdrawn: 0 });
});
