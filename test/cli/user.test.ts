// The shell commands about people, run as an operator runs them.

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateSync } from 'otplib';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runCommand } from '../../src/cli/main.ts';
import { type People, createPeople } from '../../src/merchants/people.ts';
import { createTestDatabase, type TestDatabase } from '../harness/database.ts';
import { type Ended, addressOf, runProgram } from '../harness/shell.ts';

const secretKey = randomBytes(32).toString('hex');
// Each command starts a process of its own, up to nine in one test.
vi.setConfig({ testTimeout: 120_000 });

let database: TestDatabase;
let people: People;
let dataDir: string;

beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'dragoman-cli-'));
  const key = Buffer.from(secretKey, 'hex');
  people = createPeople({ db: database.db, secretKey: key, now: () => new Date() });
  await dragoman('merchant create --name Corner');
});

afterAll(async () => {
  await people.close();
  await database.drop();
  await rm(dataDir, { recursive: true });
});

test('a cashier: made, listed, signed in, disabled, and all of it in the staff log', async () => {
  const email = 'till@corner.example.com';
  const made = await dragoman(
    `user create --email ${email} --role terminal --mode test --merchant Corner --first-name Ana`,
  );
  const { password, token } = JSON.parse(made.out) as { password: string; token: string };
  expect(token).toMatch(/^[0-9a-f]{40}$/);
  expect(await signIn(email, password)).toMatchObject({ kind: 'ok', token });

  const listed = await dragoman('user list --merchant Corner');
  expect(listed.out).toMatch(/till@corner\.example\.com +terminal +test +\S+ +off/);
  expect(listed.out).not.toContain(token);
  expect((await dragoman(`user token --email ${email}`)).out.trim()).toBe(token);

  const set = await dragoman(`user set --email ${email} --active off --language es`);
  expect(JSON.parse(set.out)).toMatchObject({ active: false, language: 'es', firstName: 'Ana' });
  expect(await signIn(email, password)).toEqual({ kind: 'refused' });
  expect((await dragoman('user list')).out).toMatch(/till@corner.* disabled/);

  const log = await dragoman('staff log --merchant Corner --limit 2');
  const [, latest, before, ...more] = log.out.trim().split('\n');
  expect(latest).toMatch(/shell +user\.changed +till@corner.*active: true → false/);
  expect(before).toMatch(/till@corner\S+ +user\.signed-in-from-new-place/);
  expect(more).toEqual([]);
  expect((await dragoman('staff log')).out).not.toContain(password);
});

test('a setting: changed, and in the staff log by its name alone', async () => {
  await dragoman('merchant create --name Kiosk');
  const secret = 'what-the-kiosk-and-we-know';
  const of = 'merchant set --merchant Kiosk --mode test';
  const changed = await dragoman(`${of} --name xpay.callbackSecret --value ${secret}`);
  expect(changed.out).toContain('callbackSecret');
  const log = await dragoman('staff log --merchant Kiosk');
  const [, latest] = log.out.trim().split('\n');
  expect(latest).toMatch(/shell +settings\.changed +xpay\.callbackSecret +mode: "test"$/);
  expect(changed.out + log.out).not.toContain(secret);
});

test('a new password, a new token', async () => {
  const email = 'manager@corner.example.com';
  const made = await dragoman(
    `user create --email ${email} --role manager --mode live --merchant Corner`,
  );
  const { password, token } = JSON.parse(made.out) as { password: string; token: string };
  const fresh = (await dragoman(`user password --email ${email}`)).out.trim();
  expect(await signIn(email, password)).toEqual({ kind: 'refused' });
  expect(await signIn(email, fresh)).toMatchObject({ kind: 'ok', token });
  const rotated = (await dragoman(`user token --email ${email} --rotate yes`)).out.trim();
  expect(rotated).toMatch(/^[0-9a-f]{40}$/);
  expect(rotated).not.toBe(token);
  expect(await people.users.byToken(rotated)).toMatchObject({ email, mode: 'live' });
});

