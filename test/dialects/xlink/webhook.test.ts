// X-Link's webhook: the fixture of wire/xlink.md section 8, and every change of the word.

import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { webhookSecretContext } from '../../../src/dialects/xlink/settings.ts';
import { renderWebhook, schedule } from '../../../src/dialects/xlink/webhook.ts';
import { clausesOf, operationWord, operationWords } from '../../../src/dialects/xlink/words.ts';
import { VAULT_KEY_BYTES, createVault } from '../../../src/merchants/vault.ts';
import { statuses } from '../../../src/payments/machine.ts';
import type { EventOfPayment, Facts, Payment } from '../../../src/payments/nouns.ts';
import { webhookSecret } from './shop.ts';

const merchantId = '550e8400-e29b-41d4-a716-446655440000';
const vault = createVault(randomBytes(VAULT_KEY_BYTES));
const sealed = vault.seal(webhookSecret, webhookSecretContext(merchantId)).toString('base64');
const settings = { dialects: { xlink: { webhookSecret: sealed } } };

const payment = {
  merchantId,
  id: '550e8400-e29b-41d4-a716-446655440002',
  mode: 'live',
  direction: 'in',
  dialect: 'xlink',
  merchantReference: 'ORDER-12345',
  price: { units: 10_000n, asset: 'USD' },
  status: 'completed',
  cause: null,
  touched: true,
  callbackUrl: 'https://shop.example.com/xlink/callback',
  createdAt: new Date('2024-12-25T10:15:00.000Z'),
} as Payment;

const none: Facts = {
  requiredUnits: 10_000n,
  seenUnits: 0n,
  settledUnits: 0n,
  remainingUnits: 10_000n,
  overUnits: 0n,
  heldUnits: 0n,
  usesSeen: 0,
  usesSettled: 0,
};
const paid = { ...none, seenUnits: 10_000n };

type Change = {
  readonly payment?: Partial<Payment>;
  readonly event?: Partial<EventOfPayment['event']>;
  readonly facts?: Facts;
  readonly before?: Facts;
};

function change({ payment: own, event, facts = paid, before = none }: Change): EventOfPayment {
  const after = { ...payment, ...own };
  return {
    payment: after,
    moment: { instructions: [], sightings: [], facts, before },
    event: {
      merchantId,
      paymentId: payment.id,
      seq: 2,
      kind: 'status',
      status: after.status,
      previousStatus: 'awaiting',
      at: new Date('2024-12-25T10:20:00.999Z'),
      data: {},
      ...event,
    },
  };
}

const told = (one: Change) => renderWebhook({ vault }, change(one), settings);
const wordOf = (one: Change): unknown => {
  const found = told(one);
  return found && (JSON.parse(found.body) as { data: { status: string } }).data.status;
};

describe('the webhook', () => {
  it('is the documented bytes with the documented digest', () => {
    const body =
      '{"event":"transaction.status.updated","data":{"operation_id":' +
      '"550e8400-e29b-41d4-a716-446655440002","operation_number":"ORDER-12345",' +
      '"status":"SUCCESS","operation_type":"PAYIN","currency":"USD",' +
      '"initiated_amount":"100.00","amount":"100.00",' +
      '"created_at":"2024-12-25T10:15:00Z","updated_at":"2024-12-25T10:20:00Z"}}';
    expect(Buffer.byteLength(body)).toBe(313);
    expect(told({})).toEqual({
      url: payment.callbackUrl,
      headers: {
        'Content-Type': 'application/json',
        'X-Webhook-Signature': '08dc0060c6043ce0d7763a8ca6cc3999f2aa2b0f9b08921389262941b2c4ea10',
      },
      body,
    });
  });

  it('is sent by the house’s schedule', () => {
    expect(schedule.retryAfterMs).toHaveLength(9);
    expect([204, 199, 302, 500].map(schedule.delivered)).toEqual([true, false, false, false]);
  });

  it('comes for a part of the money, once', () => {
    const part = {
      payment: { status: 'awaiting', touched: true },
      event: { kind: 'money' },
    } as const;
    const event = { kind: 'money', previousStatus: null } as const;
    expect(wordOf({ ...part, event })).toBe('PROCESSING');
    expect(wordOf({ ...part, event, before: paid })).toBeNull();
    const whole = { payment: { status: 'confirming' } } as const;
    expect(wordOf({ ...whole, before: paid })).toBeNull();
    expect(wordOf(whole)).toBe('PROCESSING');
    const gone = { payment: { status: 'awaiting', touched: false }, event, before: paid } as const;
    expect(wordOf({ ...gone, facts: none })).toBe('PENDING');
  });

  it('comes for each other word, and for no creation', () => {
    const words: [Partial<Payment>, string][] = [
      [{ status: 'failed' }, 'FAILED'],
      [{ status: 'failed', direction: 'out', cause: 'declined' }, 'DECLINED'],
      [{ status: 'expired' }, 'CANCELLED'],
      [{ status: 'cancelled' }, 'CANCELLED'],
      [{ status: 'refunded' }, 'REFUNDED'],
    ];
    for (const [own, word] of words) expect(wordOf({ payment: own })).toBe(word);
    for (const kind of ['created', 'used', 'changed'] as const) {
      expect(told({ payment: { status: 'awaiting' }, event: { kind } })).toBeNull();
    }
    const reversed = {
      payment: { status: 'confirming' },
      event: { previousStatus: 'completed' },
    } as const;
    expect(wordOf(reversed)).toBe('PROCESSING');
  });

  it('goes nowhere without a URL, and throws without a secret', () => {
    expect(told({ payment: { callbackUrl: null } })).toBeNull();
    expect(() => renderWebhook({ vault }, change({}), {})).toThrow('no webhook secret');
  });
});

it('every state has a word, and is found by it', () => {
  for (const status of statuses) {
    for (const touched of [true, false]) {
      for (const cause of status === 'failed' ? (['declined', null] as const) : [null]) {
        for (const reportExpired of [true, false]) {
          const word = operationWord({ status, touched, cause }, reportExpired);
          const fits = operationWords.filter((one) =>
            clausesOf(one, reportExpired).some(
              (clause) =>
                clause.status === status &&
                (clause.touched === null || clause.touched === touched) &&
                (clause.cause === null || clause.cause === (cause ?? 'none')),
            ),
          );
          // `EXPIRED` is always accepted, also where another word is shown.
          const also = status === 'expired' && !reportExpired ? ['EXPIRED'] : [];
          expect(fits.toSorted()).toEqual([word, ...also].toSorted());
        }
      }
    }
  }
});
