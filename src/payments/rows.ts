// How payments are written as rows, and how rows are read back.

import type { Tx } from '../db/database.ts';
import type { Mode } from '../db/mode.ts';
import type { QuoteEvidence } from '../rates/rates.ts';
import type {
  Cause,
  Direction,
  Instruction,
  Payer,
  Payment,
  PaymentView,
  Script,
  Sighting,
} from './nouns.ts';
import type { Policy } from './policy.ts';
import type { Status } from './machine.ts';

/** Whose payments: a merchant's, in one mode. Others are not found, whatever their id. */
export type Scope = { readonly merchantId: string; readonly mode: Mode };

export type PaymentKey = { readonly merchantId: string; readonly id: string };

/** The columns of a payment, under the names of `PaymentRow`, from a table called `p`. */
export const paymentColumns = `
  p.merchant_id, p.id, p.mode, p.direction, p.number, p.reference, p.dialect,
  p.merchant_reference, p.name, p.price_units, p.price_asset, p.status, p.cause, p.touched,
  p.paused, p.max_uses, p.uses, p.payer, p.metadata,
  p.success_url, p.cancel_url, p.callback_url, p.callback_secret, p.policy, p.script,
  p.created_by, p.dialect_data, p.exchange, p.convert_percent, p.fee_units, p.event_seq,
  p.created_at, p.updated_at, p.expires_at`;

// Most payments have neither: a null is cheaper to send and read than an empty list.
const belongings = `
  (select json_agg(json_build_object(
     'id', i.id, 'rail', i.rail, 'method', i.method, 'asset', i.asset,
     'expected_units', i.expected_units::text, 'price_units', i.price_units::text,
     'target', i.target, 'uri', i.uri, 'details', encode(i.details, 'base64'),
     'quote', i.quote, 'created_at', i.created_at)
     order by i.created_at, i.id)
   from instructions i where i.merchant_id = p.merchant_id and i.payment_id = p.id) as instructions,
  (select json_agg(json_build_object(
     'rail', o.rail, 'key', o.key, 'instruction_id', o.instruction_id, 'asset', o.asset,
     'units', o.units::text, 'present', o.present, 'confirmations', o.confirmations,
     'needed', o.needed, 'final', o.final, 'transaction_id', o.transaction_id, 'seen_at', o.seen_at,
     'changed_at', o.changed_at, 'suspense_units', o.suspense_units::text,
     'available_units', o.available_units::text, 'fees_units', o.fees_units::text,
     'postings', o.postings, 'returned', o.returned)
     order by o.seen_at, o.key)
   from observations o where o.merchant_id = p.merchant_id and o.payment_id = p.id) as sightings`;

/** All about the payments with these keys, in no particular order; unknown keys are left out. */
export async function readViews(
  tx: Tx,
  keys: readonly PaymentKey[],
  lock: 'for update' | '' = '',
): Promise<PaymentView[]> {
  // Locked in one order everywhere, and before anything that belongs to them is read.
  if (lock !== '') await lockPayments(tx, keys);
  const rows = await tx.query<ViewRow>(
    `select ${paymentColumns}, ${belongings}
       from unnest($1::uuid[], $2::uuid[]) as k (merchant_id, id)
       join payments p on p.merchant_id = k.merchant_id and p.id = k.id`,
    columnsOf(keys),
    'payment-views',
  );
  return rows.map(toView);
}

/** The payments with these keys, in their order, without what belongs to them. */
export async function readPayments(tx: Tx, keys: readonly PaymentKey[]): Promise<Payment[]> {
  const rows = await tx.query<PaymentRow>(
    `select ${paymentColumns}
       from unnest($1::uuid[], $2::uuid[]) with ordinality as k (merchant_id, id, at)
       join payments p on p.merchant_id = k.merchant_id and p.id = k.id
      order by k.at`,
    columnsOf(keys),
    'payments-read',
  );
  return rows.map(toPayment);
}

async function lockPayments(tx: Tx, keys: readonly PaymentKey[]): Promise<void> {
  await tx.query(
    `select 1 from payments p
      where (p.merchant_id, p.id) in (select * from unnest($1::uuid[], $2::uuid[]))
      order by p.merchant_id, p.id for update`,
    columnsOf(keys),
    'payments-lock',
  );
}

/** The keys of payments by ids or references, of whichever merchant; null for unknown ones. */
export async function findKeys(tx: Tx, names: readonly string[]): Promise<(PaymentKey | null)[]> {
  const rows = await tx.query<{ merchant_id: string; id: string; reference: string }>(
    `select merchant_id, id, reference from payments where id = any($1::uuid[])
     union all
     select merchant_id, id, reference from payments where reference = any($2::text[])`,
    [names.filter((name) => !isReference(name)), names.filter(isReference)],
    'payment-keys',
  );
  const found = new Map<string, PaymentKey>();
  for (const { merchant_id: merchantId, id, reference } of rows) {
    found.set(id, { merchantId, id });
    found.set(reference, { merchantId, id });
  }
  return names.map((name) => found.get(name) ?? null);
}

