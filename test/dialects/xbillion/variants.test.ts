// What a merchant's settings change on xBillion's wire, and payments of other dialects.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { webhookSecretContext } from '../../../src/dialects/xbillion/settings.ts';
import { createVault } from '../../../src/merchants/vault.ts';
import { openHeaders } from '../../../src/webhooks/sealed-headers.ts';
import { type Json, type Shop, customer, openShop } from './shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());
beforeEach(async () => {
  await shop.set({ services: { fee: { kind: 'redirect', fee: { fixed: '2' } } } });
});

const webhook_url = 'https://shop.example.com/hook';

async function bodies(id: string): Promise<Json[]> {
  return (await shop.deliveries(id)).map(({ body }) => JSON.parse(body) as Json);
}

/** Runs with settings that are taken back afterwards. */
async function having(change: Json, work: () => Promise<void>): Promise<void> {
  await shop.set(change);
  await work();
  await shop.set(Object.fromEntries(Object.keys(change).map((name) => [name, null])));
}

describe('settings', () => {
  it('fees: an object, or none at all', async () => {
    const fee = { fee: 2, currency: 'USD', fee_payer: 'merchant' };
    await having({ fees: 'object' }, async () => {
      const made = await shop.made({ service: 'fee' });
      expect(made.fees).toEqual(fee);
      expect((await shop.get(made.id)).json.fees).toEqual(fee);
    });
    await having({ fees: 'omit' }, async () => {
      expect('fees' in (await shop.made({ service: 'fee' }))).toBe(false);
    });
  });

  it('amountsAsText: strings everywhere', async () => {
    await having({ amountsAsText: true }, async () => {
      const made = await shop.made({ service: 'fee', amount: 10.5, webhook_url });
      expect(made.amount).toEqual({ value: '10.5', currency: 'USD' });
      expect(made.fees).toEqual([{ fee: '2', currency: 'USD', fee_payer: 'merchant' }]);
      await shop.play(made.id, 'pay', 'confirm');
      expect((await bodies(made.id))[0]).toMatchObject({
        in_amount: { amount: '10.5', currency: 'USD' },
        fee: { fee: '2' },
      });
    });
  });

  it('strictEmail: a phone alone is not enough', async () => {
    await having({ strictEmail: true }, async () => {
      const { fields } = await shop.create(customer({ email: '', phone: '+11234567890' }));
      expect(fields).toEqual(['customer.email']);
    });
  });

  it('lenientIp: any text of twenty characters', async () => {
    await having({ lenientIp: true }, async () => {
      expect((await shop.create(customer({ ip: 'unknown' }))).status).toBe(200);
      expect((await shop.create(customer({ ip: 'x'.repeat(21) }))).fields).toEqual(['customer.ip']);
      expect((await shop.create(customer({ ip: '2001:db8:85a3::8a2e:370:7334' }))).status).toBe(
        200,
      );
    });
  });

  it('unknownIdStatus: 404 for what is not there and for what is not one’s own', async () => {
    const { id } = await shop.made({}, { as: shop.pairs.B });
    await having({ unknownIdStatus: 404 }, async () => {
      const foreign = await shop.get(id);
      const unknown = await shop.get('019a0000-0000-7000-8000-000000000001');
      expect([foreign.status, foreign.code]).toEqual([404, 'not_found']);
      expect(unknown.text).toBe(foreign.text);
    });
  });

  it('returnUrls: each falls back by itself', async () => {
    const own = 'https://shop.example.com/own';
    const returnUrls = {
      success: 'https://shop.example.com/yes',
      fail: 'https://shop.example.com/no',
    };
    await having({ returnUrls }, async () => {
      const { id } = await shop.made({ return_urls: { success: own } });
      const view = await shop.app.payments.findForPayer(id);
      expect(view?.payment).toMatchObject({ successUrl: own, cancelUrl: returnUrls.fail });
    });
  });

  it('lifetimeSeconds: of the merchant, and of a service before it', async () => {
    const services = { short: { kind: 'redirect', lifetimeSeconds: 60 } };
    await having({ lifetimeSeconds: 600, services }, async () => {
      const lifetime = async (service: string) => {
        const { id } = await shop.made({ service });
        const view = await shop.app.payments.findForPayer(id);
        return (view?.payment.expiresAt.getTime() ?? 0) - shop.clock.at.getTime();
      };
      expect([await lifetime('crypto'), await lifetime('short')]).toEqual([600_000, 60_000]);
    });
  });

  it('webhookOn change: every change of the payment', async () => {
    await having({ webhookOn: 'change' }, async () => {
      const { id } = await shop.made({ webhook_url });
      await shop.play(id, 'pay', 'confirm');
      await shop.app.payments.close({ merchantId: shop.merchant.id, mode: 'test' }, id, 'refund');
      expect((await bodies(id)).map(({ status }) => status)).toEqual([
        'pending',
        'completed',
        'completed',
      ]);
    });
  });

  it('a service of that name may be another, or closed', async () => {
    await having({ services: { crypto: { kind: 'redirect', enabled: false } } }, async () => {
      expect((await shop.create()).code).toBe('service_disabled');
    });
    await having({ services: { crypto: { kind: 'details', method: 'sandbox' } } }, async () => {
      expect(((await shop.made()).next as Json).action).toBe('show_details');
    });
  });

  it('a live merchant has only the services it was given', async () => {
    for (const service of ['crypto', 'bank-transfer', 'string']) {
      const { code } = await shop.create({ service }, { as: shop.pairs.live });
      expect(code).toBe('unknown_service');
    }
  });
});

