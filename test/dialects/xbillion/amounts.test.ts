// Money on xBillion's wire: what a payer pays, what it costs whom, and how it is printed.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { textOfAmount } from '../../../src/dialects/xbillion/charge.ts';
import type { RenderedWebhook } from '../../../src/webhooks/webhook.ts';
import { type Json, type Shop, openShop } from './shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

/** What the webhook of a paid payment says, from the table: nothing is sent. */
async function told(id: string): Promise<Json> {
  await shop.play(id, 'pay', 'confirm');
  const [delivery] = await shop.deliveries(id);
  return JSON.parse((delivery as unknown as RenderedWebhook).body) as Json;
}

const webhook_url = 'https://shop.example.com/hook';
const money = (amount: number, currency = 'USD') => ({ amount, currency });
const value = (amount: number, currency = 'USD') => ({ value: amount, currency });

type Row = [
  name: string,
  service: Json,
  settings: Json,
  request: [number | string, string],
  pays: { value: number; currency: string },
  fee: { fee: number; currency: string; fee_payer: string } | null,
  settlement: { amount: number; currency: string },
];

const merchantPays = (fee: number, currency = 'USD') => ({ fee, currency, fee_payer: 'merchant' });
const customerPays = (fee: number, currency = 'USD') => ({ fee, currency, fee_payer: 'customer' });

const net = { settlementNet: true };
const euro = { settlementCurrency: 'EUR' };

const rows: Row[] = [
  ['no fee', {}, {}, [100, 'USD'], value(100), null, money(100)],
  ['a text', {}, {}, ['100.10', 'USD'], value(100.1), null, money(100.1)],
  [
    'fifteen digits',
    {},
    {},
    [9999999999999.99, 'USD'],
    value(9999999999999.99),
    null,
    money(9999999999999.99),
  ],
  [
    'fixed, merchant',
    { fee: { fixed: '2' } },
    {},
    [100, 'USD'],
    value(100),
    merchantPays(2),
    money(100),
  ],
  [
    'fixed, merchant, net',
    { fee: { fixed: '2' } },
    net,
    [100, 'USD'],
    value(100),
    merchantPays(2),
    money(98),
  ],
  [
    'fixed, payer',
    { fee: { fixed: '2', payer: 'customer' } },
    {},
    [100, 'USD'],
    value(102),
    customerPays(2),
    money(100),
  ],
  [
    'fixed, payer, net',
    { fee: { fixed: '2', payer: 'customer' } },
    net,
    [100, 'USD'],
    value(102),
    customerPays(2),
    money(100),
  ],
  [
    'by currency',
    { fee: { fixed: { EUR: '3' } } },
    {},
    [100, 'EUR'],
    value(100, 'EUR'),
    merchantPays(3, 'EUR'),
    money(100, 'EUR'),
  ],
  [
    'of another currency',
    { fee: { fixed: { EUR: '3' } } },
    {},
    [100, 'USD'],
    value(100),
    null,
    money(100),
  ],
  [
    'percent, rounded down',
    { fee: { percent: '1.5', payer: 'customer' } },
    {},
    [33.33, 'USD'],
    value(33.82),
    customerPays(0.49),
    money(33.33),
  ],
  [
    'percent of a cent',
    { fee: { percent: '99', payer: 'customer' } },
    {},
    [0.01, 'USD'],
    value(0.01),
    null,
    money(0.01),
  ],
  [
    'both',
    { fee: { fixed: '0.30', percent: '2.9' } },
    net,
    [10, 'USD'],
    value(10),
    merchantPays(0.59),
    money(9.41),
  ],
  ['whole pesos', {}, {}, [1500, 'CLP'], value(1500, 'CLP'), null, money(1500, 'CLP')],
  ['a part of a peso', {}, {}, [0.01, 'CLP'], value(1, 'CLP'), null, money(0.01, 'CLP')],
  [
    'rounded up once',
    { fee: { percent: '1', payer: 'customer' } },
    {},
    [100.4, 'CLP'],
    value(102, 'CLP'),
    customerPays(1, 'CLP'),
    money(100.4, 'CLP'),
  ],
  ['settled in euro', {}, euro, [110, 'USD'], value(110), null, money(100, 'EUR')],
  [
    'settled in euro, net',
    { fee: { fixed: '11' } },
    { ...euro, ...net },
    [110, 'USD'],
    value(110),
    merchantPays(11),
    money(90, 'EUR'),
  ],
  ['converted', { convertTo: 'EUR' }, {}, [100, 'USD'], value(90.91, 'EUR'), null, money(100)],
  [
    'converted, payer',
    { convertTo: 'EUR', fee: { fixed: '10', payer: 'customer' } },
    {},
    [100, 'USD'],
    value(100, 'EUR'),
    customerPays(10),
    money(100),
  ],
];

