// The shell commands, run as an operator runs them.

import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCredentials } from '../../src/merchants/credentials.ts';
import { secretKeyFile } from '../../src/secret.ts';
import { createTestDatabase, type TestDatabase } from '../harness/database.ts';
import { type Ended, addressOf, runProgram } from '../harness/shell.ts';

let database: TestDatabase;
let dataDir: string;

beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'dragoman-cli-'));
});

afterAll(async () => {
  await database.drop();
  await rm(dataDir, { recursive: true });
});

test('help lists every command; anything else is refused with exit code 2', async () => {
  const help = await dragoman(['help']);
  expect(help.code).toBe(0);
  for (const name of ['doctor', 'merchant create', 'key revoke', 'webhooks replay', 'audit']) {
    expect(help.out).toContain(name);
  }
  expect(await dragoman(['frobnicate'])).toMatchObject({ code: 2, out: '' });
  expect((await dragoman(['merchant', 'create'])).err).toContain('--name is missing');
  expect((await dragoman(['merchant', 'create', '--nam', 'x'])).code).toBe(2);
});

test('a merchant and its keys: made, listed, used, revoked', async () => {
  const id = (await dragoman(['merchant', 'create', '--name', 'Corner shop'])).out.trim();
  const listed = await dragoman(['merchant', 'list']);
  expect(listed.out).toMatch(new RegExp(`${id} +\\d+ +Corner shop`));
  const made = await dragoman(['key', 'create', '--merchant', 'Corner shop', '--mode', 'test']);
  const key = JSON.parse(made.out) as { id: string; api_key: string; merchant_key: string };
  expect(key.api_key).toMatch(/^test_key_[A-Za-z0-9]{16,}$/);
  expect(key.merchant_key).toMatch(/^mkey-[A-Za-z0-9]{25}$/);
  expect(await identify(key.api_key)).toMatchObject({ merchantId: id, mode: 'test' });

  const second = await dragoman(['key', 'create', '--merchant', id, '--mode', 'test']);
  expect(JSON.parse(second.out)).toMatchObject({ merchant_key: key.merchant_key });
  expect((await dragoman(['key', 'list', '--merchant', id])).out).not.toContain(key.api_key);

  expect((await dragoman(['key', 'revoke', '--id', key.id])).code).toBe(0);
  expect(await identify(key.api_key)).toBe(null);
  expect((await dragoman(['key', 'revoke', '--id', key.id])).code).toBe(1);
});

test('settings of a merchant are checked before they are kept', async () => {
  await dragoman(['merchant', 'create', '--name', 'Set shop']);
  const set = (name: string, value: string): Promise<Ended> =>
    dragoman([
      'merchant',
      'set',
      '--merchant',
      'Set shop',
      '--mode',
      'live',
      '--name',
      name,
      '--value',
      value,
    ]);
  const url = 'https://shop.example.com/hook';
  expect(JSON.parse((await set('bitxpay.webhookUrl', url)).out)).toEqual({
    dialects: { bitxpay: { webhookUrl: url } },
  });
  const tolerance = { basisPoints: 50, units: { USD: '10' } };
  const both = JSON.parse((await set('policy.tolerance', JSON.stringify(tolerance))).out);
  expect(both).toEqual({ dialects: { bitxpay: { webhookUrl: url } }, policy: { tolerance } });
  expect(JSON.parse((await set('bitxpay.webhookUrl', 'null')).out).dialects.bitxpay).toEqual({});
  for (const [name, value] of [
    ['bitxpay.webhookUrl', 'ftp://shop.example.com'],
    ['bitxpay.publicKeys', '["nonsense"]'],
    ['policy.late', 'perhaps'],
    ['policy.tolerance', '{"basisPoints":-1,"units":{}}'],
    ['policy.confirmations', '{"LTC":[{"below":"1.5","needed":1}]}'],
    ['bitxpay.merchantKey', 'mkey-x'],
    ['nothing', '1'],
  ] as const) {
    expect(await set(name, value)).toMatchObject({ code: 2, out: '' });
  }
});

test('secrets among the settings are kept sealed', async () => {
  await dragoman(['merchant', 'create', '--name', 'Till']);
  const words = ['merchant', 'set', '--merchant', 'Till', '--mode', 'test'];
  const settings = { SECRET_KEY: randomBytes(32).toString('hex') };
  const set = (name: string, value: string): Promise<Ended> =>
    dragoman([...words, '--name', name, '--value', value], settings);
  const secret = await set('xpay.callbackSecret', 'a secret of theirs');
  expect(secret).toMatchObject({ code: 0, err: '' });
  const kept = JSON.parse(secret.out).dialects.xpay.callbackSecret as string;
  expect(Buffer.from(kept, 'base64').toString('latin1')).not.toContain('secret');
  expect(JSON.parse((await set('spreadPercent', '1.5')).out).spreadPercent).toBe('1.5');
  for (const [name, value] of [
    ['xpay.waitingTimeSeconds', '0'],
    ['xpay.toString', '5'],
    ['spreadPercent', '51'],
  ] as const) {
    expect(await set(name, value)).toMatchObject({ code: 2, out: '' });
  }
});

