// The first start: who is in data/demo.json, after a crash, an upgrade and two starts at once.

import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadConfig } from '../src/config.ts';
import { type Demo, firstStart, welcome } from '../src/first-start.ts';
import { createCredentials } from '../src/merchants/credentials.ts';
import { createMerchants } from '../src/merchants/merchants.ts';
import { type People, createPeople } from '../src/merchants/people.ts';
import { listStaffActions } from '../src/merchants/staff-log.ts';
import { VAULT_KEY_BYTES } from '../src/merchants/vault.ts';
import { createTestDatabase, type TestDatabase } from './harness/database.ts';

const origin = 'http://127.0.0.1:3000';
const address = 'address:192.0.2.1';
const now = (): Date => new Date();
let database: TestDatabase;
let people: People;
let dataDir: string;
let app: Parameters<typeof firstStart>[0];

beforeEach(async () => {
  database = await createTestDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'dragoman-first-'));
  const { db, connection } = database;
  const vaultKey = randomBytes(VAULT_KEY_BYTES);
  people = createPeople({ db, secretKey: vaultKey, now });
  const config = { ...loadConfig({ environment: {}, folder: '/nonexistent' }), dataDir };
  app = {
    merchants: createMerchants({ db, now }),
    credentials: createCredentials({ db, now }),
    users: people.users,
    options: { config, connection, vaultKey, version: '0', log: pino({ level: 'silent' }), now },
  };
});

afterEach(async () => {
  await people.close();
  await database.drop();
  await rm(dataDir, { recursive: true });
});