test('a second factor: begun, confirmed, asked for, taken away', async () => {
  const email = 'boss@corner.example.com';
  const made = await dragoman(`user create --email ${email} --role operator --mode live`);
  const { password } = JSON.parse(made.out) as { password: string };
  const factor = `user second-factor --email ${email}`;
  const begun = await dragoman(`${factor} --turn on`);
  const { secret, uri } = JSON.parse(begun.out) as { secret: string; uri: string };
  expect(uri).toContain(secret);
  expect((await dragoman(`${factor} --confirm 000000`)).code).toBe(1);
  const confirmed = await dragoman(`${factor} --confirm ${generateSync({ secret })}`);
  const [recovery = '', ...others] = confirmed.out.trim().split('\n');
  expect(others).toHaveLength(9);
  expect(await signIn(email, password)).toEqual({ kind: 'refused' });
  expect(await signIn(email, password, recovery)).toMatchObject({ kind: 'ok' });
  expect((await dragoman(`${factor} --turn on`)).err).toContain('on already');
  expect((await dragoman(`${factor} --turn off`)).code).toBe(0);
  expect((await dragoman(`${factor} --turn off`)).code).toBe(1);
  expect(await signIn(email, password)).toMatchObject({ kind: 'ok' });
});

test('what the operator decides about a merchant', async () => {
  const commerce = 'merchant commerce --merchant Corner';
  expect(JSON.parse((await dragoman(commerce)).out)).toEqual({
    email: null,
    active: true,
    verification: 'verifying',
    document: null,
    fiatWithdraw: false,
  });
  const changed = await dragoman(
    `${commerce} --active off --verification approved --fiat-withdraw on ` +
      '--email shop@corner.example.com --document-type N.I.T. --document-country CO ' +
      '--document-number 9001234567',
  );
  expect(JSON.parse(changed.out)).toEqual({
    email: 'shop@corner.example.com',
    active: false,
    verification: 'approved',
    document: { type: 'N.I.T.', country: 'CO', number: '9001234567' },
    fiatWithdraw: true,
  });
  const taken = await dragoman(`${commerce} --document none --active on`);
  expect(JSON.parse(taken.out)).toMatchObject({ document: null, active: true });
});

test.each([
  ['user create --email x --role manager --mode test --merchant Corner', 2, 'no e-mail address'],
  ['user create --email a@b.c --role operator --mode test --merchant Corner', 2, 'no merchant'],
  ['user create --email a@b.c --role manager --mode test --merchant Nobody', 1, 'no merchant'],
  ['user set --email nobody@b.c --active on', 1, 'nobody has the e-mail'],
])('%s ends with %i', async (line, code, message) => {
  const ended = await dragoman(line);
  expect(ended.err).toContain(message);
  expect(ended.code).toBe(code);
});

// What is refused before the settings are read needs no process of its own.
test.each([
  ['user create --email a@b.c --role boss --mode test', '--role must be one of operator'],
  ['user create --email a@b.c --role manager --mode both', '--mode must be'],
  ['user create --role manager --mode test', '--email is missing'],
  ['user set --email a@b.c --active perhaps', '--active must be on or off'],
  ['user set --email a@b.c --password x', "Unknown option '--password'"],
  ['user token --email a@b.c --rotate now', '--rotate must be yes'],
  ['user second-factor --email a@b.c', 'give --turn or --confirm'],
  ['user second-factor --email a@b.c --turn on --confirm 1', 'give --turn or --confirm'],
  ['merchant commerce --merchant Corner --verification maybe', '--verification must be one of'],
  ['merchant commerce --merchant Corner --document-type N.I.T.', '--document-country is missing'],
  ['merchant commerce --merchant Corner --document all', '--document none takes'],
  ['merchant commerce --merchant Corner --email nonsense', '--email is no e-mail'],
  ['staff log --limit 0', '--limit is a whole number'],
])('%s is a wrong call', async (line, message) => {
  const said: string[] = [];
  const out: string[] = [];
  const terminal = {
    out: (text: string) => out.push(text),
    say: (text: string) => said.push(text),
  };
  expect(await runCommand(line.split(' '), terminal)).toBe(2);
  expect(said.join('\n')).toContain(message);
  expect(out).toEqual([]);
});

function signIn(email: string, password: string, otp?: string) {
  return people.signIn({ email, password, otp, address: 'address:192.0.2.1' });
}

function dragoman(line: string): Promise<Ended> {
  const address = addressOf(database.connection);
  const env = { DATA_DIR: dataDir, DATABASE_URL: address, SECRET_KEY: secretKey };
  return runProgram(line.split(' '), env);
}
