// Payouts under one key: at once, again, months later, and when the answer to a commit is lost.

import { describe, expect, test } from 'vitest';
import { audit } from '../../src/ledger/audit.ts';
import { loseFirstCommit } from '../harness/lost-commits.ts';
import { keyed, useSender } from './payout-world.ts';

const sender = useSender();
const { commandOf, fund, make, held, read } = sender;
const setAside = {
  'outside/KRW/somewhere': -80_000n,
  'available/KRW': 30_000n,
  'payable/KRW': 50_000n,
};

describe('keys', () => {
  for (const parallel of [2, 10, 40]) {
    test(`${parallel} at once with one key make one payout, and set aside once`, async () => {
      await fund(50_000n * BigInt(parallel));
      const answers = await Promise.all(
        Array.from({ length: parallel }, () =>
          sender.core.payments.createPayout(commandOf({ idempotency: keyed('once') })),
        ),
      );
      const made = answers.flatMap(({ payment }) => payment ?? []);
      expect(made).toHaveLength(1);
      const replays = new Set(answers.flatMap(({ replay }) => replay ?? []));
      expect([...replays]).toEqual([`answer ${made[0]?.id}`]);
      expect(await held()).toMatchObject({ 'payable/KRW': 50_000n });
    });
  }

  test('ten at once with keys of their own and money for three', async () => {
    await fund(150_000n);
    const answers = await Promise.allSettled(
      Array.from({ length: 10 }, (_, at) => make({ idempotency: keyed(`of ${at}`) })),
    );
    const made = answers.filter(({ status }) => status === 'fulfilled');
    expect(made).toHaveLength(3);
    for (const answer of answers) {
      if (answer.status === 'fulfilled') continue;
      expect(answer.reason).toMatchObject({ code: 'insufficient_balance' });
    }
    expect(await held()).toMatchObject({ 'payable/KRW': 150_000n });
  });

  test('a payment and a payout race for one key: one of them is made', async () => {
    await fund(80_000n);
    const idempotency = keyed('both');
    const answers = await Promise.all([
      sender.core.payments.createPayout(commandOf({ idempotency })),
      sender.core.payments.create({
        ...commandOf({ idempotency }),
        maxUses: 1,
        script: null,
        createdBy: null,
        exchange: null,
        convertPercent: null,
        feeUnits: null,
        pay: null,
      }),
    ]);
    const made = answers.flatMap(({ payment }) => payment ?? []);
    expect(made).toHaveLength(1);
    const [replayed] = answers.flatMap(({ replay }) => replay ?? []);
    expect(replayed).toBe(`answer ${made[0]?.id}`);
  });

  test('another body under the same key is refused, also months later', async () => {
    await fund(80_000n);
    await make({ idempotency: keyed('months') });
    const other = make({ idempotency: keyed('months', 'other') });
    await expect(other).rejects.toMatchObject({ code: 'idempotency_mismatch' });
    const start = sender.core.clock.at;
    sender.core.clock.at = new Date(start.getTime() + 100 * 86_400_000);
    const again = await sender.core.payments.createPayout(
      commandOf({ idempotency: keyed('months') }),
    );
    expect(again.replay).toMatch(/^answer /);
    sender.core.clock.at = start;
  });
});

test('a commit whose answer was lost is not made twice', async () => {
  await fund(80_000n);
  const lost = loseFirstCommit(sender.core.db.pool);
  const payment = await make({ idempotency: keyed('lost') });
  lost.end();
  expect(lost.commits()).toBe(2);
  expect((await read(payment))?.payment).toEqual(payment);
  expect(await held()).toEqual(setAside);
});

test('afterwards the ledger is sound', async () => {
  expect(await audit(sender.core.db)).toMatchObject({ ok: true, overdrawn: 0, differing: 0 });
});