test('everybody in the file comes in, as DESIGN 7 says, for a merchant that may sell', async () => {
  const demo = await start();
  expect(JSON.parse(await file())).toEqual(demo);
  expect((await stat(path())).mode & 0o777).toBe(0o600);
  expect(Object.keys(demo)).toEqual([
    'origin',
    'operator',
    'merchant',
    'xlink',
    'xpay',
    'bitxpay',
    'xbillion',
  ]);
  expect(Object.keys(demo.operator)).toEqual(['email', 'password']);
  const roles = { operator: demo.operator, ...demo.xpay };
  for (const [role, person] of Object.entries(roles)) {
    const answer = await people.signIn({ ...person, address });
    expect(answer).toMatchObject({ kind: 'ok', user: { role, mode: 'test' } });
    if ('token' in person) expect(answer).toMatchObject({ token: person.token });
  }
  const [merchant] = await app.merchants.list();
  expect(merchant).toMatchObject({
    id: demo.merchant.id,
    active: true,
    verification: 'approved',
    document: { type: 'N.I.T.', country: 'CO' },
  });
  for (const { password } of [demo.operator, demo.xpay.manager, demo.xpay.terminal]) {
    for (const kind of [/[a-z]/, /[A-Z]/, /\d/, /[%&*#@!+$_-]/, /^.{8,52}$/]) {
      expect(password).toMatch(kind);
    }
  }
  const passwords = [demo.operator, demo.xpay.manager, demo.xpay.terminal].map(
    (one) => one.password,
  );
  expect(new Set(passwords).size).toBe(3);
});

test('a later start changes neither file nor people', async () => {
  const demo = await start();
  const before = await file();
  await people.users.changePassword(await manager(demo), demo.xpay.manager.password, 'Another1%');
  const acts = (await listStaffActions(database.db, {})).length;
  expect(await start()).toEqual(demo);
  expect(await file()).toBe(before);
  expect(await listStaffActions(database.db, {})).toHaveLength(acts);
});

test('killed before the file was written: the next start writes one that opens doors', async () => {
  const first = await start();
  await rm(path());
  const second = await start();
  const { bitxpay, xbillion, xlink } = first;
  // The key is new; the secret that signs webhooks is the merchant's and stays.
  expect(second.xlink.webhook_secret).toBe(xlink.webhook_secret);
  expect({ ...second, bitxpay, xbillion, xlink }).toEqual(first);
  expect(await people.users.list()).toHaveLength(3);
});

test('the file deleted after a password was changed: the new file opens the door', async () => {
  const demo = await start();
  await people.users.changePassword(await manager(demo), demo.xpay.manager.password, 'Another1%');
  await rm(path());
  const { manager: again } = (await start()).xpay;
  expect(await people.signIn({ ...again, address })).toMatchObject({
    kind: 'ok',
    token: again.token,
  });
});

test('the file of an older release gets the people; the rest of it stays', async () => {
  const { merchant, bitxpay } = await start();
  await database.db.query('truncate staff_actions');
  await database.db.query('delete from users');
  const old = { origin: 'http://127.0.0.1:4000', merchant, bitxpay, mine: [1] };
  await writeFile(path(), JSON.stringify(old), { mode: 0o600 });
  const demo = await start();
  expect(demo).toMatchObject(old);
  expect(JSON.parse(await file())).toEqual(demo);
  expect((await stat(path())).mode & 0o777).toBe(0o600);
  expect(await people.signIn({ ...demo.operator, address })).toMatchObject({ kind: 'ok' });
  expect(await people.users.list(merchant.id)).toHaveLength(2);
});

test('two starts at once end with one file, and everybody in it comes in', async () => {
  await app.merchants.create('Demo shop');
  const [one, other] = await Promise.all([start(), start()]);
  expect(one).toEqual(other);
  expect(JSON.parse(await file())).toEqual(one);
  for (const person of [one.operator, one.xpay.manager, one.xpay.terminal]) {
    expect(await people.signIn({ ...person, address })).toMatchObject({ kind: 'ok' });
  }
});

test('an installation with merchants of its own gets no demo people', async () => {
  await app.merchants.create('Real shop');
  expect(await firstStart(app, origin)).toBe(null);
  expect(await people.users.list()).toEqual([]);
});

test('the file of another database is left alone', async () => {
  const id = '0198c0de-0000-7000-8000-000000000000';
  const bitxpay = { api_key: 'k', merchant_key: 'm' };
  const text = JSON.stringify({ origin, merchant: { id, shop_id: 1, name: 'Demo shop' }, bitxpay });
  await writeFile(path(), text);
  expect(await firstStart(app, origin)).toBe(null);
  expect(await file()).toBe(text);
});

test('the welcome shows a first xpay payment with a token that works', async () => {
  const demo = await start();
  const text = welcome(origin, demo, { dataDir });
  expect(text).toContain(`${origin}/api/v1/transactions/create/ \\\n`);
  expect(text).toContain(`-H 'Authorization: Token ${demo.xpay.terminal.token}'`);
  const body = /-d '(\{"src_currency".*?\})'/s.exec(text)?.[1] ?? '';
  expect(JSON.parse(body)).toEqual({
    src_currency: 'BTC',
    tgt_currency: 'COC',
    amount: 100000,
    exchange_id: 1,
  });
});

test('the file of a release before X-Link gets its member, and the rest stays', async () => {
  const { xlink, ...old } = await start();
  await writeFile(path(), JSON.stringify(old), { mode: 0o600 });
  const demo = await start();
  expect(demo).toEqual({ ...old, xlink: { ...xlink, api_key: demo.xlink.api_key } });
  expect(demo.xlink.shop_id).toBe(demo.merchant.shop_id);
  for (const key of [xlink.api_key, demo.xlink.api_key]) {
    const caller = await app.credentials.identify('xlink', key);
    expect(caller).toMatchObject({ merchantId: demo.merchant.id, mode: 'test' });
  }
});

test('the welcome shows a first X-Link session', async () => {
  const demo = await start();
  const text = welcome(origin, demo, { dataDir });
  expect(text).toContain(`${origin}/api/v1/p2p/sessions \\\n`);
  expect(text).toContain(`-H 'X-API-KEY: ${demo.xlink.api_key}'`);
  const body = /-d '(\{"shop_id".*?\})'/s.exec(text)?.[1] ?? '';
  expect(JSON.parse(body)).toMatchObject({ shop_id: demo.xlink.shop_id, operation_type: 'PAYIN' });
});

async function start(): Promise<Demo> {
  const demo = await firstStart(app, origin);
  if (!demo) throw new Error('there is no demo');
  return demo;
}

async function manager(demo: Demo) {
  const user = await people.users.byEmail(demo.xpay.manager.email);
  if (!user) throw new Error('there is no manager');
  return user;
}

function path(): string {
  return join(dataDir, 'demo.json');
}

function file(): Promise<string> {
  return readFile(path(), 'utf8');
}
