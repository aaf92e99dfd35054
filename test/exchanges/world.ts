// A shop that sells part of its coins: the core in live mode on a scripted chain, and exchanges
// that are stood in for. Jobs are run by hand, on the test's clock.

import { randomBytes } from 'node:crypto';
import { v7 as newId } from 'uuid';
import { expect } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { SANDBOX_EXCHANGE } from '../../src/exchanges/sandbox.ts';
import { type FinishedConversion, createExchanges } from '../../src/exchanges/exchanges.ts';
import { enqueue } from '../../src/jobs/jobs.ts';
import { audit } from '../../src/ledger/audit.ts';
import { balancesOf } from '../../src/ledger/balances.ts';
import { createMerchants } from '../../src/merchants/merchants.ts';
import { VAULT_KEY_BYTES, createVault } from '../../src/merchants/vault.ts';
import type { EventOfPayment, Payment } from '../../src/payments/nouns.ts';
import { createPayments } from '../../src/payments/payments.ts';
import type { Observation, Rail } from '../../src/rails/rail.ts';
import { type ExchangeSettings, openExchange } from '../../src/rates/exchange.ts';
import { createRates } from '../../src/rates/rates.ts';
import { createTableSource, parseRateTable } from '../../src/rates/table.ts';
import { createTestSource } from '../../src/rates/test-table.ts';
import { basicCommand } from '../harness/core.ts';
import { createTestDatabase } from '../harness/database.ts';
import { type BinanceOptions, startBinance } from './binance.ts';

export type World = Awaited<ReturnType<typeof createWorld>>;

export const shopKeys = { apiKey: 'shop-api-key', secret: 'shop-secret' };
/** What a request may take here, so that silence is found out soon. */
const timeoutMs = 400;
const maxJobs = 200;

export type WorldOptions = Partial<BinanceOptions> & {
  /** Null: the merchant has none. */
  readonly account?: {
    readonly orderType?: 'market' | 'limit';
    readonly limitBasisPoints?: number;
    readonly secret?: string;
  } | null;
  readonly liveRates?: string;
};

