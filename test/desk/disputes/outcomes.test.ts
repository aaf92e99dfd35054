// Every kind of dispute with every outcome: who has what afterwards, and what the ledger says.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type DisputeWorld, createDisputeWorld } from './world.ts';

let world: DisputeWorld;
beforeAll(async () => {
  world = await createDisputeWorld();
});
afterAll(() => world.close());
// The ledger is right after every case, and no deposit is below nothing.
afterEach(async () => {
  const report = await world.audit();
  expect(report).toMatchObject({ ok: true, overdrawn: 0 });
});

const note = 'As the statement shows.';

/** What the merchant could spend before, to compare with. */
async function available(): Promise<bigint> {
  return (await world.standing(null)).available;
}

describe('a payment that was not received', () => {
  test('while its lease is open nothing is held twice; after it expired all stays', async () => {
    const trader = await world.addTrader(15_000n);
    const { id } = await world.payIn(trader);
    expect(await world.standing(trader)).toMatchObject({ free: 5_000n, reserved: 10_000n });
    const { dispute } = await world.open(world.boss, { payment: id });
    expect(await world.standing(trader)).toMatchObject({ free: 5_000n, reserved: 10_000n });
    await world.wait(2);
    expect(await world.statusOf(id)).toBe('expired');
    expect(await world.standing(trader)).toMatchObject({ free: 5_000n, reserved: 10_000n });
    await expect(world.deposit(trader, 5_001n, 'out')).rejects.toThrow(/not so much/);
    await world.disputes.withdraw(world.boss, dispute.id, null);
    expect(await world.standing(trader)).toMatchObject({ free: 15_000n, reserved: 0n });
  });

  test('as far as the deposit has it, the contested part is held again after expiry', async () => {
    const trader = await world.addTrader(10_000n);
    const { id } = await world.payIn(trader);
    await world.wait(2);
    await world.deposit(trader, 4_000n, 'out');
    const { dispute, held, contested } = await world.open(world.boss, { payment: id });
    expect([held.units, contested.units]).toEqual([6_000n, 10_000n]);
    await world.deposit(trader, 1_000n);
    await world.tick();
    expect(await world.standing(trader)).toMatchObject({ free: 0n, reserved: 7_000n });
    await world.disputes.decide(world.operator, dispute.id, 'merchant', note);
    const { dispute: after } = await world.disputes.find(world.boss, dispute.id);
    expect(after).toMatchObject({ status: 'resolved', missingUnits: 3_000n });
    expect(await world.statusOf(id)).toBe('completed');
    expect(await world.standing(trader)).toMatchObject({ free: 0n, reserved: 0n });
  });

  test('the trader accepts: the payment is paid out of what was held', async () => {
    const before = await available();
    const trader = await world.addTrader(10_000n);
    const { id } = await world.payIn(trader);
    await world.wait(2);
    const { dispute } = await world.open(world.boss, { payment: id });
    const { dispute: after, timeline } = await world.disputes.answer(
      trader,
      dispute.id,
      'accept',
      null,
    );
    expect(after).toMatchObject({
      status: 'resolved',
      shares: { merchantUnits: 10_000n, traderUnits: 0n },
      dueAt: null,
    });
    expect(timeline.map(({ act, party }) => `${party} ${act}`)).toEqual([
      'merchant open',
      'trader accept',
    ]);
    expect(await world.statusOf(id)).toBe('completed');
    const end = { free: 0n, reserved: 0n, available: before + 10_000n };
    expect(await world.standing(trader)).toEqual(end);
  });

  test('decided for the trader: nothing moves, his deposit is free', async () => {
    const before = await available();
    const trader = await world.addTrader(10_000n);
    const { id } = await world.payIn(trader);
    await world.wait(2);
    const { dispute } = await world.open(world.boss, { payment: id });
    await world.disputes.answer(trader, dispute.id, 'contest', 'Nothing came.');
    await world.disputes.decide(world.operator, dispute.id, 'trader', note);
    expect(await world.statusOf(id)).toBe('expired');
    const end = { free: 10_000n, reserved: 0n, available: before };
    expect(await world.standing(trader)).toEqual(end);
  });

  test('split: what is found came in, the rest is free', async () => {
    const trader = await world.addTrader(10_000n);
    const { id } = await world.payIn(trader);
    await world.wait(2);
    const { dispute } = await world.open(world.boss, { payment: id });
    const shares = { merchantUnits: 4_000n, traderUnits: 6_000n };
    const wrong = { merchantUnits: 4_000n, traderUnits: 6_001n };
    await expect(
      world.disputes.decide(world.operator, dispute.id, wrong, note),
    ).rejects.toMatchObject({ code: 'invalid' });
    await world.disputes.decide(world.operator, dispute.id, shares, note);
    expect(await world.standing(trader)).toMatchObject({ free: 6_000n, reserved: 0n });
    const { 'live/suspense/USD': suspense } = await world.balances();
    // A part of the price settles nothing: it waits for what the merchant's policy says.
    expect(suspense).toBe(4_000n);
  });

  test('who paid too late by his own words has paid too late', async () => {
    const trader = await world.addTrader(10_000n);
    const { id } = await world.payIn(trader);
    await world.wait(2);
    const paidAt = new Date(world.clock.at.getTime() - 60_000);
    const { dispute } = await world.open(world.boss, { payment: id, paidAt });
    await world.disputes.answer(trader, dispute.id, 'accept', null);
    expect(await world.statusOf(id)).toBe('expired');
    expect(await world.standing(trader)).toMatchObject({ free: 0n, reserved: 0n });
  });

  test('the merchant’s own account: support asks, the manager answers', async () => {
    const support = await world.addPerson('support');
    const { id } = await world.payIn(null);
    await world.wait(2);
    const { dispute } = await world.open(support, { payment: id });
    expect(dispute).toMatchObject({ opener: 'merchant', respondent: 'merchant', traderId: null });
    await expect(world.disputes.answer(support, dispute.id, 'accept', null)).rejects.toMatchObject({
      code: 'forbidden',
    });
    await world.disputes.answer(world.boss, dispute.id, 'accept', null);
    expect(await world.statusOf(id)).toBe('completed');
  });

  test('only where nothing was confirmed', async () => {
    const { id, lease } = await world.payIn(await world.addTrader(10_000n));
    await world.confirm(lease, 4_000n);
    await expect(world.open(world.boss, { payment: id })).rejects.toMatchObject({
      code: 'conflict',
    });
  });

  test('money that is confirmed meanwhile settles it', async () => {
    const trader = await world.addTrader(10_000n);
    const { id, lease } = await world.payIn(trader);
    const { dispute } = await world.open(world.boss, { payment: id });
    await world.confirm(lease, null);
    await expect(
      world.disputes.decide(world.operator, dispute.id, 'merchant', note),
    ).rejects.toMatchObject({ code: 'conflict' });
    const { dispute: after, timeline } = await world.disputes.find(world.boss, dispute.id);
    expect(after).toMatchObject({ status: 'resolved', shares: { merchantUnits: 10_000n } });
    expect(timeline.at(-1)).toMatchObject({ act: 'settled', party: 'clock' });
    expect(await world.standing(trader)).toMatchObject({ free: 0n, reserved: 0n });
    const rows = await world.db.query('select 1 from lease_moneys where lease_id = $1', [lease]);
    expect(rows).toHaveLength(1);
  });

  test('a part that is confirmed meanwhile is contested no more', async () => {
    const trader = await world.addTrader(10_000n);
    const { id, lease } = await world.payIn(trader);
    const { dispute } = await world.open(world.boss, { payment: id });
    await world.confirm(lease, 3_000n);
    const { contested, held } = await world.disputes.find(world.boss, dispute.id);
    expect([contested.units, held.units]).toEqual([7_000n, 7_000n]);
    await world.disputes.decide(world.operator, dispute.id, 'merchant', note);
    const { dispute: after } = await world.disputes.find(world.boss, dispute.id);
    expect(after.shares).toEqual({ merchantUnits: 7_000n, traderUnits: 0n });
    expect(await world.statusOf(id)).toBe('completed');
  });

  test('a confirmation after it was resolved is the same money, not more', async () => {
    const before = await available();
    const trader = await world.addTrader(20_000n);
    const { id, lease } = await world.payIn(trader);
    const { dispute } = await world.open(world.boss, { payment: id });
    await world.disputes.answer(trader, dispute.id, 'accept', null);
    await world.confirm(lease, 10_000n);
    expect(await available()).toBe(before + 10_000n);
  });
});

