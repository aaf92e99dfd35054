// Posting to a real database: effects, repetitions, refusals without a trace, balances.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Tx } from '../../src/db/database.ts';
import { accountId } from '../../src/ledger/accounts.ts';
import { audit } from '../../src/ledger/audit.ts';
import { balancesOf } from '../../src/ledger/balances.ts';
import type { Outcome } from '../../src/ledger/outcome.ts';
import { LedgerError, type NewTransfer, post } from '../../src/ledger/post.ts';
import { createTestDatabase, type TestDatabase } from '../harness/database.ts';

let database: TestDatabase;
let merchantId: string;
let merchants = 0;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(() => {
  merchantId = nextMerchant();
});

describe('effects', () => {
  test('money comes in, becomes available and leaves', async () => {
    await run(received('a', 100n), released('b', 100n), sent('c', 30n));
    expect(await owned()).toEqual({
      'live/available/LTC': 70n,
      'live/outside/LTC/litecoin': -70n,
      'live/suspense/LTC': 0n,
    });
    expect(await auditOk()).toBe(true);
  });

  test('debits and credits only grow', async () => {
    await run(received('a', 100n), released('b', 100n));
    await run(returned('c', 100n));
    const [available] = await balancesOf(database.db, merchantId, 'live');
    expect(available).toMatchObject({ account: 'live/available/LTC', debits: 100n, credits: 100n });
  });

  test('amounts beyond 2^53 keep their last unit', async () => {
    const units = 10n ** 59n + 1n;
    await run(received('a', units), received('b', units));
    expect((await owned())['live/suspense/LTC']).toBe(2n * units);
    expect(await auditOk()).toBe(true);
  });

  test('test and live money are told apart', async () => {
    await run(received('a', 5n));
    const sandbox = { debit: 'test/outside/LTC/sandbox', credit: 'test/suspense/LTC' };
    await run({ ...received('b', 7n), ...sandbox });
    expect(await balancesOf(database.db, merchantId, 'test')).toMatchObject([
      { name: { kind: 'outside', rail: 'sandbox' }, amount: { units: -7n, asset: 'LTC' } },
      { name: { kind: 'suspense' }, amount: { units: 7n, asset: 'LTC' } },
    ]);
  });

  test('many merchants in one call, each account row written once', async () => {
    const ids = Array.from({ length: 300 }, nextMerchant);
    const batch = ids.flatMap((id) =>
      Array.from({ length: 5 }, (_, index) => ({ ...received(`t${index}`, 2n), merchantId: id })),
    );
    const written = await database.db.transaction(async (tx) => {
      const before = await updatedAccounts(tx);
      await post(tx, batch.reverse(), now);
      return (await updatedAccounts(tx)) - before;
    });
    expect(written).toBe(ids.length * 2);
    for (const id of ids) {
      const [, suspense] = await balancesOf(database.db, id, 'live');
      expect(suspense?.amount.units).toBe(10n);
    }
  });

  test('an empty call does nothing', async () => {
    await run();
    expect(await owned()).toEqual({});
  });

  test('a merchant id in upper case is the same merchant', async () => {
    await run({ ...received('a', 5n), merchantId: merchantId.toUpperCase() });
    await run({ ...received('a', 5n), merchantId: merchantId.toUpperCase() });
    expect((await owned())['live/suspense/LTC']).toBe(5n);
  });
});

describe('repetitions', () => {
  test('the same transfer again changes nothing', async () => {
    await run(received('a', 100n));
    await run(received('a', 100n), released('b', 100n));
    await run(received('a', 100n), released('b', 100n));
    expect((await owned())['live/available/LTC']).toBe(100n);
  });

  test('twice in one call is once', async () => {
    await run(received('a', 100n), received('a', 100n));
    expect((await owned())['live/suspense/LTC']).toBe(100n);
  });

  test('a repetition is harmless when the money has gone since', async () => {
    await run(received('a', 100n), released('b', 100n));
    await run(sent('c', 100n));
    await run(released('b', 100n));
    expect((await owned())['live/available/LTC']).toBe(0n);
  });

  test('two merchants may use the same id', async () => {
    const other = nextMerchant();
    await run(received('a', 1n), { ...received('a', 2n), merchantId: other });
    expect((await owned())['live/suspense/LTC']).toBe(1n);
  });
});

