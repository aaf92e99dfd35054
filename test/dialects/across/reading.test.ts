// A payment of each dialect, read through every other one: identifiers, amounts, lists, secrets.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Payment } from '../../../src/payments/nouns.ts';
import { type House, type Json, type Name, dialects, openHouse, secrets } from './house.ts';

let house: House;
const made = new Map<Name, Payment>();

beforeAll(async () => {
  house = await openHouse();
  for (const name of dialects) made.set(name, await house.make(name));
});
afterAll(() => house.close());

function madeBy(name: Name): Payment {
  const payment = made.get(name);
  if (!payment) throw new Error(`nothing was made by ${name}`);
  return payment;
}

const listing = ['bitxpay', 'xpay', 'xlink'] as const;

/** Of the wire's table “One payment read through another dialect”: what each one must show. */
const namesIn: Readonly<Record<Name, (payment: Payment, shopId: number) => Json>> = {
  bitxpay: ({ id, reference }) => ({
    id,
    payment_reference: reference,
    currency: expect.any(String),
  }),
  xpay: ({ number, price }) => ({ id: number, currency_to_change: price.asset }),
  xbillion: ({ id, merchantReference }) => ({ id, order_id: merchantReference ?? id }),
  xlink: ({ id, merchantReference }, shopId) => ({
    operation_id: id,
    session_id: id,
    operation_number: merchantReference ?? id,
    operation_type: 'PAYIN',
    shop_id: shopId,
  }),
};

/** Where each one says how much. */
const amountsIn: Readonly<Record<Name, (json: Json) => unknown>> = {
  bitxpay: ({ amount }) => amount,
  xpay: ({ amount_to_change: amount }) => Number(amount),
  xbillion: ({ amount }) => (amount as Json)['value'],
  xlink: ({ initiated_amount: amount }) => Number(amount),
};
const amounts = { bitxpay: 12.5, xpay: 100_000, xbillion: 100, xlink: 100 };

describe.each(dialects)('made by %s', (maker) => {
  test.each(dialects)('read by %s', async (reader) => {
    const { status, json } = await house.read(reader, madeBy(maker));
    expect(status).toBe(200);
    expect(json).toMatchObject(namesIn[reader](madeBy(maker), house.ours.shopId));
    expect(amountsIn[reader](json)).toBe(amounts[maker]);
  });

  test('read as a session of X-Link, by its id as an operation', async () => {
    const payment = madeBy(maker);
    const { status, json } = await house.session(payment);
    expect(status).toBe(200);
    expect(json).toMatchObject({ session_id: payment.id, status: 'active' });
    expect(json['payment_url']).toContain(`/link/${payment.id}`);
  });

  test.each(listing)('in the list of %s', async (reader) => {
    const payment = madeBy(maker);
    const items = await house.list(reader);
    const { id } = namesIn[reader](payment, house.ours.shopId);
    const found = items.filter((one) => (one['operation_id'] ?? one['id']) === (id ?? payment.id));
    expect(found).toHaveLength(1);
  });

  test.each(dialects)('%s leaves what it never had empty', async (reader) => {
    const { json } = await house.read(reader, madeBy(maker));
    if (reader === maker) return;
    const empty: Readonly<Record<Name, Json>> = {
      bitxpay: { payment_type: 'direct' },
      xpay: { callback: null, user: maker === 'xpay' ? expect.anything() : null },
      xbillion: { service: '' },
      xlink: { payment_method_type_id: null, payer_requisites: {} },
    };
    expect(json).toMatchObject(empty[reader]);
  });
});

