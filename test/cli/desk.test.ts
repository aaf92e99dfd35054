// The shell commands of the desk, run as an operator runs them.

import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runCommand } from '../../src/cli/main.ts';
import { createLeasing } from '../../src/desk/leasing.ts';
import { createVault } from '../../src/merchants/vault.ts';
import { createTestDatabase, type TestDatabase } from '../harness/database.ts';
import { type Ended, addressOf, runProgram } from '../harness/shell.ts';

const secretKey = randomBytes(32);
// Each command starts a process of its own.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let database: TestDatabase;
let dataDir: string;
let merchantId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'dragoman-cli-'));
  merchantId = (await dragoman('merchant', 'create', '--name', 'Corner')).out.trim();
  await dragoman(
    ...'user create --email t@example.com --role trader --mode live'.split(' '),
    ...of,
  );
});
afterAll(async () => {
  await database.drop();
  await rm(dataDir, { recursive: true });
});

const of = ['--merchant', 'Corner'];
const requisite = ['desk', 'requisite'];
const card = ['--kind', 'card', '--number', '4242 4242 4242 4242', '--holder', 'Ada Lovelace'];
const live = [...of, '--mode', 'live'];

test('a trader’s card: added, backed, leased, listed, changed', async () => {
  const terms = ['--currency', 'eur', '--min', '5', '--day-volume', '100.00', '--cool-down', '60'];
  const own = [...live, ...card, '--trader', 't@example.com'];
  const added = await dragoman(...requisite, 'add', ...own, ...terms);
  expect(added).toMatchObject({ code: 0, err: '' });
  const id = added.out.trim();
  const booked = await dragoman(...deposit('50.00 EUR', 'wire-1'));
  expect(booked.out).toBe('deposit 50.00 EUR, reserved 0.00 EUR\n');
  expect((await dragoman(...deposit('50.00 EUR', 'wire-1'))).out).toBe(booked.out);

  await leaseCard(3_000n);
  const listed = await dragoman(...requisite, 'list', ...of);
  expect(listed.out).toMatch(
    new RegExp(`${id} +live +card +\\*\\*\\*\\* 4242 +\\S+ +1 +1 for 30.00 EUR +1 for 30.00 EUR`),
  );
  expect(listed.out).not.toContain('4242424242424242');
  const more = [...deposit('20.01 EUR', 'wire-2'), '--direction', 'out'];
  expect(await dragoman(...more)).toMatchObject({ code: 2 });

  const hours = ['--hours', 'mo-fr 09:00-18:00', '--time-zone', 'Europe/Berlin'];
  const changes = ['--id', id, '--min', 'none', '--active', 'off'];
  const set = await dragoman(...requisite, 'set', ...of, ...changes, ...hours);
  expect(JSON.parse(set.out)).toMatchObject({
    minUnits: null,
    dayUnits: '10000',
    coolDownSeconds: 60,
    active: false,
    schedule: [{ days: [1, 2, 3, 4, 5], from: '09:00', to: '18:00' }],
    timeZone: 'Europe/Berlin',
  });
  const log = await dragoman('staff', 'log', ...of);
  expect(log.out).toMatch(/requisite\.changed/);
  expect(log.out).not.toContain('4242424242424242');
});

test('a desk tells equal amounts apart', async () => {
  await dragoman('desk', 'set', ...live, '--unique', 'decimals', '--unique-bound', '5');
  const number = ['--kind', 'iban', '--number', 'GB82 WEST 1234 5698 7654 32', '--holder', 'Ada'];
  await dragoman(...requisite, 'add', ...live, ...number, '--currency', 'GBP');
  const units = [];
  for (let count = 0; count < 2; count += 1) units.push(await lease('bank', 100n, 'GBP'));
  expect(units).toEqual([100n, 101n]);
});

test.each([
  ['requisite add --merchant x --mode live --currency EUR', '--kind is missing'],
  ['requisite add --mode live --currency NOPE --kind card', '"NOPE" is no currency'],
  ['requisite add --mode live --currency EUR --kind cheque', '--kind must be one of'],
  [
    'requisite add --mode live --currency EUR --kind card --number 1 --holder A --min 1.001',
    '--min',
  ],
  [
    'requisite add --mode live --currency EUR --kind card --number 1 --holder A --open -1',
    '--open',
  ],
  [
    'requisite add --mode live --currency EUR --kind card --number 1 --holder A --hours x',
    '--hours',
  ],
  ['set --merchant x --mode live --unique some', '--unique must be one of'],
  ['set --merchant x --mode live --unique whole', '--unique-bound is missing'],
  ['trader deposit --amount 5 --reference a', '--amount must look like'],
  ['trader deposit --amount 5 --direction up', '--direction must be'],
])('desk %s is a wrong call', async (line, message) => {
  const said: string[] = [];
  const terminal = { out: () => undefined, say: (text: string) => said.push(text) };
  expect(await runCommand(['desk', ...line.split(' ')], terminal)).toBe(2);
  expect(said.join('\n')).toContain(message);
});

function deposit(amount: string, reference: string): string[] {
  const trader = ['--trader', 't@example.com'];
  return ['desk', 'trader', 'deposit', ...trader, '--amount', amount, '--reference', reference];
}

function leaseCard(units: bigint): Promise<bigint> {
  return lease('card', units, 'EUR');
}

async function lease(way: 'card' | 'bank', units: bigint, asset: string): Promise<bigint> {
  const vault = createVault(secretKey);
  const one = createLeasing({ vault, now: () => new Date(), expecting: async () => undefined });
  const wanted = { reference: randomUUID(), merchantId, paymentId: randomUUID() };
  const [answer] = await database.db.transaction((tx) =>
    one(tx, [{ ...wanted, mode: 'live', way, amount: { units, asset } }]),
  );
  if (!answer || !('amount' in answer)) throw new Error(answer?.refusal);
  return answer.amount.units;
}

function dragoman(...words: string[]): Promise<Ended> {
  return runProgram(words, {
    DATA_DIR: dataDir,
    DATABASE_URL: addressOf(database.connection),
    SECRET_KEY: secretKey.toString('hex'),
  });
}
