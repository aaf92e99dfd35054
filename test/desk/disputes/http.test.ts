// Disputes over HTTP: a whole one as people have it, files as browsers get them, and what is wrong.

import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Role } from '../../../src/merchants/roles.ts';
import { shell } from '../../../src/merchants/staff-log.ts';
import { type TestApp, startTestApp } from '../../harness/app.ts';
import { basicCommand } from '../../harness/core.ts';

type Answer = {
  id: string;
  status: string;
  held: string;
  contested: string;
  code: string;
  items: { id: string }[];
  next: string | null;
  outcome: object | null;
  evidence: { hash: string; duplicate: boolean; also_in: string[] }[];
  timeline: { act: string; party: string; note: string | null }[];
};

const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
let house: TestApp;
let trader: { token: string; id: string };
let manager: { token: string };
let operator: { token: string };

beforeAll(async () => {
  house = await startTestApp();
  trader = await addUser('trader');
  manager = await addUser('manager');
  operator = await addUser('operator');
  const amount = { units: 100_000n, asset: 'EUR' };
  const change = { traderId: trader.id, amount, direction: 'in', reference: 'first' } as const;
  await house.app.desk.traders.changeDeposit(change, shell);
  const own = { merchantId: house.merchant.id, mode: 'live', traderId: trader.id } as const;
  const number = 'DE02120300000000202051';
  const account = { kind: 'iban', currency: 'EUR', number, holder: 'Ada Lovelace' } as const;
  await house.app.desk.requisites.add({ ...own, ...account }, shell);
});
afterAll(() => house.close());

async function addUser(role: Role): Promise<{ token: string; id: string }> {
  const { user, token } = await house.app.users.create(
    {
      merchantId: role === 'operator' ? null : house.merchant.id,
      role,
      mode: 'live',
      email: `${role}@example.com`,
      password: 'Correct-horse-7-battery',
    },
    shell,
  );
  return { token, id: user.id };
}

/** A payment of 50.00 EUR whose payer was told the trader's account. */
async function payIn(): Promise<{ id: string; reference: string }> {
  const price = { units: 5_000n, asset: 'EUR' };
  const quote = { rate: '1', source: 'same', at: house.clock.at.toISOString() } as never;
  const { payment } = await house.app.payments.create({
    ...basicCommand(house.merchant.id),
    mode: 'live',
    price,
    pay: { method: 'bank-transfer', amount: price, quote },
  });
  if (!payment) throw new Error('a repetition');
  return payment;
}

async function call(
  who: { token: string } | null,
  method: 'GET' | 'POST',
  path: string,
  payload?: object | string,
  headers: Record<string, string> = {},
) {
  const url = `/desk/v1/disputes${path}`;
  const authorization = who ? { authorization: `Bearer ${who.token}` } : {};
  const options: InjectOptions = { method, url, headers: { ...authorization, ...headers } };
  const answer = await house.server.inject(
    payload === undefined ? options : { ...options, payload },
  );
  const isJson = /json/.test(answer.headers['content-type'] as string);
  return { ...answer, status: answer.statusCode, body: isJson ? answer.json<Answer>() : null };
}

async function opened(): Promise<Answer> {
  const { reference } = await payIn();
  const body = { kind: 'payment_not_received', payment: reference, note: 'He shows a receipt.' };
  const { body: dispute } = await call(manager, 'POST', '', body);
  if (!dispute) throw new Error('no answer');
  return dispute;
}

test('from the claim to the decision', async () => {
  const { id: payment } = await payIn();
  const claim = { kind: 'payment_not_received', payment, note: 'He shows a receipt.' };
  const first = await call(manager, 'POST', '', claim);
  expect([first.status, first.body?.status, first.body?.held]).toEqual([201, 'open', '50.00']);
  expect((await call(manager, 'POST', '', claim)).status).toBe(200);
  const path = `/${first.body?.id}`;
  const contested = { answer: 'contest', note: 'Nothing came.' };
  expect((await call(trader, 'POST', `${path}/answer`, contested)).body?.status).toBe('contested');
  const insisting = { answer: 'contest' };
  expect((await call(manager, 'POST', `${path}/answer`, insisting)).body?.status).toBe('escalated');
  const desk = `?merchant=${house.merchant.id}`;
  const wrong = { outcome: 'split', merchant_amount: '50', trader_amount: '1', note: 'No.' };
  expect((await call(operator, 'POST', `${path}/decide${desk}`, wrong)).status).toBe(422);
  const verdict = { outcome: 'merchant', note: 'The bank shows it.' };
  expect((await call(manager, 'POST', `${path}/decide`, verdict)).status).toBe(403);
  const { body } = await call(operator, 'POST', `${path}/decide${desk}`, verdict);
  expect(body).toMatchObject({
    status: 'resolved',
    outcome: { merchant_amount: '50.00', trader_amount: '0.00' },
    held: '0.00',
    missing: '0.00',
  });
  expect(body?.timeline.map(({ act, party }) => `${party} ${act}`)).toEqual([
    'merchant open',
    'trader contest',
    'merchant insist',
    'operator decide',
  ]);
  const scope = { merchantId: house.merchant.id, mode: 'live' } as const;
  expect((await house.app.payments.find(scope, payment))?.payment.status).toBe('completed');
  const listed = await call(trader, 'GET', '?status=resolved&limit=1');
  expect(listed.body?.items).toHaveLength(1);
});

