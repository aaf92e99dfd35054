// The callback on its own: the printed fixture, and which events are told.

import { describe, expect, it } from 'vitest';
import { bitxpaySettings } from '../../../src/dialects/bitxpay/settings.ts';
import { renderWebhook, schedule } from '../../../src/dialects/bitxpay/webhook.ts';
import type { EventOfPayment, Payment, PaymentEvent } from '../../../src/payments/nouns.ts';

const at = new Date('2026-01-31T12:00:00.987Z');
const url = 'https://shop.example.com/hook';

const payment: Payment = {
  merchantId: '0190a000-0000-7000-8000-000000000001',
  id: '3d0a5e66-f5a5-432e-86e6-e9405a94fba6',
  mode: 'test',
  direction: 'in',
  number: 1,
  reference: 'SDF-453672-PMT',
  dialect: 'bitxpay',
  merchantReference: null,
  name: 'Premium Subscription',
  price: { units: 1000n, asset: 'USD' },
  status: 'completed',
  cause: null,
  touched: true,
  paused: false,
  maxUses: 1,
  uses: 1,
  payer: {},
  metadata: '{"order_id":"ABC12345-12"}',
  successUrl: null,
  cancelUrl: null,
  callbackUrl: null,
  callbackSecret: Buffer.from('sealed'),
  policy: null,
  script: null,
  createdBy: null,
  dialectData: null,
  exchange: null,
  convertPercent: null,
  feeUnits: null,
  eventSeq: 3,
  createdAt: at,
  updatedAt: at,
  expiresAt: at,
};

function change(event: Partial<PaymentEvent>, own: Partial<Payment> = {}): EventOfPayment {
  const after = { ...payment, ...own };
  return {
    payment: after,
    moment: null,
    event: {
      merchantId: after.merchantId,
      paymentId: after.id,
      seq: 3,
      kind: 'status',
      status: after.status,
      previousStatus: 'confirming',
      at,
      data: {},
      ...event,
    },
  };
}

function render(one: EventOfPayment, bag: Record<string, unknown> = { webhookUrl: url }) {
  return renderWebhook(one, { dialects: { bitxpay: bag } }, () => 'X'.repeat(24));
}

function told(one: EventOfPayment, bag?: Record<string, unknown>): unknown {
  const body = render(one, bag)?.body;
  return body === undefined ? null : (JSON.parse(body) as { event_type: unknown }).event_type;
}

describe('the printed fixture of section 8', () => {
  it('has both digests', () => {
    const found = render(change({}));
    expect(found).toEqual({
      url,
      headers: {
        'Content-Type': 'application/json',
        'X-BitXPay-Signature': '1874e1acdd936bb4ca9cd34655114c9276605c5eb6be81f73df84806b97c3f41',
      },
      body:
        '{"event_type":"payment.completed","payment_id":"3d0a5e66-f5a5-432e-86e6-e9405a94fba6",' +
        '"payment_reference":"SDF-453672-PMT","status":"completed","amount":10,"currency":"USD",' +
        '"webhook_data":{"order_id":"ABC12345-12"},"timestamp":"2026-01-31T12:00:00Z",' +
        '"signature":"4135b8f23d7e07d833e807caeb4c032a5c3023bf0c1946fafd85dba203564364"}',
    });
  });
});