describe('refusals leave no trace', () => {
  test.each<[Outcome, () => NewTransfer]>([
    ['id_reused', () => received('first', 11n)],
    ['same_account', () => ({ ...received('x', 1n), debit: 'live/suspense/LTC' })],
    ['amount_not_positive', () => received('x', 0n)],
    ['mode_mismatch', () => ({ ...received('x', 1n), credit: 'test/suspense/LTC' })],
    ['asset_mismatch', () => ({ ...received('x', 1n), amount: { units: 1n, asset: 'BTC' } })],
    ['would_overdraw', () => released('x', 16n)],
  ])('%s', async (outcome, wrong) => {
    await run(received('first', 10n));
    const refused = await run(received('good', 5n), wrong(), received('after', 1n)).catch(
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(LedgerError);
    expect(refused).toMatchObject({ outcome, transferId: wrong().id });
    expect(await owned()).toEqual({
      'live/outside/LTC/litecoin': -10n,
      'live/suspense/LTC': 10n,
    });
  });

  test('transfers are tried in order: what came earlier in the call can be spent', async () => {
    await expect(run(released('b', 5n), received('a', 5n))).rejects.toThrow('would_overdraw');
    await run(received('a', 5n), released('b', 5n));
    expect((await owned())['live/available/LTC']).toBe(5n);
  });

  test('an id used for something else within one call', async () => {
    await expect(run(received('a', 5n), received('a', 6n))).rejects.toThrow('id_reused');
  });

  test('money that is taken back may overdraw, and is seen by the audit', async () => {
    await run(received('a', 5n), released('b', 5n), sent('c', 5n));
    await run({ ...returned('d', 5n), mayOverdraw: true });
    expect((await owned())['live/available/LTC']).toBe(-5n);
    expect(await audit(database.db)).toMatchObject({ ok: true, overdrawn: 1 });
  });

  test('an account that cannot be named is a bug', async () => {
    await expect(run({ ...received('a', 5n), credit: 'live/savings/LTC' })).rejects.toThrow(
      'is not a ledger account',
    );
  });

  test('more transfers than a call may carry', async () => {
    const many = Array.from({ length: 10_001 }, (_, index) => received(`t${index}`, 1n));
    await expect(run(...many)).rejects.toThrow('more than 10000');
  });
});

test('the same id between other accounts, by two transactions that share none', async () => {
  const elsewhere = { debit: 'test/outside/BTC/x', credit: 'test/suspense/BTC' };
  const amount = { units: 5n, asset: 'BTC' };
  const other = { ...received('a', 5n), ...elsewhere, amount };
  const results = await Promise.allSettled([run(received('a', 5n)), run(other)]);
  expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
  const failed = results.find((result) => result.status === 'rejected');
  expect(failed?.reason).toMatchObject({ name: 'LedgerError', outcome: 'id_reused' });
  expect(await auditOk()).toBe(true);
});

function nextMerchant(): string {
  merchants += 1;
  return `0000000a-0000-7000-8000-${merchants.toString(16).padStart(12, '0')}`;
}

function run(...transfers: NewTransfer[]): Promise<void> {
  return database.db.transaction((tx) => post(tx, transfers, now));
}

async function owned(): Promise<Record<string, bigint>> {
  const balances = await balancesOf(database.db, merchantId, 'live');
  return Object.fromEntries(balances.map((balance) => [balance.account, balance.amount.units]));
}

async function auditOk(): Promise<boolean> {
  const { ok } = await audit(database.db);
  return ok;
}

// PostgreSQL's own count of the row versions written by update in this session.
async function updatedAccounts(tx: Tx): Promise<number> {
  const [row] = await tx.query<{ count: number }>(
    `select n_tup_upd as count from pg_stat_xact_user_tables where relname = 'ledger_accounts'`,
  );
  return row?.count ?? 0;
}

const now = new Date('2026-01-02T03:04:05Z');
const suspense = accountId({ mode: 'live', kind: 'suspense', asset: 'LTC' });
const available = accountId({ mode: 'live', kind: 'available', asset: 'LTC' });
const outside = accountId({ mode: 'live', kind: 'outside', asset: 'LTC', rail: 'litecoin' });

function transfer(id: string, debit: string, credit: string, units: bigint): NewTransfer {
  const amount = { units, asset: 'LTC' };
  return { merchantId, id, debit, credit, amount, paymentId: null, reason: 'test' };
}

function received(id: string, units: bigint): NewTransfer {
  return transfer(id, outside, suspense, units);
}

function released(id: string, units: bigint): NewTransfer {
  return transfer(id, suspense, available, units);
}

function sent(id: string, units: bigint): NewTransfer {
  return transfer(id, available, outside, units);
}

function returned(id: string, units: bigint): NewTransfer {
  return transfer(id, available, suspense, units);
}
