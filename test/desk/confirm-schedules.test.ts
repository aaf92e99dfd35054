// No schedule of payments, witnesses, expiries and changes of mind pays twice or breaks a limit.

import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DeskHouse, openDeskHouse, statementOf } from './house.ts';

let house: DeskHouse;
beforeAll(async () => {
  house = await openDeskHouse();
}, 60_000);
afterAll(() => house.close());

const ibans = ['DE89370400440532013000', 'DE02120300000000202051'] as const;
const openLimit = 2;
const dayUnits = 500_00n;

type Step =
  | { readonly kind: 'pay'; readonly cents: number }
  | { readonly kind: 'word' | 'entry' | 'manager'; readonly which: number; readonly cents: number }
  | { readonly kind: 'cancel'; readonly which: number }
  | { readonly kind: 'expire' }
  | { readonly kind: 'match' };

const which = fc.nat({ max: 7 });
const cents = fc.constantFrom(0, 0, 0, 5_00, 10_00);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('pay' as const),
    cents: fc.constantFrom(10_00, 10_00, 25_00, 60_00),
  }),
  fc.record({ kind: fc.constantFrom('word' as const, 'entry' as const), which, cents }),
  fc.record({ kind: fc.constant('manager' as const), which, cents }),
  fc.record({ kind: fc.constant('cancel' as const), which }),
  fc.constantFrom<Step>({ kind: 'expire' }, { kind: 'match' }),
);

test(
  'every schedule keeps the limits, the deposits and the ledger',
  { timeout: 240_000 },
  async () => {
    const manager = await house.person('manager');
    let turn = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { maxLength: 5 }), { maxLength: 5 }),
        async (rounds) => {
          turn += 1;
          await run(rounds, manager.token, turn);
        },
      ),
      { numRuns: 12, interruptAfterTimeLimit: 150_000 },
    );
    expect(turn).toBeGreaterThan(2);
  },
);

type Made = { readonly id: string; readonly reference: string; readonly lease: string };

async function run(rounds: Step[][], manager: string, turn: number): Promise<void> {
  const before = await house.balances();
  const trader = await house.trader(200_00n);
  const own = await accountsOf(trader.id, turn);
  const made: Made[] = [];
  let entries = 0;

  async function perform(one: Step): Promise<number> {
    if (one.kind === 'pay') {
      const done = await house.pay(BigInt(one.cents)).catch(() => null);
      if (done) made.push(done);
      return 200;
    }
    if (one.kind === 'expire') {
      house.advance(house.lifetimeMs / 2);
      await house.app.payments.expireDue();
      return 200;
    }
    if (one.kind === 'match') {
      await house.app.jobs.find(({ name }) => name === 'desk.match-waiting')?.run({});
      return 200;
    }
    const target = made[one.which % Math.max(made.length, 1)];
    if (!target) return 200;
    if (one.kind === 'cancel') {
      const scope = { merchantId: house.merchant.id, mode: 'live' } as const;
      await house.app.payments.close(scope, target.id, 'cancel').catch(() => undefined);
      return 200;
    }
    const amount = one.cents === 0 ? {} : { amount: (one.cents / 100).toFixed(2) };
    if (one.kind === 'entry') {
      entries += 1;
      const [account] = own;
      const entry = {
        amount: amount.amount ?? '10.00',
        text: one.cents === 0 ? target.reference : '',
        ref: `T${turn}E${entries}`,
        day: house.clock.at.toISOString().slice(0, 10),
      };
      const file = statementOf([entry], account?.number);
      return (await house.upload(trader.token, account?.id ?? '', file)).status;
    }
    const token = one.kind === 'manager' ? manager : trader.token;
    return (await house.confirm(token, target.lease, amount)).status;
  }

  for (const round of rounds) {
    const statuses = await Promise.all(round.map(perform));
    expect(statuses.filter((status) => status !== 200 && status !== 422)).toEqual([]);
    await check(trader.id, before);
  }
  await dropAccounts(own);
}

/** What must hold whenever nobody is at work. */
async function check(traderId: string, before: Record<string, bigint>): Promise<void> {
  expect(await house.auditOk()).toBe(true);
  const [odd] = await house.db.query(
    `select lease.id from leases lease
       left join lateral (
         select coalesce(sum(units), 0) as told from lease_moneys money
          where money.merchant_id = lease.merchant_id and money.lease_id = lease.id) money on true
       left join lateral (
         select coalesce(sum(units), 0) as seen from observations seen
          where seen.merchant_id = lease.merchant_id and seen.payment_id = lease.payment_id
            and seen.instruction_id = lease.id and present) seen on true
      where lease.trader_id = $1
        and (told <> lease.received_units or seen <> lease.received_units
          or lease.taken_units > lease.received_units
          or (lease.status = 'closed' and lease.reserved_units > 0))`,
    [traderId],
  );
  expect(odd).toBeUndefined();
  const requisites = await house.db.query<{ open: number; counted: number; day: string | null }>(
    `select r.open_count as open, (select count(*)::int from leases l where l.requisite_id = r.id
         and l.merchant_id = r.merchant_id and l.status = 'open') as counted,
       r.used_day_units as day
      from requisites r where r.trader_id = $1`,
    [traderId],
  );
  for (const { open, counted } of requisites) {
    expect(open).toBe(counted);
    expect(open).toBeLessThanOrEqual(openLimit);
  }
  const [taken] = await house.db.query<{ both: string }>(
    `select coalesce(sum(reserved_units + taken_units), 0) as both from leases
      where trader_id = $1`,
    [traderId],
  );
  const after = await house.balances();
  const kept = Object.entries(after)
    .filter(([name]) => name.includes(traderId))
    .map(([name, units]) => [name, units] as const);
  expect(kept.every(([, units]) => units >= 0n)).toBe(true);
  const deposit = kept.find(([name]) => name.includes('deposit'))?.[1] ?? 0n;
  expect(deposit + BigInt(taken?.both ?? '0')).toBe(200_00n);
  expect(Object.keys(before).length).toBeLessThanOrEqual(Object.keys(after).length);
}

async function accountsOf(traderId: string, turn: number) {
  const numbers = turn === 1 ? ibans : [];
  const found = [];
  for (const at of [0, 1]) {
    const number = numbers[at] ?? ibanOf(turn * 2 + at);
    const terms = { openLimit, dayUnits, traderId };
    const { id } = await house.requisite({ kind: 'iban', number, ...terms });
    found.push({ id, number });
  }
  return found;
}

async function dropAccounts(own: readonly { id: string }[]): Promise<void> {
  for (const { id } of own) {
    const key = { merchantId: house.merchant.id, id };
    await house.desk.requisites.change(key, { active: false }, { userId: null, address: null });
  }
}

/** A German IBAN of a made-up account (ISO 13616: the check digits make the remainder 1). */
function ibanOf(account: number): string {
  const bban = `37040044${String(account).padStart(10, '0')}`;
  const rest = BigInt(`${bban}131400`) % 97n;
  return `DE${String(98n - rest).padStart(2, '0')}${bban}`;
}
