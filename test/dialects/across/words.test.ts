// What became of a payment of each dialect, in the words of every other: section 4 of their pages.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Payment } from '../../../src/payments/nouns.ts';
import { type House, type Name, dialects, openHouse } from './house.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

type Fate = {
  /** Of BitXPay, xpay, xBillion and X-Link in this order, then X-Link's of the session. */
  readonly words: readonly [string, string, string, string, string];
  readonly happens: (payment: Payment) => Promise<unknown>;
};

const close = (payment: Payment, how: 'cancel' | 'refund') =>
  house.app.payments.close(payment, payment.id, how);

const fates: Readonly<Record<string, Fate>> = {
  awaiting: {
    words: ['processing', 'sending', 'pending', 'PENDING', 'active'],
    happens: async () => undefined,
  },
  underpaid: {
    words: ['processing', 'adjustment', 'pending', 'PROCESSING', 'active'],
    happens: (payment) => house.play(payment, 'underpay', 'confirm'),
  },
  confirming: {
    words: ['processing', 'verifying', 'pending', 'PROCESSING', 'active'],
    happens: (payment) => house.play(payment, 'pay'),
  },
  completed: {
    words: ['completed', 'approved', 'completed', 'SUCCESS', 'used'],
    happens: (payment) => house.play(payment, 'pay', 'confirm'),
  },
  overpaid: {
    words: ['completed', 'approved', 'completed', 'SUCCESS', 'used'],
    happens: (payment) => house.play(payment, 'overpay', 'confirm'),
  },
  'un-paid by a reorganisation': {
    words: ['processing', 'sending', 'pending', 'PENDING', 'active'],
    happens: (payment) => house.play(payment, 'pay', 'reverse'),
  },
  failed: {
    words: ['failed', 'rejected', 'rejected', 'FAILED', 'expired'],
    happens: (payment) => house.play(payment, 'fail'),
  },
  expired: {
    words: ['expired', 'canceled', 'rejected', 'CANCELLED', 'expired'],
    happens: (payment) => house.expire(payment),
  },
  'expired, underpaid': {
    words: ['expired', 'rejected', 'rejected', 'CANCELLED', 'expired'],
    happens: async (payment) => {
      await house.play(payment, 'underpay', 'confirm');
      await house.expire(payment);
    },
  },
  cancelled: {
    words: ['cancelled', 'canceled', 'rejected', 'CANCELLED', 'expired'],
    happens: (payment) => close(payment, 'cancel'),
  },
  refunded: {
    words: ['refunded', 'refunded', 'completed', 'REFUNDED', 'used'],
    happens: async (payment) => {
      await house.play(payment, 'pay', 'confirm');
      await close(payment, 'refund');
    },
  },
};

const memberOf: Readonly<Record<Name, string>> = {
  bitxpay: 'payment_status',
  xpay: 'status',
  xbillion: 'status',
  xlink: 'status',
};

describe.each(Object.entries(fates))('%s', (_, { happens, words }) => {
  test.each(dialects)('made by %s', async (maker) => {
    const payment = await house.make(maker);
    await happens(payment);
    for (const [at, reader] of dialects.entries()) {
      const { status, json } = await house.read(reader, payment);
      const word = json[memberOf[reader]];
      expect({ reader, status, word }).toEqual({ reader, status: 200, word: words[at] });
    }
    const { json } = await house.session(payment);
    expect(json).toMatchObject({ operation_status: words[3], status: words[4] });
  });
});

describe('lists by their own words find what others made', () => {
  test('what is completed, and nothing else', async () => {
    const own = await openHouse();
    const paid = new Set<string>();
    for (const maker of dialects) {
      const payment = await own.make(maker);
      await own.play(payment, 'pay', 'confirm');
      paid.add(payment.id).add(`${payment.number}`);
      await own.make(maker);
    }
    const queries = {
      bitxpay: '?statuses=completed',
      xpay: '?status=approved',
      xlink: '?status=success&operation_type=payin',
    };
    for (const [reader, query] of Object.entries(queries)) {
      const found = await own.list(reader as 'bitxpay', query);
      const ids = found.map((one) => `${one['operation_id'] ?? one['id']}`);
      expect({ reader, found: ids.length }).toEqual({ reader, found: dialects.length });
      for (const id of ids) expect(paid).toContain(id);
    }
    await own.close();
  });
});
