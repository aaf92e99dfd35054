// A transfer to an account that the desk leased: who is told its number, and where it never stands.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shell } from '../../../src/merchants/staff-log.ts';
import type { Payment } from '../../../src/payments/nouns.ts';
import { type House, type Json, openHouse } from './house.ts';

const number = 'DE89370400440532013000';
const masked = '**** 3000';
const xlinkMethod = '550e8400-e29b-41d4-a716-446655440000';

let house: House;
beforeAll(async () => {
  house = await openHouse();
  const { app, merchant } = house;
  await app.merchants.updateSettings(merchant.id, 'live', (settings) => ({
    ...settings,
    dialects: {
      ...settings.dialects,
      xbillion: { services: { bank: { kind: 'details', method: 'bank-transfer' } } },
      xlink: {
        methods: [
          {
            id: xlinkMethod,
            name: 'Bank',
            instrument: 'BANK_TRANSFER',
            currency: 'EUR',
            operation: 'PAYIN',
          },
        ],
      },
    },
  }));
  await app.desk.requisites.add(
    {
      merchantId: merchant.id,
      mode: 'live',
      traderId: null,
      kind: 'iban',
      currency: 'EUR',
      number,
      holder: 'Ada Lovelace',
      bank: 'Example Bank AG',
      bankCode: 'COBADEFFXXX',
    },
    shell,
  );
});
afterAll(() => house.close());

async function byXbillion(): Promise<{ payment: Payment; details: Json }> {
  const { server, app } = house;
  const answered = await server.inject({
    method: 'POST',
    url: '/api/v1/payments',
    headers: { ...house.live.xbillion, 'content-type': 'application/json' },
    payload: JSON.stringify({
      amount: 249.99,
      currency: 'EUR',
      order_id: `transfer-${Math.random()}`,
      service: 'bank',
      customer: { email: 'payer@example.com', ip: '203.0.113.7' },
    }),
  });
  const json = JSON.parse(answered.body) as Json & { id: string; next: { details: Json } };
  const view = await app.payments.findForPayer(json.id);
  if (!view) throw new Error(answered.body);
  return { payment: view.payment, details: json.next.details };
}

const byXlink = () =>
  house.make(
    'xlink',
    { payment_method_type_id: xlinkMethod, amount: '50.00', currency: 'EUR' },
    house.live,
  );

describe('the number of a leased account', () => {
  test('xBillion shows it with the reference and the text of the QR code', async () => {
    const { payment, details } = await byXbillion();
    expect(details).toMatchObject({
      account: number,
      holder: 'Ada Lovelace',
      bank_code: 'COBADEFFXXX',
      reference: payment.reference,
      amount: '249.99',
      currency: 'EUR',
    });
    expect(String(details['qr']).split('\n')).toEqual(
      expect.arrayContaining(['BCD', number, 'EUR249.99', payment.reference]),
    );
  });

  test('X-Link shows it of its own payments and of those of others', async () => {
    const payments = [await byXlink(), (await byXbillion()).payment];
    for (const payment of payments) {
      for (const { json } of [
        await house.session(payment, house.live),
        await house.read('xlink', payment, house.live),
      ]) {
        expect(json['payment_method_requisites']).toMatchObject({
          account_number: number,
          account_name: 'Ada Lovelace',
        });
      }
    }
  });

  test('the hosted page shows it at once: the way to pay was agreed on', async () => {
    for (const { id } of [await byXlink(), (await byXbillion()).payment]) {
      const { body } = await house.server.inject(`/link/${id}`);
      expect(body).toContain('data-kind="pay"');
      expect(body).toContain(`data-copy="${number}"`);
      expect(body).toContain('<svg class="qr"');
    }
  });

  test('BitXPay, xpay and every list know its end at most', async () => {
    const payments = [await byXlink(), (await byXbillion()).payment];
    for (const payment of payments) {
      for (const reader of ['bitxpay', 'xpay', 'xbillion'] as const) {
        const { status, text } = await house.read(reader, payment, house.live);
        expect({ reader, status }).toEqual({ reader, status: 200 });
        expect(text).not.toContain(number);
      }
    }
    expect((await house.read('xpay', payments[0]!, house.live)).json['wallet']).toBe(masked);
    for (const reader of ['bitxpay', 'xpay', 'xlink'] as const) {
      const items = await house.list(reader, '', house.live);
      expect(items.length).toBeGreaterThan(1);
      expect(JSON.stringify(items)).not.toContain(number);
    }
  });

  test('no table has it in the clear', async () => {
    await byXbillion();
    for (const table of ['instructions', 'payments', 'leases', 'requisites', 'idempotency']) {
      const rows = await house.db.query<{ row: string }>(`select t::text as row from ${table} t`);
      expect(rows.length).toBeGreaterThan(0);
      for (const { row } of rows) expect(row).not.toContain(number);
    }
  });
});
