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
  { id: 'sandbox-bitcoin-cash', asset: 'BCH', label: 'Bitcoin Cash (test)', network: 'Sandbox' },
  { id: 'sandbox-ether', asset: 'ETH', label: 'Ether (test)', network: 'Sandbox' },
  { id: 'sandbox-tether', asset: 'USDT', label: 'Tether USD (test)', network: 'Sandbox' },
  { id: 'sandbox-usd-coin', asset: 'USDC', label: 'USD Coin (test)', network: 'Sandbox' },
  { id: 'sandbox-dogecoin', asset: 'DOGE', label: 'Dogecoin (test)', network: 'Sandbox' },
  { id: 'sandbox-dash', asset: 'DASH', label: 'Dash (test)', network: 'Sandbox' },
  { id: 'sandbox-solana', asset: 'SOL', label: 'Solana (test)', network: 'Sandbox' },
  { id: 'sandbox-xrp', asset: 'XRP', label: 'XRP (test)', network: 'Sandbox' },
];

const FINAL = 1;
const TARGET_BYTES = 16;
const TARGET_DIGITS = 2 * TARGET_BYTES;
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

async function instruct(tx: Tx, requests: readonly InstructRequest[]): Promise<Directions[]> {
  // A target that no wallet takes for a real address.
  const random = randomBytes(TARGET_BYTES * requests.length).toString('hex');
  const targets = requests.map(
    (_, at) => `sandbox-${random.slice(at * TARGET_DIGITS, (at + 1) * TARGET_DIGITS)}`,
  );
  const rows = await tx.query<{ id: string; target: string }>(
    `insert into sandbox_instructions
       (merchant_id, id, payment_id, asset, expected_units, target)
     select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::numeric[], $6::text[])
     on conflict (merchant_id, id) do update set target = sandbox_instructions.target
     returning id, target`,
    [
      requests.map((one) => one.merchantId),
      requests.map((one) => one.reference),
      requests.map((one) => one.paymentId),
      requests.map((one) => one.amount.asset),
      requests.map((one) => one.amount.units.toString()),
      targets,
    ],
    'sandbox-instruct',
  );
  const byReference = new Map(rows.map(({ id, target }) => [id, target]));
  return requests.map(({ reference }) => {
    const target = byReference.get(reference);
    if (target === undefined) throw new Error(`no target was written for ${reference}`);
    return { target, uri: null };
  });
}

/** What would be seen; empty when the event has nothing to act on. */
export function play(request: PlayRequest): Observation[] {
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