describe('a wrong amount', () => {
  test('more came in than was confirmed: the rest is paid', async () => {
    const before = await available();
    const trader = await world.addTrader(10_000n);
    const { id, lease } = await world.payIn(trader);
    await world.confirm(lease, 4_000n);
    const claim = { kind: 'wrong_amount', payment: id, amount: '100.00' } as const;
    const { dispute, contested, held } = await world.open(world.boss, claim);
    expect([contested.units, held.units, dispute.less]).toEqual([6_000n, 6_000n, false]);
    await world.disputes.answer(trader, dispute.id, 'accept', null);
    expect(await world.statusOf(id)).toBe('completed');
    expect(await available()).toBe(before + 10_000n);
  });

  test('less came in: the merchant accepts, the trader has it back', async () => {
    const before = await available();
    const trader = await world.addTrader(10_000n);
    const { id, lease } = await world.payIn(trader);
    await world.confirm(lease, null);
    const claim = { kind: 'wrong_amount', payment: id, amount: '25' } as const;
    const { dispute, contested } = await world.open(trader, claim);
    expect(dispute).toMatchObject({ less: true, opener: 'trader', respondent: 'merchant' });
    expect(contested.units).toBe(7_500n);
    await world.disputes.answer(world.boss, dispute.id, 'accept', null);
    expect(await world.standing(trader)).toEqual({
      free: 7_500n,
      reserved: 0n,
      available: before,
    });
    expect(await world.statusOf(id)).not.toBe('completed');
    const { shares } = (await world.disputes.find(trader, dispute.id)).dispute;
    expect(shares).toEqual({ merchantUnits: 0n, traderUnits: 7_500n });
  });

  test('an overpayment that was less: the payment stays paid, the lease follows', async () => {
    const before = await available();
    const trader = await world.addTrader(20_000n);
    const { id, lease } = await world.payIn(trader);
    await world.confirm(lease, 15_000n);
    const claim = { kind: 'wrong_amount', payment: id, amount: '110' } as const;
    const { dispute } = await world.open(trader, claim);
    const shares = { merchantUnits: 1_000n, traderUnits: 3_000n };
    await world.disputes.decide(world.operator, dispute.id, shares, note);
    expect(await world.statusOf(id)).toBe('completed');
    expect(await world.standing(trader)).toEqual({
      free: 8_000n,
      reserved: 0n,
      available: before + 12_000n,
    });
    const moneys = await world.db.query<{ units: string }>(
      'select units from lease_moneys where lease_id = $1 and taken_back_at is null',
      [lease],
    );
    expect(moneys).toEqual([{ units: '12000' }]);
  });

  test('must be said, and be another than was confirmed', async () => {
    const trader = await world.addTrader(10_000n);
    const { id, lease } = await world.payIn(trader);
    const claim = { kind: 'wrong_amount', payment: id } as const;
    await expect(world.open(trader, { ...claim, amount: '1' })).rejects.toMatchObject({
      code: 'conflict',
    });
    await world.confirm(lease, null);
    await expect(world.open(trader, claim)).rejects.toMatchObject({ code: 'invalid' });
    for (const [amount, code] of [
      ['100', 'conflict'],
      ['1.005', 'invalid'],
      ['-1', 'invalid'],
      ['1e3', 'invalid'],
      ['1000.01', 'invalid'],
    ] as const) {
      await expect(world.open(trader, { ...claim, amount })).rejects.toMatchObject({ code });
    }
  });
});

