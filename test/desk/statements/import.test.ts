// Importing: many lines at once, each settled once, with as few statements for many as for few.

import pg from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readMatchable } from '../../../src/desk/moneys.ts';
import { type DeskHouse, iban, openDeskHouse, statementOf } from '../house.ts';

let house: DeskHouse;
let manager: { id: string; token: string };
let requisite: { id: string };
let account = 0;
beforeAll(async () => {
  house = await openDeskHouse();
  manager = await house.person('manager');
}, 60_000);
afterAll(() => house.close());

/** A new account of the merchant's, to which all payments go from now on. */
async function newAccount(): Promise<string> {
  const { desk, merchant } = house;
  for (const { id, terms } of await desk.requisites.list({ merchantId: merchant.id })) {
    const key = { merchantId: merchant.id, id };
    const act = { userId: null, address: null };
    if (terms.active) await desk.requisites.change(key, { active: false }, act);
  }
  account += 1;
  const number = account === 1 ? iban : `NL${10 + account}ABNA041716430${account}`;
  requisite = (await house.requisite({ kind: 'account', number })) as { id: string };
  return number;
}

type Line = Parameters<typeof statementOf>[0][number];

async function upload(lines: readonly Line[], number: string) {
  const { status, json } = await house.upload(
    manager.token,
    requisite.id,
    statementOf(lines, number),
  );
  expect({ status, json }).toMatchObject({ status: 200 });
  return json;
}

const euros = (cents: number) => `${Math.floor(cents / 100)}.${`${cents % 100}`.padStart(2, '0')}`;

async function payments(count: number, from: number) {
  const made = [];
  for (let at = 0; at < count; at += 1) {
    const cents = from + at;
    made.push({ ...(await house.pay(BigInt(cents))), cents });
  }
  return made;
}

async function statuses(ids: readonly { id: string }[]) {
  const found = await Promise.all(ids.map(({ id }) => house.statusOf(id)));
  return [...new Set(found)];
}

test('whole, in parts, from strangers: each once, whatever is brought again', async () => {
  const number = await newAccount();
  const whole = await payments(12, 10_00);
  const [parted, other] = await payments(2, 50_00);
  const said = await house.pay(70_00n);
  await house.confirm(manager.token, said.lease);
  const lines: Line[] = [
    ...whole.map(({ cents, reference }, at) => ({
      amount: euros(cents),
      ref: `W-${at}`,
      ...(at % 2 === 0 ? { text: `for ${reference}` } : {}),
    })),
    // Nobody is sure of a part: two of them wait for a person, and so does what nobody asked for.
    { amount: '20.00', text: `first part ${parted?.reference}`, ref: 'P-1' },
    { amount: '30.00', text: `rest ${parted?.reference}`, ref: 'P-2' },
    { amount: '99.99', text: 'gift', ref: 'G-1' },
    { amount: '13.00', text: 'back', ref: 'R-1', kind: 'DBIT' },
    { amount: '70.00', text: said.reference, ref: 'S-1' },
  ];
  const half = await upload(lines.slice(0, 7), number);
  expect(half).toMatchObject({ entries: 7, fresh: 7 });
  const rest = await upload(lines, number);
  expect(rest).toMatchObject({ entries: lines.length, fresh: lines.length - 7 - 1 });
  expect(await upload(lines, number)).toMatchObject({ fresh: 0, payouts: 0 });

  expect(await statuses(whole)).toEqual(['completed']);
  expect(await house.statusOf(said.id)).toBe('completed');
  expect(await statuses([parted, other].flatMap((one) => one ?? []))).toEqual(['awaiting']);
  const waiting = await house.inbox(manager.token);
  expect(waiting.map(({ amount, why }) => [amount, why]).toSorted()).toEqual([
    ['20.00', 'weak'],
    ['30.00', 'weak'],
    ['99.99', 'unmatched'],
  ]);
  // The trader's word and the statement are one money with two witnesses.
  const moneys = await house.db.query(
    `select count(*) as moneys, count(*) filter (where said_at is not null) as said,
            count(*) filter (where entry_id is not null) as shown
       from lease_moneys where lease_id = any($1::uuid[])`,
    [[said.lease, ...whole.map(({ lease }) => lease)]],
  );
  expect(moneys).toEqual([{ moneys: 13, said: 1, shown: 13 }]);
  const settled = await house.db.query(
    `select count(*) as lines, count(distinct money.id) as moneys
       from incomings incoming
       join lease_moneys money on money.merchant_id = incoming.merchant_id
         and money.id = incoming.money_id and money.lease_id = incoming.lease_id
         and money.entry_id = incoming.id
      where incoming.status = 'settled' and incoming.why is distinct from 'differs'`,
  );
  expect(settled).toEqual([{ lines: 13, moneys: 13 }]);

  // Both parts by a person's hand complete it.
  for (const { id, amount } of waiting) {
    if (amount === '99.99') continue;
    const lease = { lease: parted?.lease };
    const { status } = await house.call(manager.token, 'POST', `inbox/${String(id)}/match`, lease);
    expect(status).toBe(200);
  }
  expect(await house.statusOf(parted?.id ?? '')).toBe('completed');
  expect(await house.auditOk()).toBe(true);
});

test('ten times as many lines take no more statements', async () => {
  const number = await newAccount();
  const few = await payments(4, 100_00);
  const many = await payments(40, 200_00);
  const linesOf = (some: typeof few) =>
    some.map(({ cents, reference }) => ({ amount: euros(cents), text: reference }));
  const asked = vi.spyOn(pg.Client.prototype, 'query');
  const countOf = async (some: typeof few) => {
    asked.mockClear();
    await upload([...linesOf(some), { amount: euros(some.length), kind: 'DBIT' }], number);
    return asked.mock.calls.length;
  };
  await countOf([]);
  const [less, more] = [await countOf(few), await countOf(many)];
  expect(await statuses([...few, ...many])).toEqual(['completed']);
  expect(less).toBeGreaterThan(10);
  // One or two are asked for now and then only: who the merchant is, who calls.
  expect(more).toBeLessThan(less + 4);
});

test('leases are read by amount or by reference, on the requisite, not long closed', async () => {
  await newAccount();
  const [amount, reference, neither] = await payments(3, 300_00);
  const elsewhere = { ...requisite };
  await newAccount();
  const [away] = await payments(1, 300_00);
  if (!amount || !reference || !neither || !away) throw new Error('nothing was made');
  const sought = {
    requisites: [elsewhere.id],
    units: [300_00n],
    references: [reference.reference],
  };
  const owner = { merchantId: house.merchant.id, mode: 'live', traderId: null } as const;
  const read = async () => {
    const leases = (await readMatchable(house.db, owner, sought, house.clock.at)) ?? [];
    return leases.map(({ id }) => id).toSorted();
  };
  expect(await read()).toEqual([amount.lease, reference.lease].toSorted());
  for (const { lease } of [amount, reference]) await house.confirm(manager.token, lease);
  expect(await read()).toEqual([amount.lease, reference.lease].toSorted());
  house.advance(4 * 86_400_000);
  expect(await read()).toEqual([]);
});
