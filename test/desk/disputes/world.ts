// Disputes on a database of their own: the core, leases, payouts, people, an operator, a clock.

import { randomBytes, randomUUID } from 'node:crypto';
import { createConfirming } from '../../../src/desk/confirm.ts';
import type { DisputePerson, DisputeView } from '../../../src/desk/disputes/dispute.ts';
import { createDisputes } from '../../../src/desk/disputes/disputes.ts';
import type { Claim } from '../../../src/desk/disputes/opening.ts';
import { createFollow } from '../../../src/desk/follow.ts';
import { createInbox } from '../../../src/desk/inbox.ts';
import { createLeasing } from '../../../src/desk/leasing.ts';
import { createPayouts } from '../../../src/desk/payouts/payouts.ts';
import { writeTerms } from '../../../src/desk/payouts/terms.ts';
import { createRequisites } from '../../../src/desk/requisites.ts';
import { createTraders } from '../../../src/desk/traders.ts';
import { enqueue, migrateJobs } from '../../../src/jobs/jobs.ts';
import { accountId } from '../../../src/ledger/accounts.ts';
import { audit } from '../../../src/ledger/audit.ts';
import { balancesOf } from '../../../src/ledger/balances.ts';
import { post } from '../../../src/ledger/post.ts';
import { createMerchants } from '../../../src/merchants/merchants.ts';
import type { Role } from '../../../src/merchants/roles.ts';
import { shell } from '../../../src/merchants/staff-log.ts';
import { insertUser } from '../../../src/merchants/user-rows.ts';
import { VAULT_KEY_BYTES, createVault } from '../../../src/merchants/vault.ts';
import { createPayments } from '../../../src/payments/payments.ts';
import { createRates } from '../../../src/rates/rates.ts';
import { createTableSource, parseRateTable } from '../../../src/rates/table.ts';
import { createTestSource } from '../../../src/rates/test-table.ts';
import { createTransferRail } from '../../../src/rails/transfer/transfer.ts';
import { basicCommand } from '../../harness/core.ts';
import { createTestDatabase } from '../../harness/database.ts';

export type DisputeWorld = Awaited<ReturnType<typeof createDisputeWorld>>;
type Person = DisputePerson & { readonly userId: string; readonly merchantId: string };

const start = '2026-01-31T12:00:00.000Z';
const hourMs = 3_600_000;
const lifetimeMs = hourMs;

