// The acceptance list of wire/xbillion.md: the webhook and the life of a payment, lines 28 to 37.

import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createScriptedRail } from '../../harness/scripted-rail.ts';
import { type Receiver, ok, startReceiver, status } from '../../webhooks/receiver.ts';
import { type Json, type Shop, openShop } from './shop.ts';

const RETRY_MS = 180_000;
const HOUR_MS = 3_600_000;
const LIMIT_MS = 20_000;

let shop: Shop;
let receiver: Receiver;
beforeAll(async () => {
  shop = await openShop({ rails: [{ ...createScriptedRail(), mode: 'live' }] });
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
  await shop.set({ webhookUrl: null, services: {} });
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

async function arrived({ came }: Hook, count: number): Promise<Json[]> {
  shop.app.dispatcher.wake();
  await receiver.until(() => came().length >= count);
  return came().map(({ body }) => JSON.parse(body) as Json);
}

/** The payment's first delivery, once `count` attempts of it are written down. */
async function attempted(id: string, count: number) {
  const written = async () => {
    const [first] = await shop.deliveries(id);
    return first !== undefined && first.attempts.length >= count;
  };
  await vi.waitUntil(written, { timeout: LIMIT_MS, interval: 5 });
  const [first] = await shop.deliveries(id);
  if (!first) throw new Error('the delivery is gone');
  return first;
}

async function paid(change: Json, to: Hook): Promise<Json> {
  const { id } = await shop.made({ ...change, webhook_url: to.url });
  await shop.play(id, 'pay', 'confirm');
  const [body] = await arrived(to, 1);
  return body as Json;
}

describe('the webhook', () => {
  it('acceptance 28: one when it is paid', async () => {
    const to = hook();
    const { id, order_id: order } = await shop.made({ webhook_url: to.url });
    await shop.play(id, 'pay', 'confirm');
    const [body] = await arrived(to, 1);
    const [{ method, headers } = { method: '', headers: {} as Json }] = to.came();
    expect(method).toBe('POST');
    expect(headers['content-type']).toBe('application/json');
    const [scheme, encoded = ''] = String(headers.authorization).split(' ');
    expect([scheme, Buffer.from(encoded, 'base64').toString()]).toEqual(['Basic', shop.pairs.A]);
    expect(body).toMatchObject({ id, type: 'payin', external_id: order, status: 'completed' });
    expect('reject_reason' in (body ?? {})).toBe(false);
    const amount = { amount: 100, currency: 'USD' };
    expect(body).toMatchObject({
      in_amount: amount,
      out_amount: amount,
      settlement_amount: amount,
      fee: { fee: 0, currency: 'USD', fee_payer: 'merchant' },
      service: 'crypto',
    });
    expect(await shop.deliveries(id)).toHaveLength(1);
  });

  it('acceptance 29: the three amounts of a fee that the payer bears', async () => {
    const service = { kind: 'redirect', fee: { fixed: '2', payer: 'customer' } };
    await shop.set({ services: { 'with-fee': service } });
    expect(await paid({ service: 'with-fee' }, hook())).toMatchObject({
      in_amount: { amount: 100, currency: 'USD' },
      out_amount: { amount: 102, currency: 'USD' },
      settlement_amount: { amount: 100, currency: 'USD' },
      fee: { fee: 2, currency: 'USD', fee_payer: 'customer' },
    });
  });

  it('acceptance 30: nothing while pending, nor when money is first seen', async () => {
    const { id } = await shop.made({ webhook_url: hook().url });
    expect(await shop.deliveries(id)).toEqual([]);
    await shop.play(id, 'pay');
    expect((await shop.get(id)).json.status).toBe('pending');
    expect(await shop.deliveries(id)).toEqual([]);
    const part = await shop.made({ webhook_url: hook().url });
    await shop.play(part.id, 'underpay', 'confirm');
    expect(await shop.deliveries(part.id)).toEqual([]);
  });

  it('acceptance 31: expired', async () => {
    const to = hook();
    const { id } = await shop.made({ webhook_url: to.url });
    await shop.expire(id);
    expect(await arrived(to, 1)).toMatchObject([{ status: 'rejected', reject_reason: 'expired' }]);
    expect((await shop.get(id)).json.status).toBe('rejected');
  });

  it('acceptance 32: underpaid at the deadline, overpaid', async () => {
    const short = hook();
    const { id } = await shop.made({ webhook_url: short.url });
    await shop.play(id, 'underpay', 'confirm');
    await shop.expire(id);
    const told = await arrived(short, 1);
    expect(told).toMatchObject([{ status: 'rejected', reject_reason: 'underpaid' }]);
    const over = hook();
    const more = await shop.made({ webhook_url: over.url });
    await shop.play(more.id, 'overpay', 'confirm');
    const [body] = await arrived(over, 1);
    expect(body).toMatchObject({ status: 'completed', in_amount: { amount: 100 } });
    expect('reject_reason' in (body ?? {})).toBe(false);
  });
});

describe('delivering', () => {
  it('acceptance 33: only 200 counts; 204 is tried again, a redirect is not followed', async () => {
    const to = hook();
    receiver.answerWith(status(204));
    const { id } = await shop.made({ webhook_url: to.url });
    await shop.play(id, 'pay', 'confirm');
    await arrived(to, 1);
    const first = await attempted(id, 1);
    const [attempt] = first.attempts;
    expect([first.status, attempt?.outcome]).toEqual(['pending', 'rejected']);
    expect(first.nextAt?.getTime()).toBe((attempt?.at.getTime() ?? 0) + RETRY_MS);
    receiver.answerWith(ok);
    shop.advance(RETRY_MS);
    shop.app.dispatcher.wake();
    await arrived(to, 2);
    const [one, two] = to.came();
    expect(two?.body).toBe(one?.body);
    expect(await attempted(id, 2)).toMatchObject({ status: 'delivered', nextAt: null });

    const redirected = hook();
    const target = hook();
    receiver.answerWith(status(302, { location: target.url }));
    const other = await shop.made({ webhook_url: redirected.url });
    await shop.play(other.id, 'pay', 'confirm');
    await arrived(redirected, 1);
    expect(await attempted(other.id, 1)).toMatchObject({ status: 'pending' });
    expect(target.came()).toEqual([]);
    receiver.answerWith(ok);
    shop.advance(RETRY_MS);
    await arrived(redirected, 2);
    await attempted(other.id, 2);
    expect(to.came()).toHaveLength(2);
  });

  it('acceptance 34: 201 attempts in ten hours, then none', async () => {
    const to = hook();
    receiver.answerWith(status(500));
    const { id } = await shop.made({ webhook_url: to.url });
    await shop.play(id, 'pay', 'confirm');
    const start = shop.clock.at;
    for (let count = 1; count <= 201; count += 1) {
      await arrived(to, count);
      const { nextAt, status: word } = await attempted(id, count);
      if (count === 201) expect([word, nextAt]).toEqual(['dead', null]);
      else shop.clock.at = nextAt ?? start;
    }
    expect(shop.clock.at.getTime() - start.getTime()).toBe(10 * HOUR_MS);
    shop.advance(24 * HOUR_MS);
    const probe = hook();
    await paid({}, probe);
    expect(to.came()).toHaveLength(201);
  }, 120_000);

  it('acceptance 35: no URL, that of the setting, that of the request', async () => {
    const silent = await shop.made();
    await shop.play(silent.id, 'pay', 'confirm');
    expect(await shop.deliveries(silent.id)).toEqual([]);
    const setting = hook();
    await shop.set({ webhookUrl: setting.url });
    const plain = await shop.made();
    await shop.play(plain.id, 'pay', 'confirm');
    expect(await arrived(setting, 1)).toMatchObject([{ id: plain.id }]);
    const own = hook();
    const told = await shop.made({ webhook_url: own.url });
    await shop.play(told.id, 'pay', 'confirm');
    expect(await arrived(own, 1)).toMatchObject([{ id: told.id }]);
    expect(setting.came()).toHaveLength(1);
  });

  it('acceptance 36: plain http shows a live secret to nobody', async () => {
    await shop.set({ services: { crypto: { kind: 'redirect' } } }, 'live');
    const change = { webhook_url: 'http://shop.example.com/hook' };
    const { status: code, fields } = await shop.create(change, { as: shop.pairs.live });
    expect([code, fields]).toEqual([400, ['webhook_url']]);
    await shop.set({ allowInsecureWebhook: true }, 'live');
    const allowed = await shop.create(change, { as: shop.pairs.live });
    expect(allowed.status).toBe(200);
    await shop.set({ allowInsecureWebhook: false }, 'live');
  });

  it('acceptance 37: late money that is accepted', async () => {
    await shop.policy({ late: 'accept' });
    const to = hook();
    const { id } = await shop.made({ webhook_url: to.url });
    await shop.play(id, 'pay', 'reverse');
    await shop.expire(id);
    await arrived(to, 1);
    shop.advance(60_000);
    await shop.play(id, 'pay', 'confirm');
    const [first, second] = await arrived(to, 2);
    expect([first?.status, second?.status]).toEqual(['rejected', 'completed']);
    expect('reject_reason' in (second ?? {})).toBe(false);
    expect(String(second?.updated_at) > String(first?.updated_at)).toBe(true);
    expect(second?.created_at).toBe(first?.created_at);
    expect((await shop.get(id)).json.status).toBe('completed');
  });
});
