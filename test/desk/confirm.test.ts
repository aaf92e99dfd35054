// Confirming: one money that came in pays once, whoever says so and in whatever order.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DeskHouse, iban, openDeskHouse, statementOf } from './house.ts';

let house: DeskHouse;
let manager: { id: string; token: string };
beforeAll(async () => {
  house = await openDeskHouse();
  manager = await house.person('manager');
}, 60_000);
afterAll(() => house.close());

async function traderWithAccount(units: bigint, kind: { iban?: boolean } = {}) {
  const trader = await house.trader(units);
  const number = kind.iban ? { kind: 'iban', number: iban } : {};
  await turnOff();
  const requisite = await house.requisite({ traderId: trader.id, ...number } as object);
  return { ...trader, requisite };
}

/** The next payment has only one requisite to go to. */
async function turnOff(): Promise<void> {
  const { desk, merchant } = house;
  for (const { id, terms } of await desk.requisites.list({ merchantId: merchant.id })) {
    if (!terms.active) continue;
    const key = { merchantId: merchant.id, id };
    await desk.requisites.change(key, { active: false }, { userId: null, address: null });
  }
}

/** What the merchant can dispose of. */
async function available(): Promise<bigint> {
  const [found = 0n] = Object.entries(await house.balances())
    .filter(([account]) => account.includes('available') && account.includes('EUR'))
    .map(([, units]) => units);
  return found;
}

/** How much more the merchant has after it. */
async function grownBy(work: () => Promise<unknown>): Promise<bigint> {
  const before = await available();
  await work();
  return (await available()) - before;
}

const messageOf = (amount: string, digits = 'XX0001', ref = '123456789012') =>
  `Rs ${amount} credited to your A/c ${digits} via IMPS on 31JAN2026 17:35:00 IMPS Ref no ${ref} ` +
  'Bal:Rs 5,000.00. -Federal Bank';

test('a trader’s word pays once; his deposit has moved as much', async () => {
  const trader = await traderWithAccount(100_00n);
  const { id, lease } = await house.pay(40_00n);
  const grown = await grownBy(async () => {
    const { status, json } = await house.confirm(trader.token, lease);
    expect(status).toBe(200);
    expect(json).toMatchObject({ status: 'closed', received: '40.00', currency: 'EUR' });
    expect(await house.statusOf(id)).toBe('completed');
    const again = await house.confirm(trader.token, lease);
    expect(again.status).toBe(200);
  });
  expect(grown).toBe(40_00n);
  expect(await depositOf(trader.id)).toEqual({ deposit: 60_00n, reserved: 0n });
  expect(await house.auditOk()).toBe(true);
});

test('a statement pays by amount; the word after it is one more witness', async () => {
  const trader = await traderWithAccount(100_00n, { iban: true });
  const { id, lease, reference } = await house.pay(41_00n);
  const file = statementOf([{ amount: '41.00', text: reference, ref: 'B1' }]);
  const grown = await grownBy(async () => {
    const { status, json } = await house.upload(trader.token, trader.requisite.id, file);
    expect({ status, json }).toMatchObject({ status: 200, json: { entries: 1, fresh: 1 } });
    expect(await house.statusOf(id)).toBe('completed');
    const repeated = await house.upload(trader.token, trader.requisite.id, file);
    expect(repeated.json).toMatchObject({ entries: 1, fresh: 0 });
    const said = await house.confirm(trader.token, lease);
    expect(said.json).toMatchObject({ moneys: [{ witnesses: ['word', 'statement'] }] });
  });
  expect(grown).toBe(41_00n);
  expect(await house.inbox(trader.token)).toEqual([]);
});

test('the word pays; the entry after it is one more witness', async () => {
  const trader = await traderWithAccount(100_00n, {});
  const other = await house.requisite({ traderId: trader.id, kind: 'iban', number: otherIban });
  await switchTo(other.id);
  const { lease } = await house.pay(42_00n);
  const grown = await grownBy(async () => {
    await house.confirm(trader.token, lease, { amount: '42.00', reference: 'mine' });
    const file = statementOf([{ amount: '42.00', ref: 'B2' }], otherIban);
    await house.upload(trader.token, other.id, file);
  });
  expect(grown).toBe(42_00n);
  const { json } = await house.call(trader.token, 'GET', 'leases?status=closed');
  expect(json['items']).toMatchObject([{ moneys: [{ witnesses: ['word', 'statement'] }] }]);
  expect(await house.inbox(trader.token)).toEqual([]);
});

