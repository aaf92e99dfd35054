// A statement shows that money has left: which payout was meant, and what becomes of it.

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { SentMoney } from '../../../src/desk/payouts/witness.ts';
import { type PayoutWorld, account, createPayoutWorld } from './world.ts';

let world: PayoutWorld;
let shop: { readonly id: string };
let trader: Awaited<ReturnType<PayoutWorld['addTrader']>>;
let boss: Awaited<ReturnType<PayoutWorld['addPerson']>>;
beforeAll(async () => {
  world = await createPayoutWorld();
});
beforeEach(async () => {
  shop = await world.newMerchant();
  trader = await world.addTrader(100n, { merchantId: shop.id });
  boss = await world.addPerson('manager', { merchantId: shop.id });
});
afterAll(() => world.close());

/** 12.50 USD left the trader's account for the usual one. */
function entry(change: Partial<SentMoney> = {}): SentMoney {
  return {
    merchantId: shop.id,
    mode: 'live',
    traderId: trader.userId,
    amount: { units: 1_250n, asset: 'USD' },
    number: 'DE02 1203 0000 0000 2020 51',
    texts: ['Payment'],
    witness: randomUUID(),
    ...change,
  };
}

const show = (sent: SentMoney) => world.db.transaction((tx) => world.payouts.confirmSent(tx, sent));

async function taken(change: Parameters<PayoutWorld['make']>[0] = {}): Promise<string> {
  const id = await world.make({ merchantId: shop.id, ...change });
  await world.payouts.take(trader, id);
  return id;
}

test('by the number: the payout is completed, and the deposit grows', async () => {
  const id = await taken();
  expect(await show(entry())).toEqual({ id, completed: true });
  expect(await world.order(id)).toMatchObject({ status: 'completed', earnedUnits: 1_250n });
  expect((await world.audit()).ok).toBe(true);
});

test('by our reference in the text, however the bank breaks it', async () => {
  const [first, second] = [await taken(), await taken()];
  const { reference } = await world.order(second);
  const broken = `Pmt ${reference.slice(0, 5).toLowerCase()} ${reference.slice(5)} thanks`;
  expect(await show(entry({ texts: [broken] }))).toEqual({ id: second, completed: true });
  expect(await world.order(first)).toMatchObject({ status: 'taken' });
});

test('by the bank’s reference that the trader gave', async () => {
  const id = await taken();
  await taken();
  await world.payouts.prove(trader, id, { reference: 'FT/2026/77', file: null });
  const sent = entry({ number: null, texts: ['FT202677'] });
  expect(await show(sent)).toEqual({ id, completed: true });
});

test('the same entry again is the same transfer', async () => {
  const [first, second] = [
    await taken({ to: account }),
    await taken({ to: 'GB33BUKB20201555555555' }),
  ];
  const sent = entry();
  expect(await show(sent)).toEqual({ id: first, completed: true });
  expect(await show(sent)).toEqual({ id: first, completed: false });
  expect(await world.order(second)).toMatchObject({ status: 'taken' });
});

test('after somebody’s word the entry completes no other of the same amount', async () => {
  const first = await taken();
  await world.payouts.confirm(boss, first);
  const sent = entry();
  expect(await show(sent)).toEqual({ id: first, completed: false });
  const second = await taken();
  expect(await show(sent)).toEqual({ id: first, completed: false });
  expect(await world.order(second)).toMatchObject({ status: 'taken' });
  expect(await show(entry())).toEqual({ id: second, completed: true });
});

test('two to the same account and nothing to tell them apart: people decide', async () => {
  const ids = [await taken(), await taken()];
  expect(await show(entry())).toBeNull();
  for (const id of ids) expect(await world.order(id)).toMatchObject({ status: 'taken' });
});

test.each([
  ['another amount', { amount: { units: 1_251n, asset: 'USD' } }],
  ['another currency', { amount: { units: 1_250n, asset: 'EUR' } }],
  ['another account and no reference', { number: 'GB33BUKB20201555555555' }],
  ['nothing but the amount', { number: null, texts: [] }],
  ['the merchant’s own account', { traderId: null }],
  ['the other mode', { mode: 'test' }],
] as const)('%s is not meant', async (_, change) => {
  const id = await taken();
  expect(await show(entry(change))).toBeNull();
  expect(await world.order(id)).toMatchObject({ status: 'taken' });
});

test('twenty statements at once show one transfer: it is completed once', async () => {
  const id = await taken();
  const answers = await Promise.all(Array.from({ length: 20 }, () => show(entry())));
  expect(answers.filter((answer) => answer?.completed)).toHaveLength(1);
  expect(await world.order(id)).toMatchObject({ status: 'completed', earnedUnits: 1_250n });
});
