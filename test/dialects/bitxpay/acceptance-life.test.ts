// The acceptance list of wire/bitxpay.md: limits, the sandbox, a link's life, lines 30 to 37.

import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventOfPayment } from '../../../src/payments/nouns.ts';
import { type Json, type Shop, createBody, liveKey, openShop } from './shop.ts';

let shop: Shop;
let limited: Shop;
beforeAll(async () => {
  shop = await openShop();
  limited = await openShop({ limited: true });
});
afterAll(async () => {
  await shop.close();
  await limited.close();
});

const webhookUrl = 'https://shop.example.com/hook';

type Event = Parameters<Shop['payments']['play']>[1];

async function play(id: string, ...events: Event[]): Promise<void> {
  for (const event of events) await shop.payments.play(await shop.payment(id), event);
}

function webhooksOf(id: string, settings: Json = { webhookUrl }) {
  const changes = shop.events.filter(({ payment }) => payment.id === id);
  return changes.flatMap((change: EventOfPayment) => {
    const found = shop.dialect.webhook(change, { dialects: { bitxpay: settings } });
    return found ? [found] : [];
  });
}

function hmac(secret: unknown, text: string): string {
  return createHmac('sha256', String(secret)).update(text).digest('hex');
}

describe('rate limits', () => {
  it('acceptance 30: three headers on every answer; request 101 in a minute is 429', async () => {
    const minute = 60;
    const now = limited.clock.at.getTime() / 1_000;
    for (let count = 1; count <= 100; count += 1) {
      const { status, headers } = await limited.get('xyz');
      expect(status).toBe(400);
      expect(headers['x-ratelimit-limit']).toBe('100');
      expect(headers['x-ratelimit-remaining']).toBe(String(100 - count));
      expect(headers['x-ratelimit-reset']).toBe(String(now + minute));
    }
    const { status, json, headers } = await limited.get('xyz');
    expect(status).toBe(429);
    expect(json).toEqual({ error: 'rate_limit_exceeded', message: 'Too many requests', code: 429 });
    expect(headers['retry-after']).toBe(String(minute));
    expect(headers['x-ratelimit-remaining']).toBe('0');
    const others = [
      await limited.get('', { key: null }),
      await limited.get('/api/v1/payments/links/a/b'),
      await limited.call('DELETE', ''),
      await limited.get('/api/v1/health'),
    ];
    expect(others.map((answer) => answer.status)).toEqual([401, 404, 405, 200]);
    for (const answer of others) {
      expect(answer.headers).toMatchObject({
        'x-ratelimit-limit': '100',
        'x-ratelimit-remaining': expect.stringMatching(/^\d+$/),
        'x-ratelimit-reset': expect.stringMatching(/^\d+$/),
      });
    }
    const live = await limited.get('', { key: liveKey });
    expect(live.headers['x-ratelimit-limit']).toBe('1000');
    limited.clock.at = new Date(limited.clock.at.getTime() + minute * 1_000);
    expect((await limited.get('xyz')).status).toBe(400);
  });
});

describe('the sandbox', () => {
  it('acceptance 31: 10 completes, 20 fails and 30 stays, in any currency', async () => {
    const scripts = [
      [10, 'USD', 'completes'],
      ['10.00', 'EUR', 'completes'],
      [20, 'JPY', 'fails'],
      [30, 'BHD', 'stays'],
      [10.01, 'USD', null],
    ] as const;
    for (const [order_amount, order_currency, script] of scripts) {
      const link = await shop.link({ order_amount, order_currency });
      expect((await shop.payment(link.id)).script).toBe(script);
    }
    const completes = await shop.link({ order_amount: 10 });
    await play(completes.id, 'pay');
    expect((await shop.get(completes.id)).json.payment_status).toBe('completed');
    const fails = await shop.link({ order_amount: 20 });
    await play(fails.id, 'pay');
    expect((await shop.get(fails.id)).json.payment_status).toBe('failed');
    const stays = await shop.link({ order_amount: 30 });
    await play(stays.id, 'pay');
    expect((await shop.get(stays.id)).json.payment_status).toBe('processing');
  });
});

