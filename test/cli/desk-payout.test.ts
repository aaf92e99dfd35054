// The shell's commands for payouts, run as an operator runs them.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runCommand } from '../../src/cli/main.ts';
import { type PayoutWorld, account, createPayoutWorld } from '../desk/payouts/world.ts';
import { type Ended, addressOf, runProgram } from '../harness/shell.ts';

// Each command starts a process of its own.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let world: PayoutWorld;
let dataDir: string;
beforeAll(async () => {
  world = await createPayoutWorld();
  // The commands look at the real clock.
  world.clock.at = new Date();
  dataDir = await mkdtemp(join(tmpdir(), 'dragoman-cli-'));
});
afterAll(async () => {
  await world.close();
  await rm(dataDir, { recursive: true });
});

test('a payout is taken for a trader, confirmed and taken back; another is rejected', async () => {
  const desk = ['--merchant', world.merchant.id, '--mode', 'live'];
  const trader = await world.addTrader(100n);
  const email = `${trader.userId}@example.com`;
  const [sent, refused] = [await world.make(), await world.make({ units: 900n })];
  const { reference } = await world.order(sent);

  const set = await payout('set', ...desk, '--pledged', 'no', '--open-limit', '7');
  expect(set.out).toMatch(/openLimit +7\n/);
  const waiting = await payout('list', ...desk);
  expect(waiting.out).toMatch(
    new RegExp(`${sent} +${reference} +12.50 USD +\\*\\*\\*\\* 2051 +waiting\n`),
  );
  expect(waiting.out).not.toContain(account);

  expect(await payout('take', '--trader', email)).toMatchObject({
    code: 0,
    err: expect.stringContaining(`Payout ${reference} of 12.50 USD is taken.`),
  });
  expect((await payout('confirm', '--id', reference)).err).toContain('is completed.');
  expect((await payout('reject', '--id', refused, '--reason', 'closed')).err).toContain('rejected');
  expect(await payout('confirm', '--id', refused)).toMatchObject({
    code: 2,
    err: expect.stringContaining('cannot be changed like this'),
  });
  const back = ['--at-cost-of', 'trader', '--reason', 'never arrived'];
  expect((await payout('reverse', '--id', sent, ...back)).err).toContain('is reversed.');
  expect((await payout('list', ...desk, '--status', 'reversed')).out).toContain(trader.userId);
  expect(await world.audit()).toMatchObject({ ok: true, overdrawn: 0 });
});

test.each([
  ['list --mode live --status lost', '--status must be one of'],
  ['list --mode live --currency NOPE', '"NOPE" is no currency'],
  ['confirm', '--id is missing'],
  ['reject --id x', '--reason is missing'],
  ['reverse --id x --reason y --at-cost-of nobody', '--at-cost-of must be'],
  ['set --pledged maybe', '--pledged must be yes or no'],
  ['set --open-limit many', '--open-limit must be a whole number'],
])('desk payout %s is a wrong call', async (line, message) => {
  const said: string[] = [];
  const terminal = { out: () => undefined, say: (text: string) => said.push(text) };
  expect(await runCommand(['desk', 'payout', ...line.split(' ')], terminal)).toBe(2);
  expect(said.join('\n')).toContain(message);
});

function payout(...words: string[]): Promise<Ended> {
  return runProgram(['desk', 'payout', ...words], {
    DATA_DIR: dataDir,
    DATABASE_URL: addressOf(world.connection),
    SECRET_KEY: world.secretKey.toString('hex'),
  });
}
