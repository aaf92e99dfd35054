// The shell's commands for disputes, run as an operator runs them.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runCommand } from '../../src/cli/main.ts';
import { type DisputeWorld, createDisputeWorld } from '../desk/disputes/world.ts';
import { type Ended, addressOf, runProgram } from '../harness/shell.ts';

// Each command starts a process of its own.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let world: DisputeWorld;
let dataDir: string;
beforeAll(async () => {
  world = await createDisputeWorld();
  dataDir = await mkdtemp(join(tmpdir(), 'dragoman-cli-'));
});
afterAll(async () => {
  await world.close();
  await rm(dataDir, { recursive: true });
});

test('what waits for the operator is listed, shown and decided', async () => {
  const trader = await world.addTrader(10_000n);
  const { id: payment } = await world.payIn(trader);
  const { dispute } = await world.open(world.boss, { payment, note: 'He shows\na receipt.' });
  const { id } = dispute;
  await world.disputes.answer(trader, id, 'contest', 'Nothing came.');
  await world.disputes.answer(world.boss, id, 'contest', null);

  const of = ['--merchant', world.merchant.id];
  expect((await disputes('list', ...of)).out).toMatch(
    new RegExp(`${id} +payment_not_received +100.00 USD +merchant .* ${payment}\n`),
  );
  const shown = await disputes('show', '--id', id);
  expect(shown.out).toMatch(/waits +for your decision\n/);
  expect(shown.out).toMatch(/held of the deposit +100.00 USD\n/);
  expect(shown.out).toMatch(/merchant +open +He shows a receipt\.\n/);

  const split = ['--outcome', 'split', '--merchant-amount', '60', '--note', 'Half of it.'];
  const wrong = await disputes('decide', '--id', id, ...split, '--trader-amount', '60');
  expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('must sum up') });
  const decided = await disputes('decide', '--id', id, ...split, '--trader-amount', '40.00');
  expect(decided).toMatchObject({ code: 0, err: expect.stringContaining('is resolved.') });
  const { dispute: after } = await world.disputes.find(world.operator, id);
  expect(after).toMatchObject({ status: 'resolved', openedBy: world.boss.userId });
  expect(await world.standing(trader)).toMatchObject({ free: 4_000n, reserved: 0n });
  expect(await world.audit()).toMatchObject({ ok: true, overdrawn: 0 });
});

test.each([
  ['list --status lost', '--status must be one of'],
  ['show --id x', '--id must be the id of a dispute'],
  ['decide --id 00000000-0000-0000-0000-000000000000', '--note is missing'],
])('desk dispute %s is a wrong call', async (line, message) => {
  const said: string[] = [];
  const terminal = { out: () => undefined, say: (text: string) => said.push(text) };
  expect(await runCommand(['desk', 'dispute', ...line.split(' ')], terminal)).toBe(2);
  expect(said.join('\n')).toContain(message);
});

function disputes(...words: string[]): Promise<Ended> {
  return runProgram(['desk', 'dispute', ...words], {
    DATA_DIR: dataDir,
    DATABASE_URL: addressOf(world.connection),
    SECRET_KEY: world.secretKey.toString('hex'),
  });
}
