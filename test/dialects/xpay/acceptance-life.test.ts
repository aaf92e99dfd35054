// The acceptance list of wire/xpay.md: callbacks and the life of a transaction, lines 34 to 37.

import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { callbackSecretContext } from '../../../src/dialects/xpay/settings.ts';
import { createVault } from '../../../src/merchants/vault.ts';
import { type Receiver, ok, startReceiver, status } from '../../webhooks/receiver.ts';
import { type Json, type Till, openTill } from './till.ts';

let till: Till;
let shop: Receiver;
beforeAll(async () => {
  till = await openTill();
  shop = await startReceiver();
  till.app.dispatcher.start();
});
afterAll(async () => {
  await till.app.dispatcher.stop();
  await till.close();
  await shop.close();
});
beforeEach(() => shop.answerWith(ok));

const callback = (name: string) => `${shop.origin}/callback/?shop=${name}&x=%2F+1`;
const to = (name: string) => shop.received.filter(({ path }) => path.includes(`=${name}&`));
const bodies = (name: string) => to(name).map(({ body }) => JSON.parse(body) as Json);
const words = (name: string) => bodies(name).map((one) => one.status);

async function heard(name: string, times: number): Promise<void> {
  till.app.dispatcher.wake();
  await shop.until(() => to(name).length >= times);
}

describe('callbacks', () => {
  it('acceptance 34: every change of the word after creation, to the very URL', async () => {
    const sold = await till.sell({ callback: callback('a') }, { as: till.terminal.token });
    await till.play(sold.id, 'pay');
    await heard('a', 1);
    await till.play(sold.id, 'confirm');
    await heard('a', 2);
    const [first, second] = bodies('a');
    expect(first).toEqual({ ...sold, status: 'verifying', transaction_status_code: 1 });
    expect(second).toEqual({ ...sold, status: 'approved', transaction_status_code: 4 });
    for (const { path, method, headers } of to('a')) {
      expect([method, path]).toEqual(['POST', '/callback/?shop=a&x=%2F+1']);
      expect(headers['content-type']).toBe('application/json');
      expect(headers).not.toHaveProperty('x-dragoman-signature');
    }
    expect(await till.read(sold.id, { as: till.terminal.token })).toEqual(second);
  });

  it('are signed once the commerce has a secret', async () => {
    const vault = createVault(till.app.options.vaultKey);
    const sealed = vault.seal('s3cret', callbackSecretContext(till.merchant.id));
    await till.set({ callbackSecret: sealed.toString('base64') });
    const { id } = await till.sell({ callback: callback('signed') });
    await till.play(id, 'fail');
    await heard('signed', 1);
    const [told] = to('signed');
    const digest = createHmac('sha256', 's3cret')
      .update(told?.body ?? '')
      .digest('hex');
    expect(told?.headers['x-dragoman-signature']).toBe(`sha256=${digest}`);
    expect(words('signed')).toEqual(['rejected']);
    await till.set({ callbackSecret: null });
  });

  it('acceptance 35: 500 is tried again; a redirect is a failure and is not followed', async () => {
    shop.answerWith(status(500));
    const { id } = await till.sell({ callback: callback('again') });
    await till.play(id, 'fail');
    await heard('again', 1);
    shop.answerWith(ok);
    await attempted('again', 1);
    till.wait(31);
    await heard('again', 2);
    const [first, second] = to('again');
    expect(second?.body).toBe(first?.body);

    shop.answerWith(status(302, { location: `${shop.origin}/elsewhere` }));
    const moved = await till.sell({ callback: callback('moved') });
    await till.play(moved.id, 'fail');
    await heard('moved', 1);
    await attempted('moved', 1);
    shop.answerWith(ok);
    till.wait(31);
    await heard('moved', 2);
    expect(shop.received.map(({ path }) => path)).not.toContain('/elsewhere');
  });

  // The next attempt is planned once the one before is written down.
  async function attempted(name: string, attempts: number): Promise<void> {
    const limit = performance.now() + 5_000;
    for (;;) {
      const [row] = await till.db.query<{ attempts: number; leased_until: Date | null }>(
        'select attempts, leased_until from deliveries where url like $1',
        [`%shop=${name}&%`],
      );
      if (row && row.attempts >= attempts && row.leased_until === null) return;
      if (performance.now() > limit) throw new Error(`${name} was not written down`);
    }
  }
});

describe('what becomes of a transaction', () => {
  const scope = () => ({ merchantId: till.merchant.id, mode: 'test' }) as const;

  it('acceptance 36: time runs out; money that comes late; money that goes back', async () => {
    const older = await till.sell({ callback: callback('late') });
    const newer = await till.sell({}, { path: 'transactions/create/' });
    till.wait(1_201);
    await till.app.payments.expireDue();
    const cancelled = { transaction_status_code: 6, waiting_time: '1200.00' };
    expect(await till.read(older.id)).toMatchObject({ ...cancelled, status: 'canceled' });
    expect(await till.read(newer.id)).toMatchObject({ ...cancelled, status: 'cancelled' });
    await till.play(older.id, 'pay');
    await till.play(older.id, 'confirm');
    const rejected = { status: 'rejected', transaction_status_code: 5 };
    expect(await till.read(older.id)).toMatchObject(rejected);
    const { payment } = await till.viewOf(older.id);
    await till.app.payments.close(scope(), payment.id, 'refund');
    const refunded = { status: 'refunded', transaction_status_code: 7 };
    expect(await till.read(older.id)).toMatchObject(refunded);
    await heard('late', 3);
    expect(words('late')).toEqual(['canceled', 'rejected', 'refunded']);
    const listed = await till.get('transactions/?status=refunded');
    expect((listed.json as unknown as Json[]).map(({ id }) => id)).toEqual([older.id]);
  });

  it('acceptance 37: underpaid and confirmed, then the rest', async () => {
    const { id } = await till.sell({ callback: callback('short') });
    await till.play(id, 'underpay');
    expect((await till.read(id)).status).toBe('verifying');
    await till.play(id, 'confirm');
    const adjustment = { status: 'adjustment', transaction_status_code: 2 };
    expect(await till.read(id)).toMatchObject(adjustment);
    const listed = await till.get('transactions/?status=adjustment');
    expect((listed.json as unknown as Json[]).map((one) => one.id)).toEqual([id]);
    await till.play(id, 'pay');
    await till.play(id, 'confirm');
    expect(await till.read(id)).toMatchObject({ status: 'approved', transaction_status_code: 4 });
    await heard('short', 4);
    expect(words('short')).toEqual(['verifying', 'adjustment', 'verifying', 'approved']);
  });

  it('overpaid is approved, reversed is sending again', async () => {
    const { id } = await till.sell({ callback: callback('over') });
    await till.play(id, 'overpay');
    await till.play(id, 'confirm');
    expect((await till.read(id)).status).toBe('approved');
    await till.play(id, 'reverse');
    expect((await till.read(id)).status).toBe('sending');
    await heard('over', 3);
    expect(words('over')).toEqual(['verifying', 'approved', 'sending']);
  });
});
