// The shell commands for accounts on exchanges, run as an operator runs them.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runCommand } from '../../src/cli/main.ts';
import { listStaffActions } from '../../src/merchants/staff-log.ts';
import { type TestDatabase, createTestDatabase } from '../harness/database.ts';
import { type Ended, addressOf, runProgram } from '../harness/shell.ts';
import { type Binance, startBinance } from './binance.ts';

const apiKey = 'an-api-key';
const secret = 'a-very-secret-secret';
let database: TestDatabase;
let binance: Binance;
let dataDir: string;

beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'dragoman-exchange-'));
  binance = await startBinance({
    prices: { 'LTC/USDT': '80' },
    keys: [{ apiKey, secret, balances: { LTC: '12.5' } }],
  });
  for (const [name, value] of Object.entries(environment())) vi.stubEnv(name, value);
  await dragoman(['merchant', 'create', '--name', 'Coin shop']);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await binance.close();
  await database.drop();
  await rm(dataDir, { recursive: true });
});

const where = ['--merchant', 'Coin shop', '--mode', 'live', '--exchange', '1'];

test('keys are stored from a pipe, checked, listed, removed; no secret is ever shown', async () => {
  const set = ['exchange', 'account', 'set', ...where, '--api-key', apiKey];
  const limits = ['--type', 'limit', '--limit-basis-points', '50'];
  const stored = await runProgram(
    [...set, '--secret-file', '-', ...limits],
    environment(),
    `${secret}\n`,
  );
  expect(stored).toMatchObject({ code: 0 });
  const checked = await dragoman(['exchange', 'check', ...where]);
  expect(checked).toMatchObject({ code: 0 });
  expect(checked.out).toMatch(/LTC +12\.5/);
  const listed = await dragoman(['exchange', 'account', 'list']);
  expect(listed.out).toMatch(/1 binance +limit +50 +active/);
  const removed = await dragoman(['exchange', 'account', 'remove', ...where]);
  expect(removed).toMatchObject({ code: 0 });
  expect(await dragoman(['exchange', 'account', 'remove', ...where])).toMatchObject({ code: 1 });
  expect((await dragoman(['exchange', 'account', 'list'])).out).toContain('removed');

  const acts = await listStaffActions(database.db, {});
  expect(acts.map((one) => one.action)).toEqual([
    'exchange_account.removed',
    'exchange_account.set',
  ]);
  const said = [stored, checked, listed, removed].map(({ out, err }) => out + err).join('');
  expect(said + JSON.stringify(acts)).not.toContain(secret);
});

test('a wrong secret from a file is found out by the check', async () => {
  const file = join(dataDir, 'secret.txt');
  await writeFile(file, 'another\n');
  const set = ['exchange', 'account', 'set', ...where, '--api-key', apiKey];
  expect(await dragoman([...set, '--secret-file', file])).toMatchObject({ code: 0 });
  const checked = await dragoman(['exchange', 'check', ...where]);
  expect(checked.code).toBe(1);
  expect(checked.err).toContain('-1022');
});

test.each([
  [['account', 'set', ...where, '--api-key', apiKey], 'give --secret-file or --secret'],
  [['account', 'set', ...where.with(5, '9'), '--api-key', apiKey, '--secret', 'x'], '1 (binance)'],
  [['account', 'set', ...where.with(5, '2'), '--api-key', apiKey, '--secret', 'x'], 'luno'],
  [['account', 'set', ...where.with(5, 'x'), '--api-key', apiKey, '--secret', 'x'], '--exchange'],
  [['account', 'set', ...where.with(3, 'test'), '--api-key', 'x', '--secret', 'x'], 'sandbox'],
  [['account', 'set', ...where, '--api-key', 'x', '--secret', 'x', '--type', 'stop'], '--type'],
  [['account', 'set', ...where, '--secret', 'x'], '--api-key is missing'],
  [['conversions', '--sold'], '--sold'],
])('exchange %j is refused', async (words, message) => {
  const ended = await dragoman(['exchange', ...words]);
  expect(ended.code).toBe(2);
  expect(ended.err).toContain(message);
});

test('conversions are shown with what they brought', async () => {
  await database.db.query(
    `insert into conversions (merchant_id, payment_id, id, mode, exchange, asset, units,
       quote_asset, percent, status, client_order_id, sold_units, received_units, created_at,
       changed_at)
     select id, gen_random_uuid(), gen_random_uuid(), 'live', 1, 'LTC', 150000000, 'USDT', 50,
       'filled', 'dgtest', 150000000, 120000000, now(), now() from merchants`,
  );
  const all = await dragoman(['exchange', 'conversions', '--merchant', 'Coin shop']);
  expect(all.out).toMatch(/1\.5 LTC +1\.5 LTC +120 USDT +- +filled +dgtest/);
  const unfinished = await dragoman(['exchange', 'conversions', '--unfinished']);
  expect(unfinished).toMatchObject({ code: 0, out: expect.not.stringContaining('dgtest') });
});

/** In this process, which is much faster. */
async function dragoman(words: string[]): Promise<Ended> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCommand(words, {
    out: (line) => void out.push(line),
    say: (line) => void err.push(line),
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

function environment(): Record<string, string> {
  return {
    DATA_DIR: dataDir,
    DATABASE_URL: addressOf(database.connection),
    EXCHANGES: JSON.stringify([
      { id: 1, exchange: 'binance', url: binance.url },
      { id: 2, exchange: 'luno' },
    ]),
  };
}
