// Payouts on a database of their own: the core, the desk, a merchant with money, people, a clock.

import { randomBytes, randomUUID } from 'node:crypto';
import { type PayoutOrder, type DeskPerson } from '../../../src/desk/payouts/order.ts';
import { releaseOverdue } from '../../../src/desk/payouts/overdue.ts';
import { type Payouts, createPayouts } from '../../../src/desk/payouts/payouts.ts';
import { writeTerms } from '../../../src/desk/payouts/terms.ts';
import { createTraders } from '../../../src/desk/traders.ts';
import { enqueue } from '../../../src/jobs/jobs.ts';
import { accountId } from '../../../src/ledger/accounts.ts';
import { audit } from '../../../src/ledger/audit.ts';
import { balancesOf } from '../../../src/ledger/balances.ts';
import { post } from '../../../src/ledger/post.ts';
import { createMerchants } from '../../../src/merchants/merchants.ts';
import { shell } from '../../../src/merchants/staff-log.ts';
import { insertUser } from '../../../src/merchants/user-rows.ts';
import { VAULT_KEY_BYTES, createVault } from '../../../src/merchants/vault.ts';
import type { EventOfPayment } from '../../../src/payments/nouns.ts';
import { createPayments } from '../../../src/payments/payments.ts';
import { createSandboxRail } from '../../../src/rails/sandbox/sandbox.ts';
import { createRates } from '../../../src/rates/rates.ts';
import { createTableSource, parseRateTable } from '../../../src/rates/table.ts';
import { createTestSource } from '../../../src/rates/test-table.ts';
import { createTestDatabase } from '../../harness/database.ts';

export type PayoutWorld = Awaited<ReturnType<typeof createPayoutWorld>>;
export type Mode = 'test' | 'live';

const hourMs = 3_600_000;
const start = '2026-01-31T12:00:00.000Z';
export const account = 'DE02120300000000202051';