describe('the final word', () => {
  const scope = () => ({ merchantId: shop.merchant.id, mode: 'test' }) as const;
  const words = async (id: string) =>
    (await bodies(id)).map(({ status, reject_reason: reason }) => [status, reason]);

  it('failed and cancelled are rejected', async () => {
    const failed = await shop.made({ webhook_url });
    await shop.play(failed.id, 'fail');
    expect(await words(failed.id)).toEqual([['rejected', 'failed']]);
    const cancelled = await shop.made({ webhook_url });
    await shop.app.payments.close(scope(), cancelled.id, 'cancel');
    expect(await words(cancelled.id)).toEqual([['rejected', 'cancelled']]);
    expect((await shop.get(cancelled.id)).json.status).toBe('rejected');
  });

  it('a refund has no word: what was completed stays completed, and nothing is sent', async () => {
    const { id } = await shop.made({ webhook_url });
    await shop.play(id, 'pay', 'confirm');
    await shop.app.payments.close(scope(), id, 'refund');
    expect(await words(id)).toEqual([['completed', undefined]]);
    expect((await shop.get(id)).json.status).toBe('completed');
  });

  it('late money sent back leaves it rejected', async () => {
    const { id } = await shop.made({ webhook_url });
    await shop.play(id, 'underpay', 'confirm');
    await shop.expire(id);
    await shop.app.payments.close(scope(), id, 'refund');
    expect(await words(id)).toEqual([['rejected', 'underpaid']]);
    expect((await shop.get(id)).json.status).toBe('rejected');
  });

  it('late money that is held says so when the clock was late as well', async () => {
    const { id } = await shop.made({ webhook_url });
    await shop.play(id, 'pay', 'reverse');
    const view = await shop.app.payments.findForPayer(id);
    shop.clock.at = new Date((view?.payment.expiresAt.getTime() ?? 0) + 1_000);
    await shop.play(id, 'pay', 'confirm');
    await shop.app.payments.expireDue();
    expect(await words(id)).toEqual([['rejected', 'paid_late']]);
  });

  it('un-paid and paid again is told again', async () => {
    const { id } = await shop.made({ webhook_url });
    await shop.play(id, 'pay', 'confirm', 'reverse');
    expect((await shop.get(id)).json.status).toBe('pending');
    await shop.play(id, 'pay', 'confirm');
    const told = await words(id);
    expect(told).toEqual([
      ['completed', undefined],
      ['completed', undefined],
    ]);
  });
});

