// The order of precedence, walked: a row per outcome, each wrong in every later way as well.

import { describe, expect, test } from 'vitest';
import { accountId, accountOf } from '../../src/ledger/accounts.ts';
import {
  type NewTransfer,
  type Outcome,
  outcomeOf,
  outcomes,
  type TransferContent,
} from '../../src/ledger/outcome.ts';

type Row = {
  readonly outcome: Outcome;
  readonly transfer: Partial<NewTransfer>;
  readonly earlier?: Partial<TransferContent>;
  readonly balance?: bigint;
};

const available = 'live/available/LTC';
const euros = 'test/suspense/EUR';

// Every row repairs just what made the row before it stop where it did.
const precedence: Row[] = [
  {
    outcome: 'id_reused',
    transfer: { debit: available, credit: available, amount: { units: 0n, asset: 'USD' } },
    earlier: { debit: euros },
  },
  {
    outcome: 'already_posted',
    transfer: { debit: available, credit: available, amount: { units: 0n, asset: 'USD' } },
    earlier: { debit: available, credit: available, amount: { units: 0n, asset: 'USD' } },
  },
  {
    outcome: 'same_account',
    transfer: { debit: available, credit: available, amount: { units: 0n, asset: 'USD' } },
  },
  {
    outcome: 'amount_not_positive',
    transfer: { debit: available, credit: euros, amount: { units: 0n, asset: 'USD' } },
  },
  {
    outcome: 'mode_mismatch',
    transfer: { debit: available, credit: euros, amount: { units: 6n, asset: 'USD' } },
  },
  {
    outcome: 'asset_mismatch',
    transfer: {
      debit: available,
      credit: 'live/suspense/EUR',
      amount: { units: 6n, asset: 'USD' },
    },
  },
  {
    outcome: 'would_overdraw',
    transfer: {
      debit: available,
      credit: 'live/outside/LTC/litecoin',
      amount: { units: 6n, asset: 'LTC' },
    },
  },
  {
    outcome: 'posted',
    transfer: {
      debit: available,
      credit: 'live/outside/LTC/litecoin',
      amount: { units: 5n, asset: 'LTC' },
    },
  },
];

test('the table has a row for every outcome, in order', () => {
  expect(precedence.map((row) => row.outcome)).toEqual(outcomes);
});

test.each(precedence)('$outcome', (row) => {
  expect(decide(row)).toBe(row.outcome);
});

describe('an id is reused when anything that is kept differs', () => {
  test.each<[string, Partial<TransferContent>]>([
    ['debit', { debit: 'live/outside/LTC/sandbox' }],
    ['credit', { credit: available }],
    ['units', { amount: { units: 6n, asset: 'LTC' } }],
    ['asset', { amount: { units: 5n, asset: 'BTC' } }],
    ['payment', { paymentId: 'another' }],
    ['no payment', { paymentId: null }],
    ['reason', { reason: 'another' }],
  ])('%s', (_, earlier) => {
    expect(decide({ transfer: {}, earlier, outcome: 'id_reused' })).toBe('id_reused');
  });

  test('but not when only the permission to overdraw differs', () => {
    const row: Row = { transfer: { mayOverdraw: true }, earlier: {}, outcome: 'already_posted' };
    expect(decide(row)).toBe('already_posted');
  });
});

describe('one wrong thing alone is found', () => {
  test.each<[Outcome, string, Partial<NewTransfer>, bigint]>([
    ['amount_not_positive', 'below zero', { amount: { units: -1n, asset: 'LTC' } }, 5n],
    ['mode_mismatch', 'from test to live', { debit: 'test/outside/LTC/sandbox' }, 5n],
    ['asset_mismatch', 'debit of another asset', { debit: 'live/outside/BTC/bitcoin' }, 5n],
    ['asset_mismatch', 'credit of another asset', { credit: 'live/suspense/BTC' }, 5n],
    ['would_overdraw', 'available, one unit short', { debit: available }, 4n],
    ['would_overdraw', 'available, below zero already', { debit: available }, -1n],
    ['would_overdraw', 'suspense', { debit: 'live/suspense/LTC', credit: available }, 4n],
    ['posted', 'the last unit', { debit: available }, 5n],
    ['posted', 'overdrawn by permission', { debit: available, mayOverdraw: true }, 0n],
    ['posted', 'outside goes as low as it likes', {}, -100n],
  ])('%s: %s', (outcome, _, transfer, balance) => {
    expect(decide({ transfer, balance, outcome })).toBe(outcome);
  });
});

describe('account ids', () => {
  test.each([
    [{ mode: 'live', kind: 'available', asset: 'LTC' }, 'live/available/LTC'],
    [{ mode: 'test', kind: 'suspense', asset: 'USD' }, 'test/suspense/USD'],
    [{ mode: 'live', kind: 'outside', asset: 'LTC', rail: 'utxo' }, 'live/outside/LTC/utxo'],
    [{ mode: 'live', kind: 'fees', asset: 'BNB', rail: 'exchange-1' }, 'live/fees/BNB/exchange-1'],
  ] as const)('%j', (name, id) => {
    expect(accountId(name)).toBe(id);
    expect(accountOf(id)).toEqual(name);
  });

  test.each([
    '',
    'live',
    'live/available',
    'live/available/',
    'live/available/LTC/',
    'live/available/LTC/litecoin',
    'live/outside/LTC',
    'live/outside/LTC/',
    'live/outside/LTC/a/b',
    'live/fees/LTC',
    'live/fees/LTC/',
    'staging/available/LTC',
    'live/savings/LTC',
    'live/available/L TC',
    'LIVE/available/LTC',
  ])('%j is none', (id) => {
    expect(() => accountOf(id)).toThrow('is not a ledger account');
  });

  test('outside and fees need a rail, a rail needs one of them', () => {
    expect(() => accountId({ mode: 'live', kind: 'outside', asset: 'LTC' })).toThrow();
    expect(() => accountId({ mode: 'live', kind: 'fees', asset: 'LTC' })).toThrow();
    expect(() => accountId({ mode: 'live', kind: 'suspense', asset: 'LTC', rail: 'x' })).toThrow();
  });
});

function decide({ transfer: change, earlier, balance }: Row): Outcome {
  const transfer = { ...base, ...change };
  return outcomeOf({
    transfer,
    earlier: earlier && { ...base, ...earlier },
    debit: accountOf(transfer.debit),
    credit: accountOf(transfer.credit),
    balance: balance ?? 5n,
  });
}

const base: NewTransfer = {
  merchantId: 'merchant',
  id: 'one',
  debit: 'live/outside/LTC/litecoin',
  credit: 'live/suspense/LTC',
  amount: { units: 5n, asset: 'LTC' },
  paymentId: 'payment',
  reason: 'seen',
};