describe('which events are told', () => {
  const pending = { webhookUrl: url, initialStatus: 'pending' };
  const cases: [string, EventOfPayment, unknown, Record<string, unknown>?][] = [
    ['completed', change({}), 'payment.completed'],
    ['failed', change({ status: 'failed' }, { status: 'failed' }), 'payment.failed'],
    ['expired', change({ previousStatus: 'awaiting' }, { status: 'expired' }), 'payment.expired'],
    [
      'cancelled',
      change({ previousStatus: 'awaiting' }, { status: 'cancelled' }),
      'payment.cancelled',
    ],
    [
      'refunded',
      change({ previousStatus: 'completed' }, { status: 'refunded' }),
      'payment.refunded',
    ],
    [
      'first money that is enough',
      change({ previousStatus: 'awaiting', data: { firstMoney: true } }, { status: 'confirming' }),
      'payment.processing',
    ],
    [
      'first money that is short',
      change({ kind: 'money', data: { firstMoney: true } }, { status: 'awaiting' }),
      'payment.processing',
    ],
    ['more money', change({ kind: 'money' }, { status: 'awaiting' }), null],
    [
      'enough at last: the word stays',
      change({ previousStatus: 'awaiting' }, { status: 'confirming' }),
      null,
    ],
    [
      'enough at last: the word changes',
      change({ previousStatus: 'awaiting' }, { status: 'confirming' }),
      'payment.processing',
      pending,
    ],
    [
      'taken back',
      change({ previousStatus: 'completed', data: { reversed: true } }, { status: 'awaiting' }),
      'payment.processing',
    ],
    ['one use of several', change({ kind: 'used' }, { status: 'awaiting' }), 'payment.completed'],
    ['paused', change({ kind: 'changed' }, { status: 'awaiting', paused: true }), null],
    [
      'taken back on a paused link',
      change({ previousStatus: 'confirming' }, { status: 'awaiting', paused: true }),
      null,
    ],
    ['created', change({ kind: 'created' }, { status: 'awaiting' }), null],
    [
      'created, asked for',
      change({ kind: 'created' }, { status: 'awaiting' }),
      'payment.created',
      { ...pending, createdEvent: true },
    ],
    ['no URL', change({}), null, {}],
  ];
  it.each(cases)('%s', (_name, one, expected, bag) => {
    expect(told(one, bag)).toBe(expected);
  });

  it('prefers the URL of the link, and says nothing without a key', () => {
    const own = change({}, { callbackUrl: 'https://other.example.com/' });
    expect(render(own, {})?.url).toBe('https://other.example.com/');
    const settings = { dialects: { bitxpay: { webhookUrl: url } } };
    expect(renderWebhook(change({}), settings, () => null)).toBeNull();
  });

  it('adds the generic form when asked, and signs it too', () => {
    const body = render(change({}), { webhookUrl: url, genericForm: true })?.body ?? '';
    expect(Object.keys(JSON.parse(body) as object).slice(-5)).toEqual([
      'timestamp',
      'id',
      'type',
      'data',
      'signature',
    ]);
    expect(JSON.stringify(JSON.parse(body))).toBe(body);
  });
});

describe('the schedule', () => {
  it('is the documented one', () => {
    const minutes = schedule.retryAfterMs.map((ms) => ms / 60_000);
    expect(minutes).toEqual([5, 30, 120, 1_440]);
    expect(schedule.timeoutMs).toBe(30_000);
    expect([199, 200, 201, 204, 299, 302, 404, 500].map(schedule.delivered)).toEqual([
      false,
      true,
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('settings', () => {
  it('are safe when they are absent or wrong', () => {
    const wrong = {
      merchantKey: 5,
      initialStatus: 'done',
      lifetimeSeconds: -1,
      webhookUrl: {},
      createdEvent: 'yes',
      publicKeys: 'none',
    };
    for (const bag of [undefined, wrong]) {
      expect(bitxpaySettings(bag ? { dialects: { bitxpay: bag } } : {})).toEqual({
        merchantKey: null,
        initialStatus: 'processing',
        lifetimeMs: 1_500_000,
        webhookUrl: null,
        acceptWebhookUrl: false,
        createdEvent: false,
        genericForm: false,
        requireSignature: false,
        hasPublicKeys: false,
        publicKeys: [],
      });
    }
    const odd = { dialects: { bitxpay: { requireSignature: 'ture' } } };
    expect(bitxpaySettings(odd).requireSignature).toBe(true);
  });
});
