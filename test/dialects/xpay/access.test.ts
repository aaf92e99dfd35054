// Nobody reaches what is another's: every endpoint with every kind of person and every id.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, type Person, type Till, openTill } from './till.ts';

let till: Till;
let people: Record<string, Person>;
let sold: Record<string, number>;
beforeAll(async () => {
  till = await openTill();
  const { manager, terminal, colleague, stranger, person, neighbour } = till;
  people = {
    manager,
    terminal,
    colleague,
    stranger,
    strangersTerminal: await person({ merchantId: neighbour.id, role: 'terminal' }),
    live: await person({ mode: 'live' }),
    operator: await person({ merchantId: null, role: 'operator' }),
    accountant: await person({ role: 'accountant' }),
    support: await person({ role: 'support' }),
    trader: await person({ role: 'trader' }),
  };
  sold = {};
  for (const name of ['manager', 'terminal', 'colleague', 'stranger', 'strangersTerminal']) {
    const as = people[name]?.token ?? '';
    sold[name] = (await till.sell({}, { as })).id;
  }
});
afterAll(() => till.close());

/** Whose transactions each of them may see; cancelling follows the same table. */
const sees: Record<string, readonly string[]> = {
  manager: ['manager', 'terminal', 'colleague'],
  terminal: ['terminal'],
  colleague: ['colleague'],
  stranger: ['stranger', 'strangersTerminal'],
  strangersTerminal: ['strangersTerminal'],
  live: [],
  operator: [],
  accountant: [],
  support: [],
  trader: [],
};

describe.each(Object.entries(sees))('%s', (name, visible) => {
  const as = () => people[name]?.token ?? '';

  it('reads what is theirs', async () => {
    for (const [owner, id] of Object.entries(sold)) {
      const { status, json } = await till.get(`transactions/${id}/`, { as: as() });
      const expected = visible.includes(owner) ? [200, id] : [401, undefined];
      expect([owner, status, json.id]).toEqual([owner, ...expected]);
      if (status !== 200) expect(json.code).toBe(3001);
    }
  });

  it('lists what is theirs', async () => {
    const { status, json } = await till.get('transactions/', { as: as() });
    const isMember = visible.length > 0 || name === 'live';
    expect([status, json.code]).toEqual(isMember ? [200, undefined] : [401, 3003]);
    if (!isMember) return;
    const ids = (json as unknown as Json[]).map(({ id }) => id);
    expect(ids).toEqual(visible.map((owner) => sold[owner]));
  });

  it('cannot cancel what is not', async () => {
    for (const [owner, id] of Object.entries(sold)) {
      if (visible.includes(owner)) continue;
      const { status, json } = await till.post(`transactions/cancel/${id}/`, undefined, {
        as: as(),
      });
      expect([owner, status, json.code]).toEqual([owner, 401, 3028]);
      expect((await till.viewOf(id)).payment.status).toBe('awaiting');
    }
  });

  it('cannot list another’s by user', async () => {
    const user = people['strangersTerminal']?.user.number;
    const { status, json } = await till.get(`transactions/?user=${user}`, { as: as() });
    const codes: Record<string, unknown> = {
      manager: 3004,
      live: 3004,
      stranger: undefined,
      terminal: 3002,
      colleague: 3002,
      strangersTerminal: 3002,
    };
    expect([status, json.code]).toEqual(
      name === 'stranger' ? [200, undefined] : [401, name in codes ? codes[name] : 3003],
    );
  });
});

describe('a terminal', () => {
  it('creates for itself, and its own can be cancelled by it and by its manager', async () => {
    for (const as of [till.terminal.token, till.manager.token]) {
      const { id } = await till.sell({}, { as: till.terminal.token });
      const { payment } = await till.viewOf(id);
      expect([payment.createdBy, payment.merchantId]).toEqual([
        till.terminal.user.id,
        till.merchant.id,
      ]);
      expect((await till.post(`transactions/cancel/${id}/`, undefined, { as })).status).toBe(200);
    }
  });
});

describe('a payment that another dialect made', () => {
  it('is readable by managers, with what it has', async () => {
    const { payment } = await till.app.payments.create({
      merchantId: till.merchant.id,
      mode: 'test',
      dialect: 'other',
      price: { units: 1_250n, asset: 'USD' },
      name: 'Order',
      maxUses: 1,
      payer: {},
      metadata: null,
      successUrl: null,
      cancelUrl: null,
      merchantReference: null,
      callbackUrl: null,
      callbackSecret: null,
      lifetimeMs: 1_500_000,
      script: null,
      createdBy: null,
      dialectData: 'not for you',
      exchange: null,
      convertPercent: null,
      feeUnits: null,
      pay: null,
      idempotency: null,
    });
    if (!payment) throw new Error('a repetition');
    const before = await till.read(payment.number);
    expect(before).toMatchObject({
      id: payment.number,
      amount_to_change: '12.50',
      string_amount_to_change: '12.50 USD',
      amount_to_paid: '0.00000000',
      currency_to_paid: '',
      string_amount_to_paid: '0.00000000',
      commission: '0.00000000',
      fiat_withdraw: '0',
      wallet: '',
      qr: '',
      waiting_time: '1500.00',
      callback: null,
      string_fiat_amount_to_commerce: '0.00 USD',
      string_crypto_amount_to_commerce: '0.00000000',
      user: null,
    });
    const hidden = await till.get(`transactions/${payment.number}/`, { as: till.terminal.token });
    expect(hidden.json.code).toBe(3001);
    await till.app.payments.choose(payment, 'sandbox-ether');
    const after = await till.read(payment.number);
    expect(after).toMatchObject({ currency_to_paid: 'ETH', wallet: expect.stringMatching(/./) });
    const cancelled = await till.post(`transactions/cancel/${payment.number}/`);
    expect(cancelled.json).toMatchObject({ status: 'canceled', transaction_status_code: 6 });
  });
});