export async function createDisputeWorld() {
  const { db, connection, drop } = await createTestDatabase();
  await migrateJobs(db);
  const clock = { at: new Date(start) };
  const now = (): Date => clock.at;
  const secretKey = randomBytes(VAULT_KEY_BYTES);
  const vault = createVault(secretKey);
  const merchants = createMerchants({ db, now });
  const traders = createTraders({ db, now });
  const requisites = createRequisites({ db, vault, secretKey, now });
  const follow = createFollow({ now, onMissing: () => undefined });
  const rails = [
    createTransferRail({
      mode: 'live',
      ways: ['bank'],
      lease: createLeasing({ vault, now, expecting: async () => undefined }),
      serves: () => Promise.resolve(true),
    }),
  ];
  const payouts = createPayouts({
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
    rails,
    rates: createRates({ test: createTestSource(now), live, now }),
    enqueue,
    now,
    listener: async (tx, changes) => {
      await follow(tx, changes);
      await payouts.followPayouts(tx, changes);
      return 0;
    },
    payoutMade: payouts.payoutMade,
    committed: () => undefined,
    sandboxDelayMs: 1_000,
    maxWaiting: 1_000,
  });
  const report = payments.observed;
  const disputes = createDisputes({ db, vault, now, report, movePayout: payments.movePayout });
  const inbox = createInbox({ db, vault, report, now });
  const confirming = createConfirming({ db, report, inbox, now });
  const merchant = await merchants.create('Dispute shop');
  // What a trader has sent is disputed here, not what stands for it until then.
  await writeTerms(db, { merchantId: merchant.id, mode: 'live' }, { pledged: false });
  const operator = await addPerson('operator');
  const boss = await addPerson('manager');
  let accounts = 0;

  async function addPerson(
    role: Role,
    change: { merchantId?: string; mode?: 'test' | 'live' } = {},
  ): Promise<Person> {
    const id = randomUUID();
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
      token: randomUUID(),
      createdAt: clock.at,
    });
    return { userId: id, address: null, role, merchantId, mode };
  }

  /** A trader with so much USD on deposit. */
  async function addTrader(units: bigint): Promise<Person> {
    const trader = await addPerson('trader');
    // Who once had a deposit works in its currency.
    await deposit(trader, units + 1n);
    await deposit(trader, 1n, 'out');
    return trader;
  }

  async function deposit(trader: Person, units: bigint, direction: 'in' | 'out' = 'in') {
    const amount = { units, asset: 'USD' };
    const change = { traderId: trader.userId, amount, direction, reference: randomUUID() };
    await traders.changeDeposit(change, shell);
  }

  /** A payment in USD, leased on a new account of this trader; null: of the merchant itself. */
  async function payIn(trader: Person | null, units = 10_000n) {
    accounts += 1;
    const number = `ACC${accounts.toString().padStart(8, '0')}`;
    await db.query('update requisites set active = false');
    await requisites.add(
      {
        merchantId: merchant.id,
        mode: 'live',
        traderId: trader?.userId ?? null,
        kind: 'account',
        currency: 'USD',
        number,
        holder: 'Ada Lovelace',
      },
      shell,
    );
    const { payment, instruction } = await payments.create({
      ...basicCommand(merchant.id),
      mode: 'live',
      price: { units, asset: 'USD' },
      lifetimeMs,
      pay: {
        method: 'bank-transfer',
        amount: { units, asset: 'USD' },
        quote: { rate: '1', source: 'same', at: clock.at.toISOString() } as never,
      },
    });
    if (!payment || !instruction) throw new Error('a repetition');
    return { id: payment.id, lease: instruction.id };
  }

  /** The trader, or the manager, says that so much came in. */
  async function confirm(leaseId: string, units: bigint | null, reference: string | null = null) {
    const desk = { merchantId: merchant.id, mode: 'live', traderId: null } as const;
    const worker = { ...desk, actor: boss };
    const word = { leaseId, units, reference, at: null };
    if (!(await confirming.confirm(worker, word))) throw new Error('no such lease');
  }

  /** A payout in USD that the merchant could afford and this trader has sent. */
  async function payOut(trader: Person | null, units = 10_000n): Promise<string> {
    await fund(units);
    const { payment } = await payments.createPayout({
      merchantId: merchant.id,
      mode: 'live',
      dialect: 'xlink',
      price: { units, asset: 'USD' },
      name: 'Payout',
      payer: {},
      metadata: null,
      successUrl: null,
      cancelUrl: null,
      merchantReference: null,
      callbackUrl: null,
      callbackSecret: null,
      lifetimeMs,
      dialectData: null,
      destination: { way: 'bank', details: { number: 'DE02120300000000202051', holder: 'Ada' } },
      idempotency: null,
    });
    if (!payment) throw new Error('a repetition');
    const taker = trader ?? boss;
    const person = { ...taker, role: trader ? ('trader' as const) : ('manager' as const) };
    const desk = { merchantId: merchant.id, mode: 'live' } as const;
    await payouts.take({ ...person, ...desk }, payment.id);
    await payouts.confirm({ ...boss, role: 'manager', ...desk }, payment.id);
    return payment.id;
  }

  /** Money of the merchant's from elsewhere. */
  async function fund(units: bigint): Promise<void> {
    const transfer = {
      merchantId: merchant.id,
      id: `fund/${randomUUID()}`,
      debit: accountId({ mode: 'live', kind: 'outside', asset: 'USD', rail: 'transfer' }),
      credit: accountId({ mode: 'live', kind: 'available', asset: 'USD' }),
      amount: { units, asset: 'USD' },
      paymentId: null,
      reason: 'start',
    };
    await db.transaction((tx) => post(tx, [transfer], clock.at));
  }

  async function statusOf(id: string): Promise<string> {
    const [row] = await db.query<{ status: string }>('select status from payments where id = $1', [
      id,
    ]);
    return row?.status ?? 'none';
  }

  async function balances(): Promise<Record<string, bigint>> {
    const rows = await balancesOf(db, merchant.id, 'live');
    return Object.fromEntries(rows.map(({ account, amount }) => [account, amount.units]));
  }

  /** What a trader has free and reserved, and what the merchant can spend. */
  async function standing(trader: Person | null) {
    const all = await balances();
    const of = (kind: string): bigint => all[`live/${kind}/USD/${trader?.userId}`] ?? 0n;
    return {
      free: of('deposit'),
      reserved: of('reserved'),
      available: all['live/available/USD'] ?? 0n,
    };
  }

  async function open(person: DisputePerson, claim: Partial<Claim>): Promise<DisputeView> {
    const { view } = await disputes.open(person, { ...blankClaim, ...claim });
    return view;
  }

  return {
    db,
    connection,
    secretKey,
    clock,
    merchants,
    merchant,
    operator,
    boss,
    payments,
    payouts,
    disputes,
    addPerson,
    addTrader,
    deposit,
    fund,
    payIn,
    payOut,
    confirm,
    open,
    statusOf,
    balances,
    standing,
    /** Hours go by: payments expire, deadlines pass. */
    wait: async (hours: number) => {
      clock.at = new Date(clock.at.getTime() + hours * hourMs);
      await payments.expireDue();
    },
    tick: async () => {
      for (const job of disputes.jobs) await job.run(null);
    },
    audit: () => audit(db),
    close: drop,
  };
}

const blankClaim: Claim = {
  kind: 'payment_not_received',
  payment: '',
  lease: null,
  amount: null,
  paidAt: null,
  note: 'The payer shows a receipt.',
};