test('a message pays; repeated it pays no more, and gaps are told', async () => {
  const trader = await house.trader(500_00n, 'INR');
  await turnOff();
  const number = 'ACC77770001';
  await house.requisite({ traderId: trader.id, currency: 'INR', number });
  const phone = await house.device(trader.token);
  const { id, lease } = await house.pay(150_00n, { currency: 'INR' });
  const first = await phone.tell(messageOf('150.00'));
  expect(first).toMatchObject({ status: 200, json: { result: 'taken', missing: 0 } });
  expect(await house.statusOf(id)).toBe('completed');
  const body = { type: 'message', sender: 'VM-FEDBNK-S', text: 'Your OTP', received_at: now() };
  expect(await phone.send(body, 4)).toMatchObject({ json: { result: 'unread', missing: 2 } });
  expect(await phone.send(body, 4)).toMatchObject({ json: { result: 'repeated', missing: 2 } });
  expect(await phone.send({ ...body, text: 'else' }, 4)).toMatchObject({ status: 409 });
  expect(await phone.send(body, 3)).toMatchObject({ json: { result: 'unread', missing: 1 } });
  const beat = await phone.send({ type: 'heartbeat' }, 6);
  expect(beat).toMatchObject({ status: 200, json: { last_counter: 6, missing: 3 } });
  expect(await phone.send(body, 7, '00')).toMatchObject({ status: 401 });
  const { json } = await house.call(trader.token, 'GET', 'devices');
  expect(json['items']).toMatchObject([{ missing: 3, silent: false }]);
  const said = await house.confirm(trader.token, lease);
  expect(said.json).toMatchObject({ moneys: [{ witnesses: ['word', 'message'] }] });
});

test('a message that comes before the payment waits for it', async () => {
  const trader = await house.trader(500_00n, 'INR');
  await turnOff();
  await house.requisite({ traderId: trader.id, currency: 'INR', number: 'ACC88880001' });
  const phone = await house.device(trader.token);
  const told = await phone.tell(messageOf('160.00'));
  expect(told).toMatchObject({ json: { result: 'taken' } });
  expect(await house.inbox(trader.token)).toMatchObject([{ why: 'unmatched', amount: '160.00' }]);
  const { id } = await house.pay(160_00n, { currency: 'INR' });
  await runMatching();
  expect(await house.statusOf(id)).toBe('completed');
  expect(await house.inbox(trader.token)).toEqual([]);
});

test('another amount waits for a person, and is settled for what it is', async () => {
  const trader = await traderWithAccount(100_00n);
  const account = await house.requisite({ traderId: trader.id, kind: 'iban', number: thirdIban });
  await switchTo(account.id);
  const { id, lease } = await house.pay(50_00n);
  const file = statementOf([{ amount: '30.00', ref: 'B3' }], thirdIban);
  await house.upload(trader.token, account.id, file);
  expect(await house.statusOf(id)).toBe('awaiting');
  const [item] = await house.inbox(trader.token);
  expect(item).toMatchObject({ amount: '30.00', status: 'waiting' });
  const matched = await house.call(trader.token, 'POST', `inbox/${item?.['id']}/match`, { lease });
  expect(matched).toMatchObject({ status: 200, json: { status: 'settled', lease } });
  expect(await house.statusOf(id)).toBe('awaiting');
  const rest = await house.confirm(trader.token, lease);
  expect(rest).toMatchObject({ status: 200, json: { received: '50.00', status: 'closed' } });
  expect(await house.statusOf(id)).toBe('completed');
  const dismissed = { reason: 'seen' };
  const late = await house.call(trader.token, 'POST', `inbox/${item?.['id']}/dismiss`, dismissed);
  expect(late.status).toBe(422);
});

