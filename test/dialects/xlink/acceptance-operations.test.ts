// The acceptance list of wire/xlink.md: operations and payouts, lines 15 to 23 and 30 to 33.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, type Shop, links, methods, openShop, recipient, uuid } from './shop.ts';

const unknownId = '019a0000-0000-7000-8000-000000000001';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
  await shop.fund();
});
afterAll(() => shop.close());

/** What the merchant may spend of a currency. */
async function available(asset = 'KRW'): Promise<string> {
  const [row] = await shop.db.query<{ units: string }>(
    `select coalesce(sum(credits - debits), 0)::text as units from ledger_accounts
      where merchant_id = $1 and id = $2`,
    [shop.merchant.id, `test/available/${asset}`],
  );
  return row?.units ?? '0';
}

describe('an operation', () => {
  it('acceptance 15: is there right after its link', async () => {
    const body = shop.body();
    await shop.post(links, body);
    const number = body.operation_number;
    const found = await shop.get(`operations/${shop.shopId}/${number}`);
    expect(found.status).toBe(200);
    expect(found.json).toMatchObject({
      status: 'PENDING',
      operation_number: number,
      operation_type: 'PAYIN',
      initiated_amount: '50000',
      amount: '50000',
      received_amount: null,
      currency: 'KRW',
      payment_method_type_id: methods.bankKrw,
      payer_id: null,
    });
    expect(found.json.session_id).toBe(found.json.operation_id);
    expect(found.json.updated_at).toBe(found.json.created_at);
  });

  it('acceptance 16: by a number that must be encoded', async () => {
    const { operation_number: number } = await shop.made({ operation_number: 'A/B ü#1' });
    expect(await shop.operation(number)).toMatchObject({ operation_number: 'A/B ü#1' });
    expect((await shop.get(`operations/${shop.shopId}/A%2FB%20%C3%BC%231`)).status).toBe(200);
  });

  it('acceptance 17: of nobody, and of a neighbour', async () => {
    const method = { shop_id: shop.other.shopId, operation_number: 'THEIRS' };
    expect((await shop.create(method, { as: shop.keys.B })).status).toBe(200);
    const paths = [
      `operations/${shop.shopId}/nope`,
      `operations/${shop.shopId}/THEIRS`,
      `operations/${shop.other.shopId}/THEIRS`,
      `operations/${shop.shopId}/%00`,
      `operations/${shop.shopId}/${'x'.repeat(300)}`,
    ];
    for (const path of paths) {
      const { status, json } = await shop.get(path);
      expect([path, status, json]).toEqual([path, 404, { detail: 'Operation not found' }]);
    }
    const wrong = await shop.get('operations/abc/ORDER');
    expect([wrong.status, wrong.json.detail]).toMatchObject([
      422,
      [{ loc: ['path', 'shop_id'], type: 'int_parsing' }],
    ]);
  });

  it('acceptance 18: sessions that are none', async () => {
    const theirs = await shop.create({ shop_id: shop.other.shopId }, { as: shop.keys.B });
    for (const id of [unknownId, 'xyz', String(theirs.json.session_id)]) {
      const { status, json } = await shop.get(`sessions/${id}`);
      expect([status, json]).toEqual([404, { detail: 'Session not found' }]);
    }
    const broken = await shop.get('sessions/%zz');
    expect([broken.status, broken.fields]).toEqual([422, ['session_id']]);
  });

  it('is the session with present values', async () => {
    const { session_id: id, ...rest } = await shop.made();
    expect((await shop.get(`sessions/${id}`)).json).toEqual({ session_id: id, ...rest });
    await shop.play(id, 'pay');
    const paid = { status: 'active', operation_status: 'PROCESSING' };
    expect((await shop.get(`sessions/${id.toUpperCase()}`)).json).toMatchObject(paid);
    await shop.play(id, 'confirm');
    const used = { status: 'used', operation_status: 'SUCCESS' };
    expect((await shop.get(`sessions/${id}`)).json).toMatchObject(used);
    const operation = await shop.operation(rest.operation_number);
    expect(operation).toMatchObject({ status: 'SUCCESS', received_amount: '50000' });
  });
});

