// Instructing: the rails say where to pay, and what they said is written beside the payment.

import type { Amount } from '../money/amount.ts';
import type { Tx } from '../db/database.ts';
import type { QuoteEvidence } from '../rates/rates.ts';
import type { Directions, Rail } from '../rails/rail.ts';
import type { Instruction, Payment } from './nouns.ts';

/** What the payer was offered: so much of a method's asset, at this rate. */
export type Asked = { readonly amount: Amount; readonly quote: QuoteEvidence };

/** An instruction to be made. Its id is chosen before, so that doing it again changes nothing. */
export type Wanted = {
  readonly id: string;
  readonly payment: Payment;
  readonly rail: Rail;
  readonly method: string;
  readonly asked: Asked;
  /** The part of the price that `asked` settles. */
  readonly priceUnits: bigint;
};

/** Answers in the order of `wanted`; a few statements for each rail, however many there are. */
export async function instruct(
  tx: Tx,
  wanted: readonly Wanted[],
  now: Date,
): Promise<Instruction[]> {
  if (wanted.length === 0) return [];
  const directions = new Map<string, Directions>();
  // In one order of rails everywhere: two batches must not wait for each other's locks.
  const rails = new Map(wanted.map(({ rail }) => [rail.name, rail]));
  for (const name of [...rails.keys()].toSorted()) {
    const rail = rails.get(name);
    const own = wanted.filter((one) => one.rail === rail);
    const answers = (await rail?.instruct(tx, own.map(requestOf))) ?? [];
    for (const [at, { id }] of own.entries()) {
      const answer = answers[at];
      if (!answer) throw new Error(`${name} gave no directions for ${id}`);
      directions.set(id, answer);
    }
  }
  const made = wanted.map((one) => toInstruction(one, directions.get(one.id), now));
  await insert(tx, wanted, made);
  return made;
}

function requestOf({ id, payment, method, asked }: Wanted) {
  const { merchantId, id: paymentId, name: label } = payment;
  return { reference: id, merchantId, paymentId, method, amount: asked.amount, label };
}

function toInstruction(
  { id, rail, method, asked, priceUnits }: Wanted,
  directions: Directions | undefined,
  now: Date,
): Instruction {
  if (!directions) throw new Error(`no directions for ${id}`);
  return {
    id,
    rail: rail.name,
    method,
    expected: asked.amount,
    priceUnits,
    target: directions.target,
    uri: directions.uri,
    quote: asked.quote,
    createdAt: now,
  };
}

async function insert(
  tx: Tx,
  wanted: readonly Wanted[],
  made: readonly Instruction[],
): Promise<void> {
  const rows = made.map((one, at) => ({
    merchant_id: wanted[at]?.payment.merchantId,
    payment_id: wanted[at]?.payment.id,
    id: one.id,
    rail: one.rail,
    method: one.method,
    asset: one.expected.asset,
    expected_units: one.expected.units.toString(),
    price_units: one.priceUnits.toString(),
    target: one.target,
    uri: one.uri,
    quote: one.quote,
    created_at: one.createdAt,
  }));
  await tx.query(
    `insert into instructions (merchant_id, payment_id, id, rail, method, asset, expected_units,
       price_units, target, uri, quote, created_at)
     select * from json_to_recordset($1) as i (merchant_id uuid, payment_id uuid, id uuid,
       rail text, method text, asset text, expected_units numeric, price_units numeric,
       target text, uri text, quote jsonb, created_at timestamptz)`,
    [JSON.stringify(rows)],
    'instructions-insert',
  );
}