test('money after the deadline is late money: held, and told', async () => {
  const trader = await traderWithAccount(100_00n);
  const { id, lease } = await house.pay(45_00n);
  house.advance(house.lifetimeMs + 1_000);
  await house.app.payments.expireDue();
  expect(await house.statusOf(id)).toBe('expired');
  expect(await depositOf(trader.id)).toEqual({ deposit: 100_00n, reserved: 0n });
  const grown = await grownBy(async () => {
    const { status, json } = await house.confirm(trader.token, lease);
    expect({ status, json }).toMatchObject({ status: 200, json: { received: '45.00' } });
  });
  expect(grown).toBe(0n);
  expect(await house.statusOf(id)).toBe('expired');
  const view = await house.app.payments.findForPayer(id);
  expect(view?.sightings).toMatchObject([{ suspenseUnits: 45_00n, availableUnits: 0n }]);
  expect(await depositOf(trader.id)).toEqual({ deposit: 55_00n, reserved: 0n });
  expect(await house.auditOk()).toBe(true);
});

test('money that came in time is in time, whenever it is said', async () => {
  const trader = await traderWithAccount(100_00n);
  const { id, lease } = await house.pay(46_00n);
  house.advance(60_000);
  const paidAt = now();
  house.advance(house.lifetimeMs);
  await house.app.payments.expireDue();
  const said = await house.confirm(trader.token, lease, { paid_at: paidAt });
  expect(said.status).toBe(200);
  expect(await house.statusOf(id)).toBe('completed');
});

