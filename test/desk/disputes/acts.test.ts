// What may be done with a dispute: by whom, until when, how often, and by how many at once.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type DisputeAct,
  decideAct,
  disputeActs,
  disputeStatuses,
  livingStatuses,
} from '../../../src/desk/disputes/machine.ts';
import type { DisputePerson } from '../../../src/desk/disputes/dispute.ts';
import { type DisputeWorld, createDisputeWorld } from './world.ts';

let world: DisputeWorld;
beforeAll(async () => {
  world = await createDisputeWorld();
});
afterAll(() => world.close());
afterEach(async () => {
  expect(await world.audit()).toMatchObject({ ok: true, overdrawn: 0 });
});

const note = 'As the statement shows.';

/** One that waits for the trader's answer: he was asked for 100.00, which nobody has seen. */
async function opened() {
  const trader = await world.addTrader(10_000n);
  const { id } = await world.payIn(trader);
  await world.wait(2);
  const { dispute } = await world.open(world.boss, { payment: id });
  return { trader, payment: id, id: dispute.id };
}

async function statusOf(id: string): Promise<string> {
  return (await world.disputes.find(world.operator, id)).dispute.status;
}

describe('the machine', () => {
  test('decides every act in every status', () => {
    for (const status of disputeStatuses) {
      for (const act of disputeActs) {
        expect([...disputeStatuses, 'refuse']).toContain(decideAct(status, act));
      }
    }
  });

  test('what has ended stays so', () => {
    expect(livingStatuses).toEqual(['open', 'contested', 'escalated']);
    for (const status of ['resolved', 'withdrawn', 'closed'] as const) {
      expect(disputeActs.map((act) => decideAct(status, act))).toEqual(
        disputeActs.map(() => 'refuse'),
      );
    }
  });

  test('money moves only by who accepts, who decides, or because it has moved', () => {
    const resolving = disputeActs.filter((act: DisputeAct) =>
      disputeStatuses.some((status) => decideAct(status, act) === 'resolved'),
    );
    expect(resolving).toEqual(['accept', 'decide', 'settled']);
  });
});

describe('deadlines', () => {
  test('a trader who does not answer is not believed: the operator looks at it', async () => {
    const { id, trader } = await opened();
    await world.wait(23);
    await world.tick();
    expect(await statusOf(id)).toBe('open');
    await world.wait(1);
    await world.tick();
    await world.tick();
    const { dispute, timeline } = await world.disputes.find(world.boss, id);
    expect(dispute).toMatchObject({ status: 'escalated', dueAt: null });
    expect(timeline.map(({ act, party }) => `${party} ${act}`)).toEqual([
      'merchant open',
      'clock deadline',
    ]);
    await world.wait(1_000);
    await world.tick();
    expect(await statusOf(id)).toBe('escalated');
    expect(await world.standing(trader)).toMatchObject({ reserved: 10_000n });
  });

  test('an opener who does not insist has given up: what was held is free', async () => {
    const { id, trader } = await opened();
    await world.disputes.answer(trader, id, 'contest', 'Nothing came.');
    await world.wait(71);
    await world.tick();
    expect(await statusOf(id)).toBe('contested');
    await world.wait(1);
    await world.tick();
    expect(await statusOf(id)).toBe('closed');
    expect(await world.standing(trader)).toMatchObject({ free: 10_000n, reserved: 0n });
  });

  test('one in trouble holds up no other', async () => {
    const broken = await opened();
    const other = await opened();
    await world.db.query('update disputes set payment_id = gen_random_uuid() where id = $1', [
      broken.id,
    ]);
    await world.wait(24);
    await expect(world.tick()).rejects.toThrow(/is gone/);
    expect(await statusOf(other.id)).toBe('escalated');
    await world.db.query('update disputes set payment_id = $2 where id = $1', [
      broken.id,
      broken.payment,
    ]);
    await world.tick();
    expect(await statusOf(broken.id)).toBe('escalated');
  });
});

