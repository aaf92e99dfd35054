// The desk under the dialects: what merchants ask for is leased, confirmed and told in their words.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DeskHouse, openDeskHouse } from './house.ts';

let house: DeskHouse;
let manager: { id: string; token: string };
beforeAll(async () => {
  house = await openDeskHouse();
  manager = await house.person('manager');
}, 60_000);
afterAll(() => house.close());

test('xBillion: the details of a leased account; confirmed, the payment is paid', async () => {
  const { app, server, merchant } = house;
  const secret = `${merchant.id}:a secret of the shop`;
  const owner = {
    merchantId: merchant.id,
    dialect: 'xbillion',
    mode: 'live',
    label: 'test',
  } as const;
  await app.credentials.issue({ ...owner, secret });
  const bank = { kind: 'details', method: 'bank-transfer', currencies: ['EUR'] };
  await app.merchants.updateSettings(merchant.id, 'live', (settings) => ({
    ...settings,
    dialects: { ...settings.dialects, xbillion: { services: { bank } } },
  }));
  const headers = { authorization: `Basic ${Buffer.from(secret).toString('base64')}` };
  const body = {
    order_id: 'order-1',
    service: 'bank',
    amount: 25,
    currency: 'EUR',
    customer: { id: '1', phone: '+11234567890', email: 'a@example.com', ip: '203.0.113.7' },
    callback_url: 'https://shop.example/callback',
    return_url: 'https://shop.example/return',
    description: 'Order',
  };
  const url = '/api/v1/payments';
  const ask = (payload: object) => server.inject({ method: 'POST', url, headers, payload });
  expect((await ask(body)).statusCode).toBe(422);

  await house.requisite({ bank: 'Bank of Ada' });
  await served();
  const made = await ask({ ...body, order_id: 'order-2' });
  expect({ text: made.body, status: made.statusCode }).toMatchObject({ status: 200 });
  expect(made.body).toContain('ACC00000001');
  const { id } = made.json<{ id: string }>();
  const [lease] = await openLeases();
  expect(lease).toMatchObject({ amount: '25.00', currency: 'EUR', received: '0.00' });
  expect(JSON.stringify(lease)).not.toContain('ACC00000001');
  expect((await house.confirm(manager.token, lease?.id ?? '')).status).toBe(200);
  const read = await server.inject({ method: 'GET', url: `${url}/${id}`, headers });
  expect(read.body).toMatch(/success|paid|completed/i);
});

test('the hosted page offers a transfer only while somebody can receive it', async () => {
  const { app, merchant } = house;
  const { id } = await house.pay(12_00n);
  const methods = async (): Promise<string[]> => {
    const view = await app.payments.findForPayer(id);
    return view ? (await app.payments.methods(view)).map((one) => one.id) : [];
  };
  expect(await methods()).toEqual(['bank-transfer']);
  const shell = { userId: null, address: null };
  const [account] = await house.desk.requisites.list({ merchantId: merchant.id });
  const key = { merchantId: merchant.id, id: account?.id ?? '' };
  await house.desk.requisites.change(key, { active: false }, shell);
  await served(false);
  expect(await methods()).toEqual([]);
  await house.desk.requisites.change(key, { active: true }, shell);
  await served();
});

test('an expired payment gives its place back', async () => {
  const before = (await openLeases()).length;
  await house.pay(13_00n);
  expect(await openLeases()).toHaveLength(before + 1);
  house.advance(house.lifetimeMs + 1_000);
  await house.app.payments.expireDue();
  expect(await openLeases()).toHaveLength(0);
});

