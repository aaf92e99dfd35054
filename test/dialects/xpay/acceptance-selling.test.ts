// The acceptance list of wire/xpay.md: what can be paid with, creating, reading, lines 11 to 22.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shell } from '../../../src/merchants/staff-log.ts';
import { type Json, type Till, checkoutOrigin, createBody, openTill } from './till.ts';

let till: Till;
beforeAll(async () => {
  till = await openTill();
});
afterAll(() => till.close());

const create = (change: Json = {}, as = till.manager.token) =>
  till.post('transactions/', { ...createBody, ...change }, { as });
const codeOf = async (change: Json, as?: string) => {
  const { status, json } = await create(change, as);
  return [status, json.code];
};
const available = (amount: string, currency = 'COC', as = till.manager.token) =>
  till.get(`transactions/available/currencies/${amount}/${currency}/`, { as });

type Item = {
  readonly exchange: number;
  readonly currency: { readonly code: string; readonly name: string; readonly symbol: string };
  readonly exchange_amount: string;
  readonly amount: string;
};

describe('available currencies', () => {
  it('acceptance 11: every coin with its amount, twice, as create asks for it', async () => {
    const { status, json } = await available('100000.00');
    expect(status).toBe(200);
    expect(json.amount).toBe(100_000);
    const items = json.available_currencies as Item[];
    for (const { exchange, currency, exchange_amount, amount } of items) {
      expect(Number.isInteger(exchange)).toBe(true);
      expect(currency.symbol).toBe(currency.code);
      expect(currency.code).toMatch(/^[A-Z0-9]+$/);
      expect(currency.name).not.toBe('');
      expect(exchange_amount).toBe(amount);
      const sold = await till.sell({ src_currency: currency.code, exchange_id: exchange });
      expect(sold.amount_to_paid).toBe(amount);
    }
    const amountOf = (code: string) => items.find(({ currency }) => currency.code === code)?.amount;
    expect(amountOf('BTC')).toMatch(/^\d+\.\d{8}$/);
    expect(amountOf('ETH')).toMatch(/^\d+\.\d{18}$/);
    expect(amountOf('BCH')).toMatch(/^\d+\.\d{8}$/);
    expect(items.length).toBeGreaterThanOrEqual(10);
  });

  it('acceptance 12: the forms of the amount', async () => {
    expect((await available('100000')).json.amount).toBe(100_000);
    expect((await available('100000.5')).json.amount).toBe(100_000.5);
    expect((await available('100000.5')).text).toMatch(/"amount":100000\.5\}$/);
    expect((await available('100000', 'coc')).text).toBe((await available('100000.00')).text);
    for (const amount of ['0', '-1', 'abc', '1e5', '0.001', '１００', '%zz', ' 1', '1,5']) {
      const { status, json } = await available(encodeURIComponent(amount));
      expect([amount, status, json.code, json.field]).toEqual([amount, 400, 3021, 'amount']);
      expect(json).not.toHaveProperty('available_currencies');
    }
    expect((await available('%zz')).json.code).toBe(3021);
  });

  it('acceptance 13: crypto, unknown, no document', async () => {
    expect((await available('100000', 'BTC')).json).toMatchObject({
      code: 3031,
      field: 'currency',
    });
    for (const unknown of ['XXX', 'XAU', 'NOPE', '%zz', 'a%2Fb']) {
      expect((await available('100000', unknown)).json).toMatchObject({ code: 3030 });
    }
    const bare = await till.app.merchants.create('Without papers');
    const { token } = await till.person({ merchantId: bare.id });
    const { status, json } = await available('100000', 'COC', token);
    expect([status, json.code, json.field]).toEqual([401, 3029, 'commerce']);
    const operator = await till.person({ merchantId: null, role: 'operator' });
    const none = await available('100000', 'COC', operator.token);
    expect([none.status, none.json.code]).toEqual([401, 3012]);
  });

  it('has no item for a currency without a rate', async () => {
    const { status, json } = await available('100000', 'AFN');
    expect([status, json]).toEqual([200, { available_currencies: [], amount: 100_000 }]);
  });
});

const observed = {
  tgt_currency: 'COP',
  src_currency: 'BTC',
  amount: 100_000.5,
  exchange_id: '1',
  callback: 'https://shop.example.com/?ipn-xpay=15',
};

