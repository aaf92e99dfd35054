// Commit in doubt: the connection breaks between COMMIT and its answer. The gateway must neither
// fail what was done nor do it twice.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Observation } from '../../src/rails/rail.ts';
import { createScriptedRail } from '../harness/scripted-rail.ts';
import { type Receiver, startReceiver } from '../webhooks/receiver.ts';
import type { Cut, How } from './proxy.ts';
import { type World, openWorld } from './world.ts';

const rail = createScriptedRail();
let world: World;

beforeAll(async () => {
  world = await openWorld({ rails: [rail] });
});

afterAll(() => world.close());

afterEach(async () => {
  world.proxy.plan([]);
  await world.sound();
});

const creating = /insert into payments/;
const lost = (...hows: How[]): Cut[] => hows.map((how) => ({ how, of: creating }));

describe('create', () => {
  const alone: [name: string, cuts: Cut[]][] = [
    ['the answer is lost', lost('reply')],
    ['the answer is lost twice', lost('reply', 'reply')],
    ['the answer is lost five times', lost('reply', 'reply', 'reply', 'reply', 'reply')],
    ['the commit never arrives', lost('request')],
    ['the commit never arrives, then its answer is lost', lost('request', 'reply')],
    ['the answer is lost, then the commit never arrives', lost('reply', 'request')],
  ];

  test.each(alone)('one link: %s', async (name, cuts) => {
    world.proxy.plan(cuts);
    const { status, text } = await world.create(name);
    expect(status, text).toBe(200);
    expect(world.proxy.cuts()).toBe(cuts.length);
    expect(await world.made(name)).toBe(1);
  });

  test.each(alone)('one link with a key: %s', async (told, cuts) => {
    const name = `with a key: ${told}`;
    world.proxy.plan(cuts);
    const first = await world.create(name, {}, name);
    expect(first.status, first.text).toBe(200);
    expect(world.proxy.cuts()).toBe(cuts.length);
    const again = await world.create(name, {}, name);
    expect(again.text).toBe(first.text);
    expect(await world.made(name)).toBe(1);
  });

  test('the same key five times at once', async () => {
    world.proxy.plan(lost('reply'));
    const key = 'five at once';
    const answers = await Promise.all(Array.from({ length: 5 }, () => world.create(key, {}, key)));
    expect(answers.map((one) => one.status)).toEqual([200, 200, 200, 200, 200]);
    expect(new Set(answers.map((one) => one.text)).size).toBe(1);
    expect(await world.made(key)).toBe(1);
  });

  test('the same key with another body at once', async () => {
    world.proxy.plan(lost('reply'));
    const key = 'two bodies';
    const bodies = [{}, { order_amount: 13.5 }];
    const answers = await Promise.all(bodies.map((change) => world.create(key, change, key)));
    expect(answers.map((one) => one.status).toSorted()).toEqual([200, 422]);
    expect(await world.made(key)).toBe(1);
  });

  const many: [count: number, cuts: Cut[]][] = [
    [30, lost('reply')],
    [31, lost('request')],
    [250, lost('reply', 'reply', 'request')],
  ];
  test.each(many)('%i at once, half of them with keys', async (count, cuts) => {
    world.proxy.plan(cuts);
    const names = Array.from({ length: count }, (_, index) => `${count} ${cuts.length} ${index}`);
    const answers = await Promise.all(
      names.map((name, index) => world.create(name, {}, index % 2 === 0 ? name : undefined)),
    );
    expect(answers.filter((one) => one.status !== 200)).toEqual([]);
    expect(world.proxy.cuts()).toBeGreaterThan(0);
    for (const name of names) expect(await world.made(name)).toBe(1);
  });

  test('what the sandbox plans by itself is planned once', async () => {
    world.proxy.plan(lost('reply'));
    const id = await world.link('magic', { order_amount: 10 });
    expect(world.proxy.cuts()).toBe(1);
    expect(await jobsOf(id)).toBe(1);
  });
});

describe('what is done to a link', () => {
  const applying = /insert into events/;
  const cases: [what: string, before: string[], status: string, seen: number][] = [
    ['pay', [], 'confirming', 1],
    ['underpay', [], 'awaiting', 1],
    ['overpay', [], 'confirming', 1],
    ['confirm', ['pay'], 'completed', 1],
    ['reverse', ['pay', 'confirm'], 'awaiting', 1],
    ['fail', [], 'failed', 0],
    ['expire', [], 'expired', 0],
    ['expired', [], 'expired', 0],
    ['cancelled', [], 'cancelled', 0],
    ['inactive', [], 'awaiting', 0],
  ];

  const all = (['reply', 'request'] as const).flatMap((how) =>
    cases.map(([what, ...rest]) => [what, how, ...rest] as const),
  );
  test.each(all)('%s, %s lost', async (what, how, before, status, seen) => {
    const id = await world.link(`${what} ${how}`);
    for (const event of before) await world.play(id, event);
    const seqBefore = (await world.view(id)).payment.eventSeq;
    world.proxy.plan([{ how, of: applying }]);
    const isWord = ['expired', 'cancelled', 'inactive'].includes(what);
    const answer = await (isWord ? world.patch(id, what) : world.play(id, what));
    expect(answer.status, answer.text).toBe(200);
    expect(world.proxy.cuts()).toBe(1);
    const { payment, sightings } = await world.view(id);
    expect(payment.status).toBe(status);
    expect(payment.eventSeq).toBe(seqBefore + 1);
    expect(sightings.length).toBe(seen);
    expect(await jobsOf(id)).toBe(before.includes('pay') || what.endsWith('pay') ? 1 : 0);
  });

  test('an address is handed out once', async () => {
    const id = await world.link('choosing');
    const { payment } = await world.view(id);
    world.proxy.plan([{ how: 'reply' }]);
    const chosen = await world.app.payments.choose(payment, 'sandbox');
    expect(world.proxy.cuts()).toBe(1);
    expect((await world.view(id)).instructions.map((one) => one.id)).toEqual([chosen.id]);
  });

  test('what is due expires once', async () => {
    const id = await world.link('due');
    await world.db.query(`update payments set expires_at = now() where id = $1`, [id]);
    world.proxy.plan([{ how: 'reply', of: applying }]);
    await expect(world.app.payments.expireDue()).rejects.toThrow('lost');
    await world.app.payments.expireDue();
    const { payment } = await world.view(id);
    expect([payment.status, payment.eventSeq]).toEqual(['expired', 2]);
  });
});