describe('files', () => {
  test('whatever they are said to be, they are what they are', async () => {
    const { id } = await opened();
    const type = { 'content-type': 'text/html' };
    const path = `/${id}/evidence?name=${encodeURIComponent('../a"b.html')}`;
    const shown = await call(trader, 'POST', path, png as never, type);
    expect([shown.status, shown.body?.evidence.length]).toEqual([200, 1]);
    const hash = shown.body?.evidence[0]?.hash ?? '';
    const file = await call(manager, 'GET', `/${id}/evidence/${hash}`);
    expect(file.rawPayload).toEqual(png);
    expect(file.headers).toMatchObject({
      'content-type': 'image/png',
      'content-disposition': "attachment; filename*=UTF-8''a_b.html",
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, no-store',
    });
    const page = await call(trader, 'POST', `/${id}/evidence`, '<html></html>', type);
    expect([page.status, page.body?.code]).toEqual([422, 'refused']);
    const text = { 'content-type': 'application/json' };
    expect((await call(trader, 'POST', `/${id}/evidence`, '{"a":1}', text)).status).toBe(200);
    expect((await call(trader, 'POST', `/${id}/evidence`)).status).toBe(422);
    const big = Buffer.alloc(5 * 1024 * 1024 + 1, 'a');
    const large = await call(trader, 'POST', `/${id}/evidence`, big as never, type);
    expect([large.status, large.body?.code]).toEqual([413, 'too_large']);
    for (const name of ['..%2f..%2fetc', '%2e%2e%2fx', 'f'.repeat(64), '']) {
      const { status } = await call(manager, 'GET', `/${id}/evidence/${name}`);
      expect([404, 405]).toContain(status);
    }
  });

  test('the same file elsewhere is flagged; a trader is not told where', async () => {
    const [one, two] = [await opened(), await opened()];
    const type = { 'content-type': 'application/pdf' };
    const pdf = Buffer.from('%PDF-1.7 receipt') as never;
    await call(manager, 'POST', `/${one.id}/evidence`, pdf, type);
    const { body } = await call(trader, 'POST', `/${two.id}/evidence`, pdf, type);
    expect(body?.evidence[0]).toMatchObject({ duplicate: true, also_in: [] });
    const { body: seen } = await call(manager, 'GET', `/${two.id}`);
    expect(seen?.evidence[0]).toMatchObject({ duplicate: true, also_in: [one.id] });
  });
});

test.each([
  ['nobody', null, 'GET', '', undefined, 401],
  ['an unknown dispute', 'manager', 'GET', '/00000000-0000-0000-0000-000000000000', undefined, 404],
  ['no id', 'manager', 'GET', '/x', undefined, 404],
  ['an operator who names no merchant', 'operator', 'GET', '', undefined, 400],
  ['a kind that is none', 'manager', 'POST', '', { kind: 'x', payment: 'x', note: 'x' }, 400],
  ['no body', 'manager', 'POST', '', undefined, 400],
  [
    'a time that is none',
    'manager',
    'POST',
    '',
    { kind: 'duplicate', payment: 'x', note: 'x', paid_at: 'yesterday' },
    400,
  ],
  [
    'a payment that is none',
    'manager',
    'POST',
    '',
    { kind: 'duplicate', payment: 'AAA-000000-PMT', note: 'x' },
    404,
  ],
  ['another method', 'manager', 'DELETE', '', undefined, 405],
  ['a page that is none', 'manager', 'GET', '?after=x', undefined, 400],
] as const)('%s', async (_, who, method, path, body, status) => {
  const caller = who === null ? null : { manager, operator }[who];
  const answer = await call(caller, method as 'GET', path, body);
  expect(answer.status).toBe(status);
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(answer.body).toMatchObject({ status, type: 'about:blank' });
});
