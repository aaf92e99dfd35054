// Leases and settlements from many connections at once: no limit is ever broken, none is missed.

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NewRequisite } from '../../src/desk/requisites.ts';
import { settleLeases } from '../../src/desk/settling.ts';
import { type DeskWorld, createDeskWorld, isLeased } from './world.ts';

let world: DeskWorld;
beforeAll(async () => {
  world = await createDeskWorld();
  await world.db.query(guards);
});
afterAll(() => world.close());

// Looked at by the database with every write, inside the transaction that writes: what is right at
// the end could have been wrong on the way.
const guards = `
  create function guard_open() returns trigger language plpgsql as $$
  declare found int := (select count(*) from leases
    where requisite_id = new.id and status = 'open');
  begin
    if new.open_count <> found or found > new.open_limit then
      raise exception 'requisite % has % open, counted %', new.id, found, new.open_count;
    end if;
    return new;
  end $$;
  create constraint trigger guard_open after update on requisites deferrable initially deferred
    for each row execute function guard_open();
  create function guard_usage() returns trigger language plpgsql as $$
  begin
    if new.used_day_units > new.day_units or new.used_day_count > new.day_count
      or new.used_month_units > new.month_units or new.used_month_count > new.month_count
    then
      raise exception 'requisite % is over its limits', new.id;
    end if;
    return new;
  end $$;
  create trigger guard_usage after insert or update on requisites
    for each row execute function guard_usage();`;

type Step =
  | { readonly kind: 'lease'; readonly units: readonly number[]; readonly seconds: number }
  | { readonly kind: 'settle'; readonly which: number; readonly how: 'paid' | 'part' | 'gone' };

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.option(arbitrary, { freq: 2 });
const terms = fc.record({
  minUnits: maybe(fc.bigInt({ min: 1n, max: 3n })),
  maxUnits: maybe(fc.bigInt({ min: 4n, max: 9n })),
  dayUnits: maybe(fc.bigInt({ min: 5n, max: 40n })),
  dayCount: maybe(fc.integer({ min: 1, max: 8 })),
  monthUnits: maybe(fc.bigInt({ min: 5n, max: 60n })),
  monthCount: maybe(fc.integer({ min: 1, max: 12 })),
  openLimit: maybe(fc.integer({ min: 1, max: 4 })),
  coolDownSeconds: fc.constantFrom(0, 0, 2),
  uniqueAmounts: fc.constantFrom('none', 'decimals'),
  uniqueBound: fc.integer({ min: 0, max: 3 }),
  ofTrader: fc.boolean(),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('lease' as const),
    units: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
    seconds: fc.integer({ min: 0, max: 2 }),
  }),
  fc.record({
    kind: fc.constant('settle' as const),
    which: fc.nat(),
    how: fc.constantFrom('paid', 'part', 'gone'),
  }),
);
const cases = fc.record({
  requisites: fc.array(terms, { minLength: 1, maxLength: 4 }),
  deposit: fc.integer({ min: 0, max: 60 }),
  steps: fc.array(step, { minLength: 4, maxLength: 24 }),
});

test('no schedule of leases and settlements breaks a limit', { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ requisites, deposit, steps }) => {
      const pool = await newPool(requisites, BigInt(deposit));
      const served: { reference: string; units: bigint }[] = [];
      await Promise.all(
        steps.map(async (one) => {
          if (one.kind === 'settle') return settleSome(served, one);
          world.clock.at = new Date(world.clock.at.getTime() + one.seconds * 1_000);
          const asked = one.units.map((units) => pool.request(BigInt(units)));
          const answers = await world.leaseAll(asked);
          for (const answer of answers.filter(isLeased)) {
            served.push({ reference: answer.reference, units: answer.amount.units });
          }
        }),
      );
      await pool.check();
    }),
    { numRuns: 50 },
  );
});

describe('capacity is used to the last', () => {
  test.each([
    ['open operations', { openLimit: 3 }, 9],
    ['the day’s count', { dayCount: 2 }, 6],
    ['the day’s volume', { dayUnits: 25n }, 15],
    ['the month’s volume', { monthUnits: 11n }, 6],
    ['distinct amounts', { uniqueAmounts: 'decimals', uniqueBound: 3 }, 12],
    ['the pause between operations', { coolDownSeconds: 60 }, 3],
  ] as const)('%s', async (_, limits, capacity) => {
    const pool = await newPool([limits, limits, limits], 0n);
    const tries = Array.from({ length: 24 }, () => world.leaseAll([pool.request(5n)]));
    const answers = (await Promise.all(tries)).flat();
    expect(answers.filter(isLeased)).toHaveLength(capacity);
    await pool.check();
  });
});

