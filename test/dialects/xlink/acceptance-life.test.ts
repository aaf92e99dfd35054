// The acceptance list of wire/xlink.md: the webhook and the life of an operation, lines 35 to 40.

import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Receiver, ok, startReceiver, status } from '../../webhooks/receiver.ts';
import { type Json, type Shop, openShop, signatureOf, webhookSecret } from './shop.ts';

const RETRY_MS = 30_000;
const LIMIT_MS = 20_000;

let shop: Shop;
let receiver: Receiver;
beforeAll(async () => {
  shop = await openShop();
  await shop.fund();
  receiver = await startReceiver();
  shop.app.dispatcher.start();
});
afterAll(async () => {
  await shop.app.dispatcher.stop();
  await shop.close();
  await receiver.close();
});
beforeEach(async () => {
  receiver.answerWith(ok);
  await shop.set({ reportExpired: false, callbackUrl: null });
  await shop.policy({ late: 'hold' });
});

let hooks = 0;
/** A URL of its own for one test, and what came to it. */
function hook() {
  hooks += 1;
  const path = `/hook-${hooks}`;
  const came = () => receiver.received.filter((one) => one.path === path);
  return { url: `${receiver.origin}${path}`, came };
}

type Hook = ReturnType<typeof hook>;
type Told = { readonly event: string; readonly data: Json };

async function arrived({ came }: Hook, count: number): Promise<Told[]> {
  shop.app.dispatcher.wake();
  await receiver.until(() => came().length >= count);
  return came().map(({ body }) => JSON.parse(body) as Told);
}

const words = (told: readonly Told[]) => told.map(({ data }) => data.status);

describe('the webhook', () => {
  it('acceptance 35: is signed over its raw bytes', async () => {
    const to = hook();
    const { session_id: id } = await shop.made({ callback_url: to.url });
    await shop.play(id, 'pay');
    await arrived(to, 1);
    const [request] = to.came();
    expect(request?.method).toBe('POST');
    expect(request?.headers['content-type']).toBe('application/json');
    const signature = String(request?.headers['x-webhook-signature']);
    expect(signature).toBe(signatureOf(request?.body ?? ''));
    expect(signature).toMatch(/^[0-9a-f]{64}$/);
    const digest = createHmac('sha256', webhookSecret)
      .update(request?.body ?? '')
      .digest('base64');
    expect(Buffer.from(signature, 'hex').toString('base64')).toBe(digest);
  });

  it('acceptance 36: says what was asked for, whatever came', async () => {
    const to = hook();
    const { session_id: id, ...rest } = await shop.made({ callback_url: to.url });
    await shop.play(id, 'overpay', 'confirm');
    const told = await arrived(to, 2);
    for (const { event, data } of told) {
      expect(event).toBe('transaction.status.updated');
      expect(data).toMatchObject({
        operation_id: id,
        operation_number: rest.operation_number,
        operation_type: 'PAYIN',
        currency: 'KRW',
        initiated_amount: '50000',
        amount: '50000',
        received_amount: '55000',
        created_at: '2026-01-31T12:00:00Z',
        updated_at: '2026-01-31T12:00:00Z',
      });
    }
    expect(words(told)).toEqual(['PROCESSING', 'SUCCESS']);
    expect(await shop.operation(rest.operation_number)).toMatchObject({
      amount: '50000',
      received_amount: '55000',
    });
  });

  it('acceptance 37: is tried again after 500, and delivered by any 2xx', async () => {
    const to = hook();
    receiver.answerWith(status(500));
    const { session_id: id } = await shop.made({ callback_url: to.url });
    await shop.play(id, 'fail');
    const [first] = await attempted(id, 1);
    expect(first?.status).toBe('pending');
    receiver.answerWith(status(204));
    shop.advance(RETRY_MS);
    await arrived(to, 2);
    const [second] = await attempted(id, 2);
    expect([second?.status, second?.attempts.length]).toEqual(['delivered', 2]);
    const [one, other] = to.came();
    expect(other?.body).toBe(one?.body);

    const away = hook();
    receiver.answerWith((request, response) =>
      request.path === new URL(to.url).pathname
        ? response.end()
        : void response.writeHead(302, { location: to.url }).end(),
    );
    const { session_id: moved } = await shop.made({ callback_url: away.url });
    await shop.play(moved, 'fail');
    const [redirected] = await attempted(moved, 1);
    expect([redirected?.status, redirected?.attempts[0]?.outcome]).toEqual(['pending', 'rejected']);
    expect(to.came()).toHaveLength(2);
  });

  async function attempted(id: string, count: number) {
    shop.app.dispatcher.wake();
    const written = async () => (await shop.deliveries(id))[0]?.attempts.length === count;
    await vi.waitUntil(written, { timeout: LIMIT_MS, interval: 5 });
    return shop.deliveries(id);
  }

  it('acceptance 38: comes for each change of the word, in order, not for the first', async () => {
    const to = hook();
    const { session_id: id } = await shop.made({ callback_url: to.url });
    expect(await shop.deliveries(id)).toEqual([]);
    await shop.play(id, 'underpay', 'confirm', 'pay', 'confirm');
    expect(words(await arrived(to, 2))).toEqual(['PROCESSING', 'SUCCESS']);
    expect(await shop.deliveries(id)).toHaveLength(2);
  });

  it('goes to the shop’s URL when the request has none', async () => {
    const to = hook();
    await shop.set({ callbackUrl: to.url });
    const { session_id: id } = await shop.made();
    await shop.play(id, 'pay', 'reverse');
    expect(words(await arrived(to, 2))).toEqual(['PROCESSING', 'PENDING']);
  });

  it('tells of payouts, too', async () => {
    const to = hook();
    const { session_id: id } = await shop.paidOut({ callback_url: to.url });
    await shop.play(id, 'pay', 'confirm');
    const told = await arrived(to, 2);
    expect(words(told)).toEqual(['PROCESSING', 'SUCCESS']);
    expect(told[1]?.data).toMatchObject({ operation_type: 'PAYOUT', amount: '50000' });
    expect('received_amount' in (told[1]?.data ?? {})).toBe(false);
  });

  it('that cannot be signed is kept as dead', async () => {
    const method = { shop_id: shop.other.shopId, callback_url: hook().url };
    const { session_id: id } = await shop.made(method, { as: shop.keys.B });
    const scope = { merchantId: shop.other.id, mode: 'test' } as const;
    const view = await shop.app.payments.findOperation(scope, id);
    if (view) await shop.app.payments.play(view.payment, 'fail');
    expect(await shop.deliveries(id, shop.other.id)).toMatchObject([
      { status: 'dead', body: expect.stringContaining('webhook secret') },
    ]);
  });
});

