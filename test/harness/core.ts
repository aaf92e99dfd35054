// The core on a database of its own: merchants, the sandbox and payments, without HTTP or worker.

import { randomBytes } from 'node:crypto';
import { enqueue } from '../../src/jobs/jobs.ts';
import { createCredentials } from '../../src/merchants/credentials.ts';
import { createMerchants } from '../../src/merchants/merchants.ts';
import { VAULT_KEY_BYTES, createVault } from '../../src/merchants/vault.ts';
import type { CreateCommand } from '../../src/payments/create.ts';
import type { EventOfPayment } from '../../src/payments/nouns.ts';
import { createPayments } from '../../src/payments/payments.ts';
import type { PayoutMade } from '../../src/payments/payouts.ts';
import { createRates } from '../../src/rates/rates.ts';
import { createTableSource, parseRateTable } from '../../src/rates/table.ts';
import { createTestSource } from '../../src/rates/test-table.ts';
import type { Rail } from '../../src/rails/rail.ts';
import { createSandboxRail } from '../../src/rails/sandbox/sandbox.ts';
import { createTestDatabase } from './database.ts';

export type Core = Awaited<ReturnType<typeof createCore>>;

const SANDBOX_DELAY_MS = 3_000;
const MAX_WAITING = 10_000;

/** `clock.at` is the time; `events` collects what the core told its listener. */
export async function createCore(
  options: { rails?: readonly Rail[]; liveRates?: string; payoutMade?: PayoutMade } = {},
) {
  const database = await createTestDatabase();
  const { db } = database;
  const clock = { at: new Date('2026-01-31T12:00:00.000Z') };
  const now = (): Date => clock.at;
  const events: EventOfPayment[] = [];
  const merchants = createMerchants({ db, now });
  const credentials = createCredentials({ db, now });
  const vault = createVault(randomBytes(VAULT_KEY_BYTES));
  const live = createTableSource(parseRateTable(options.liveRates ?? ''), {
    name: 'settings',
    testOnly: false,
    now,
  });
  const rates = createRates({ test: createTestSource(now), live, now });
  const payments = await createPayments({
    db,
    merchants,
    vault,
    rails: options.rails ?? [createSandboxRail()],
    rates,
    enqueue,
    now,
    listener: async (_tx, changes) => {
      events.push(...changes);
      return 0;
    },
    ...(options.payoutMade ? { payoutMade: options.payoutMade } : {}),
    committed: () => undefined,
    sandboxDelayMs: SANDBOX_DELAY_MS,
    maxWaiting: MAX_WAITING,
  });
  const merchant = await merchants.create('Test shop');
  const scope = { merchantId: merchant.id, mode: 'test' } as const;

  /** A payment of 12.50 USD for 25 minutes, unless said otherwise. */
  async function create(change: Partial<CreateCommand> = {}) {
    const { payment } = await payments.create({ ...basicCommand(merchant.id), ...change });
    if (!payment) throw new Error('a repetition');
    return payment;
  }

  async function view(id: string, mode: 'test' | 'live' = 'test') {
    const found = await payments.find({ merchantId: merchant.id, mode }, id);
    if (!found) throw new Error(`no payment ${id}`);
    return found;
  }

  return {
    db,
    connection: database.connection,
    clock,
    now,
    events,
    merchants,
    credentials,
    merchant,
    scope,
    payments,
    create,
    view,
    close: () => database.drop(),
  };
}

export function basicCommand(merchantId: string): CreateCommand {
  return {
    merchantId,
    mode: 'test',
    dialect: 'bitxpay',
    price: { units: 1250n, asset: 'USD' },
    name: 'Order 1',
    maxUses: 1,
    payer: { email: 'payer@example.com' },
    metadata: null,
    successUrl: 'https://shop.example.com/thanks',
    cancelUrl: 'https://shop.example.com/cart',
    merchantReference: null,
    callbackUrl: null,
    callbackSecret: 'XXXXXXXXXXXXXXXXXXXXXXXX',
    lifetimeMs: 1_500_000,
    script: null,
    createdBy: null,
    dialectData: null,
    exchange: null,
    convertPercent: null,
    feeUnits: null,
    pay: null,
    idempotency: null,
  };
}