describe('a payout', () => {
  it('acceptance 19: has its operation at once', async () => {
    const { session_id: id, ...rest } = await shop.paidOut();
    expect(rest).toMatchObject({
      operation_id: id,
      operation_status: 'PENDING',
      status: 'active',
      operation_type: 'PAYOUT',
      metadata: recipient,
      payer_requisites: {},
      payment_method_requisites: {
        account_number: '****7890',
        account_name: '****LDER',
        bank_code: 'ALLVA.ID',
      },
    });
    expect(id).toMatch(uuid);
  });

  it('acceptance 20: takes the observed call as often as it comes', async () => {
    const before = BigInt(await available());
    const { session_id: id, operation_number: number } = await shop.paidOut();
    expect(before - BigInt(await available())).toBe(50_000n);
    const entry = { name: 'account_number', title: 'Account Number', type: 'string' };
    const call = { session_id: id, payer_requisites: [{ ...entry, value: '1234567890' }] };
    const first = await shop.post('operations', call);
    expect(first.status).toBe(200);
    expect(first.json).toMatchObject({
      operation_id: id,
      operation_number: number,
      operation_type: 'PAYOUT',
      status: 'PENDING',
      payer_requisites: { account_number: '****7890' },
      metadata: recipient,
    });
    expect((await shop.post('operations', call)).text).toBe(first.text);
    expect(before - BigInt(await available())).toBe(50_000n);
    const [row] = await shop.db.query<{ row: string }>(
      'select row_to_json(p)::text as row from payments p where id = $1',
      [id],
    );
    expect(row?.row).not.toContain(recipient.account_number);
  });

  it('acceptance 21: takes a map', async () => {
    const { session_id: id } = await shop.paidOut();
    const payer = { account_number: '1234567890', pin: 12, gone: null };
    const found = await shop.post('operations', { session_id: id, payer_requisites: payer });
    expect([found.status, found.json.payer_requisites]).toEqual([
      200,
      { account_number: '****7890', pin: '****' },
    ]);
    expect((await shop.get(`sessions/${id}`)).json.payer_requisites).toEqual({
      account_number: '****7890',
      pin: '****',
    });
    expect((await shop.post('operations', { session_id: id })).status).toBe(200);
  });

  it('acceptance 22: without metadata, or a part of it', async () => {
    const none = await shop.post('sessions', shop.payoutBody({ metadata: null }));
    expect([none.status, none.detail]).toEqual([400, 'metadata is required for PAYOUT']);
    for (const name of Object.keys(recipient)) {
      const metadata = { ...recipient, [name]: undefined };
      const { status, detail } = await shop.post('sessions', shop.payoutBody({ metadata }));
      expect([status, detail]).toEqual([400, `metadata.${name} is required for PAYOUT`]);
    }
    const metadata = { ...recipient, bank_city: ' ', bank_code: '' };
    const { detail } = await shop.post('sessions', shop.payoutBody({ metadata }));
    expect(detail).toBe('metadata.bank_city is required for PAYOUT');
  });

  it('acceptance 23: above the balance, and again after funding', async () => {
    const units = BigInt(await available());
    expect(units).toBeLessThan(2_000_000n);
    const body = shop.payoutBody({ amount: '2000000' });
    const before = await shop.count();
    const refused = await shop.post('sessions', body);
    expect([refused.status, refused.detail]).toEqual([400, 'Insufficient balance']);
    expect(await shop.count()).toBe(before);
    await shop.fund('2000000');
    const { status, headers } = await shop.post('sessions', body);
    expect([status, headers['idempotent-replayed']]).toEqual([200, undefined]);
    expect((await shop.post('sessions', body)).headers['idempotent-replayed']).toBe('true');
  });

  it('ends as the sandbox says, and gives back what was not sent', async () => {
    const units = await available();
    const endings = [
      ['pay', 'active', 'PROCESSING'],
      ['confirm', 'used', 'SUCCESS'],
      ['fail', 'expired', 'FAILED'],
      ['expire', 'expired', 'CANCELLED'],
    ] as const;
    for (const [event, session, word] of endings) {
      const { session_id: id, operation_number: number } = await shop.paidOut({ amount: '10000' });
      await shop.play(id, event);
      expect((await shop.get(`sessions/${id}`)).json.status).toBe(session);
      const { status, received_amount: received } = await shop.operation(number);
      expect([status, received]).toEqual([word, word === 'SUCCESS' ? '10000' : null]);
    }
    expect(BigInt(units) - BigInt(await available())).toBe(20_000n);
  });

  it('that ended without an operation call takes none', async () => {
    const { session_id: id } = await shop.paidOut({ amount: '10000' });
    const { session_id: called } = await shop.paidOut({ amount: '10000' });
    await shop.post('operations', { session_id: called });
    await shop.play(id, 'expire');
    await shop.play(called, 'expire');
    const { status, detail } = await shop.post('operations', { session_id: id });
    expect([status, detail]).toEqual([400, 'Session expired']);
    const repeated = await shop.post('operations', { session_id: called });
    expect([repeated.status, repeated.json.status]).toEqual([200, 'CANCELLED']);
    const unknown = await shop.post('operations', { session_id: unknownId });
    expect([unknown.status, unknown.detail]).toEqual([404, 'Session not found']);
  });
});