export async function createPayoutWorld() {
  const { db, connection, drop } = await createTestDatabase();
  const clock = { at: new Date(start) };
  const now = (): Date => clock.at;
  const secretKey = randomBytes(VAULT_KEY_BYTES);
  const vault = createVault(secretKey);
  const merchants = createMerchants({ db, now });
  const traders = createTraders({ db, now });
  const events: EventOfPayment[] = [];
  const payouts: Payouts = createPayouts({
    db,
    vault,
    secretKey,
    now,
    move: (tx, key, step) => payments.movePayout(tx, key, step),
  });
  const live = createTableSource(parseRateTable(''), { name: 'none', testOnly: false, now });
  const payments = await createPayments({
    db,
    merchants,
    vault,
    rails: [createSandboxRail()],
    rates: createRates({ test: createTestSource(now), live, now }),
    enqueue,
    now,
    listener: async (tx, changes) => {
      await payouts.followPayouts(tx, changes);
      events.push(...changes);
      return 0;
    },
    payoutMade: payouts.payoutMade,
    committed: () => undefined,
    sandboxDelayMs: 1_000,
    maxWaiting: 1_000,
  });
  const merchant = await newMerchant();

  /** With 10,000.00 USD and EUR of its own, in both worlds. */
  async function newMerchant() {
    const made = await merchants.create('Payout shop');
    const transfers = (['test', 'live'] as const).flatMap((mode) =>
      ['USD', 'EUR'].map((asset) => ({
        merchantId: made.id,
        id: `start/${mode}/${asset}`,
        debit: accountId({ mode, kind: 'outside', asset, rail: 'transfer' }),
        credit: accountId({ mode, kind: 'available', asset }),
        amount: { units: 1_000_000n, asset },
        paymentId: null,
        reason: 'start',
      })),
    );
    await db.transaction((tx) => post(tx, transfers, clock.at));
    // Most of what is asked here is not about deposits: tests that ask say so.
    await writeTerms(db, { merchantId: made.id, mode: 'live' }, { pledged: false });
    return made;
  }

  async function addPerson(
    role: DeskPerson['role'],
    change: { merchantId?: string; mode?: Mode } = {},
  ): Promise<DeskPerson & { readonly userId: string; readonly token: string }> {
    const [id, token] = [randomUUID(), randomBytes(20).toString('hex')];
    const { merchantId = merchant.id, mode = 'live' } = change;
    await insertUser(db, {
      id,
      merchantId: role === 'operator' ? null : merchantId,
      role,
      mode,
      email: `${id}@example.com`,
      passwordHash: 'none',
      firstName: '',
      lastName: '',
      language: 'en',
      phone: null,
      country: null,
      token,
      createdAt: clock.at,
    });
    return { userId: id, address: '192.0.2.1', role, merchantId, mode, token };
  }

  /** A trader with so much on deposit, in USD unless said otherwise. */
  async function addTrader(
    units: bigint,
    change: { merchantId?: string; mode?: Mode; asset?: string } = {},
  ) {
    const person = await addPerson('trader', change);
    const amount = { units, asset: change.asset ?? 'USD' };
    const given = { traderId: person.userId, amount, direction: 'in' } as const;
    await traders.changeDeposit({ ...given, reference: randomUUID() }, shell);
    return person;
  }

  /** Takes what is free of a trader's deposit home. */
  async function emptyDeposit(traderId: string, units: bigint): Promise<void> {
    const amount = { units, asset: 'USD' };
    const given = { traderId, amount, direction: 'out', reference: randomUUID() } as const;
    await traders.changeDeposit(given, shell);
  }

  /** 12.50 USD to a bank account within an hour, unless said otherwise; answers its id. */
  async function make(
    change: { units?: bigint; asset?: string; mode?: Mode; merchantId?: string; to?: string } = {},
  ): Promise<string> {
    const { payment } = await payments.createPayout({
      merchantId: change.merchantId ?? merchant.id,
      mode: change.mode ?? 'live',
      dialect: 'xlink',
      price: { units: change.units ?? 1_250n, asset: change.asset ?? 'USD' },
      name: 'Payout',
      payer: {},
      metadata: null,
      successUrl: null,
      cancelUrl: null,
      merchantReference: null,
      callbackUrl: null,
      callbackSecret: null,
      lifetimeMs: hourMs,
      dialectData: null,
      destination: {
        way: 'bank',
        details: { number: change.to ?? account, holder: 'Ada Lovelace' },
      },
      idempotency: null,
    });
    if (!payment) throw new Error('a repetition');
    return payment.id;
  }

  async function order(id: string): Promise<PayoutOrder> {
    const [row] = await db.query<{ merchant_id: string; mode: Mode }>(
      'select merchant_id, mode from payout_orders where id = $1',
      [id],
    );
    if (!row) throw new Error(`no payout ${id}`);
    const person = { ...shell, role: 'operator', merchantId: row.merchant_id } as const;
    return payouts.find({ ...person, mode: row.mode }, id);
  }

  async function statusOf(id: string): Promise<string> {
    const [row] = await db.query<{ status: string; cause: string | null }>(
      'select status, cause from payments where id = $1',
      [id],
    );
    return row?.cause ?? row?.status ?? 'none';
  }

  async function balances(merchantId = merchant.id): Promise<Record<string, bigint>> {
    const rows = await balancesOf(db, merchantId, 'live');
    return Object.fromEntries(rows.map(({ account: name, amount }) => [name, amount.units]));
  }

  return {
    db,
    connection,
    clock,
    now,
    secretKey,
    events,
    merchant,
    payments,
    payouts,
    newMerchant,
    addPerson,
    addTrader,
    emptyDeposit,
    make,
    order,
    statusOf,
    balances,
    wait: (minutes: number) => {
      clock.at = new Date(clock.at.getTime() + minutes * 60_000);
    },
    expire: () => payments.expireDue(),
    overdue: () =>
      releaseOverdue({ db, now, move: (tx, key, step) => payments.movePayout(tx, key, step) }),
    audit: () => audit(db),
    close: drop,
  };
}
