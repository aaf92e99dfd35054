// xBillion live: requisites of a rail, what is kept of them, and webhooks over https only.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NoDirections } from '../../../src/rails/rail.ts';
import { createScriptedRail } from '../../harness/scripted-rail.ts';
import { type Json, type Shop, openShop } from './shop.ts';

const requisite = { number: 'DE02120300000000202051', holder: 'EXAMPLE HOLDER', bank: 'Bank' };
const full = new Set<string>();

const rail = {
  ...createScriptedRail(),
  mode: 'live',
  instruct: async (_tx, requests) => {
    const refused = requests.filter(({ label }) => full.has(label));
    if (refused.length > 0) {
      throw new NoDirections(new Map(refused.map(({ reference }) => [reference, 'all taken'])));
    }
    const details = { ...requisite, bankCode: 'BYLADEM1001' };
    return requests.map(({ amount: { units, asset } }) => ({
      target: '•••• 2051',
      uri: null,
      // Told apart from another payment of the same amount.
      amount: { units: units + 3n, asset },
      details,
    }));
  },
} satisfies ReturnType<typeof createScriptedRail>;

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ rails: [rail] });
  await shop.set(
    {
      services: {
        bank: { kind: 'details', method: 'scripted' },
        page: { kind: 'redirect' },
      },
    },
    'live',
  );
});
afterAll(() => shop.close());

const live = () => ({ as: shop.pairs.live });

describe('a requisite', () => {
  it('is shown under the names of the page, with the amount to be sent', async () => {
    const { amount, next } = await shop.made({ service: 'bank' }, live());
    expect(amount).toEqual({ value: 100, currency: 'USD' });
    expect(next as Json).toEqual({
      action: 'show_details',
      details: {
        account: requisite.number,
        holder: requisite.holder,
        bank: requisite.bank,
        bank_code: 'BYLADEM1001',
        reference: expect.stringMatching(/^[A-Z]{3}-\d{6}-PMT$/) as string,
        amount: '100.03',
        currency: 'USD',
        expires_at: '2026-01-31T12:30:00Z',
      },
    });
  });

  it('is repeated byte for byte, and no table has its number in the clear', async () => {
    const body = shop.body({ service: 'bank' });
    const first = await shop.post(body, live());
    expect((await shop.post(body, live())).text).toBe(first.text);
    for (const name of ['idempotency', 'payments', 'instructions', 'events']) {
      const rows = await shop.db.query<{ text: string }>(`select t::text as text from ${name} t`);
      expect(rows.filter(({ text }) => text.includes(requisite.number))).toEqual([]);
    }
  });

  it('that is not there refuses this order alone, which may come again', async () => {
    full.add('unlucky');
    const unlucky = shop.body({ service: 'bank', order_id: 'unlucky' });
    const [refused, ...others] = await Promise.all([
      shop.post(unlucky, live()),
      ...Array.from({ length: 5 }, () => shop.create({ service: 'bank' }, live())),
    ]);
    expect([refused?.status, refused?.code]).toEqual([422, 'service_refused']);
    expect(others.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    full.clear();
    expect((await shop.post(unlucky, live())).status).toBe(200);
  });
});

describe('a webhook', () => {
  it('over plain http is not sent, and the delivery says why', async () => {
    await shop.set({ webhookUrl: 'http://shop.example.com/hook' }, 'live');
    const cancelled = async () => {
      const { id } = await shop.made({ service: 'page' }, live());
      await shop.app.payments.close({ merchantId: shop.merchant.id, mode: 'live' }, id, 'cancel');
      return shop.deliveries(id);
    };
    const [dead] = await cancelled();
    expect(dead).toMatchObject({ status: 'dead', attempts: [] });
    expect(dead?.body).toContain('not https');
    await shop.set({ allowInsecureWebhook: true }, 'live');
    expect(await cancelled()).toMatchObject([{ status: 'pending' }]);
  });
});