describe('a payment', () => {
  it.each(rows)('%s', async (_name, service, settings, request, pays, fee, settlement) => {
    const defaults = { settlementCurrency: null, settlementNet: false };
    const services = { it: { kind: 'redirect', ...service } };
    await shop.set({ ...defaults, ...settings, services });
    const [amount, currency] = request;
    const made = await shop.made({ service: 'it', amount, currency, webhook_url });
    expect(made.amount).toEqual(pays);
    expect(made.fees).toEqual(fee === null ? undefined : [fee]);
    const body = await told(made.id);
    expect(body).toMatchObject({
      in_amount: money(Number(amount), currency),
      out_amount: money(pays.value, pays.currency),
      settlement_amount: settlement,
      fee: fee ?? merchantPays(0, currency),
    });
  });
});

describe('limits', () => {
  const services = {
    it: { kind: 'redirect', minimum: '10', maximum: { USD: '50', EUR: '40' } },
    costly: { kind: 'redirect', fee: { fixed: '2' } },
    euro: { kind: 'redirect', currencies: ['EUR'] },
  };
  const cases: [string, number, string, string | null][] = [
    ['it', 9.99, 'USD', 'limit_exceeded'],
    ['it', 10, 'USD', null],
    ['it', 50, 'USD', null],
    ['it', 50.01, 'USD', 'limit_exceeded'],
    ['it', 40.01, 'EUR', 'limit_exceeded'],
    ['it', 1_000, 'GBP', null],
    ['crypto', 1_000.01, 'USD', 'limit_exceeded'],
    ['costly', 2, 'USD', 'limit_exceeded'],
    ['costly', 2.01, 'USD', null],
    ['euro', 10, 'USD', 'currency_not_supported'],
    ['euro', 10_000, 'USD', 'currency_not_supported'],
    ['euro', 10, 'EUR', null],
  ];
  it.each(cases)('%s, %d %s: %s', async (service, amount, currency, code) => {
    await shop.set({ services, maximum: '1000' });
    const found = await shop.create({ service, amount, currency });
    expect([found.status, found.code]).toEqual(code === null ? [200, undefined] : [422, code]);
  });
});

describe('a configuration that cannot be used', () => {
  const wrong: Json[] = [
    {},
    { kind: 'cash' },
    { kind: 'details' },
    { kind: 'redirect', enabled: 'yes' },
    { kind: 'redirect', maximum: 100 },
    { kind: 'redirect', maximum: '-1' },
    { kind: 'redirect', minimum: { USD: '1,5' } },
    { kind: 'redirect', currencies: ['JPY'] },
    { kind: 'redirect', currencies: 'USD' },
    { kind: 'redirect', fee: { fixed: 2 } },
    { kind: 'redirect', fee: { fixed: '0.001' } },
    { kind: 'redirect', fee: { percent: '100' } },
    { kind: 'redirect', fee: { percent: '1', payer: 'nobody' } },
    { kind: 'redirect', fee: '2' },
    { kind: 'redirect', convertTo: 'XXX' },
    { kind: 'redirect', lifetimeSeconds: 0 },
    { kind: 'redirect', method: 5 },
  ];
  it.each(wrong)('closes the service: %j', async (service) => {
    await shop.set({ services: { it: service }, maximum: null });
    expect((await shop.create({ service: 'it' })).code).toBe('service_disabled');
  });

  it('of the merchant closes all of them', async () => {
    await shop.set({ services: {}, maximum: 100 });
    expect((await shop.create()).code).toBe('service_disabled');
    await shop.set({ maximum: null });
    expect((await shop.create()).status).toBe(200);
  });
});

describe('a way to pay', () => {
  it('of a coin says network, asset and address', async () => {
    const services = { coin: { kind: 'details', method: 'sandbox-litecoin' } };
    await shop.set({ services });
    const { next, amount } = await shop.made({ service: 'coin', amount: 80 });
    expect(amount).toEqual(value(80));
    expect((next as Json).details).toEqual({
      network: 'Sandbox',
      asset: 'LTC',
      address: expect.stringMatching(/^sandbox-/),
      amount: '1.00000000',
      currency: 'LTC',
      expires_at: expect.stringMatching(/Z$/),
    });
  });

  it('that nobody offers is refused, in live mode', async () => {
    const services = { bank: { kind: 'details', method: 'bank-transfer' } };
    await shop.set({ services }, 'live');
    const found = await shop.create({ service: 'bank' }, { as: shop.pairs.live });
    expect([found.status, found.code]).toEqual([422, 'service_refused']);
  });

  it('chosen for a page is the one it opens with', async () => {
    await shop.set({ services: { coin: { kind: 'redirect', method: 'sandbox-bitcoin' } } });
    const { id, next } = await shop.made({ service: 'coin' });
    expect((next as Json).action).toBe('redirect');
    const view = await shop.app.payments.findForPayer(id);
    expect(view?.instructions).toMatchObject([{ method: 'sandbox-bitcoin' }]);
  });
});

it('an amount is printed plainly, however large or small', () => {
  expect(textOfAmount({ units: 1n, asset: 'ETH' })).toBe('0.000000000000000001');
  expect(textOfAmount({ units: 10n ** 30n, asset: 'USD' })).toBe(`1${'0'.repeat(28)}`);
  expect(textOfAmount({ units: 1050n, asset: 'USD' })).toBe('10.5');
});