test('of witnesses that speak at once, one pays', async () => {
  const trader = await traderWithAccount(1_000_00n);
  const account = await house.requisite({ traderId: trader.id, kind: 'iban', number: fourthIban });
  await switchTo(account.id);
  const { id, lease, reference } = await house.pay(70_00n);
  const file = statementOf([{ amount: '70.00', text: reference, ref: 'B9' }], fourthIban);
  const grown = await grownBy(async () => {
    const done = await Promise.all([
      house.confirm(trader.token, lease),
      house.upload(trader.token, account.id, file),
      house.confirm(manager.token, lease),
      house.upload(trader.token, account.id, file),
      house.confirm(trader.token, lease, { amount: '70.00' }),
    ]);
    expect(done.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });
  expect(grown).toBe(70_00n);
  expect(await house.statusOf(id)).toBe('completed');
  expect(await house.auditOk()).toBe(true);
});

test('other traders see nothing, managers all; everybody’s act is written down', async () => {
  const trader = await traderWithAccount(100_00n);
  const stranger = await house.trader(0n);
  const { lease } = await house.pay(20_00n);
  const cashier = await house.person('terminal');
  expect((await house.confirm(stranger.token, lease)).status).toBe(404);
  expect((await house.call(stranger.token, 'GET', 'leases')).json).toMatchObject({ items: [] });
  expect((await house.confirm(cashier.token, lease)).status).toBe(403);
  expect((await house.call(null, 'GET', 'leases')).status).toBe(401);
  const neighbour = await house.app.merchants.create('Neighbour');
  const foreign = await house.person('manager', neighbour.id);
  expect((await house.confirm(foreign.token, lease)).status).toBe(404);
  const operator = await house.person('operator', null);
  expect((await house.call(operator.token, 'GET', 'leases')).status).toBe(400);
  const query = `leases?status=open&merchant=${house.merchant.id}`;
  const seen = await house.call(operator.token, 'GET', query);
  expect((seen.json['items'] as { id: string }[]).map(({ id }) => id)).toContain(lease);
  expect((await house.confirm(manager.token, lease)).status).toBe(200);
  const [act] = await house.db.query(
    `select user_id, subject from staff_actions where action = 'lease.confirmed'
      order by at desc, id desc limit 1`,
  );
  expect(act).toEqual({ user_id: manager.id, subject: lease });
  expect(trader.id).not.toBe(manager.id);
});

test('what contradicts itself is refused', async () => {
  const trader = await traderWithAccount(100_00n);
  const { lease } = await house.pay(30_00n);
  const first = await house.confirm(trader.token, lease, { amount: '10.00', reference: 'a' });
  expect(first).toMatchObject({ status: 200, json: { status: 'open', received: '10.00' } });
  const other = await house.confirm(trader.token, lease, { amount: '11.00', reference: 'a' });
  expect(other).toMatchObject({ status: 422, json: { code: 'refused' } });
  const whole = await house.confirm(trader.token, lease, { amount: '30.00' });
  expect(whole.status).toBe(422);
  for (const amount of ['0', '-1', '1.001', 'ten', '']) {
    expect((await house.confirm(trader.token, lease, { amount })).status).toBe(422);
  }
  expect((await house.confirm(trader.token, lease, { colour: 'red' })).status).toBe(400);
  expect(
    (await house.confirm(trader.token, lease, { paid_at: '2030-01-01T00:00:00Z' })).status,
  ).toBe(422);
  const second = await house.confirm(trader.token, lease, { amount: '20.00', reference: 'b' });
  expect(second).toMatchObject({ status: 200, json: { status: 'closed', received: '30.00' } });
});

test('everything that goes wrong is a problem', async () => {
  const { token } = manager;
  const problem = async (method: string, url: string, body?: unknown) => {
    const { status, json, headers } = await house.call(token, method, url, body);
    expect(headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(json).toMatchObject({ type: 'about:blank', status });
    return `${status} ${String(json['code'])}`;
  };
  expect(await problem('GET', 'nowhere')).toBe('404 not_found');
  expect(await problem('DELETE', 'leases')).toBe('405 method_not_allowed');
  expect(await problem('GET', 'leases?limit=0')).toBe('400 invalid_request');
  expect(await problem('GET', 'leases?after=x')).toBe('400 invalid_request');
  expect(await problem('POST', 'leases/%zz/confirm', {})).toBe('404 not_found');
  expect(await problem('POST', 'leases/x/confirm', {})).toBe('404 not_found');
  expect(await problem('POST', 'requisites', { kind: 'iban' })).toBe('400 invalid_request');
  const account = { kind: 'iban', currency: 'EUR', number: 'DE00', holder: 'Ada' };
  expect(await problem('POST', 'requisites', account)).toBe('422 refused');
  expect(await problem('POST', 'statements')).toBe('400 invalid_request');
  const large = { name: 'a'.repeat(2_000_000) };
  expect(await problem('POST', 'devices', large)).toBe('413 too_large');
  const broken = await house.server.inject({
    method: 'POST',
    url: '/desk/v1/devices',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    payload: '{',
  });
  expect(broken.statusCode).toBe(400);
  expect(broken.headers['content-type']).toMatch(/^application\/problem\+json/);
});

test('without requisites no transfer is offered', async () => {
  await turnOff();
  const neighbour = await house.app.merchants.create('Without');
  const { payments } = house.app;
  const served = await house.desk.rail.serves(neighbour.id, 'live', 'bank', 'EUR');
  expect(served).toBe(false);
  expect(payments.offered('live', 'EUR').length).toBeGreaterThan(0);
  await expect(house.pay(10_00n)).rejects.toThrow(/requisite|card|account/i);
});

const otherIban = 'DE02120300000000202051';
const thirdIban = 'DE02500105170137075030';
const fourthIban = 'DE02100500000054540402';

function now(): string {
  return house.clock.at.toISOString();
}

/** The only one that is on. */
async function switchTo(id: string): Promise<void> {
  await turnOff();
  const key = { merchantId: house.merchant.id, id };
  await house.desk.requisites.change(key, { active: true }, { userId: null, address: null });
}

async function runMatching(): Promise<void> {
  const job = house.app.jobs.find(({ name }) => name === 'desk.match-waiting');
  await job?.run({});
}

async function depositOf(traderId: string): Promise<{ deposit: bigint; reserved: bigint }> {
  const own = Object.entries(await house.balances()).filter(([name]) => name.includes(traderId));
  const of = (kind: string): bigint => own.find(([name]) => name.includes(kind))?.[1] ?? 0n;
  return { deposit: of('deposit'), reserved: of('reserved') };
}
