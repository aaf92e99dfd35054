// The audit finds every kind of damage, and only damage.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { audit } from '../../src/ledger/audit.ts';
import { type NewTransfer, post } from '../../src/ledger/post.ts';
import { createTestDatabase, type TestDatabase } from '../harness/database.ts';

let database: TestDatabase;

beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

test('an empty ledger is in order', async () => {
  expect(await audit(database.db)).toEqual({
    ok: true,
    accounts: 0,
    transfers: 0,
    overdrawn: 0,
    malformed: 0,
    differing: 0,
    differences: [],
    assets: [],
  });
});

test('a ledger in order: every asset of every mode sums to zero', async () => {
  await fill();
  expect(await audit(database.db)).toEqual({
    ok: true,
    accounts: 7,
    transfers: 4,
    overdrawn: 0,
    malformed: 0,
    differing: 0,
    differences: [],
    assets: [
      { mode: 'live', asset: 'ETH', debits: huge, credits: huge },
      { mode: 'live', asset: 'LTC', debits: 150n, credits: 150n },
      { mode: 'test', asset: 'LTC', debits: 7n, credits: 7n },
    ],
  });
});

test('an account that was changed by hand', async () => {
  await fill();
  await damage(`update ledger_accounts set credits = credits + 1 where id = 'live/available/LTC'`);
  const report = await audit(database.db);
  expect(report).toMatchObject({ ok: false, differing: 1 });
  expect(report.differences).toEqual([
    {
      merchantId,
      account: 'live/available/LTC',
      asset: 'LTC',
      stored: { debits: 0n, credits: 51n },
      counted: { debits: 0n, credits: 50n },
    },
  ]);
  expect(report.assets).toContainEqual({ mode: 'live', asset: 'LTC', debits: 150n, credits: 151n });
});

test('one unit among many digits', async () => {
  await fill();
  await damage(`update ledger_accounts set debits = debits - 1 where id = 'live/outside/ETH/evm'`);
  const [difference] = (await audit(database.db)).differences;
  expect(difference).toMatchObject({ stored: { debits: huge - 1n }, counted: { debits: huge } });
});

test('two accounts that were changed so that the sum still is zero', async () => {
  await fill();
  await damage(`update ledger_accounts set debits = debits + 1, credits = credits + 1
    where id = 'test/suspense/LTC'`);
  expect(await audit(database.db)).toMatchObject({ ok: false, differing: 1 });
});

test('an account that is gone', async () => {
  await fill();
  await damage(`delete from ledger_accounts where id = 'live/available/LTC'`);
  const report = await audit(database.db);
  expect(report).toMatchObject({ ok: false, differing: 1 });
  expect(report.differences[0]).toMatchObject({ account: 'live/available/LTC', stored: null });
});

test('a transfer that is gone, and one that was changed', async () => {
  await fill();
  await damage(`delete from ledger_transfers where id = 'release'`);
  expect(await audit(database.db)).toMatchObject({ ok: false, differing: 2, transfers: 3 });
  await damage(`update ledger_transfers set units = units + 1 where id = 'test'`);
  expect(await audit(database.db)).toMatchObject({ ok: false, differing: 4 });
});

test('an account or a transfer of another asset than its name says', async () => {
  await fill();
  await damage(`update ledger_transfers set asset = 'BTC' where id = 'test'`);
  expect(await audit(database.db)).toMatchObject({ ok: false, differing: 4 });
  await damage(`update ledger_accounts set asset = 'BTC' where id like 'test/%'`);
  expect(await audit(database.db)).toMatchObject({ ok: false, differing: 2 });
});

test('a transfer to itself, and one from test to live', async () => {
  await damage(insertOf('itself', 'live/suspense/LTC', 'live/suspense/LTC'));
  await damage(insertOf('across', 'test/suspense/LTC', 'live/suspense/LTC'));
  await damage(`insert into ledger_accounts values
    ('${merchantId}', 'live/suspense/LTC', 'LTC', 1, 2, now()),
    ('${merchantId}', 'test/suspense/LTC', 'LTC', 1, 0, now())`);
  expect(await audit(database.db)).toMatchObject({ ok: false, malformed: 2, differing: 0 });
});

test('no more than a hundred differences are shown, all are counted', async () => {
  await damage(`insert into ledger_accounts
    select '${merchantId}', 'live/outside/LTC/r' || n, 'LTC', 1, 0, now()
    from generate_series(1, 250) n`);
  const report = await audit(database.db);
  expect(report.differing).toBe(250);
  expect(report.differences).toHaveLength(100);
});

async function fill(): Promise<void> {
  const transfers = [
    transferOf('in', 'live/outside/LTC/litecoin', 'live/suspense/LTC', 100n),
    transferOf('release', 'live/suspense/LTC', 'live/available/LTC', 50n),
    transferOf('test', 'test/outside/LTC/sandbox', 'test/suspense/LTC', 7n),
    transferOf('ether', 'live/outside/ETH/evm', 'live/available/ETH', huge),
  ];
  await database.db.transaction((tx) => post(tx, transfers, new Date()));
}

function transferOf(id: string, debit: string, credit: string, units: bigint): NewTransfer {
  const amount = { units, asset: debit.split('/')[2] ?? '' };
  return { merchantId, id, debit, credit, amount, paymentId: null, reason: 'test' };
}

function insertOf(id: string, debit: string, credit: string): string {
  return `insert into ledger_transfers values
    ('${merchantId}', '${id}', '${debit}', '${credit}', 'LTC', 1, null, 'test', now())`;
}

async function damage(statement: string): Promise<void> {
  await database.db.query(statement);
}

const merchantId = '0000000a-0000-7000-8000-000000000001';
const huge = 10n ** 40n + 1n;