describe('who may do what', () => {
  test('another merchant, another trader, the other mode and tills see nothing', async () => {
    const { id, payment } = await opened();
    const foreign = await world.merchants.create('Another shop');
    const strangers: DisputePerson[] = [
      await world.addPerson('manager', { merchantId: foreign.id }),
      await world.addTrader(0n),
      await world.addPerson('manager', { mode: 'test' }),
      await world.addPerson('terminal'),
      await world.addPerson('accountant'),
      { ...world.operator, merchantId: foreign.id },
    ];
    for (const person of strangers) {
      const gone = { code: 'not_found' };
      await expect(world.disputes.find(person, id)).rejects.toMatchObject(gone);
      await expect(world.disputes.answer(person, id, 'accept', null)).rejects.toMatchObject(gone);
      await expect(world.disputes.withdraw(person, id, null)).rejects.toMatchObject(gone);
      await expect(world.disputes.decide(person, id, 'trader', note)).rejects.toMatchObject(gone);
      const page = { status: null, after: null, limit: 100 };
      const listed = await world.disputes.list(person, page);
      expect(listed.map((one) => one.id)).not.toContain(id);
      await expect(world.open(person, { payment })).rejects.toMatchObject({
        code: expect.stringMatching(/^(not_found|forbidden)$/) as string,
      });
    }
    expect((await world.disputes.find(world.boss, id)).timeline).toHaveLength(1);
  });

  test('only operators decide, only the opener withdraws, each answers for himself', async () => {
    const { id, trader } = await opened();
    const no = { code: 'forbidden' };
    await expect(world.disputes.decide(world.boss, id, 'merchant', note)).rejects.toMatchObject(no);
    await expect(world.disputes.decide(trader, id, 'trader', note)).rejects.toMatchObject(no);
    await expect(world.disputes.withdraw(trader, id, null)).rejects.toMatchObject(no);
    await expect(world.disputes.withdraw(world.operator, id, null)).rejects.toMatchObject(no);
    await expect(world.disputes.answer(world.operator, id, 'accept', null)).rejects.toMatchObject(
      no,
    );
    // The opener cannot insist before there is an answer, but he can give it up.
    await expect(world.disputes.answer(world.boss, id, 'contest', null)).rejects.toMatchObject({
      code: 'conflict',
    });
    await expect(world.disputes.decide(world.operator, id, 'merchant', ' ')).rejects.toMatchObject({
      code: 'invalid',
    });
    await world.disputes.answer(world.boss, id, 'accept', null);
    expect(await statusOf(id)).toBe('closed');
  });

  test('an insisting opener brings it to the operator; the trader may still give in', async () => {
    const { id, trader, payment } = await opened();
    await world.disputes.answer(trader, id, 'contest', 'Nothing came.');
    await world.disputes.answer(world.boss, id, 'contest', 'See the receipt.');
    expect(await statusOf(id)).toBe('escalated');
    await world.disputes.answer(trader, id, 'accept', 'I have found it.');
    expect(await statusOf(id)).toBe('resolved');
    expect(await world.statusOf(payment)).toBe('completed');
  });

  test('lists are paged, newest first', async () => {
    const ids = [(await opened()).id, (await opened()).id, (await opened()).id].toReversed();
    const page = { status: 'open', limit: 2 } as const;
    const first = await world.disputes.list(world.boss, { ...page, after: null });
    expect(first.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    const second = await world.disputes.list(world.operator, {
      ...page,
      after: first[1]?.id ?? null,
    });
    expect(second[0]?.id).toBe(ids[2]);
  });
});

describe('repetition', () => {
  test('the same claim by the same person is one dispute; another one is refused', async () => {
    const { id, payment } = await opened();
    const again = { kind: 'payment_not_received', payment, lease: null, amount: null } as const;
    const claim = { ...again, paidAt: null, note };
    const { view, isNew } = await world.disputes.open(world.boss, claim);
    expect([view.dispute.id, isNew, view.timeline.length]).toEqual([id, false, 1]);
    const other = { ...claim, amount: '50' };
    await expect(world.disputes.open(world.boss, other)).rejects.toMatchObject({
      code: 'conflict',
    });
    await expect(world.disputes.open(world.operator, claim)).rejects.toMatchObject({
      code: 'conflict',
    });
    await world.disputes.withdraw(world.boss, id, null);
    await world.disputes.withdraw(world.boss, id, null);
    const { view: next } = await world.disputes.open(world.operator, claim);
    expect(next.dispute.id).not.toBe(id);
    await world.disputes.decide(world.operator, next.dispute.id, 'trader', note);
    await expect(world.disputes.open(world.boss, claim)).rejects.toMatchObject({
      code: 'conflict',
    });
  });

  test('ten opens at once are one', async () => {
    const trader = await world.addTrader(10_000n);
    const { id } = await world.payIn(trader);
    const claim = { kind: 'payment_not_received', payment: id, lease: null, amount: null } as const;
    const all = await Promise.all(
      Array.from({ length: 10 }, () =>
        world.disputes.open(world.boss, { ...claim, paidAt: null, note }),
      ),
    );
    expect(new Set(all.map(({ view }) => view.dispute.id)).size).toBe(1);
    expect(all.filter(({ isNew }) => isNew)).toHaveLength(1);
  });

  test('saying the same again adds nothing', async () => {
    const { id, trader } = await opened();
    await world.disputes.answer(trader, id, 'contest', 'Nothing came.');
    await world.disputes.answer(trader, id, 'contest', 'Nothing came.');
    const shares = { merchantUnits: 4_000n, traderUnits: 6_000n };
    const first = await world.disputes.decide(world.operator, id, shares, note);
    const again = await world.disputes.decide(world.operator, id, shares, note);
    expect(again).toEqual(first);
    expect(again.timeline).toHaveLength(3);
    await expect(world.disputes.decide(world.operator, id, 'merchant', note)).rejects.toMatchObject(
      { code: 'conflict' },
    );
  });
});

describe('at the same time', () => {
  test('of two decisions one wins, and only its money moves', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { id, trader } = await opened();
      const before = (await world.standing(trader)).available;
      const second = await world.addPerson('operator');
      const everywhere = { ...second, merchantId: null, mode: null };
      const results = await Promise.allSettled([
        world.disputes.decide(world.operator, id, 'merchant', note),
        world.disputes.decide(everywhere, id, { merchantUnits: 1_000n, traderUnits: 9_000n }, note),
        world.disputes.answer(trader, id, 'accept', null),
        world.disputes.withdraw(world.boss, id, null),
      ]);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const { dispute } = await world.disputes.find(world.boss, id);
      const given = dispute.shares?.merchantUnits ?? 0n;
      const { free, reserved, available } = await world.standing(trader);
      expect([free, reserved]).toEqual([10_000n - given, 0n]);
      // A part of the price is in suspense.
      expect(available - before).toBe(given === 10_000n ? given : 0n);
    }
  });

  test('a confirmation beside a decision is paid once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const trader = await world.addTrader(20_000n);
      const { id: payment, lease } = await world.payIn(trader);
      const before = (await world.standing(trader)).available;
      const { dispute } = await world.open(world.boss, { payment });
      await Promise.allSettled([
        world.disputes.decide(world.operator, dispute.id, 'merchant', note),
        world.confirm(lease, null),
        world.tick(),
      ]);
      await world.tick();
      expect(await statusOf(dispute.id)).toBe('resolved');
      expect(await world.standing(trader)).toEqual({
        free: 10_000n,
        reserved: 0n,
        available: before + 10_000n,
      });
    }
  });
});

test('the timeline is only ever added to', async () => {
  const { id } = await opened();
  const change = "update dispute_acts set note = 'x' where dispute_id = $1";
  await expect(world.db.query(change, [id])).rejects.toThrow(/only ever added/);
  const removal = 'delete from dispute_acts where dispute_id = $1';
  await expect(world.db.query(removal, [id])).rejects.toThrow(/only ever added/);
});

test.each([
  ['', 'not_found'],
  ["' or 1=1 --", 'not_found'],
  ['AAA-000000-PMT', 'not_found'],
  ['x'.repeat(5_000), 'not_found'],
  ['00000000-0000-0000-0000-000000000000', 'not_found'],
])('there is no payment %j', async (payment, code) => {
  await expect(world.open(world.boss, { payment })).rejects.toMatchObject({ code });
});

test.each(['\u0000', 'a\u001b[31m', '\ud800', 'x'.repeat(2_001), '  '])(
  'a note is text: %j',
  async (bad) => {
    const trader = await world.addTrader(10_000n);
    const { id: payment } = await world.payIn(trader);
    await expect(world.open(world.boss, { payment, note: bad })).rejects.toMatchObject({
      code: 'invalid',
    });
  },
);
