// Whatever is said to the desk, it is answered: bad input is the caller's fault and never ours.

import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DeskHouse, iban, openDeskHouse, statementOf } from '../desk/house.ts';

let house: DeskHouse;
beforeAll(async () => {
  house = await openDeskHouse();
});
afterAll(() => house.close());

/** PostgreSQL's text holds no NUL, and half a surrogate pair has no UTF-8. */
const unstorable = ['a\0b', 'a\ud800b'];

test('texts that no table can hold', async () => {
  const boss = await house.person('manager');
  const requisite = await house.requisite({ kind: 'iban', number: iban });
  const { lease } = await house.pay(1_000n);
  await house.upload(boss.token, requisite.id, statementOf([{ amount: '3.33', ref: 'A1' }]));
  const [item] = await house.inbox(boss.token);
  const answers: unknown[] = [];
  for (const text of unstorable) {
    const asked: readonly (readonly [string, string, unknown])[] = [
      ['POST', `leases/${lease}/confirm`, { amount: '1.00', reference: text }],
      ['POST', `inbox/${item?.['id']}/dismiss`, { reason: text }],
      ['POST', 'devices', { name: text }],
      ['POST', 'disputes', { kind: 'duplicate', payment: text, note: 'x' }],
      ['POST', 'disputes', { kind: 'duplicate', payment: lease, lease: text, note: 'x' }],
      ['PUT', 'statement-mappings/one', mappingOf(text)],
      ['POST', 'requisites', requisiteOf({ holder: text })],
      ['POST', 'requisites', requisiteOf({ bank: text })],
      ['POST', 'requisites', requisiteOf({ country: text })],
      ['POST', 'requisites', requisiteOf({ time_zone: text })],
      ['POST', 'requisites', requisiteOf({ number: text })],
    ];
    for (const [method, url, body] of asked) {
      const { status } = await house.call(boss.token, method, url, body);
      answers.push([url, JSON.stringify(text), status >= 500 ? status : 'fine']);
    }
  }
  expect(answers).toEqual(answers.map((one) => [...(one as unknown[]).slice(0, 2), 'fine']));
});

test('names in the path and the query that are none', async () => {
  const boss = await house.person('manager');
  const odd = ['%00', 'x', '%ED%A0%80', "';--", '0'.repeat(300)];
  for (const name of odd) {
    for (const [method, url] of [
      ['POST', `statements?requisite=${name}`],
      ['POST', `statements?requisite=${iban}&mapping=${name}`],
      ['POST', `leases/${name}/confirm`],
      ['GET', `leases?after=${name}`],
      ['GET', `payouts?after=${name}`],
      ['GET', `payouts?currency=${name}`],
      ['GET', `disputes?after=${name}&limit=${name}`],
      ['GET', `disputes/${name}`],
      ['GET', `disputes/${name}/evidence/${name}`],
      ['GET', `payouts/${name}/proof`],
      ['PUT', `statement-mappings/${name}`],
      ['PATCH', `devices/${name}`],
      ['GET', `requisites?merchant=${name}`],
    ] as const) {
      const { status } = await house.call(
        boss.token,
        method,
        url,
        method === 'GET' ? undefined : {},
      );
      expect([url, status < 500]).toEqual([url, true]);
    }
  }
});

test('a stored mapping that is asked for by a name with a NUL', async () => {
  const boss = await house.person('manager');
  const { id } = await house.requisite();
  const url = `statements?requisite=${id}&mapping=a%00b`;
  const { status } = await house.call(boss.token, 'POST', url, Buffer.from('a;b'));
  expect(status).toBe(400);
});

test('a device that is none', async () => {
  for (const device of ['phone', "'", '00000000-0000-7000-8000-000000000000', '\u00e9']) {
    const answered = await house.server.inject({
      method: 'POST',
      url: '/desk/v1/messages',
      headers: {
        'x-device': device,
        'x-counter': '1',
        'x-timestamp': '1769860800',
        'x-signature': '0'.repeat(64),
      },
      payload: '{}',
    });
    expect([device, answered.statusCode]).toEqual([device, 401]);
  }
});

