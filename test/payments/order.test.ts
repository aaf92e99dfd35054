// Whatever order money comes, grows, is reversed or is late in: the same facts end in one state.

import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { audit } from '../../src/ledger/audit.ts';
import type { Instruction, Payment } from '../../src/payments/nouns.ts';
import type { Policy } from '../../src/payments/policy.ts';
import type { Observation } from '../../src/rails/rail.ts';
import { type Core, createCore } from '../harness/core.ts';
import { type ScriptedRail, createScriptedRail } from '../harness/scripted-rail.ts';

const RUNS = 40;
const ORDERS = 3;
const PRICE = 1_000n;

let core: Core;
let rail: ScriptedRail;
beforeAll(async () => {
  rail = createScriptedRail();
  core = await createCore({ rails: [rail] });
});
afterAll(() => core.close());

/** One piece of money: what it passes through on the way, and how it ends. */
type Piece = {
  readonly units: number;
  readonly instruction: 0 | 1;
  readonly late: boolean;
  readonly path: readonly { readonly present: boolean; readonly confirmations: number }[];
};

const step = fc.record({ present: fc.boolean(), confirmations: fc.nat({ max: 3 }) });
const piece = fc.record<Piece>({
  units: fc.oneof(fc.integer({ min: 1, max: 1_500 }), fc.constantFrom(500, 1_000, 2_000)),
  instruction: fc.constantFrom(0, 1),
  late: fc.boolean(),
  path: fc.array(step, { minLength: 1, maxLength: 3 }),
});
const policy = fc.record<Partial<Policy>>({
  late: fc.constantFrom('accept', 'hold'),
  over: fc.constantFrom('accept', 'hold'),
  short: fc.constantFrom('accept', 'hold'),
  tolerance: fc.constantFrom<Policy['tolerance']>(
    { basisPoints: 0, units: {} },
    { basisPoints: 500, units: { USD: '20' } },
  ),
});

test('any order of partial, over, late and reversed money', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { minLength: 1, maxLength: 4 }),
      policy,
      fc.constantFrom(1, 2, 3),
      fc.infiniteStream(fc.nat()),
      async (pieces, chosen, maxUses, choices) => {
        await setPolicy(chosen);
        const ends: unknown[] = [];
        for (let order = 0; order < ORDERS; order += 1) {
          ends.push(await playOut(pieces, maxUses, () => choices.next().value ?? 0));
        }
        for (const end of ends) expect(end).toEqual(ends[0]);
      },
    ),
    { numRuns: RUNS },
  );
  const report = await audit(core.db);
  expect(report.differences).toEqual([]);
});

async function playOut(
  pieces: readonly Piece[],
  maxUses: number,
  choose: () => number,
): Promise<unknown> {
  const payment = await core.create({ price: { units: PRICE, asset: 'USD' }, maxUses });
  const instructions = [
    await core.payments.choose(payment, 'scripted'),
    await core.payments.choose(payment, 'scripted-two'),
  ];
  const start = core.clock.at;
  const steps = pieces.map((one, index) => observationsOf(one, index, payment, instructions));
  for (;;) {
    const open = steps.filter((list) => list.length > 0);
    const next = open[choose() % Math.max(open.length, 1)]?.shift();
    if (!next) break;
    rail.queue.push(next);
    await core.payments.pull(rail);
  }
  core.clock.at = new Date(payment.expiresAt.getTime() + 3_600_000);
  await core.payments.expireDue();
  await lookAgain(payment);
  const view = await core.view(payment.id);
  core.clock.at = start;
  await checkEvents(payment);
  return {
    status: view.payment.status,
    uses: view.payment.uses,
    places: view.sightings
      .map((one) => [one.transactionId, one.suspenseUnits, one.availableUnits])
      .toSorted(),
  };
}

// The last word of every piece once more, after the deadline: the clock is a fact as well.
async function lookAgain(payment: Payment): Promise<void> {
  const { sightings } = await core.view(payment.id);
  for (const one of sightings) {
    rail.queue.push({
      key: one.key,
      merchantId: payment.merchantId,
      paymentId: payment.id,
      instructionId: one.instructionId,
      amount: one.amount,
      presence: one.present ? 'present' : 'absent',
      confirmations: one.confirmations,
      transactionId: one.transactionId,
      at: one.seenAt,
    });
  }
  await core.payments.pull(rail);
}

function observationsOf(
  one: Piece,
  index: number,
  payment: Payment,
  instructions: readonly Instruction[],
): Observation[] {
  const at = new Date(payment.expiresAt.getTime() + (one.late ? 1_000 : -1_000) + index);
  return one.path.map(({ present, confirmations }) => ({
    key: `${payment.id}:${index}`,
    merchantId: payment.merchantId,
    paymentId: payment.id,
    instructionId: instructions[one.instruction]?.id ?? '',
    amount: { units: BigInt(one.units), asset: 'USD' },
    presence: present ? 'present' : 'absent',
    confirmations: present ? confirmations : 0,
    transactionId: `tx${index}`,
    at,
  }));
}

async function checkEvents(payment: Payment): Promise<void> {
  const rows = await core.db.query<{ seq: number }>(
    'select seq from events where payment_id = $1 order by seq',
    [payment.id],
  );
  expect(rows.map((row) => row.seq)).toEqual(rows.map((_, index) => index + 1));
  const { payment: now } = await core.view(payment.id);
  expect(now.eventSeq).toBe(rows.length);
}

async function setPolicy(chosen: Partial<Policy>): Promise<void> {
  await core.merchants.updateSettings(core.merchant.id, 'test', () => ({ policy: chosen }));
}