describe('the list', () => {
  const list = async (query: string) => shop.get(`operations?${query}`);
  const member = (data: Json[], name: string) => new Set(data.map((one) => one[name]));

  it('acceptance 30: unknown members are kept where there is a place', async () => {
    const { json, status } = await shop.create({ foo: 1, metadata: { ref1: 'X', deep: [1] } });
    expect([status, json.metadata]).toEqual([200, { ref1: 'X', deep: [1] }]);
  });

  it('acceptance 31: by direction and words', async () => {
    const done = await list('operation_type=PAYIN&status=SUCCESS&size=100');
    expect(done.status).toBe(200);
    expect(done.data.length).toBeGreaterThan(0);
    expect(member(done.data, 'status')).toEqual(new Set(['SUCCESS']));
    expect(member(done.data, 'operation_type')).toEqual(new Set(['PAYIN']));
    for (const query of ['status=success,pending', 'status=success&status=pending']) {
      const { data } = await list(`${query}&size=100`);
      expect(member(data, 'status')).toEqual(new Set(['SUCCESS', 'PENDING']));
    }
    const words = ['PENDING', 'PROCESSING', 'SUCCESS', 'FAILED', 'DECLINED', 'CANCELLED'];
    let total = 0;
    for (const word of words) {
      const { data, json } = await list(`status=${word}&size=100`);
      expect([...member(data, 'status')].filter((one) => one !== word)).toEqual([]);
      total += json.total as number;
    }
    expect((await list('')).json.total).toBe(total);
    const wrong = await list('status=WRONG');
    expect([wrong.status, wrong.fields]).toEqual([422, ['status']]);
  });

  it('filters by shop and currency', async () => {
    await shop.made({ payment_method_type_id: methods.cardUsd, amount: '7', currency: 'USD' });
    const { data } = await list(`shop_id=${shop.shopId}&currency=usd`);
    expect(member(data, 'currency')).toEqual(new Set(['USD']));
    const foreign = await list(`shop_id=${shop.other.shopId}`);
    expect([foreign.status, foreign.detail]).toEqual([400, 'Shop not found']);
    const wrong = await list('shop_id=x&operation_type=x&currency=x&sort_by=x&sort_type=x&page=x');
    const fields = ['shop_id', 'operation_type', 'currency', 'sort_by', 'sort_type', 'page'];
    expect([wrong.status, wrong.fields]).toEqual([422, fields]);
  });

  it('acceptance 32: sorted', async () => {
    shop.advance(5_000);
    await shop.made();
    for (const name of ['created_at', 'updated_at', 'operation_number']) {
      const up = await list(`sort_by=${name}&sort_type=asc&size=100`);
      const down = await list(`sort_by=${name}&sort_type=desc&size=100`);
      const values = up.data.map((one) => String(one[name]));
      expect(new Set(values).size).toBeGreaterThan(1);
      if (name !== 'operation_number') expect(values).toEqual(values.toSorted());
      expect(down.data.map((one) => one.operation_id)).toEqual(
        up.data.map((one) => one.operation_id).toReversed(),
      );
    }
    const byWord = await list('sort_by=status&sort_type=asc&size=100');
    const shown = byWord.data.map((one) => String(one.status));
    expect(shown).toEqual(shown.toSorted());
    expect(shown.length).toBe(byWord.json.total);
    const { data } = await list('currency=KRW&sort_by=amount&sort_type=ASC&size=100');
    const amounts = data.map(({ amount }) => Number(amount));
    expect(amounts).toEqual(amounts.toSorted((left, right) => left - right));
    const wrong = await list('sort_by=foo');
    expect([wrong.status, wrong.fields]).toEqual([422, ['sort_by']]);
  });

  it('acceptance 33: past the end', async () => {
    const { status, json } = await list('page=1000000000000');
    expect([status, json.data]).toEqual([200, []]);
    expect(json.pages).toBe(Math.ceil((json.total as number) / 20));
  });
});
