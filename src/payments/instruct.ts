// Instructing: the rails say where to pay, and what they said is written beside the payment.

import type { Amount } from '../money/amount.ts';
import { defineColumns } from '../db/columns.ts';
import { type Tx, send } from '../db/database.ts';
import type { QuoteEvidence } from '../rates/rates.ts';
import type { Vault } from '../merchants/vault.ts';
import { type Directions, NoDirections, type Rail } from '../rails/rail.ts';
import type { Instruction, Payment } from './nouns.ts';
import { Refusal } from './refusals.ts';

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
  /** What a repetition of the request is answered, where this is what had to be known for it. */
  readonly answer?: (instruction: Instruction) => string;
};

/** A rail has no place for those that `refused` names by their ids: nothing was written. */
export class NotInstructed extends Refusal {
  readonly refused: ReadonlySet<string>;

  constructor({ missing, reasons }: NoDirections) {
    super(missing === 'requisite' ? 'no_requisites' : 'no_address_available');
    this.refused = new Set(reasons.keys());
  }
}

/**
 * Answers in the order of `wanted`; a few statements for each rail, however many there are. Throws
 * NotInstructed when a rail has no place for some of them.
 */
export async function instruct(
  tx: Tx,
  wanted: readonly Wanted[],
  { vault, now }: { readonly vault: Pick<Vault, 'seal'>; readonly now: () => Date },
): Promise<Instruction[]> {
  if (wanted.length === 0) return [];
  const directions = new Map<string, Directions>();
  // In one order of rails everywhere: two batches must not wait for each other's locks.
  const rails = new Map(wanted.map(({ rail }) => [rail.name, rail]));
  for (const name of [...rails.keys()].toSorted()) {
    const rail = rails.get(name);
    const own = wanted.filter((one) => one.rail === rail);
    const answers = rail ? await askRail(rail, tx, own) : [];
    for (const [at, { id }] of own.entries()) {
      const answer = answers[at];
      if (!answer) throw new Error(`${name} gave no directions for ${id}`);
      directions.set(id, answer);
    }
  }
  const at = now();
  const made = wanted.map((one) => toInstruction(one, directions.get(one.id), vault, at));
  await insert(tx, wanted, made);
  return made;
}

async function askRail(rail: Rail, tx: Tx, own: readonly Wanted[]): Promise<Directions[]> {
  try {
    return await rail.instruct(tx, own.map(requestOf));
  } catch (error) {
    if (error instanceof NoDirections) throw new NotInstructed(error);
    throw error;
  }
}

/** The names and numbers of an instruction that was read back. */
export function withDetails(instruction: Instruction, vault: Pick<Vault, 'open'>): Instruction {
  const { id, sealedDetails: sealed } = instruction;
  if (sealed === null || instruction.details !== null) return instruction;
  return { ...instruction, details: JSON.parse(vault.open(sealed, id)) as Record<string, string> };
}

function requestOf({ id, payment, method, asked }: Wanted) {
  const { merchantId, id: paymentId, name: label } = payment;
  return { reference: id, merchantId, paymentId, method, amount: asked.amount, label };
}

function toInstruction(
  { id, rail, method, asked, priceUnits }: Wanted,
  directions: Directions | undefined,
  vault: Pick<Vault, 'seal'>,
  createdAt: Date,
): Instruction {
  if (!directions) throw new Error(`no directions for ${id}`);
  const details = directions.details ?? null;
  return {
    id,
    rail: rail.name,
    method,
    expected: directions.amount ?? asked.amount,
    priceUnits,
    target: directions.target,
    uri: directions.uri,
    details,
    sealedDetails: details === null ? null : vault.seal(JSON.stringify(details), id),
    quote: asked.quote,
    createdAt,
  };
}

const columns = defineColumns({
  merchant_id: 'uuid',
  payment_id: 'uuid',
  id: 'uuid',
  rail: 'text',
  method: 'text',
  asset: 'text',
  expected_units: 'numeric',
  price_units: 'numeric',
  target: 'text',
  uri: 'text',
  details: 'bytea',
  quote: 'jsonb',
  created_at: 'timestamptz',
  answer: 'text',
});

const insertStatement = `
insert into instructions (merchant_id, payment_id, id, rail, method, asset, expected_units,
  price_units, target, uri, details, quote, created_at, answer)
select merchant_id, payment_id, id, rail, method, asset, expected_units,
       price_units, target, uri, details, quote, created_at, answer
  from (${columns.select(1)}) as i`;

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
    details: one.sealedDetails,
    quote: JSON.stringify(one.quote),
    created_at: one.createdAt,
    answer: wanted[at]?.answer?.(one),
  }));
  const values = columns.valuesOf(rows);
  await send(tx, { text: insertStatement, values, name: 'instructions-insert' });
}
