// Creating: group commit, short names, idempotency under every kind of repetition.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requestHash } from '../../src/payments/create.ts';
import { Refusal } from '../../src/payments/refusals.ts';
import { referenceOf, referencePattern } from '../../src/payments/references.ts';
import { type Core, basicCommand, createCore } from '../harness/core.ts';

let core: Core;
beforeAll(async () => {
  core = await createCore();
});
afterAll(() => core.close());

function keyed(key: string, body = 'body', scope = 'create') {
  const answer = (payment: { id: string }): string => `answer ${payment.id}`;
  return { scope, key, requestHash: requestHash(body), answer };
}

test('500 at once are all there, with distinct numbers and references', async () => {
  const made = await Promise.all(Array.from({ length: 500 }, () => core.create()));
  expect(new Set(made.map((payment) => payment.number)).size).toBe(500);
  expect(new Set(made.map((payment) => payment.reference)).size).toBe(500);
  for (const { reference } of made) expect(reference).toMatch(referencePattern);
  const [row] = await core.db.query<{ payments: number; events: number }>(
    `select (select count(*) from payments) as payments, (select count(*) from events) as events`,
  );
  expect(row).toEqual({ payments: 500, events: 500 });
  const view = await core.view(made[7]!.id);
  expect(view.payment).toEqual(made[7]);
  expect((await core.view(made[9]!.reference)).payment.id).toBe(made[9]!.id);
});

test('references are a permutation: no two numbers share one', () => {
  const keys = [1, 2, 3, 4];
  const seen = new Set(Array.from({ length: 200_000 }, (_, number) => referenceOf(number, keys)));
  expect(seen.size).toBe(200_000);
});

test('the callback secret is sealed at rest and opens for its payment alone', async () => {
  const payment = await core.create({ callbackSecret: 'ABCDEFGHIJKLMNOPQRSTUVWX' });
  expect(payment.callbackSecret?.includes('ABCDEFGH')).toBe(false);
  expect(core.payments.secretOf(payment)).toBe('ABCDEFGHIJKLMNOPQRSTUVWX');
  const other = await core.create();
  const swapped = { ...other, callbackSecret: payment.callbackSecret };
  expect(() => core.payments.secretOf(swapped)).toThrow();
});

describe('idempotency', () => {
  for (const parallel of [2, 3, 5, 10, 25, 64, 100]) {
    test(`B1: the same key and body, ${parallel} in parallel, make one payment`, async () => {
      const idempotency = keyed(`b1-${parallel}`);
      const command = { ...basicCommand(core.merchant.id), idempotency };
      const answers = await Promise.all(
        Array.from({ length: parallel }, () => core.payments.create(command)),
      );
      const made = answers.filter((answer) => answer.payment !== null);
      expect(made).toHaveLength(1);
      const expected = `answer ${made[0]?.payment?.id}`;
      for (const answer of answers) expect(answer.replay ?? expected).toBe(expected);
    });
  }

  test('B2: another body, scope, merchant or mode under the same key', async () => {
    const command = { ...basicCommand(core.merchant.id), idempotency: keyed('b2') };
    const first = await core.payments.create(command);
    await expect(
      core.payments.create({ ...command, idempotency: keyed('b2', 'other body') }),
    ).rejects.toThrow(Refusal);
    const elsewhere = await core.payments.create({
      ...command,
      idempotency: keyed('b2', 'other body', 'other scope'),
    });
    expect(elsewhere.payment?.id).not.toBe(first.payment?.id);
    const neighbour = await core.merchants.create('Neighbour');
    const theirs = await core.payments.create({ ...command, merchantId: neighbour.id });
    expect(theirs.payment).not.toBeNull();
  });

  test('B2: two bodies race under one key: one is made, the other is refused', async () => {
    const command = basicCommand(core.merchant.id);
    const outcomes = await Promise.allSettled(
      ['one', 'two'].map((body) =>
        core.payments.create({ ...command, idempotency: keyed('b2-race', body) }),
      ),
    );
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  test('B4: a key lives for 24 hours, then makes a new payment', async () => {
    const command = { ...basicCommand(core.merchant.id), idempotency: keyed('b4') };
    const first = await core.payments.create(command);
    const start = core.clock.at;
    core.clock.at = new Date(start.getTime() + 24 * 3_600_000);
    expect((await core.payments.create(command)).replay).toBe(`answer ${first.payment?.id}`);
    core.clock.at = new Date(start.getTime() + 24 * 3_600_000 + 1);
    const later = await core.payments.create(command);
    expect(later.payment?.id).not.toBe(first.payment?.id);
    expect((await core.payments.create(command)).replay).toBe(`answer ${later.payment?.id}`);
    core.clock.at = start;
  });
});

test('a currency that nothing can settle is refused before anything is written', async () => {
  const price = { units: 1n, asset: 'XAU' };
  await expect(core.create({ price })).rejects.toMatchObject({ code: 'asset_not_supported' });
  await expect(core.create({ mode: 'live' })).rejects.toMatchObject({
    code: 'asset_not_supported',
  });
});