test('in test mode the sandbox plays the bank, and the desk’s word adds nothing', async () => {
  const { app, server, test: key } = house;
  await house.requisite({ mode: 'test', number: 'TEST0001' });
  const made = await server.inject({
    method: 'POST',
    url: '/api/v1/payments/links',
    headers: { 'x-api-key': key.key },
    payload: {
      merchant_key: key.merchantKey,
      order_currency: 'EUR',
      order_amount: 14,
      payment_name: 'Order',
      payer_id: '1',
      payer_name: 'Example Payer',
      payer_email: 'payer@example.com',
      payer_phone: '+15550100',
      payer_ip: '203.0.113.50',
      success_url: 'https://shop.example.com/success.html',
      cancel_url: 'https://shop.example.com/cancel.html',
    },
  });
  const [row] = await house.db.query<{ id: string }>(
    `select id from payments where mode = 'test' order by created_at desc limit 1`,
  );
  expect({ status: made.statusCode, row: row !== undefined }).toEqual({ status: 200, row: true });
  const view = await app.payments.findForPayer(row?.id ?? '');
  if (!view) throw new Error('no payment');
  await expect
    .poll(async () => (await app.payments.methods(view)).map(({ id }) => id))
    .toContain('bank-transfer-test');
  const { id: leaseId } = await app.payments.choose(view.payment, 'bank-transfer-test');
  await app.payments.play(view.payment, 'pay');
  const paid = await app.payments.play(view.payment, 'confirm');
  expect(paid.payment.status).toBe('completed');
  expect(paid.sightings).toMatchObject([{ rail: 'transfer-test', final: true }]);
  const worker = { merchantId: house.merchant.id, mode: 'test', traderId: null } as const;
  const actor = { userId: null, address: null };
  const word = { leaseId, units: null, reference: null, at: null };
  const said = await app.desk.confirming.confirm({ ...worker, actor }, word);
  expect(said).toMatchObject({ status: 'closed', receivedUnits: 14_00n });
  expect((await app.payments.findForPayer(row?.id ?? ''))?.sightings).toHaveLength(1);
});

test('a CSV with a mapping, an MT940 file, and files that are neither', async () => {
  const { token } = manager;
  const number = 'DE02120300000000202051';
  const { id } = await house.requisite({ kind: 'iban', number });
  const mapping = {
    delimiter: ';',
    account: number,
    currency: 'EUR',
    dateFormat: 'DD.MM.YYYY',
    decimal: ',',
    columns: { bookedAt: 'Date', amount: 'Amount', text: ['Text'], bankReference: 'Id' },
  };
  const put = await house.call(token, 'PUT', 'statement-mappings/my-bank', mapping);
  expect(put).toMatchObject({ status: 200, json: { name: 'my-bank' } });
  const wrong = await house.call(token, 'PUT', 'statement-mappings/my-bank', {
    ...mapping,
    decimal: '!',
  });
  expect(wrong.status).toBe(400);
  const csv = 'Date;Amount;Text;Id\n31.01.2026;7,50;Hello;X1\n31.01.2026;-3,00;Out;X2\n';
  const url = `statements?requisite=${id}&mapping=my-bank`;
  const done = await house.call(token, 'POST', url, Buffer.from(csv));
  expect(done.json).toEqual({ format: 'csv', entries: 2, fresh: 1, payouts: 0 });
  const [item] = await house.inbox(token);
  expect(item).toMatchObject({ why: 'unmatched', amount: '7.50', text: 'Hello' });
  const reason = { reason: 'our own money' };
  const dismissed = await house.call(token, 'POST', `inbox/${item?.['id']}/dismiss`, reason);
  expect(dismissed.json).toMatchObject({ status: 'dismissed', reason: 'our own money' });
  expect(await house.inbox(token)).toEqual([]);
  const mt940 = [
    ':20:1',
    `:25:${number}`,
    ':28C:1',
    ':60F:C260131EUR0,00',
    ':61:260131C9,25NTRFNONREF//B7',
    ':86:Hi',
    ':62F:C260131EUR9,25\n',
  ].join('\n');
  expect((await house.upload(token, id, mt940)).json).toMatchObject({ format: 'mt940', fresh: 1 });
  const foreign = mt940.replace(number, 'DE89370400440532013000');
  expect(await house.upload(token, id, foreign)).toMatchObject({
    status: 422,
    json: { code: 'refused' },
  });
  expect(await house.upload(token, id, 'nonsense')).toMatchObject({
    status: 422,
    json: { code: 'unreadable_file' },
  });
  const unknown = await house.upload(token, manager.id, mt940);
  expect(unknown.status).toBe(404);
});

async function openLeases(): Promise<{ id: string }[]> {
  const { json } = await house.call(manager.token, 'GET', 'leases?status=open');
  return json['items'] as { id: string }[];
}

/** What rails know of requisites may be some seconds old. */
async function served(yes = true): Promise<void> {
  const { serves } = house.desk.rail;
  const ask = () => serves(house.merchant.id, 'live', 'bank', 'EUR');
  await expect.poll(ask, { timeout: 10_000 }).toBe(yes);
}