describe('the deadline', () => {
  it('acceptance 39: unpaid', async () => {
    const to = hook();
    const { session_id: id, ...rest } = await shop.made({ callback_url: to.url });
    await shop.expire(id);
    expect(words(await arrived(to, 1))).toEqual(['CANCELLED']);
    expect((await shop.operation(rest.operation_number)).status).toBe('CANCELLED');
    expect((await shop.get(`sessions/${id}`)).json.status).toBe('expired');

    await shop.set({ reportExpired: true });
    expect((await shop.operation(rest.operation_number)).status).toBe('EXPIRED');
    expect((await shop.get('operations?status=CANCELLED')).data).toEqual([]);
    const { data } = await shop.get('operations?status=EXPIRED&size=100');
    expect(new Set(words(data.map((one) => ({ event: '', data: one }))))).toEqual(
      new Set(['EXPIRED']),
    );
    expect(data.map(({ session_id: one }) => one)).toContain(id);
    const next = hook();
    const { session_id: other } = await shop.made({ callback_url: next.url });
    await shop.expire(other);
    expect(words(await arrived(next, 1))).toEqual(['EXPIRED']);
  });

  it('acceptance 40: money seen before it, final after it', async () => {
    const to = hook();
    const { session_id: id } = await shop.made({ callback_url: to.url });
    await shop.play(id, 'pay');
    await shop.expire(id);
    expect((await shop.get(`sessions/${id}`)).json).toMatchObject({
      status: 'active',
      operation_status: 'PROCESSING',
    });
    await shop.play(id, 'confirm');
    expect(words(await arrived(to, 2))).toEqual(['PROCESSING', 'SUCCESS']);
    expect(await shop.deliveries(id)).toHaveLength(2);
  });

  it('paid late and accepted: SUCCESS after CANCELLED', async () => {
    await shop.policy({ late: 'accept' });
    const to = hook();
    const { session_id: id } = await shop.made({ callback_url: to.url });
    await shop.expire(id);
    await shop.play(id, 'pay', 'confirm');
    const said = words(await arrived(to, 3));
    expect([said[0], said.at(-1)]).toEqual(['CANCELLED', 'SUCCESS']);
  });

  it('refunded: the session stays used', async () => {
    const { session_id: id, ...rest } = await shop.made();
    await shop.play(id, 'pay', 'confirm');
    const scope = { merchantId: shop.merchant.id, mode: 'test' } as const;
    await shop.app.payments.close(scope, id, 'refund');
    expect((await shop.operation(rest.operation_number)).status).toBe('REFUNDED');
    expect((await shop.get(`sessions/${id}`)).json.status).toBe('used');
  });
});