describe('a duplicate', () => {
  test('paid a second time: what came once more is the merchant’s', async () => {
    const before = await available();
    const trader = await world.addTrader(25_000n);
    const { id, lease } = await world.payIn(trader);
    await world.confirm(lease, null);
    const { dispute, held } = await world.open(world.boss, { kind: 'duplicate', payment: id });
    expect([dispute.claimedUnits, held.units]).toEqual([20_000n, 10_000n]);
    expect(await world.standing(trader)).toMatchObject({ free: 5_000n, reserved: 10_000n });
    await world.disputes.decide(world.operator, dispute.id, 'merchant', note);
    expect(await world.standing(trader)).toEqual({
      free: 5_000n,
      reserved: 0n,
      available: before + 20_000n,
    });
  });

  test('none was confirmed the first time', async () => {
    const { id } = await world.payIn(await world.addTrader(10_000n));
    const claim = { kind: 'duplicate', payment: id } as const;
    await expect(world.open(world.boss, claim)).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('a payout that was not received', () => {
  test('all of it: the merchant has it back, at the trader’s cost', async () => {
    const trader = await world.addTrader(1_000n);
    const id = await world.payOut(trader);
    const before = await world.standing(trader);
    expect(before.free).toBe(11_000n);
    const claim = { kind: 'payout_not_received', payment: id } as const;
    const { dispute, held } = await world.open(world.boss, claim);
    expect(held.units).toBe(10_000n);
    expect(await world.standing(trader)).toMatchObject({ free: 1_000n, reserved: 10_000n });
    await world.disputes.answer(trader, dispute.id, 'accept', 'The bank sent it back.');
    expect(await world.statusOf(id)).toBe('refunded');
    expect(await world.standing(trader)).toEqual({
      free: 1_000n,
      reserved: 0n,
      available: before.available + 10_000n,
    });
  });

  test('a part: the trader makes it good, the payout stays', async () => {
    const trader = await world.addTrader(0n);
    const id = await world.payOut(trader);
    const before = await world.standing(trader);
    const claim = { kind: 'payout_not_received', payment: id } as const;
    const { dispute } = await world.open(world.boss, claim);
    const shares = { merchantUnits: 2_500n, traderUnits: 7_500n };
    await world.disputes.decide(world.operator, dispute.id, shares, note);
    expect(await world.statusOf(id)).toBe('completed');
    expect(await world.standing(trader)).toEqual({
      free: 7_500n,
      reserved: 0n,
      available: before.available + 2_500n,
    });
    // What was shared out does not come back as a whole.
    const desk = { merchantId: world.merchant.id, mode: 'live', role: 'operator' } as const;
    const operator = { ...world.operator, ...desk };
    const whole = { atCostOf: 'trader', reason: note } as const;
    await expect(world.payouts.reverse(operator, id, whole)).rejects.toThrow(/part of it/);
  });

  test('for the trader: what was held is free again', async () => {
    const trader = await world.addTrader(0n);
    const id = await world.payOut(trader);
    const before = await world.standing(trader);
    const claim = { kind: 'payout_not_received', payment: id } as const;
    const { dispute } = await world.open(world.boss, claim);
    await world.disputes.decide(world.operator, dispute.id, 'trader', note);
    expect(await world.statusOf(id)).toBe('completed');
    expect(await world.standing(trader)).toEqual(before);
  });

  test.each([
    ['all', 'merchant', 8_000n],
    ['a part', { merchantUnits: 5_000n, traderUnits: 5_000n }, 3_000n],
  ] as const)('what he took home before is missing: %s', async (_, verdict, missing) => {
    const trader = await world.addTrader(0n);
    const id = await world.payOut(trader);
    await world.deposit(trader, 8_000n, 'out');
    const before = await world.standing(trader);
    const claim = { kind: 'payout_not_received', payment: id } as const;
    const { dispute, held } = await world.open(world.boss, claim);
    expect(held.units).toBe(2_000n);
    const { dispute: after } = await world.disputes.decide(
      world.operator,
      dispute.id,
      verdict,
      note,
    );
    expect(after.missingUnits).toBe(missing);
    const given = verdict === 'merchant' ? 10_000n : 5_000n;
    expect(await world.standing(trader)).toEqual({
      free: 0n,
      reserved: 0n,
      available: before.available + given,
    });
  });

  test('one that the manager sent comes back without any deposit', async () => {
    const id = await world.payOut(null);
    const before = await available();
    const claim = { kind: 'payout_not_received', payment: id, amount: '40' } as const;
    const { dispute } = await world.open(world.operator, claim);
    expect(dispute).toMatchObject({ respondent: 'merchant', opener: 'operator' });
    await world.disputes.answer(world.boss, dispute.id, 'accept', null);
    expect(await available()).toBe(before + 4_000n);
  });

  test('given back past the dispute: what was held pays for it', async () => {
    const trader = await world.addTrader(0n);
    const id = await world.payOut(trader);
    const before = await available();
    const claim = { kind: 'payout_not_received', payment: id } as const;
    const { dispute } = await world.open(world.boss, claim);
    const key = { merchantId: world.merchant.id, id };
    await world.db.transaction((tx) => world.payments.movePayout(tx, key, 'reverse'));
    await world.tick();
    const { dispute: after } = await world.disputes.find(world.boss, dispute.id);
    expect(after).toMatchObject({ status: 'resolved', missingUnits: 0n });
    expect(await world.standing(trader)).toEqual({
      free: 0n,
      reserved: 0n,
      available: before + 10_000n,
    });
  });
});