describe('secrets', () => {
  it('stand in no table, neither as they are nor as they are sent', async () => {
    const secret = 'a very secret word';
    const pair = `${shop.merchant.id}:${secret}`;
    await shop.issue(pair, shop.merchant.id, 'test');
    const body = shop.body({ service: 'bank-transfer', webhook_url });
    const made = await shop.post(body, { as: pair });
    await shop.play(String(made.json.id), 'pay', 'confirm');
    const encoded = Buffer.from(pair).toString('base64');
    const hex = Buffer.from(secret).toString('hex');
    const tables = await shop.db.query<{ name: string }>(
      `select table_schema || '.' || table_name as name from information_schema.tables
        where table_type = 'BASE TABLE' and table_schema in ('public', 'graphile_worker')`,
    );
    for (const { name } of tables) {
      const rows = await shop.db.query<{ text: string }>(`select t::text as text from ${name} t`);
      const found = rows.filter(({ text }) =>
        [secret, encoded, hex].some((form) => text.includes(form)),
      );
      expect([name, found]).toEqual([name, []]);
    }
    const again = await shop.post(body, { as: pair });
    expect(again.text).toBe(made.text);
    const [{ answer } = { answer: '' }] = await shop.db.query<{ answer: string }>(
      `select i.answer || coalesce(told.answer, '') as answer from idempotency i
         left join instructions told using (merchant_id, payment_id) where key = $1`,
      [body.order_id],
    );
    expect(answer).not.toBe('');
    expect(answer).not.toContain('account');
  });

  it('the webhook may show another one', async () => {
    const vault = createVault(shop.app.options.vaultKey);
    const sealed = vault.seal('ш only for hooks', webhookSecretContext(shop.merchant.id));
    await having({ webhookSecret: sealed.toString('base64') }, async () => {
      const { id } = await shop.made({ webhook_url });
      await shop.play(id, 'pay', 'confirm');
      const [row] = await shop.db.query<{ id: string; headers: Record<string, never> }>(
        'select id, headers from deliveries where payment_id = $1',
        [id],
      );
      const { Authorization: header = '' } = openHeaders(vault, row?.id ?? '', row?.headers ?? {});
      const shown = Buffer.from(header.slice('Basic '.length), 'base64').toString();
      expect(shown).toBe(`${shop.merchant.id}:ш only for hooks`);
    });
  });
});

describe('payments of other dialects', () => {
  it('are read with what this vendor’s words can say', async () => {
    const link = await shop.server.inject({
      method: 'POST',
      url: '/api/v1/payments/links',
      headers: { 'x-api-key': shop.test.key, 'content-type': 'application/json' },
      payload: {
        merchant_key: shop.test.merchantKey,
        order_currency: 'JPY',
        order_amount: 1500,
        payment_name: 'Tea',
        payer_email: 'payer@example.com',
        success_url: 'https://shop.example.com/yes',
        cancel_url: 'https://shop.example.com/no',
      },
    });
    const { id } = link.json() as { id: string };
    const { status, json } = await shop.get(id);
    expect(status).toBe(200);
    expect(json).toEqual({
      id,
      amount: { value: 1500, currency: 'JPY' },
      status: 'pending',
      created_at: expect.stringMatching(/Z$/),
      order_id: id,
      service: '',
    });
  });

  it('and this dialect’s are read by theirs', async () => {
    const { id } = await shop.made();
    const found = await shop.get(`links/${id}`, {
      as: null,
      headers: { 'x-api-key': shop.test.key },
    });
    expect(found.json).toMatchObject({ id, amount: 100, currency: 'USD' });
  });

  it('live payments are not seen in test mode, nor the other way round', async () => {
    const { id } = await shop.made();
    expect((await shop.get(id, { as: shop.pairs.live })).status).toBe(403);
  });
});

describe('the sandbox', () => {
  it('is driven with the pair', async () => {
    const { id } = await shop.made();
    const url = `/sandbox/payments/${id}`;
    const event = { body: { event: 'pay' } };
    expect((await shop.call('POST', url, event)).status).toBe(200);
    expect((await shop.call('POST', url, { body: { event: 'confirm' } })).status).toBe(200);
    expect((await shop.get(id)).json.status).toBe('completed');
    expect((await shop.call('POST', url, { ...event, as: shop.pairs.B })).status).toBe(404);
    expect((await shop.call('POST', url, { ...event, as: 'a:b' })).status).toBe(401);
    expect((await shop.call('POST', url, { ...event, as: shop.pairs.live })).status).toBe(401);
  });
});
