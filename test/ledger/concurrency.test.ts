// Random batches from several connections at once: no deadlock, nothing lost, nothing twice.

import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { audit } from '../../src/ledger/audit.ts';
import { balancesOf } from '../../src/ledger/balances.ts';
import { LedgerError, type NewTransfer, post } from '../../src/ledger/post.ts';
import { createTestDatabase, type TestDatabase } from '../harness/database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test('random batches, one after another: all of a batch happens, or nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(batches(), { minLength: 1, maxLength: 8 }), async (calls) => {
      const world = nextWorld();
      const model = new Map<string, bigint>();
      const posted = new Set<string>();
      for (const call of calls) {
        const transfers = call.map((transfer) => ({ ...transfer, merchantId: world }));
        if (!(await accepted(transfers))) continue;
        for (const transfer of transfers) {
          if (!posted.has(transfer.id)) apply(model, transfer);
          posted.add(transfer.id);
        }
      }
      await expectBalances(world, model);
    }),
    { numRuns: 150 },
  );
  await expectAudit();
});

test('random batches at the same time, in any order of accounts', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(batches(), { minLength: 2, maxLength: 24 }), async (calls) => {
      const worlds = [nextWorld(), nextWorld()];
      const models = new Map(worlds.map((world) => [world, new Map<string, bigint>()]));
      await Promise.all(
        calls.map(async (call, index) => {
          const transfers = call.map((transfer, place) => ({
            ...transfer,
            id: `${index}/${place}`,
            merchantId: worlds[(index + place) % worlds.length] ?? '',
          }));
          if (!(await accepted(transfers))) return;
          for (const transfer of transfers) apply(models.get(transfer.merchantId), transfer);
        }),
      );
      for (const [world, model] of models) await expectBalances(world, model);
    }),
    { numRuns: 100 },
  );
  await expectAudit();
});

test('the same transfers from eight connections at once happen once', async () => {
  const world = nextWorld();
  const transfers = Array.from({ length: 20 }, (_, index) => ({
    ...transferOf('live/outside/LTC/litecoin', 'live/suspense/LTC', 3n),
    id: `same-${index}`,
    merchantId: world,
  }));
  const orders = Array.from({ length: 8 }, (_, index) =>
    index % 2 === 0 ? transfers : transfers.toReversed(),
  );
  await Promise.all(orders.map((order) => postAll(order)));
  await expectBalances(
    world,
    new Map([
      ['live/outside/LTC/litecoin', -60n],
      ['live/suspense/LTC', 60n],
    ]),
  );
});

test('the last coin is spent once, however many try at the same time', async () => {
  const world = nextWorld();
  const funds = transferOf('live/outside/LTC/litecoin', 'live/available/LTC', 5n);
  await postAll([{ ...funds, id: 'funds', merchantId: world }]);
  const spend = transferOf('live/available/LTC', 'live/outside/LTC/litecoin', 1n);
  const tries = Array.from({ length: 32 }, (_, index) =>
    accepted([{ ...spend, id: `spend-${index}`, merchantId: world }]),
  );
  const spent = (await Promise.all(tries)).filter(Boolean);
  expect(spent).toHaveLength(5);
  await expectBalances(
    world,
    new Map([
      ['live/outside/LTC/litecoin', 0n],
      ['live/available/LTC', 0n],
    ]),
  );
  await expectAudit();
});

const accounts = [
  'live/outside/LTC/litecoin',
  'live/outside/LTC/exchange',
  'live/suspense/LTC',
  'live/available/LTC',
  'test/outside/LTC/sandbox',
  'test/suspense/LTC',
  'test/available/LTC',
];
let worlds = 0;

function nextWorld(): string {
  worlds += 1;
  // Random-looking first digits, so that merchants do not sort in the order they were made.
  const prefix = ((worlds * 2_654_435_761) % 2 ** 32).toString(16).padStart(8, '0');
  return `${prefix}-0000-7000-8000-${worlds.toString(16).padStart(12, '0')}`;
}

function transferOf(debit: string, credit: string, units: bigint): NewTransfer {
  const amount = { units, asset: 'LTC' };
  return { merchantId: '', id: '', debit, credit, amount, paymentId: null, reason: 'test' };
}

// Mostly money that comes in, so that there is something to spend; now and then nonsense. The id
// says what the transfer does, so that the same one twice is a repetition.
function batches(): fc.Arbitrary<NewTransfer[]> {
  const live = fc.constantFrom(...accounts.slice(0, 4));
  const sandbox = fc.constantFrom(...accounts.slice(4));
  const units = fc.bigInt({ min: 0n, max: 40n });
  const one = fc
    .oneof(
      { weight: 8, arbitrary: fc.tuple(fc.constant(accounts[0] ?? ''), live, units) },
      { weight: 8, arbitrary: fc.tuple(live, live, units) },
      { weight: 4, arbitrary: fc.tuple(sandbox, sandbox, units) },
      { weight: 1, arbitrary: fc.tuple(live, sandbox, units) },
    )
    .filter(([debit, credit]) => debit !== credit)
    .map(([debit, credit, value]) => ({
      ...transferOf(debit, credit, value + 1n),
      id: `${debit}>${credit}:${value}`,
    }));
  return fc.array(one, { minLength: 1, maxLength: 5 });
}

function postAll(transfers: readonly NewTransfer[]): Promise<void> {
  return database.db.transaction((tx) => post(tx, transfers, new Date()));
}

/** False for a refusal of the ledger; anything else, a deadlock above all, fails the test. */
async function accepted(transfers: readonly NewTransfer[]): Promise<boolean> {
  try {
    await postAll(transfers);
    return true;
  } catch (error) {
    if (error instanceof LedgerError) return false;
    throw error;
  }
}

function apply(model: Map<string, bigint> | undefined, transfer: NewTransfer): void {
  const { debit, credit, amount } = transfer;
  model?.set(debit, (model.get(debit) ?? 0n) - amount.units);
  model?.set(credit, (model.get(credit) ?? 0n) + amount.units);
}

async function expectBalances(world: string, model: Map<string, bigint>): Promise<void> {
  const stored = [
    ...(await balancesOf(database.db, world, 'live')),
    ...(await balancesOf(database.db, world, 'test')),
  ];
  const found = Object.fromEntries(stored.map(({ account, amount }) => [account, amount.units]));
  expect(found).toEqual(Object.fromEntries(model));
  for (const { name, amount } of stored) {
    if (name.kind !== 'outside') expect(amount.units >= 0n).toBe(true);
  }
  expect(Object.values(found).reduce((sum, units) => sum + units, 0n)).toBe(0n);
}

async function expectAudit(): Promise<void> {
  expect(await audit(database.db)).toMatchObject({ ok: true, overdrawn: 0, differences: [] });
}