test('live keys have their own form and their own merchant key', async () => {
  await dragoman(['merchant', 'create', '--name', 'Live shop']);
  const made = await dragoman(['key', 'create', '--merchant', 'Live shop', '--mode', 'live']);
  expect(JSON.parse(made.out).api_key).toMatch(/^bknn_[0-9a-f]+$/);
});

test('an X-Link key is made with its webhook secret, and its methods are set', async () => {
  await dragoman(['merchant', 'create', '--name', 'Transfers']);
  const merchant = ['--merchant', 'Transfers', '--mode', 'live'];
  const settings = { SECRET_KEY: randomBytes(32).toString('hex') };
  const words = ['key', 'create', ...merchant, '--dialect', 'xlink'];
  const create = async () => JSON.parse((await dragoman(words, settings)).out);
  const made = await create();
  expect(made).toEqual({
    id: expect.any(String),
    api_key: expect.stringMatching(/^xlk_live_[A-Za-z0-9]{32}$/),
    shop_id: expect.stringMatching(/^\d+$/),
    webhook_secret: expect.stringMatching(/^[A-Za-z0-9]{32}$/),
  });
  expect((await create()).webhook_secret).toBe(made.webhook_secret);
  const set = (name: string, value: string): Promise<Ended> =>
    dragoman(
      ['merchant', 'set', ...merchant, '--name', `xlink.${name}`, '--value', value],
      settings,
    );
  const id = '00000000-0000-4000-8000-00000000000a';
  const kind = { instrument: 'BANK_TRANSFER', currency: 'KRW', operation: 'PAYOUT' };
  const methods = [{ id, name: 'Won', ...kind, min: '10000' }];
  const kept = JSON.parse((await set('methods', JSON.stringify(methods))).out).dialects.xlink;
  expect(kept).toEqual({ webhookSecret: expect.any(String), methods });
  expect(kept.webhookSecret).not.toContain(made.webhook_secret);
  await set('webhookSecret', 'our own');
  expect((await create()).webhook_secret).toBe('our own');
  for (const [name, value] of [
    ['methods', JSON.stringify([{ id, name: 'Won', ...kind, instrument: 'CRYPTO' }])],
    ['methods', JSON.stringify([{ id, name: 'Won', ...kind, min: 10_000 }])],
    ['callbackUrl', 'nowhere'],
  ] as const) {
    expect(await set(name, value)).toMatchObject({ code: 2, out: '' });
  }
});

test('a pair of xBillion’s is made and its services are set', async () => {
  const id = (await dragoman(['merchant', 'create', '--name', 'Pairs'])).out.trim();
  const merchant = ['--merchant', 'Pairs', '--mode', 'live'];
  const made = await dragoman(['key', 'create', ...merchant, '--dialect', 'xbillion']);
  const pair = JSON.parse(made.out) as { merchant_id: string; secret: string };
  expect(pair).toEqual({ id: expect.any(String), merchant_id: id, secret: pair.secret });
  expect(pair.secret).toMatch(/^[A-Za-z0-9]{32}$/);
  const credentials = createCredentials({ db: database.db, now: () => new Date() });
  const found = await credentials.identify('xbillion', `${id}:${pair.secret}`);
  expect(found).toMatchObject({ merchantId: id, mode: 'live' });
  expect((await dragoman(['key', 'list', '--merchant', id])).out).not.toContain(pair.secret);

  const set = (name: string, value: string): Promise<Ended> =>
    dragoman(['merchant', 'set', ...merchant, '--name', `xbillion.${name}`, '--value', value]);
  const services = { crypto: { kind: 'redirect', maximum: '500.00', fee: { percent: '1.5' } } };
  const kept = JSON.parse((await set('services', JSON.stringify(services))).out);
  expect(kept.dialects.xbillion).toEqual({ services });
  const urls = { success: 'https://shop.example.com/yes' };
  const both = JSON.parse((await set('returnUrls', JSON.stringify(urls))).out);
  expect(both.dialects.xbillion).toEqual({ services, returnUrls: urls });
  for (const [name, value] of [
    ['services', '{"crypto":{"kind":"cash"}}'],
    ['services', '[]'],
    ['maximum', '100'],
    ['returnUrls', '{"success":"nowhere"}'],
    ['returnUrls', '"https://shop.example.com"'],
    ['settlementCurrency', '"usd"'],
    ['unknownIdStatus', '500'],
  ] as const) {
    expect([name, value, (await set(name, value)).code]).toEqual([name, value, 2]);
  }
});

