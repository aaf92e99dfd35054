// Any schedule of acts at once: each payout is one person's, and the ledger knows where money is.

import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DeskPerson } from '../../../src/desk/payouts/order.ts';
import { type PayoutWorld, createPayoutWorld } from './world.ts';

let world: PayoutWorld;
beforeAll(async () => {
  world = await createPayoutWorld();
  await world.db.query(guards);
});
afterAll(() => world.close());

// Looked at by the database with every write: what is right at the end could have been wrong on
// the way.
const guards = `
  create function guard_order() returns trigger language plpgsql as $$
  begin
    if old.taken_by is not null and new.taken_by is not null and new.taken_by <> old.taken_by then
      raise exception 'payout % went from one to another', new.id;
    end if;
    if old.status in ('rejected', 'closed', 'reversed') and new.status <> old.status then
      raise exception 'payout % came back from %', new.id, old.status;
    end if;
    if new.status = 'waiting' and old.proof_at is not null and new.reason is null then
      raise exception 'payout % was given back after it was shown as sent', new.id;
    end if;
    return new;
  end $$;
  create trigger guard_order before update on payout_orders
    for each row execute function guard_order();`;

const acts = [
  ...(['make', 'make', 'take', 'take', 'take', 'next', 'next', 'next'] as const),
  ...(['release', 'prove', 'prove', 'confirm', 'confirm', 'confirm', 'reject'] as const),
  ...(['reverse', 'reverse', 'statement', 'statement'] as const),
  ...(['cancel', 'expire', 'overdue', 'withdraw'] as const),
] as const;
type Step = {
  readonly act: (typeof acts)[number];
  readonly who: number;
  readonly which: number;
  readonly units: number;
};

const step: fc.Arbitrary<Step> = fc.record({
  act: fc.constantFrom(...acts),
  who: fc.nat(4),
  which: fc.nat(5),
  units: fc.integer({ min: 1, max: 900 }),
});
const cases = fc.record({
  pledged: fc.boolean(),
  tradersConfirm: fc.boolean(),
  openLimit: fc.integer({ min: 1, max: 3 }),
  deposit: fc.integer({ min: 1, max: 2_000 }),
  rounds: fc.array(fc.array(step, { minLength: 3, maxLength: 12 }), { minLength: 2, maxLength: 8 }),
});

test('no schedule of acts breaks the ledger or the queue', { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ rounds, deposit, ...terms }) => {
      const desk = await newDesk(BigInt(deposit), { ...terms, takeMinutes: 10 });
      for (const round of rounds) {
        const done = await Promise.allSettled(round.map((one) => desk.play(one)));
        for (const one of done) {
          // Anything else would be a circle of waiting, or a bug.
          if (one.status === 'rejected') expect(one.reason.name).toMatch(/Refus/);
        }
        await desk.check();
      }
    }),
    { numRuns: 40 },
  );
});

