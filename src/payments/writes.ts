// How changed payments and sightings are written back: one statement each, however many there are.

import { type Tx, send } from '../db/database.ts';
import type { Payment, Sighting } from './nouns.ts';
import type { PaymentKey } from './rows.ts';

/** The only statement that changes a payment's status. */
export async function writePayments(tx: Tx, payments: readonly Payment[]): Promise<void> {
  if (payments.length === 0) return;
  const rows = payments.map((payment) => ({
    merchant_id: payment.merchantId,
    id: payment.id,
    status: payment.status,
    cause: payment.cause,
    touched: payment.touched,
    updated_at: payment.updatedAt,
    paused: payment.paused,
    uses: payment.uses,
    event_seq: payment.eventSeq,
    expires_at: payment.expiresAt,
    policy: payment.policy,
  }));
  await send(tx, {
    text: `update payments p
        set status = c.status, cause = c.cause, touched = c.touched, updated_at = c.updated_at,
            paused = c.paused, uses = c.uses, event_seq = c.event_seq,
            expires_at = c.expires_at, policy = c.policy
       from json_to_recordset($1) as c (merchant_id uuid, id uuid, status text, cause text,
            touched boolean, updated_at timestamptz, paused boolean, uses int, event_seq int,
            expires_at timestamptz, policy jsonb)
      where p.merchant_id = c.merchant_id and p.id = c.id`,
    values: [JSON.stringify(rows)],
  });
}

/** What the dialect that made it keeps beside it, for nobody else. */
export async function writeDialectData(
  tx: Tx,
  { merchantId, id }: PaymentKey,
  dialectData: string | null,
): Promise<void> {
  await tx.query(
    'update payments set dialect_data = $3 where merchant_id = $1 and id = $2',
    [merchantId, id, dialectData],
    'payment-annotate',
  );
}

export async function writeSightings(
  tx: Tx,
  sightings: readonly { readonly payment: Payment; readonly sighting: Sighting }[],
): Promise<void> {
  if (sightings.length === 0) return;
  const rows = sightings.map(({ payment, sighting }) => ({
    merchant_id: payment.merchantId,
    payment_id: payment.id,
    rail: sighting.rail,
    key: sighting.key,
    instruction_id: sighting.instructionId,
    asset: sighting.amount.asset,
    units: sighting.amount.units.toString(),
    present: sighting.present,
    confirmations: sighting.confirmations,
    needed: sighting.needed,
    final: sighting.final,
    transaction_id: sighting.transactionId,
    seen_at: sighting.seenAt,
    changed_at: sighting.changedAt,
    suspense_units: sighting.suspenseUnits.toString(),
    available_units: sighting.availableUnits.toString(),
    fees_units: sighting.feesUnits.toString(),
    postings: sighting.postings,
    returned: sighting.returned,
  }));
  await send(tx, {
    text: `insert into observations
       (merchant_id, payment_id, rail, key, instruction_id, asset, units, present, confirmations,
        needed, final, transaction_id, seen_at, changed_at, suspense_units, available_units,
        fees_units, postings, returned)
     select * from json_to_recordset($1) as o (merchant_id uuid, payment_id uuid, rail text,
       key text, instruction_id uuid, asset text, units numeric, present boolean,
       confirmations int, needed int, final boolean, transaction_id text, seen_at timestamptz,
       changed_at timestamptz, suspense_units numeric, available_units numeric,
       fees_units numeric, postings int, returned boolean)
     on conflict (merchant_id, payment_id, rail, key) do update
       set present = excluded.present, confirmations = excluded.confirmations,
           needed = excluded.needed, final = excluded.final, seen_at = excluded.seen_at,
           changed_at = excluded.changed_at,
           suspense_units = excluded.suspense_units,
           available_units = excluded.available_units, fees_units = excluded.fees_units,
           postings = excluded.postings, returned = excluded.returned`,
    values: [JSON.stringify(rows)],
    name: 'sightings-write',
  });
}