test.each([
  [['key', 'create', '--merchant', 'nobody', '--mode', 'test'], 1, 'no merchant'],
  [['key', 'create', '--merchant', 'nobody', '--mode', 'both'], 2, '--mode'],
  [['key', 'revoke', '--id', 'x'], 2, '--id'],
  [['webhooks', 'replay'], 2, '--from'],
  [['webhooks', 'replay', '--from', '2026-01-01', '--to', '2026-02-01'], 2, '2026-01-31T14:00:00Z'],
  [['webhooks', 'replay', '--id', '0198c0de-0000-7000-8000-000000000000'], 1, '0 webhooks'],
])('%j ends with %i', async (words, code, message) => {
  const ended = await dragoman(words);
  expect(ended.code).toBe(code);
  expect(ended.err).toContain(message);
});

test('the audit of an empty ledger adds up', async () => {
  expect(await dragoman(['ledger', 'audit'])).toMatchObject({
    code: 0,
    out: expect.stringContaining('The ledger adds up.'),
  });
});

test('the audit says so when it does not add up', async () => {
  const broken = await createTestDatabase();
  await broken.db.query(
    `insert into ledger_accounts (merchant_id, id, asset, debits, credits, created_at)
     values (gen_random_uuid(), 'live/available/LTC', 'LTC', 0, 5, now())`,
  );
  const ended = await dragoman(['ledger', 'audit'], { DATABASE_URL: addressOf(broken.connection) });
  await broken.drop();
  expect(ended.code).toBe(1);
  expect(ended.out).toContain('does NOT add up');
});

test('doctor is content with a sound installation', async () => {
  const ended = await dragoman(['doctor']);
  expect(ended.out).toContain('Nothing is wrong.');
  expect(ended.code).toBe(0);
});

test('doctor names wrong settings, an open key file, a silent node and database', async () => {
  const settings = await dragoman(['doctor'], { PORT: 'x', ROLES: 'y' });
  expect(settings.code).toBe(1);
  expect(settings.out).toMatch(/PORT must be[^]*ROLES must be/);

  await writeFile(secretKeyFile(dataDir), 'ab'.repeat(32), { mode: 0o644 });
  const silent = await dragoman(['doctor'], {
    DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:1/x',
    CHAINS: JSON.stringify([
      {
        chain: 'litecoin-regtest',
        rpcUrl: 'http://127.0.0.1:1',
        rpcUser: 'u',
        rpcPassword: 'hunter2',
        xpub:
          'tpubDC5FSnBiZDMmhiuCmWAYsLwgLYrrT9rAqvTySfuCCrgsWz8wxMXUS9Tb9iVMvcRbvFcAHGkMD5Kx8koh4' +
          'GquNGNTfohfk7pgjhaPCdXpoba',
      },
    ]),
  });
  expect(silent.code).toBe(1);
  expect(silent.out).toContain('mode 644');
  expect(silent.out).toContain('The database cannot be reached');
  expect(silent.out).toContain('The node of Litecoin regtest cannot be used');
  expect(silent.out).toContain('RATES has no rate for LTC');
  expect(silent.out).not.toContain('hunter2');
  await rm(secretKeyFile(dataDir));
});

test('without a running gateway a command starts the embedded database for itself', async () => {
  const alone = await mkdtemp(join(tmpdir(), 'dragoman-alone-'));
  await chmod(alone, 0o755);
  const environment = { DATABASE_URL: '', DATA_DIR: alone };
  try {
    const made = await dragoman(['merchant', 'create', '--name', 'First'], environment);
    expect(made).toMatchObject({ code: 0 });
    expect((await dragoman(['merchant', 'list'], environment)).out).toContain('First');
  } finally {
    await rm(alone, { recursive: true });
  }
});

function dragoman(words: string[], environment: Record<string, string> = {}): Promise<Ended> {
  const address = addressOf(database.connection);
  return runProgram(words, { DATA_DIR: dataDir, DATABASE_URL: address, ...environment });
}

async function identify(secret: string): Promise<unknown> {
  const credentials = createCredentials({ db: database.db, now: () => new Date() });
  return credentials.identify('bitxpay', secret);
}
