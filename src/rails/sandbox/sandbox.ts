// The sandbox rail: money that a person, a test or a magic amount makes up. Test credentials reach
// no other rail, and no live payment ever reaches this one.

import { randomBytes } from 'node:crypto';
import { v7 as newId } from 'uuid';
import type { Tx } from '../../db/database.ts';
import { divideUp } from '../../money/amount.ts';
import type {
  Directions,
  InstructRequest,
  Method,
  Observation,
  PlayRequest,
  Rail,
} from '../rail.ts';

const methods: readonly Method[] = [
  { id: 'sandbox', asset: 'price', label: 'Test money', network: 'Sandbox' },
  { id: 'sandbox-bitcoin', asset: 'BTC', label: 'Bitcoin (test)', network: 'Sandbox' },
  { id: 'sandbox-litecoin', asset: 'LTC', label: 'Litecoin (test)', network: 'Sandbox' },
];

const FINAL = 1;
const TARGET_BYTES = 16;
const TXID_BYTES = 32;

export function createSandboxRail(): Rail {
  return {
    name: 'sandbox',
    mode: 'test',
    methods: () => methods,
    confirmations: () => [{ below: null, needed: FINAL }],
    instruct,
    play,
    health: () => Promise.resolve(null),
  };
}

async function instruct(tx: Tx, request: InstructRequest): Promise<Directions> {
  const { merchantId, reference, paymentId, amount } = request;
  // A target that no wallet takes for a real address.
  const target = `sandbox-${randomBytes(TARGET_BYTES).toString('hex')}`;
  const [row] = await tx.query<{ target: string }>(
    `insert into sandbox_instructions
       (merchant_id, id, payment_id, asset, expected_units, target)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (merchant_id, id) do update set target = sandbox_instructions.target
     returning target`,
    [merchantId, reference, paymentId, amount.asset, amount.units.toString(), target],
  );
  return { target: row?.target ?? target, uri: null };
}

/** What would be seen; empty when the event has nothing to act on. */
function play(request: PlayRequest): Observation[] {
  const { event, instruction, seen, units, now } = request;
  if (event === 'confirm') {
    return seen
      .filter((one) => one.confirmations < FINAL)
      .map((one) => ({ ...one, confirmations: FINAL }));
  }
  if (event === 'reverse') {
    return seen.map((one) => ({ ...one, presence: 'absent', confirmations: 0 }));
  }
  const paid = units ?? defaultUnits(event, instruction.expected.units);
  return [
    {
      key: newId(),
      merchantId: instruction.merchantId,
      paymentId: instruction.paymentId,
      instructionId: instruction.id,
      amount: { units: paid, asset: instruction.expected.asset },
      presence: 'present',
      confirmations: 0,
      transactionId: randomBytes(TXID_BYTES).toString('hex'),
      at: now,
    },
  ];
}

// Half too little, a tenth too much; never nothing, and never exactly the amount.
function defaultUnits(event: 'pay' | 'underpay' | 'overpay', expected: bigint): bigint {
  if (event === 'underpay') return divideUp(expected, 2n);
  if (event === 'overpay') return expected + divideUp(expected, 10n);
  return expected;
}