describe('what a rail saw', () => {
  const cases: [how: How, asked: number][] = [
    ['reply', 1],
    ['request', 2],
  ];
  test.each(cases)('is stored once when the %s is lost', async (how, asked) => {
    const id = await world.link(`rail ${how}`);
    const { payment } = await world.view(id);
    const instruction = await world.app.payments.choose(payment, 'scripted');
    const seen: Observation = {
      key: `seen ${how}`,
      merchantId: payment.merchantId,
      paymentId: id,
      instructionId: instruction.id,
      amount: instruction.expected,
      presence: 'present',
      confirmations: 2,
      transactionId: `transaction ${how}`,
      at: new Date(),
    };
    rail.queue.push(seen);
    world.proxy.plan([{ how, of: /insert into events/ }]);
    await expect(world.app.payments.pull(rail)).rejects.toThrow('lost');
    // The rail shows from its cursor on whatever was not stored: here, by the test's hand.
    if (asked === 2) rail.queue.push(seen);
    await world.app.payments.pull(rail);
    const view = await world.view(id);
    expect([view.payment.status, view.payment.eventSeq]).toEqual(['completed', 2]);
    expect(view.sightings.map((one) => one.key)).toEqual([seen.key]);
  });
});

describe('the worker', () => {
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await startReceiver();
    const { merchantId } = world.shop;
    await world.app.merchants.updateSettings(merchantId, 'test', (settings) => {
      const bitxpay = { ...settings.dialects?.['bitxpay'], webhookUrl: `${receiver.origin}/` };
      return { ...settings, dialects: { ...settings.dialects, bitxpay } };
    });
    await world.startsWorker();
  });

  afterAll(() => receiver.close());

  const completing = { how: 'reply', of: /insert into delivery_attempts/ } as const;
  const cases: [name: string, cuts: Cut[]][] = [
    ['once', [completing]],
    ['twice', [completing, completing]],
    ['before it arrives', [{ ...completing, how: 'request' }]],
  ];
  test.each(cases)('a webhook is sent once when its completion is lost %s', async (n, cuts) => {
    const id = await world.link(`webhook ${n}`);
    world.proxy.plan(cuts);
    await world.play(id, 'fail');
    await expect.poll(() => delivery(id), { timeout: 10_000 }).toEqual(['delivered', 1, 1]);
    expect(world.proxy.cuts()).toBe(cuts.length);
    expect(receiver.received.filter((one) => one.body.includes(id)).length).toBe(1);
  });

  test('a magic amount pays once when the answer to its step is lost', async () => {
    world.proxy.plan([{ how: 'reply', of: /insert into observations/ }]);
    const id = await world.link('rehearsed', { order_amount: 10 });
    const status = async (): Promise<string> => (await world.view(id)).payment.status;
    await expect.poll(status, { timeout: 10_000 }).toBe('completed');
    expect(world.proxy.cuts()).toBe(1);
    expect((await world.view(id)).sightings.length).toBe(1);
  });

  test('a job that runs again after a crash pays nothing more', async () => {
    const id = await world.link('again', { order_amount: 10 });
    const status = async (): Promise<string> => (await world.view(id)).payment.status;
    await expect.poll(status, { timeout: 10_000 }).toBe('completed');
    const rehearse = world.app.payments.jobs.find((job) => job.name === 'payments.rehearse');
    const { merchantId } = world.shop;
    await rehearse?.run({ merchantId, id, event: 'pay', next: 'confirm' });
    const view = await world.view(id);
    expect([view.payment.status, view.sightings.length]).toEqual(['completed', 1]);
  });

  async function delivery(id: string): Promise<unknown[]> {
    const rows = await world.db.query<{ status: string; attempts: number; kept: number }>(
      `select status, attempts, (select count(*) from delivery_attempts a
          where a.delivery_id = d.id) as kept from deliveries d where payment_id = $1`,
      [id],
    );
    return rows.flatMap((row) => [row.status, row.attempts, row.kept]);
  }
});

async function jobsOf(id: string): Promise<number> {
  const rows = await world.db.query(
    `select 1 from graphile_worker._private_jobs where payload ->> 'id' = $1`,
    [id],
  );
  return rows.length;
}
