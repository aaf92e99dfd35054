// A number of EXCHANGES that means another exchange than it did, and an account whose keys became
// another's: keys are shown to nobody else, and an order is not sold a second time elsewhere.

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ExchangeSettings } from '../../src/rates/exchange.ts';
import { type Binance, startBinance } from '../exchanges/binance.ts';
import { type World, createWorld, shopKeys } from '../exchanges/world.ts';

const otherKeys = { apiKey: 'other-api-key', secret: 'other-secret' };
const balances = { LTC: '1000' };
const terms = { orderType: 'market', limitBasisPoints: 100 } as const;

let world: World;
let other: Binance;
let renumbered: ReturnType<World['exchangesOn']>;

beforeEach(async () => {
  world = await createWorld({
    keys: [
      { ...shopKeys, balances },
      { ...otherKeys, balances },
    ],
  });
  other = await startBinance({
    prices: { 'LTC/USDT': '80' },
    keys: [
      { ...shopKeys, balances },
      { ...otherKeys, balances },
    ],
  });
  const one: ExchangeSettings = {
    id: 1,
    exchange: 'binanceus',
    sandbox: false,
    url: other.url,
    pollMs: null,
  };
  renumbered = world.exchangesOn(world.db, [one]);
});

afterEach(async () => {
  await renumbered.close();
  await other.close();
  await world.close();
});

/** An order that the first exchange took, as we do not know yet. */
async function inDoubt() {
  world.binance.troubles.push('silent-after');
  const payment = await world.completed();
  await world.runJobs(world.exchanges, 0);
  expect(await world.conversion(payment)).toMatchObject({ status: 'sending', attempts: 1 });
  return payment;
}

test('keys of one exchange are not shown to the one that has its number now', async () => {
  const payment = await world.completed();
  await world.runJobs(renumbered, 120_000);
  expect(other.requests).toEqual([]);
  const { status, attempts, reason } = await world.conversion(payment);
  expect({ status, attempts }).toEqual({ status: 'planned', attempts: 0 });
  expect(reason).toContain('binanceus');
  // With its own exchange back, it is sold there.
  await world.runJobs();
  expect(await world.conversion(payment)).toMatchObject({ status: 'filled' });
});

test('an order in doubt is not sold again where the number leads now', async () => {
  const payment = await inDoubt();
  await world.runJobs(renumbered, 30 * 60_000);
  await renumbered.accounts.set(world.db, { ...world.key, ...terms }, shopKeys);
  await world.runJobs(renumbered, 60 * 60_000);
  expect(other.orders).toEqual([]);
  expect(await world.conversion(payment)).toMatchObject({ status: 'sending', attempts: 1 });
  // The first exchange has its number and its account again: there it was sold, once.
  await world.exchanges.accounts.set(world.db, { ...world.key, ...terms }, shopKeys);
  await world.runJobs();
  expect(await world.conversion(payment)).toMatchObject({ status: 'filled', attempts: 1 });
  expect(world.binance.orders).toHaveLength(1);
});

test('an order in doubt is not sold again on the account of other keys', async () => {
  const payment = await inDoubt();
  await world.exchanges.accounts.set(world.db, { ...world.key, ...terms }, otherKeys);
  await world.runJobs(world.exchanges, 60 * 60_000);
  expect(world.binance.sent()).toHaveLength(1);
  expect((await world.conversion(payment)).reason).toContain('sent with other keys on binance');
  await world.exchanges.accounts.set(world.db, { ...world.key, ...terms }, shopKeys);
  await world.runJobs();
  expect(await world.conversion(payment)).toMatchObject({ status: 'filled', attempts: 1 });
});