function isReference(name: string): boolean {
  return name.endsWith('-PMT');
}

function columnsOf(keys: readonly PaymentKey[]): [string[], string[]] {
  return [keys.map((key) => key.merchantId), keys.map((key) => key.id)];
}

export type PaymentRow = {
  readonly merchant_id: string;
  readonly id: string;
  readonly mode: Mode;
  readonly direction: Direction;
  readonly cause: Cause | null;
  readonly touched: boolean;
  readonly updated_at: Date | null;
  readonly number: number;
  readonly reference: string;
  readonly dialect: string;
  readonly merchant_reference: string | null;
  readonly name: string;
  readonly price_units: string;
  readonly price_asset: string;
  readonly status: Status;
  readonly paused: boolean;
  readonly max_uses: number;
  readonly uses: number;
  readonly payer: string | null;
  readonly metadata: string | null;
  readonly success_url: string | null;
  readonly cancel_url: string | null;
  readonly callback_url: string | null;
  readonly callback_secret: Buffer | null;
  readonly policy: Partial<Policy> | null;
  readonly script: Script | null;
  readonly created_by: string | null;
  readonly dialect_data: string | null;
  readonly exchange: number | null;
  readonly convert_percent: number | null;
  readonly fee_units: string | null;
  readonly event_seq: number;
  readonly created_at: Date;
  readonly expires_at: Date;
};

type ViewRow = PaymentRow & {
  readonly instructions: InstructionRow[] | null;
  readonly sightings: SightingRow[] | null;
};

type InstructionRow = {
  readonly id: string;
  readonly rail: string;
  readonly method: string;
  readonly asset: string;
  readonly expected_units: string;
  readonly price_units: string;
  readonly target: string;
  readonly uri: string | null;
  readonly details: string | null;
  readonly quote: QuoteEvidence;
  readonly created_at: string;
};

type SightingRow = {
  readonly rail: string;
  readonly key: string;
  readonly instruction_id: string;
  readonly asset: string;
  readonly units: string;
  readonly present: boolean;
  readonly confirmations: number;
  readonly needed: number;
  readonly final: boolean;
  readonly transaction_id: string;
  readonly seen_at: string;
  readonly changed_at: string;
  readonly suspense_units: string;
  readonly available_units: string;
  readonly fees_units: string;
  readonly postings: number;
  readonly returned: boolean;
};

function toView(row: ViewRow): PaymentView {
  return {
    payment: toPayment(row),
    instructions: (row.instructions ?? []).map(toInstruction),
    sightings: (row.sightings ?? []).map(toSighting),
  };
}

export function toPayment(row: PaymentRow): Payment {
  return {
    merchantId: row.merchant_id,
    id: row.id,
    mode: row.mode,
    direction: row.direction,
    number: row.number,
    reference: row.reference,
    dialect: row.dialect,
    merchantReference: row.merchant_reference,
    name: row.name,
    price: { units: BigInt(row.price_units), asset: row.price_asset },
    status: row.status,
    cause: row.cause,
    touched: row.touched,
    paused: row.paused,
    maxUses: row.max_uses,
    uses: row.uses,
    payer: row.payer === null ? {} : (JSON.parse(row.payer) as Payer),
    metadata: row.metadata,
    successUrl: row.success_url,
    cancelUrl: row.cancel_url,
    callbackUrl: row.callback_url,
    callbackSecret: row.callback_secret,
    policy: row.policy,
    script: row.script,
    createdBy: row.created_by,
    dialectData: row.dialect_data,
    exchange: row.exchange,
    convertPercent: row.convert_percent,
    feeUnits: row.fee_units === null ? null : BigInt(row.fee_units),
    eventSeq: row.event_seq,
    createdAt: row.created_at,
    updatedAt: row.updated_at ?? row.created_at,
    expiresAt: row.expires_at,
  };
}

function toInstruction(row: InstructionRow): Instruction {
  return {
    id: row.id,
    rail: row.rail,
    method: row.method,
    expected: { units: BigInt(row.expected_units), asset: row.asset },
    priceUnits: BigInt(row.price_units),
    target: row.target,
    uri: row.uri,
    details: null,
    sealedDetails: row.details === null ? null : Buffer.from(row.details, 'base64'),
    quote: row.quote,
    createdAt: new Date(row.created_at),
  };
}

function toSighting(row: SightingRow): Sighting {
  return {
    rail: row.rail,
    key: row.key,
    instructionId: row.instruction_id,
    amount: { units: BigInt(row.units), asset: row.asset },
    present: row.present,
    confirmations: row.confirmations,
    needed: row.needed,
    final: row.final,
    transactionId: row.transaction_id,
    seenAt: new Date(row.seen_at),
    changedAt: new Date(row.changed_at),
    suspenseUnits: BigInt(row.suspense_units),
    availableUnits: BigInt(row.available_units),
    feesUnits: BigInt(row.fees_units),
    postings: row.postings,
    returned: row.returned,
  };
}