test('times and numbers beyond all columns', async () => {
  const boss = await house.person('manager');
  const { id } = await house.requisite({ kind: 'iban', number: 'DE02120300000000202051' });
  const huge = 2 ** 40;
  for (const change of [
    { day_count: huge },
    { month_count: huge },
    { open_limit: huge },
    { unique_bound: huge },
    { maximum: '9'.repeat(80) },
    { day_amount: `${'9'.repeat(59)}.99` },
    { day_count: 1e300 },
  ]) {
    const { status } = await house.call(boss.token, 'PATCH', `requisites/${id}`, change);
    expect([change, status < 500]).toEqual([change, true]);
  }
  const { lease } = await house.pay(1_000n);
  for (const at of ['0000-01-01T00:00:00Z', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z']) {
    const body = { amount: '1.00', paid_at: at };
    const { status } = await house.call(boss.token, 'POST', `leases/${lease}/confirm`, body);
    expect([at, status < 500]).toEqual([at, true]);
  }
  for (const day of ['0000-01-01', '0001-01-01', '9999-12-31', '-0001-01-01', '2026-02-30']) {
    const file = statementOf([{ amount: '4.44', day }], 'DE02120300000000202051');
    const { status } = await house.upload(boss.token, id, file);
    expect([day, status < 500]).toEqual([day, true]);
  }
  for (const amount of ['9'.repeat(60), `${'9'.repeat(57)}.99`, '0', '-1', '1e9']) {
    const file = statementOf([{ amount }], 'DE02120300000000202051');
    const { status } = await house.upload(boss.token, id, file);
    expect([amount, status < 500]).toEqual([amount, true]);
  }
});

test('a counter beyond all counting', async () => {
  const boss = await house.person('manager');
  const phone = await house.device(boss.token);
  const message = { type: 'message', sender: 'BANK', text: 'Hello' };
  const body = { ...message, received_at: house.clock.at.toISOString() };
  const counter = 999_999_999_999_999;
  expect(await phone.send(body, counter)).toMatchObject({
    status: 200,
    json: { result: 'unread' },
  });
  expect(await phone.send({ type: 'heartbeat' }, counter)).toMatchObject({ status: 200 });
  expect(await phone.send(body, 7)).toMatchObject({ status: 200 });
});

test('a message from before there was time', async () => {
  const boss = await house.person('manager');
  const { json } = await house.call(boss.token, 'POST', 'devices', { name: 'phone' });
  const { id, secret } = json as { id: string; secret: string };
  const times = ['-271821-04-20T00:00:00Z', '+275760-09-13T00:00:00Z', '0000-01-01T00:00:00Z'];
  for (const [at, received] of times.entries()) {
    const text = { type: 'message', sender: 'BANK', text: 'a\0b\ud800', received_at: received };
    const payload = JSON.stringify(text);
    const head = `${id}.${at + 1}.1769860800.`;
    const answered = await house.server.inject({
      method: 'POST',
      url: '/desk/v1/messages',
      headers: {
        'x-device': id,
        'x-counter': String(at + 1),
        'x-timestamp': '1769860800',
        'x-signature': createHmac('sha256', secret).update(head).update(payload).digest('hex'),
      },
      payload,
    });
    expect([received, answered.statusCode < 500]).toEqual([received, true]);
  }
});

function requisiteOf(change: object): object {
  const account = { kind: 'account', currency: 'EUR', number: `ACC${Math.trunc(Date.now())}` };
  return { ...account, holder: 'Ada Lovelace', ...change };
}

function mappingOf(heading: string): object {
  return {
    delimiter: ';',
    account: iban,
    currency: 'EUR',
    dateFormat: 'DD.MM.YYYY',
    decimal: ',',
    columns: { bookedAt: heading, amount: 'Amount' },
  };
}