describe('secrets and spellings stay with the dialect that made the payment', () => {
  test.each(dialects)('of %s, in every other answer', async (maker) => {
    const payment = madeBy(maker);
    const secret = house.app.payments.secretOf((await house.viewOf(payment)).payment);
    const hidden = [secret, maker === 'bitxpay' ? null : secrets.callback, secrets.xbillion];
    for (const reader of dialects.filter((name) => name !== maker)) {
      const { text } = await house.read(reader, payment);
      for (const one of hidden) if (one !== null) expect(text).not.toContain(one);
    }
    const { text } = await house.session(payment);
    if (maker !== 'xlink') for (const one of hidden) if (one) expect(text).not.toContain(one);
  });

  test.each(['xpay', 'xbillion', 'xlink'] as const)(
    'closing a payment of %s through BitXPay tells no secret',
    async (maker) => {
      const payment = await house.make(maker);
      const { merchantKey: _, ...headers } = house.ours.bitxpay;
      const path = `/api/v1/payments/links/${payment.id}`;
      const { status, json, text } = await house.call('PATCH', path, headers, {
        status: 'cancelled',
      });
      expect(status).toBe(200);
      expect(json).toMatchObject({ notify_secret: null, payment_status: 'cancelled' });
      expect(text).not.toContain(secrets.xbillion);
    },
  );

  test('cancelled is spelt as the path that made it spells it, else as documented', async () => {
    const old = await house.make('xpay');
    const { id: foreign } = await house.make('bitxpay');
    for (const payment of [old, (await house.viewOf({ id: foreign } as Payment)).payment]) {
      await house.app.payments.close(payment, payment.id, 'cancel');
    }
    const { payment: other } = await house.viewOf({ id: foreign } as Payment);
    expect((await house.read('xpay', other)).json['status']).toBe('canceled');
    for (const reader of ['bitxpay', 'xlink'] as const) {
      const word = (await house.read(reader, old)).json;
      expect(word['payment_status'] ?? word['status']).toBe(
        reader === 'bitxpay' ? 'cancelled' : 'CANCELLED',
      );
    }
  });
});

test('a payout is X-Link’s alone: to the others it does not exist', async () => {
  await house.play(await house.make('bitxpay'), 'pay', 'confirm');
  const { payment } = await house.app.payments.createPayout({
    merchantId: house.merchant.id,
    mode: 'test',
    dialect: 'xlink',
    name: 'Winnings',
    payer: {},
    metadata: null,
    successUrl: null,
    cancelUrl: null,
    callbackUrl: null,
    merchantReference: null,
    callbackSecret: null,
    dialectData: null,
    idempotency: null,
    price: { units: 1_000n, asset: 'USD' },
    lifetimeMs: 600_000,
    destination: { way: 'bank', details: { account_number: '110123456789', account_name: 'Kim' } },
  });
  if (!payment) throw new Error('a repetition');
  expect((await house.read('xlink', payment)).json).toMatchObject({
    operation_id: payment.id,
    operation_type: 'PAYOUT',
  });
  for (const reader of ['bitxpay', 'xpay', 'xbillion'] as const) {
    const { status } = await house.read(reader, payment);
    expect({ reader, found: status === 200 }).toEqual({ reader, found: false });
  }
  for (const reader of ['bitxpay', 'xpay'] as const) {
    const listed = JSON.stringify(await house.list(reader));
    expect(listed).not.toContain(payment.id);
    expect(listed).not.toContain(payment.reference);
  }
});

describe('who may not read it', () => {
  test.each(dialects)('a stranger does not find a payment of %s, anywhere', async (maker) => {
    const refused = { bitxpay: [404], xpay: [401, 404], xbillion: [403, 404], xlink: [404] };
    for (const reader of dialects) {
      const { status, text } = await house.read(reader, madeBy(maker), house.theirs);
      expect({ reader, known: refused[reader].includes(status) }).toEqual({ reader, known: true });
      expect(text).not.toContain(madeBy(maker).id);
    }
    expect((await house.session(madeBy(maker), house.theirs)).status).toBe(404);
  });

  test.each(dialects)('a payment of %s in test mode does not exist in live mode', async (maker) => {
    for (const reader of dialects) {
      const { status } = await house.read(reader, madeBy(maker), house.live);
      expect({ reader, found: status === 200 }).toEqual({ reader, found: false });
    }
    expect((await house.session(madeBy(maker), house.live)).status).toBe(404);
  });

  test.each(listing)(
    'the lists of %s are empty for strangers and in the other mode',
    async (name) => {
      expect(await house.list(name, '', house.theirs)).toEqual([]);
      expect(await house.list(name, '', house.live)).toEqual([]);
    },
  );
});