/** Requisites in a currency nobody else uses at present, and one trader for some of them. */
async function newPool(
  wanted: readonly (Partial<NewRequisite> & { readonly ofTrader?: boolean })[],
  deposit: bigint,
) {
  const traderId = await world.addTrader(deposit);
  await world.db.query('update requisites set active = false where active');
  const added = await Promise.all(
    wanted.map(({ ofTrader, ...limits }) =>
      world.addRequisite({ ...limits, traderId: ofTrader ? traderId : null }),
    ),
  );
  const ids = added.map(({ id }) => id);
  async function check(): Promise<void> {
    const [found] = await world.db.query<{ wrong: string[]; reserved: string }>(checks, [ids]);
    expect(found?.wrong).toEqual([]);
    const balances = await world.balances();
    const left = balances[`live/deposit/USD/${traderId}`] ?? 0n;
    const reserved = balances[`live/reserved/USD/${traderId}`] ?? 0n;
    expect(left >= 0n && reserved >= 0n).toBe(true);
    expect(reserved).toBe(BigInt(found?.reserved ?? '-1'));
    expect(await world.auditOk()).toBe(true);
  }
  return { request: (units: bigint) => world.request(units), check };
}

async function settleSome(
  served: readonly { readonly reference: string; readonly units: bigint }[],
  { which, how }: Extract<Step, { kind: 'settle' }>,
): Promise<void> {
  // Two at a time and in any order; some are settled more than once.
  const chosen = [served[which % served.length], served[(which + 1) % served.length]];
  const settlements = chosen.flatMap((one) => {
    if (!one) return [];
    const receivedUnits = how === 'gone' ? 0n : how === 'part' ? one.units / 2n : one.units;
    const state = how === 'part' ? ('open' as const) : ('closed' as const);
    const { reference: instructionId } = one;
    return [{ merchantId: world.merchant.id, instructionId, state, receivedUnits }];
  });
  const once = settlements.slice(0, chosen[0] === chosen[1] ? 1 : 2);
  await world.db.transaction((tx) => settleLeases(tx, once, world.clock.at));
}

// Counted again from the leases: what the counters say, pauses, distinct amounts, what is reserved.
const checks = `
  with mine as (
    select *, case when status = 'open' then greatest(units, received_units)
                   else received_units end as counted
      from leases where requisite_id = any($1)
  ), used as (
    select r.id, coalesce(sum(counted) filter (where day = counted_day), 0) as day_units,
           count(*) filter (where day = counted_day and counted > 0) as day_count,
           coalesce(sum(counted), 0) as month_units,
           count(*) filter (where counted > 0) as month_count
      from requisites r left join mine on mine.requisite_id = r.id
       and date_trunc('month', mine.day) = date_trunc('month', r.counted_day)
     where r.id = any($1) group by r.merchant_id, r.id
  ), paused as (
    select m.requisite_id, m.leased_at - lag(m.leased_at) over (
      partition by m.requisite_id order by m.leased_at) as pause from mine m
  )
  select (select coalesce(sum(reserved_units), 0) from mine) as reserved, array(
    select 'usage of ' || r.id from requisites r join used using (id)
     where (r.used_day_units, r.used_day_count, r.used_month_units, r.used_month_count)
       is distinct from (used.day_units, used.day_count, used.month_units, used.month_count)
    union all
    select 'pause of ' || r.id from paused join requisites r on r.id = paused.requisite_id
     where r.cool_down_seconds > 0 and pause < make_interval(secs => r.cool_down_seconds)
    union all
    select 'same amount on ' || requisite_id from mine where status = 'open' and apart
     group by requisite_id, units having count(*) > 1
    union all
    select 'amount of ' || m.id from mine m join requisites r on r.id = m.requisite_id
     where m.units < r.min_units or m.units > r.max_units or m.units > m.asked_units + 3
  ) as wrong`;