export async function createWorld({ account = {}, liveRates, ...given }: WorldOptions = {}) {
  const database = await createTestDatabase();
  const { db } = database;
  const clock = { at: new Date('2026-01-31T12:00:00.000Z') };
  const now = (): Date => new Date(clock.at);
  const binance = await startBinance({
    prices: { 'LTC/USDT': '80', 'BNB/USDT': '600', 'USDC/USDT': '1' },
    keys: [{ ...shopKeys, balances: { LTC: '1000', BNB: '10' } }],
    ...given,
  });
  const settings: ExchangeSettings[] = [
    { id: 1, exchange: 'binance', sandbox: false, url: binance.url, pollMs: null },
    { id: 2, exchange: 'luno', sandbox: false, url: binance.url, pollMs: null },
  ];
  const vault = createVault(randomBytes(VAULT_KEY_BYTES));
  const merchants = createMerchants({ db, now });
  const merchant = await merchants.create('Coin shop');
  const live = createTableSource(parseRateTable(liveRates ?? '{"LTC/USD":"80","USDT/USD":"1"}'), {
    name: 'settings',
    testOnly: false,
    now,
  });
  const rates = createRates({ test: createTestSource(now), live, now });
  const chain = createChain();
  const events: EventOfPayment[] = [];
  const finished: FinishedConversion[] = [];

  const exchangesOn = (on: Database, configured: readonly ExchangeSettings[] = settings) =>
    createExchanges({
      db: on,
      vault,
      rates,
      enqueue,
      now,
      settings: configured,
      onFinished: (one) => finished.push(one),
      open: async (one, keys) => {
        const exchange = await openExchange(one, keys);
        exchange.timeout = timeoutMs;
        return exchange;
      },
    });
  const exchanges = exchangesOn(db);
  const payments = await createPayments({
    db,
    merchants,
    vault,
    rails: [chain.rail, chain.testRail],
    rates,
    enqueue,
    now,
    listener: async (tx, changes) => {
      events.push(...changes);
      await exchanges.listener(tx, changes);
      return 0;
    },
    committed: () => undefined,
    sandboxDelayMs: 1_000,
    maxWaiting: 100,
  });
  const key = { merchantId: merchant.id, mode: 'live', exchange: 1 } as const;
  if (account !== null) {
    const { orderType = 'market', limitBasisPoints = 100, secret = shopKeys.secret } = account;
    const keys = { apiKey: shopKeys.apiKey, secret };
    await exchanges.accounts.set(db, { ...key, orderType, limitBasisPoints }, keys);
  }

  /** A payment of 1 LTC for 80 USD, unless said otherwise, on its way to be completed. */
  async function create(change: Partial<Parameters<typeof payments.create>[0]> = {}) {
    const { payment } = await payments.create({
      ...basicCommand(merchant.id),
      mode: 'live',
      price: { units: 8000n, asset: 'USD' },
      exchange: 1,
      convertPercent: 50,
      ...change,
    });
    if (!payment) throw new Error('a repetition');
    return payment;
  }

  /** Pays so many units of LTC and has them confirmed; `gone` takes them back. */
  async function observe(payment: Payment, units: bigint, gone = false): Promise<void> {
    const method = payment.mode === 'live' ? 'coin' : 'test-coin';
    const instruction = await chain.once(payment.id, () => payments.choose(payment, method));
    chain.queue.push({
      key: `tx-${payment.id}`,
      merchantId: merchant.id,
      paymentId: payment.id,
      instructionId: instruction.id,
      amount: { units, asset: 'LTC' },
      presence: gone ? 'absent' : 'present',
      confirmations: gone ? 0 : 1,
      transactionId: `tx-${payment.id}`,
      at: clock.at,
    });
    await payments.pull(payment.mode === 'live' ? chain.rail : chain.testRail);
  }

  async function completed(
    change: Parameters<typeof create>[0] = {},
    units = 100_000_000n,
  ): Promise<Payment> {
    const payment = await create(change);
    await observe(payment, units);
    return payment;
  }

  /** Runs what is due, in turn, moving the clock on; a job that throws stays in the queue. */
  async function runJobs(of = exchanges, untilMs = Number.POSITIVE_INFINITY): Promise<number> {
    const end = clock.at.getTime() + untilMs;
    for (let count = 0; count < maxJobs; count += 1) {
      const job = await nextJob(db);
      if (!job || job.run_at.getTime() > end) return count;
      if (job.run_at > clock.at) clock.at = job.run_at;
      const found = of.jobs.find((one) => one.name === job.name);
      if (!found) throw new Error(`nobody runs ${job.name}`);
      await found.run(job.payload);
      await db.query('delete from graphile_worker._private_jobs where id = $1', [job.id]);
    }
    throw new Error('jobs without end');
  }

  async function conversion(payment: Payment) {
    const views = await exchanges.conversionsOf(payment);
    expect(views).toHaveLength(1);
    const [view] = views;
    if (!view) throw new Error('no conversion');
    return { ...view.conversion, fills: view.fills };
  }

  /** What each account holds, by its id without the mode. */
  async function books(mode: 'test' | 'live' = 'live'): Promise<Record<string, bigint>> {
    const balances = await balancesOf(db, merchant.id, mode);
    return Object.fromEntries(
      balances.map(({ account: id, amount }) => [id.slice(mode.length + 1), amount.units]),
    );
  }

  return {
    db,
    clock,
    merchant,
    binance,
    exchanges,
    exchangesOn,
    payments,
    events,
    finished,
    key,
    create,
    observe,
    completed,
    runJobs,
    conversion,
    books,
    sandboxExchange: SANDBOX_EXCHANGE,
    sweep: () => exchanges.jobs.find((one) => one.name === 'exchanges.sweep')?.run(null),
    audit: () => audit(db),
    async close(): Promise<void> {
      const report = await audit(db);
      await payments.drain();
      await exchanges.close();
      await binance.close();
      await database.drop();
      expect(report).toMatchObject({ ok: true, overdrawn: 0 });
    },
  };
}

async function nextJob(db: Database) {
  const [job] = await db.query<{ id: number; name: string; payload: unknown; run_at: Date }>(
    `select jobs.id, tasks.identifier as name, jobs.payload, jobs.run_at
       from graphile_worker._private_jobs jobs
       join graphile_worker._private_tasks tasks on tasks.id = jobs.task_id
      where tasks.identifier like 'exchanges.%'
      order by jobs.run_at, jobs.id limit 1`,
  );
  return job;
}

/** A live rail and a test rail for LTC, whose outside world is what lies in `queue`. */
function createChain() {
  const queue: Observation[] = [];
  const instructions = new Map<string, Promise<{ id: string }>>();
  const railOf = (name: string, mode: 'test' | 'live', method: string): Rail => ({
    name,
    mode,
    methods: () => [{ id: method, asset: 'LTC', label: 'Litecoin', network: 'Scripted' }],
    confirmations: () => [{ below: null, needed: 1 }],
    instruct: (_tx, requests) =>
      Promise.resolve(requests.map(({ reference }) => ({ target: reference, uri: null }))),
    observe: async () =>
      queue.length === 0 ? null : { observations: queue.splice(0), next: newId() },
    health: () => Promise.resolve(null),
  });
  return {
    queue,
    rail: railOf('chain', 'live', 'coin'),
    testRail: railOf('test-chain', 'test', 'test-coin'),
    once(paymentId: string, make: () => Promise<{ id: string }>): Promise<{ id: string }> {
      const made = instructions.get(paymentId) ?? make();
      instructions.set(paymentId, made);
      return made;
    },
  };
}