describe('webhooks', () => {
  it('acceptance 32: nine members in order; both digests verify', async () => {
    const link = await shop.link();
    await play(link.id, 'pay', 'confirm');
    const [processing, completed, ...rest] = webhooksOf(link.id);
    expect(rest).toEqual([]);
    expect(JSON.parse(processing?.body ?? '')).toMatchObject({ event_type: 'payment.processing' });
    const body = completed?.body ?? '';
    const { signature, ...unsigned } = JSON.parse(body) as Json;
    expect(Object.keys({ ...unsigned, signature })).toEqual([
      'event_type',
      'payment_id',
      'payment_reference',
      'status',
      'amount',
      'currency',
      'webhook_data',
      'timestamp',
      'signature',
    ]);
    expect(unsigned).toMatchObject({
      event_type: 'payment.completed',
      payment_id: link.id,
      payment_reference: link.payment_reference,
      status: 'completed',
      amount: 12.5,
      currency: 'USD',
      timestamp: '2026-01-31T12:00:00Z',
    });
    expect(completed?.url).toBe(webhookUrl);
    const header = completed?.headers['X-BitXPay-Signature'];
    expect(header).toBe(hmac(link.notify_secret, body));
    expect(header).toBe(hmac(link.notify_secret, JSON.stringify(JSON.parse(body))));
    expect(signature).toBe(hmac(link.notify_secret, JSON.stringify(unsigned)));
  });

  it('acceptance 33: webhook_data is echoed exactly', async () => {
    const webhook_data = {
      z: [1, -0.5, 1e21, { deep: { quote: '"', text: 'ß \u2028 \ud83d\ude00' } }],
      '2': null,
      '1': [],
      ['__proto__']: { b: 2 },
    };
    const link = await shop.link({ webhook_data });
    await play(link.id, 'fail');
    const [sent] = webhooksOf(link.id);
    expect(sent?.body).toContain(`"webhook_data":${JSON.stringify(webhook_data)},"timestamp"`);
    const exact = JSON.stringify(createBody).replace('"ABC12345-12"', '12345678901234567890');
    const long = await shop.post(exact);
    await play(long.json.id as string, 'fail');
    expect(webhooksOf(long.json.id as string)[0]?.body).toContain(
      '{"order_id":12345678901234567890}',
    );
  });

  it('sends nothing for creation or inactive unless asked', async () => {
    const link = await shop.link();
    await shop.patch(link.id, { status: 'inactive' });
    expect(webhooksOf(link.id)).toEqual([]);
    const [created, ...rest] = webhooksOf(link.id, { webhookUrl, createdEvent: true });
    expect(rest).toEqual([]);
    expect(JSON.parse(created?.body ?? '')).toMatchObject({
      event_type: 'payment.created',
      status: 'processing',
    });
    expect(webhooksOf(link.id, { createdEvent: true })).toEqual([]);
  });
});

describe('money that does not fit', () => {
  it('acceptance 34: underpaid is short and expires; overpaid completes', async () => {
    const short = await shop.link();
    await play(short.id, 'underpay', 'confirm');
    const read = await shop.get(short.id);
    expect(read.json.payment_status).toBe('processing');
    const [transfer] = read.json.txs as Json[];
    expect(transfer).toMatchObject({
      order_currency: 'USD',
      status: 'confirmed',
      payment_tier: 'short',
      payment_currency: 'USD',
    });
    expect(transfer?.t3a_id).toMatch(/^[0-9a-f]{64}$/);
    expect(transfer?.receive_amount).toBe(transfer?.payment_amount);
    expect(transfer?.receive_amount).toBeLessThan(12.5);
    const over = await shop.link();
    await play(over.id, 'overpay', 'confirm');
    const overRead = await shop.get(over.id);
    expect(overRead.json).toMatchObject({ payment_status: 'completed', current_uses: 1 });
    expect(overRead.json.txs).toMatchObject([{ payment_tier: 'good' }]);
    const start = shop.clock.at;
    shop.clock.at = new Date(start.getTime() + 1_500_000);
    const late = await shop.get(short.id);
    expect(late.json).toMatchObject({ is_expired: true, is_active: false, is_available: false });
    await shop.payments.expireDue();
    expect((await shop.get(short.id)).json.payment_status).toBe('expired');
    shop.clock.at = start;
  });

  it('shows money on its way as hold, and money taken back as invalid', async () => {
    const link = await shop.link();
    await play(link.id, 'pay');
    const pending = await shop.get(link.id);
    expect(pending.json.txs).toMatchObject([
      { status: 'pending', payment_tier: 'hold', receive_amount: 12.5 },
    ]);
    expect(pending.json).toMatchObject({ payment_status: 'processing', is_active: true });
    await play(link.id, 'reverse');
    const gone = await shop.get(link.id);
    expect(gone.json.txs).toMatchObject([{ status: 'failed', payment_tier: 'invalid' }]);
  });
});

describe('the rest', () => {
  it('acceptance 35: health needs no key, HEAD has no body', async () => {
    const head = await shop.call('HEAD', '/api/v1/health', { key: null });
    expect([head.status, head.text]).toEqual([200, '']);
    const get = await shop.get('/api/v1/health', { key: null });
    expect([get.status, get.json]).toEqual([200, { status: 'ok' }]);
  });

  it('acceptance 36: a wrong method is 405 with Allow, a wrong path 404', async () => {
    const method = await shop.call('DELETE', '', { key: null });
    expect(method.status).toBe(405);
    expect(method.headers.allow).toBe('POST, GET, HEAD');
    expect(method.json).toMatchObject({ error: 'method_not_allowed', code: 405 });
    const path = await shop.get('/api/v1/payments/links/a/b', { key: null });
    expect(path.status).toBe(404);
    expect(path.json).toEqual({ error: 'not_found', message: 'Not found', code: 404 });
  });

  it('acceptance 37: two uses are two payments, and completed at the second', async () => {
    const { id } = await shop.link({ max_uses: 2 });
    await play(id, 'pay', 'confirm');
    const once = await shop.get(id);
    expect(once.json).toMatchObject({ current_uses: 1, is_active: true, is_available: true });
    await play(id, 'pay', 'confirm');
    const twice = await shop.get(id);
    expect(twice.json).toMatchObject({
      current_uses: 2,
      is_active: false,
      payment_status: 'completed',
    });
    expect(twice.json.txs).toMatchObject([{ payment_tier: 'good' }, { payment_tier: 'good' }]);
    const told = webhooksOf(id).map(({ body }) => (JSON.parse(body) as Json).event_type);
    expect(told.filter((type) => type === 'payment.completed')).toHaveLength(2);
  });
});
