// Any schedule of acts, many at once: the ledger stays right and no deposit goes below nothing.

import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DeskRefused } from '../../../src/desk/refused.ts';
import { Refusal } from '../../../src/payments/refusals.ts';
import { type DisputeWorld, createDisputeWorld } from './world.ts';

let world: DisputeWorld;
beforeAll(async () => {
  world = await createDisputeWorld();
  await world.db.query(guard);
});
afterAll(() => world.close());

// Looked at by the database with every posting: what is right at the end could have been wrong on
// the way.
const guard = `
  create function guard_deposits() returns trigger language plpgsql as $$
  begin
    if split_part(new.id, '/', 2) in ('deposit', 'reserved') and new.credits < new.debits then
      raise exception '% is below nothing', new.id;
    end if;
    return new;
  end $$;
  create trigger guard_deposits after insert or update on ledger_accounts
    for each row execute function guard_deposits();`;

const PRICE = 100n;
const which = fc.nat({ max: 3 });
const units = fc.bigInt({ min: 0n, max: 250n });
const percent = fc.constantFrom(0n, 30n, 100n);
const who = fc.constantFrom('boss' as const, 'trader' as const, 'operator' as const);
const paidFor = fc.constantFrom(
  'payment_not_received' as const,
  'wrong_amount' as const,
  'duplicate' as const,
);
const opening = fc.oneof(
  fc.record({ which: fc.nat({ max: 1 }), kind: paidFor }),
  fc.record({ which: fc.constantFrom(2, 3), kind: fc.constant('payout_not_received' as const) }),
);
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ act: fc.constant('confirm' as const), which, units }) },
  {
    weight: 6,
    arbitrary: fc.record({
      act: fc.constant('open' as const),
      opening,
      who,
      units: fc.option(units, { nil: null, freq: 2 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant('answer' as const),
      which,
      who,
      answer: fc.constantFrom('accept' as const, 'contest' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('withdraw' as const), which, who }) },
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constant('decide' as const), which, percent }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant('deposit' as const),
      units,
      way: fc.constantFrom('in' as const, 'out' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('reverse' as const), which }) },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('wait' as const),
      hours: fc.constantFrom(1, 12, 30, 80),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('tick' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const cases = fc.record({
  deposit: fc.bigInt({ min: 200n, max: 600n }),
  rounds: fc.array(fc.array(step, { minLength: 1, maxLength: 5 }), { minLength: 4, maxLength: 8 }),
});

test('no schedule breaks the ledger', { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ deposit, rounds }) => {
      const scene = await newScene(deposit);
      for (const round of rounds) {
        const results = await Promise.allSettled(round.map((one) => scene.play(one)));
        for (const one of results) if (one.status === 'rejected') assertExpected(one.reason);
      }
      await scene.check();
    }),
    { numRuns: 20 },
  );
});

/** A no is an answer; a deadlock, a broken constraint or a bug is none. */
function assertExpected(error: unknown): void {
  if (!(error instanceof DeskRefused) && !(error instanceof Refusal)) throw error;
}

/** Two pay-ins and two payouts of one trader, and what can happen to them. */
async function newScene(deposit: bigint) {
  const trader = await world.addTrader(deposit);
  const payIns = [await world.payIn(trader, PRICE), await world.payIn(trader, PRICE)];
  const payOuts = [await world.payOut(trader, PRICE), await world.payOut(trader, PRICE)];
  const subjects = [...payIns.map(({ id }) => id), ...payOuts];
  const people = { boss: world.boss, operator: world.operator, trader };

  /** The newest dispute about one of them. */
  async function disputeOf(index: number): Promise<string | null> {
    const [row] = await world.db.query<{ id: string }>(
      'select id from disputes where payment_id = $1 order by id desc limit 1',
      [subjects[index]],
    );
    return row?.id ?? null;
  }

  async function play(one: Step): Promise<unknown> {
    switch (one.act) {
      case 'confirm': {
        const payIn = payIns[one.which % payIns.length];
        return payIn && world.confirm(payIn.lease, one.units === 0n ? null : one.units);
      }
      case 'open':
        return world.open(people[one.who], {
          kind: one.opening.kind,
          payment: subjects[one.opening.which] ?? '',
          amount: one.units === null ? null : printed(one.units),
        });
      case 'deposit':
        return world.deposit(trader, one.units, one.way);
      case 'reverse': {
        const id = payOuts[one.which % payOuts.length] ?? '';
        const key = { merchantId: world.merchant.id, id };
        return world.db.transaction((tx) => world.payments.movePayout(tx, key, 'reverse'));
      }
      case 'wait':
        return world.wait(one.hours);
      case 'tick':
        return world.tick();
      default:
        return actOn(one);
    }
  }

  async function actOn(one: Extract<Step, { act: 'answer' | 'withdraw' | 'decide' }>) {
    const id = await disputeOf(one.which);
    if (id === null) return null;
    const { disputes } = world;
    if (one.act === 'decide') {
      const { contested } = await disputes.find(world.operator, id);
      const merchantUnits = (contested.units * one.percent) / 100n;
      const shares = { merchantUnits, traderUnits: contested.units - merchantUnits };
      return disputes.decide(world.operator, id, shares, 'So it is.');
    }
    const person = people[one.who];
    if (one.act === 'withdraw') return disputes.withdraw(person, id, null);
    return disputes.answer(person, id, one.answer, null);
  }

  async function check(): Promise<void> {
    const report = await world.audit();
    expect(report).toMatchObject({ ok: true });
    await world.tick();
    const [row] = await world.db.query<{ reserved: string; wrong: string[] }>(sums, [
      trader.userId,
    ]);
    const { free, reserved } = await world.standing(trader);
    expect(free >= 0n).toBe(true);
    expect(reserved).toBe(BigInt(row?.reserved ?? '-1'));
    expect(row?.wrong).toEqual([]);
  }

  return { play, check };
}

function printed(cents: bigint): string {
  return `${cents / 100n}.${(cents % 100n).toString().padStart(2, '0')}`;
}

// What is reserved is said by leases, payouts and disputes; what came in, by what was observed.
const sums = `
  select (select coalesce(sum(reserved_units), 0) from leases where trader_id = $1)
       + (select coalesce(sum(reserved_units), 0) from payout_orders where trader_id = $1)
       + (select coalesce(sum(held_units), 0) from disputes where trader_id = $1) as reserved,
    array(
      select 'lease ' || l.id from leases l
       where trader_id = $1 and received_units <> (
         select coalesce(sum(units), 0) from observations o
          where o.instruction_id = l.id and present)
      union all
      select 'moneys of ' || l.id from leases l
       where trader_id = $1 and received_units <> (
         select coalesce(sum(units), 0) from lease_moneys m
          where m.lease_id = l.id and taken_back_at is null)
      union all
      select 'claim of ' || l.id from leases l
       where trader_id = $1 and claimed_units is not null and not exists (
         select from disputes d where d.lease_id = l.id
          and d.status in ('open', 'contested', 'escalated'))
      union all
      select 'held by ' || d.id from disputes d
       where trader_id = $1 and held_units > 0 and status not in ('open', 'contested', 'escalated')
      union all
      select 'timeline of ' || d.id from disputes d
       where trader_id = $1 and acts || status is distinct from (
         select a.seq || a.status from dispute_acts a
          where a.dispute_id = d.id order by seq desc limit 1)
    ) as wrong`;
