// What a merchant decides for its payouts: who may complete them, how many, and for how long.

import type { Tx } from '../../db/database.ts';
import type { Mode } from '../../db/mode.ts';
import type { PayoutTerms } from './order.ts';
import { PayoutRefused } from './refused.ts';

type Desk = { readonly merchantId: string; readonly mode: Mode };

const defaults: PayoutTerms = {
  tradersConfirm: false,
  pledged: true,
  openLimit: 5,
  takeMinutes: 30,
};

export const maxOpenLimit = 1_000;
/** A week. */
export const maxTakeMinutes = 10_080;

export async function readTerms(tx: Tx, { merchantId, mode }: Desk): Promise<PayoutTerms> {
  const [row] = await tx.query<PayoutTerms>(
    `select traders_confirm as "tradersConfirm", pledged, open_limit as "openLimit",
            take_minutes as "takeMinutes"
       from payout_desks where merchant_id = $1 and mode = $2`,
    [merchantId, mode],
    'payout-terms',
  );
  return row ?? defaults;
}

/** Changes what is given; orders that somebody has already keep what was decided when he came. */
export async function writeTerms(
  tx: Tx,
  { merchantId, mode }: Desk,
  patch: Partial<PayoutTerms>,
): Promise<PayoutTerms> {
  const after = { ...(await readTerms(tx, { merchantId, mode })), ...patch };
  assertWithin('openLimit', after.openLimit, maxOpenLimit);
  assertWithin('takeMinutes', after.takeMinutes, maxTakeMinutes);
  await tx.query(
    `insert into payout_desks (merchant_id, mode, traders_confirm, pledged, open_limit,
       take_minutes) values ($1, $2, $3, $4, $5, $6)
     on conflict (merchant_id, mode) do update
       set traders_confirm = excluded.traders_confirm, pledged = excluded.pledged,
           open_limit = excluded.open_limit, take_minutes = excluded.take_minutes`,
    [merchantId, mode, after.tradersConfirm, after.pledged, after.openLimit, after.takeMinutes],
  );
  return after;
}

function assertWithin(name: keyof PayoutTerms, value: number, most: number): void {
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw new PayoutRefused('invalid', `${name} is a whole number from 1 to ${most}`);
  }
}
