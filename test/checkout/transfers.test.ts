// Transfers and payouts on the real core: whose account is shown to whom, and kept where.

import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { post } from '../../src/ledger/post.ts';
import type { Rail } from '../../src/rails/rail.ts';
import { createSandboxRail } from '../../src/rails/sandbox/sandbox.ts';
import { createScriptedRail } from '../harness/scripted-rail.ts';
import { form, mount, type Mounted } from './mounted.ts';

const number = 'DE89370400440532013000';
const details = { kind: 'iban', number, holder: 'Ada Lovelace', bank: 'Example Bank AG' };
const { play } = createSandboxRail();

/** Tells everybody the same account, as the transfer rail does with one requisite. */
const transfers: Rail = {
  ...createScriptedRail(),
  ...(play ? { play } : {}),
  instruct: (_tx, requests) =>
    Promise.resolve(requests.map(() => ({ target: '**** 3000', uri: null, details }))),
};
const price = { units: 24_999n, asset: 'EUR' };

let page: Mounted;
beforeAll(async () => {
  page = await mount({ core: { rails: [transfers], payoutMade: () => Promise.resolve() } });
});
afterAll(() => page.close());

const get = async (url: string) => (await page.server.inject({ method: 'GET', url })).body;

describe('a transfer', () => {
  test('the account is on the page of whoever chose it, and nowhere else', async () => {
    const payment = await page.core.create({ price });
    expect(await get(`/link/${payment.id}`)).not.toContain(number);
    const choice = await page.server.inject({
      url: `/p/${payment.id}/choose`,
      ...form({ method: 'scripted' }),
    });
    const shown = await get(String(choice.headers.location));
    for (const text of ['249.99', number, 'Ada Lovelace', payment.reference]) {
      expect(shown).toContain(`data-copy="${text}"`);
    }
    expect(shown).toContain('DE89</span>');
    expect(shown).toContain('<svg class="qr"');
    expect(await get(`/link/${payment.id}`)).not.toContain(number);
    expect(await get(`/p/${payment.id}/status`)).not.toContain(number);
    const rows = await page.core.db.query('select * from instructions');
    expect(JSON.stringify(rows)).toContain('**** 3000');
    expect(JSON.stringify(rows)).not.toContain(number);
  });

  test('what was agreed on at creation is shown at once, until it is paid', async () => {
    const terms = { mode: 'test', price, exchange: null, spreadPercent: null } as const;
    const asked = page.core.payments.ask({ ...terms, method: 'scripted-two' });
    if (!asked) throw new Error('no price');
    const pay = { method: 'scripted-two', ...asked };
    const { id } = await page.core.create({ price, pay });
    const shown = await get(`/link/${id}`);
    expect(shown).toContain(`data-copy="${number}"`);
    expect(shown).not.toContain('Pay another way');
    expect(await get(`/link/${id}?method=scripted`)).toContain(`data-copy="${number}"`);
    await page.play(id, 'pay');
    const paid = await get(`/link/${id}`);
    expect(paid).toContain('data-kind="confirming"');
    expect(paid).not.toContain(number);
  });
});

describe('a payout', () => {
  async function payout() {
    const { core } = page;
    const merchantId = core.merchant.id;
    const [debit, credit] = ['test/outside/EUR/somewhere', 'test/available/EUR'];
    const id = randomBytes(8).toString('hex');
    const given = { merchantId, id, debit, credit, amount: price, paymentId: null };
    await core.db.transaction((tx) => post(tx, [{ ...given, reason: 'given' }], core.now()));
    const { payment } = await core.payments.createPayout({
      merchantId,
      mode: 'test',
      dialect: 'xlink',
      price,
      name: 'Winnings',
      payer: {},
      metadata: null,
      successUrl: 'https://shop.example.com/done',
      cancelUrl: 'https://shop.example.com/done',
      merchantReference: null,
      callbackUrl: null,
      callbackSecret: null,
      lifetimeMs: 600_000,
      dialectData: null,
      idempotency: null,
      destination: { way: 'bank', details: { account_number: number } },
    });
    if (!payment) throw new Error('a repetition');
    return payment;
  }

  test('its page says how far it is, and can be asked for nothing', async () => {
    const payment = await payout();
    const url = `/link/${payment.id}`;
    expect(await get(url)).toContain('Payout accepted');
    expect(await get(url)).not.toMatch(/<form|3000|13000/);
    expect(await get(`${url}?method=scripted`)).toContain('Payout accepted');
    const { db, payments } = page.core;
    for (const [step, words] of [
      ['take', 'Payout on its way'],
      ['confirm', 'Payout sent'],
    ] as const) {
      await db.transaction((tx) => payments.movePayout(tx, payment, step));
      await page.server.inject({ url: `/p/${payment.id}/choose`, ...form({ method: 'scripted' }) });
      expect(await get(`/link/${payment.reference}`)).toContain(words);
    }
    for (const action of ['choose', 'sandbox']) {
      const fields = form({ method: 'scripted', event: 'pay' });
      const { statusCode } = await page.server.inject({
        url: `/p/${payment.id}/${action}`,
        ...fields,
      });
      expect(statusCode).toBe(403);
    }
    const told = await db.query('select 1 from instructions where payment_id = $1', [payment.id]);
    expect(told).toEqual([]);
  });
});
