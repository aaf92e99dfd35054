// `dragoman desk inbox`, `statement import` and `device create`, run as an operator runs them.

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { statementOf } from '../desk/house.ts';
import { createTestDatabase, type TestDatabase } from '../harness/database.ts';
import { type Ended, addressOf, runProgram } from '../harness/shell.ts';

const secretKey = randomBytes(32);
// Each command starts a process of its own.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let database: TestDatabase;
let dataDir: string;

beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'dragoman-cli-'));
  await dragoman('merchant', 'create', '--name', 'Corner');
});
afterAll(async () => {
  await database.drop();
  await rm(dataDir, { recursive: true });
});

const live = ['--merchant', 'Corner', '--mode', 'live'];
const iban = 'DE89370400440532013000';

test('a statement is imported once; what nobody waits for is in the inbox', async () => {
  const own = ['--kind', 'iban', '--number', iban, '--holder', 'Ada', '--currency', 'EUR'];
  const added = await dragoman('desk', 'requisite', 'add', ...live, ...own);
  const file = join(dataDir, 'statement.xml');
  await writeFile(file, statementOf([{ amount: '12.50', text: 'Hello', ref: 'C1' }]));
  const bring = ['desk', 'statement', 'import', ...live, '--file', file];
  const requisite = ['--requisite', added.out.trim()];
  const first = await dragoman(...bring, ...requisite);
  expect(first).toMatchObject({ code: 0, out: 'camt: 1 entries, 1 new, 0 payouts confirmed\n' });
  expect((await dragoman(...bring, ...requisite)).out).toContain('0 new');
  const inbox = await dragoman('desk', 'inbox', ...live);
  expect(inbox.out).toMatch(/statement +unmatched +12\.50 EUR .*Hello/);
  const unknown = await dragoman(...bring, '--requisite', 'no id');
  expect(unknown).toMatchObject({ code: 2, out: '' });
  await writeFile(file, 'nonsense');
  expect(await dragoman(...bring, ...requisite)).toMatchObject({ code: 2 });
});

test('a device is made, and its key told', async () => {
  const made = await dragoman('desk', 'device', 'create', ...live, '--name', 'Phone');
  expect(made.code).toBe(0);
  expect(JSON.parse(made.out)).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    secret: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

function dragoman(...words: string[]): Promise<Ended> {
  return runProgram(words, {
    DATA_DIR: dataDir,
    DATABASE_URL: addressOf(database.connection),
    SECRET_KEY: secretKey.toString('hex'),
  });
}
