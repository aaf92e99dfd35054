// A merchant with money, for tests of what it pays out.

import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { balancesOf } from '../../src/ledger/balances.ts';
import { post } from '../../src/ledger/post.ts';
import { requestHash } from '../../src/payments/create.ts';
import type { Payment, PayoutStep } from '../../src/payments/nouns.ts';
import type { Destination, PayoutCommand } from '../../src/payments/payouts.ts';
import { type Core, createCore } from '../harness/core.ts';

export const destination: Destination = {
  way: 'bank',
  details: { account_number: '110123456789', account_name: 'Kim' },
};

/** Registers a core for the whole file and a fresh merchant for each test. */
export function useSender() {
  const sender = {
    core: null as unknown as Core,
    merchantId: '',
    queued: [] as { id: string; destination: Destination }[],
    /** Thrown instead of taking a payout into the queue. */
    refuseQueue: null as Error | null,
  };
  beforeAll(async () => {
    sender.core = await createCore({
      payoutMade: (_tx, payment, destination) => {
        if (sender.refuseQueue) return Promise.reject(sender.refuseQueue);
        sender.queued.push({ id: payment.id, destination });
        return Promise.resolve();
      },
    });
  });
  afterAll(() => sender.core.close());
  beforeEach(async () => {
    sender.merchantId = (await sender.core.merchants.create('Sender')).id;
    sender.refuseQueue = null;
  });

  function commandOf(change: Partial<PayoutCommand> = {}): PayoutCommand {
    return {
      merchantId: sender.merchantId,
      mode: 'test',
      dialect: 'scripted',
      price: { units: 50_000n, asset: 'KRW' },
      name: 'Winnings',
      payer: {},
      metadata: null,
      successUrl: null,
      cancelUrl: null,
      merchantReference: null,
      callbackUrl: null,
      callbackSecret: null,
      lifetimeMs: 600_000,
      dialectData: null,
      idempotency: null,
      destination,
      ...change,
    };
  }

  async function fund(units: bigint, mode: 'test' | 'live' = 'test'): Promise<void> {
    const [debit, credit] = [`${mode}/outside/KRW/somewhere`, `${mode}/available/KRW`];
    const id = randomBytes(8).toString('hex');
    const amount = { units, asset: 'KRW' };
    const given = {
      merchantId: sender.merchantId,
      id,
      debit,
      credit,
      amount,
      paymentId: null,
      reason: 'given',
    };
    await sender.core.db.transaction((tx) => post(tx, [given], sender.core.now()));
  }

  async function make(change: Partial<PayoutCommand> = {}): Promise<Payment> {
    const { payment } = await sender.core.payments.createPayout(commandOf(change));
    if (!payment) throw new Error('a repetition');
    return payment;
  }

  function move(payment: Payment, step: PayoutStep): Promise<Payment> {
    return sender.core.db.transaction((tx) => sender.core.payments.movePayout(tx, payment, step));
  }

  /** Units by account, without those that are empty. */
  async function held(mode: 'test' | 'live' = 'test'): Promise<Record<string, bigint>> {
    const balances = await balancesOf(sender.core.db, sender.merchantId, mode);
    const names = balances.map(({ account, amount }) => [
      account.split('/').toSpliced(0, 1).join('/'),
      amount.units,
    ]);
    return Object.fromEntries(names.filter(([, units]) => units !== 0n));
  }

  function read(payment: Payment) {
    return sender.core.payments.findOperation(
      { merchantId: sender.merchantId, mode: payment.mode },
      payment.id,
    );
  }

  return Object.assign(sender, { commandOf, fund, make, move, held, read });
}

export function keyed(key: string, body = 'body') {
  const answer = (payment: { id: string }): string => `answer ${payment.id}`;
  return { scope: 'session', key, requestHash: requestHash(body), forever: true, answer };
}