async function newDesk(
  deposit: bigint,
  terms: { pledged: boolean; tradersConfirm: boolean; openLimit: number; takeMinutes: number },
) {
  const { id: merchantId } = await world.newMerchant();
  const boss = await world.addPerson('manager', { merchantId });
  const operator = { ...(await world.addPerson('operator')), merchantId };
  await world.payouts.changeTerms(boss, terms);
  const traders = [
    await world.addTrader(deposit, { merchantId }),
    await world.addTrader(deposit, { merchantId }),
    await world.addTrader(deposit, { merchantId }),
  ];
  const people: DeskPerson[] = [...traders, boss, operator];
  const ids = [await make(500), await make(300), await make(100)];
  let withdrawn = 0n;

  function make(units: number): Promise<string> {
    return world.make({ merchantId, units: BigInt(units) });
  }

  async function play({ act, who, which, units }: Step): Promise<unknown> {
    const { payouts, payments, db } = world;
    const person = people[who] ?? boss;
    const id = ids[which % ids.length] ?? '';
    if (act === 'make') return ids.push(await make(units));
    if (act === 'take') return payouts.take(person, id);
    if (act === 'next') return payouts.takeNext(person, null);
    if (act === 'release') return payouts.release(person, id, 'another day');
    if (act === 'prove') return payouts.prove(person, id, { reference: 'FT-000001', file: null });
    if (act === 'confirm') return payouts.confirm(person, id);
    if (act === 'reject') return payouts.reject(person, id, 'no such account');
    if (act === 'reverse') {
      const atCostOf = which % 2 === 0 ? 'trader' : 'house';
      return payouts.reverse(operator, id, { atCostOf, reason: 'came back' });
    }
    if (act === 'statement') {
      const { reference, amount, traderId } = await world.order(id);
      const texts = [`payout ${reference}`];
      const from = { merchantId, mode: 'live', traderId, amount, number: null, texts } as const;
      return db.transaction((tx) => payouts.confirmSent(tx, { ...from, witness: randomUUID() }));
    }
    if (act === 'cancel') return payments.closePayout({ merchantId, mode: 'live' }, id, 'cancel');
    if (act === 'withdraw') {
      await world.emptyDeposit(person.userId ?? '', 50n);
      withdrawn += 50n;
      return;
    }
    world.wait(4);
    return act === 'expire' ? world.expire() : world.overdue();
  }

  async function check(): Promise<void> {
    const report = await world.audit();
    expect(report).toMatchObject({ ok: true, overdrawn: 0, differing: 0 });
    const rows = await world.db.query<CheckedRow>(
      `select o.status, p.status as payment, o.units, o.reserved_units as reserved,
              o.earned_units as earned, o.taken_by as "takenBy", o.trader_id as "traderId",
              o.pledged, o.house_pays as "housePays"
         from payout_orders o join payments p using (merchant_id, id) where merchant_id = $1`,
      [merchantId],
    );
    for (const row of rows) checkRow(row);
    const sum = (of: (row: CheckedRow) => string | null): bigint =>
      rows.reduce((total, row) => total + BigInt(of(row) ?? '0'), 0n);
    const balances = await world.balances(merchantId);
    const open = (row: CheckedRow) => (isOpen(row) ? row.units : null);
    const out = sum((row) => (row.payment === 'completed' ? row.units : null));
    // Money out is what was completed; what is open is set aside; the rest is the merchant's.
    expect(balances['live/outside/USD/transfer']).toBe(out - 1_000_000n);
    expect(balances['live/payable/USD'] ?? 0n).toBe(sum(open));
    expect(balances['live/available/USD']).toBe(1_000_000n - out - sum(open));
    const of = (kind: string): bigint =>
      traders.reduce((all, { userId }) => all + (balances[`live/${kind}/USD/${userId}`] ?? 0n), 0n);
    expect(of('reserved')).toBe(sum((row) => row.reserved));
    expect(of('deposit') + of('reserved')).toBe(
      deposit * 3n - withdrawn + sum((row) => row.earned),
    );
  }

  return { play, check };
}

type CheckedRow = {
  readonly status: string;
  readonly payment: string;
  readonly units: string;
  readonly reserved: string;
  readonly earned: string;
  readonly takenBy: string | null;
  readonly traderId: string | null;
  readonly pledged: boolean;
  readonly housePays: boolean;
};

const paymentsOf: Readonly<Record<string, readonly string[]>> = {
  waiting: ['awaiting'],
  taken: ['confirming'],
  completed: ['completed'],
  rejected: ['failed'],
  closed: ['expired', 'cancelled'],
  reversed: ['refunded'],
};

function checkRow(row: CheckedRow): void {
  expect(paymentsOf[row.status]).toContain(row.payment);
  const isTraders = row.traderId !== null;
  if (isTraders) expect(row.traderId).toBe(row.takenBy);
  if (row.status === 'waiting') expect(row.takenBy).toBeNull();
  expect(row.reserved).toBe(row.status === 'taken' && row.pledged && isTraders ? row.units : '0');
  if (row.status === 'completed') expect(row.earned).toBe(isTraders ? row.units : '0');
  if (row.status === 'reversed' && row.housePays && isTraders) expect(row.earned).toBe(row.units);
  if (['waiting', 'taken', 'rejected', 'closed'].includes(row.status)) expect(row.earned).toBe('0');
}

function isOpen({ payment }: CheckedRow): boolean {
  return payment === 'awaiting' || payment === 'confirming';
}