describe('creating', () => {
  it('acceptance 14: as shops of 2020 do it', async () => {
    const { status, json, headers } = await till.post('transactions/create/', observed);
    expect(status).toBe(201);
    expect(headers.location).toBeUndefined();
    expect(json).toMatchObject({
      status: 'sending',
      transaction_status_code: 3,
      waiting_time: '1200.00',
      waiting_time_unit: 'seconds',
      string_waiting_time: '1200.00 seconds',
      callback: observed.callback,
      fiat_withdraw: '100',
      string_fiat_withdraw: '100 %',
      string_fiat_amount_to_commerce: '100000.50 COP',
      string_crypto_amount_to_commerce: '0.00000000 BTC',
    });
    expect(json.id).toBeGreaterThanOrEqual(1);
    expect(Number.isInteger(json.id)).toBe(true);
    expect(json.wallet).toMatch(/./);
    expect(json.qr).toContain(json.wallet);
    expect(json.url).toMatch(new RegExp(`^${checkoutOrigin}/link/[A-Z]{3}-\\d{6}-PMT$`));
  });

  it('acceptance 15: as documented in 2018', async () => {
    const { status, json } = await create();
    expect(status).toBe(201);
    expect(json).toMatchObject({
      amount_to_change: '100000.00',
      currency_to_change: 'COC',
      string_amount_to_change: '100000.00 COC',
      currency_to_paid: 'BTC',
      commission: '0.00000000',
      string_commission: '0.00000000 BTC',
      callback: createBody.callback,
    });
    expect(json.amount_to_paid).toMatch(/^\d+\.\d{8}$/);
    expect(json.string_amount_to_paid).toBe(`${String(json.amount_to_paid)} BTC`);
    expect(json.date).toMatch(/^2026-01-31T12:00:00\.\d{6}Z$/);
  });

  it('acceptance 16: amounts are rounded half up to two decimals', async () => {
    const changed = async (amount: unknown) => (await create({ amount })).json.amount_to_change;
    expect(await changed(12_345.678901)).toBe('12345.68');
    expect(await changed('100000')).toBe('100000.00');
    expect(await changed('0.005')).toBe('0.01');
    expect(await changed(1.005)).toBe('1.01');
    expect(await changed('12345678901234.994999999999999999999')).toBe('12345678901234.99');
    for (const amount of [0.001, 0, -5, 'abc', '1e5', true, [1], {}, '１', ' 1', '1,5']) {
      expect([amount, ...(await codeOf({ amount }))]).toEqual([amount, 400, 3021]);
    }
  });

  it('acceptance 17: an empty body', async () => {
    const { status, json } = await till.post('transactions/', {});
    expect(status).toBe(400);
    expect(json).toMatchObject({
      code: 3013,
      field: 'src_currency, tgt_currency, amount, exchange_id',
      message: 'Some required fields are missing.',
      error: 'Some required fields are missing.',
    });
    expect(json.errors).toHaveLength(4);
    expect(json).not.toHaveProperty('id');
    const some = await create({ amount: null, exchange_id: '' });
    expect(some.json).toMatchObject({ code: 3013, field: 'amount, exchange_id' });
  });

  it('acceptance 18: one code for each field', async () => {
    expect(await codeOf({ src_currency: 'XXX' })).toEqual([400, 3015]);
    expect(await codeOf({ src_currency: 'COC' })).toEqual([400, 3016]);
    expect(await codeOf({ tgt_currency: 'XXX' })).toEqual([400, 3017]);
    expect(await codeOf({ tgt_currency: 'BTC' })).toEqual([400, 3018]);
    expect(await codeOf({ exchange_id: 999 })).toEqual([400, 3019]);
    expect(await codeOf({ exchange_id: 'x' })).toEqual([400, 3019]);
    expect(await codeOf({ tgt_currency: 'AFN' })).toEqual([400, 3020]);
    expect(await codeOf({ callback: 'nope' })).toEqual([400, 3014]);
    expect(await codeOf({ fiat_withdraw: 101 })).toEqual([400, 2002]);
    const lower = await create({ src_currency: 'btc', tgt_currency: 'coc' });
    expect([lower.status, lower.json.currency_to_change]).toEqual([201, 'COC']);
  });

  it('acceptance 19: of two faults the first in the table', async () => {
    expect(await codeOf({ amount: 0, callback: 'nope' })).toEqual([400, 3021]);
    expect(await codeOf({ callback: 'nope', fiat_withdraw: 101 })).toEqual([400, 3014]);
    expect(await codeOf({ src_currency: 'XXX', tgt_currency: 'XXX' })).toEqual([400, 3015]);
  });

  it('acceptance 20: commerce inactive, user without one, no document', async () => {
    const closed = await till.app.merchants.create('Closed');
    const { token } = await till.person({ merchantId: closed.id });
    expect(await codeOf({}, token)).toEqual([401, 3011]);
    await till.app.merchants.changeCommerce(closed.id, { active: false }, shell);
    expect(await codeOf({}, token)).toEqual([401, 3010]);
    const operator = await till.person({ merchantId: null, role: 'operator' });
    expect(await codeOf({}, operator.token)).toEqual([401, 3012]);
    const accountant = await till.person({ role: 'accountant' });
    expect(await codeOf({}, accountant.token)).toEqual([401, 3012]);
  });
});

describe('reading', () => {
  it('acceptance 21: the same amount as at creation; managers see who created it', async () => {
    const sold = await till.sell({}, { as: till.terminal.token });
    expect(sold).not.toHaveProperty('user');
    await till.set({}, { spreadPercent: '5' });
    const later = await till.sell({}, { as: till.terminal.token });
    expect(later.amount_to_paid).not.toBe(sold.amount_to_paid);
    const asTerminal = await till.get(`transactions/${sold.id}/`, { as: till.terminal.token });
    expect([asTerminal.status, asTerminal.json]).toEqual([200, sold]);
    const asManager = await till.read(sold.id);
    const { number, email } = till.terminal.user;
    const user = { id: number, username: email, first_name: 'Example', last_name: 'User', email };
    expect(asManager).toEqual({ ...sold, user });
  });

  it('acceptance 22: unknown, no number, somebody else’s', async () => {
    for (const id of ['999999', 'abc', '0', '-1', '1.0', '１', '99999999999999999999', '%zz']) {
      const { status, json } = await till.get(`transactions/${id}/`);
      expect([id, status, json.code]).toEqual([id, 404, 404]);
      expect(json).not.toHaveProperty('id');
    }
    const { id } = await till.sell({}, { as: till.stranger.token });
    const foreign = await till.get(`transactions/${id}/`);
    expect([foreign.status, foreign.json.code, foreign.json.field]).toEqual([401, 3001, 'id']);
    await till.set({ hideForeignTransactions: true });
    expect((await till.get('transactions/999999/')).text).toBe(foreign.text);
    await till.set({ hideForeignTransactions: false });
  });
});
