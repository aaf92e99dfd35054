// A create that is repeated under its key, after the price it was made at has gone.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Till, createBody, openTill } from '../dialects/xpay/till.ts';
import { sourceNameOf, type ExchangeSettings } from '../../src/rates/exchange.ts';
import { createScriptedRail } from '../harness/scripted-rail.ts';

const kraken: ExchangeSettings = {
  id: 1,
  exchange: 'kraken',
  sandbox: false,
  url: null,
  pollMs: null,
};
const coin = { id: 'litecoin', asset: 'LTC', label: 'Litecoin', network: 'Litecoin' } as const;

let till: Till;
beforeAll(async () => {
  const rail = { ...createScriptedRail(), mode: 'live', methods: () => [coin] } as const;
  till = await openTill({ config: { exchanges: [kraken] }, rails: [rail] });
  // As the worker writes it after it has asked the exchange.
  const source = sourceNameOf(kraken);
  const at = till.clock.at;
  await till.db.query(
    `insert into rate_tickers (source, base, quote, bid, ask, at)
     values ($1, 'LTC', 'USD', 79.9, 80.1, $2)`,
    [source, at],
  );
  await till.db.query('insert into rate_sources (source, succeeded_at) values ($1, $2)', [
    source,
    at,
  ]);
  await till.app.rates.start();
});
afterAll(() => till.close());

test('the answer of then is given again, and nothing new can be made', async () => {
  const { token } = await till.person({ mode: 'live', role: 'terminal' });
  const body = { ...createBody, src_currency: 'LTC', tgt_currency: 'USD', amount: 80 };
  const sell = (key: string, change = {}) =>
    till.post(
      'transactions/',
      { ...body, ...change },
      {
        as: token,
        headers: { 'idempotency-key': key },
      },
    );
  const made = await sell('one');
  expect([made.status, made.text]).toEqual([201, expect.stringContaining('1.00000000 LTC')]);
  // The exchange says nothing for longer than any price is believed.
  till.wait(3_600);
  const again = await sell('one');
  expect([again.status, again.text]).toEqual([201, made.text]);
  expect((await sell('two')).json.code).toBe(3023);
  expect((await sell('one', { amount: 90 })).json.code).toBe(3023);
});
