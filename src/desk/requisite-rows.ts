// The rows of requisites, as people may see them: numbers masked, limits beside what was used.

import type { Tx } from '../db/database.ts';
import type { Mode } from '../db/mode.ts';
import { type LimitRow, type RequisiteRow, limitsOf } from './candidates.ts';
import type { Limits, Usage } from './limits.ts';
import { type RequisiteKind, maskNumber, wayOf } from './requisite-number.ts';
import type { UniqueMode } from './unique.ts';
import { countedOn, usageColumns } from './usage.ts';
import { localTime } from './zone.ts';

/** What may be changed after a requisite was entered. */
export type Terms = Limits & {
  readonly active: boolean;
  /** Null follows the desk. */
  readonly uniqueAmounts: UniqueMode | null;
  readonly uniqueBound: number | null;
};

export type Requisite = {
  readonly merchantId: string;
  readonly id: string;
  readonly mode: Mode;
  readonly traderId: string | null;
  readonly kind: RequisiteKind;
  readonly currency: string;
  /** `**** 4242` */
  readonly masked: string;
  readonly bank: string | null;
  readonly country: string | null;
  readonly terms: Terms;
  readonly openCount: number;
  readonly leasedAt: Date | null;
  readonly day: Usage;
  readonly month: Usage;
};

export type RequisiteFilter = {
  readonly merchantId: string;
  readonly mode?: Mode;
  readonly traderId?: string;
  readonly id?: string;
};

export type NewRow = Pick<
  Requisite,
  'merchantId' | 'id' | 'mode' | 'traderId' | 'kind' | 'currency' | 'bank' | 'country'
> & { readonly sealed: Buffer; readonly numberHash: Buffer; readonly lastFour: string };

const MAX_LISTED = 10_000;

const termColumns = `active, min_units, max_units, day_units, day_count, month_units, month_count,
  open_limit, cool_down_seconds, schedule, time_zone, unique_amounts, unique_bound`;

/** False when the merchant has this number already. Whoever was never leased comes first. */
export async function insertRequisite(
  tx: Tx,
  row: NewRow,
  terms: Terms,
  now: Date,
): Promise<boolean> {
  const { merchantId, id, mode, kind, currency } = row;
  const numbered = await tx.query(
    `insert into requisite_numbers
       (merchant_id, mode, kind, currency, number_hash, requisite_id)
     values ($1, $2, $3, $4, $5, $6) on conflict do nothing returning requisite_id`,
    [merchantId, mode, kind, currency, row.numberHash, id],
  );
  if (numbered.length === 0) return false;
  await tx.query(
    `insert into requisites (${termColumns}, merchant_id, id, mode, trader_id, kind, way, currency,
       details, last_four, bank, country, turn_at, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,
       $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, 'epoch', $25)`,
    [
      ...termValues(terms),
      merchantId,
      id,
      mode,
      row.traderId,
      kind,
      wayOf[kind],
      currency,
      row.sealed,
      row.lastFour,
      row.bank,
      row.country,
      now,
    ],
  );
  return true;
}

/** Held until the transaction ends; null for an unknown one. */
export async function lockRequisite(
  tx: Tx,
  key: { readonly merchantId: string; readonly id: string },
): Promise<Terms | null> {
  const [row] = await tx.query<TermsRow>(
    `select ${termColumns} from requisites where merchant_id = $1 and id = $2 for update`,
    [key.merchantId, key.id],
  );
  return row ? termsOf(row) : null;
}

/** Other limits, other chances: it is looked at again from now on. */
export async function updateTerms(
  tx: Tx,
  key: { readonly merchantId: string; readonly id: string },
  terms: Terms,
  now: Date,
): Promise<void> {
  await tx.query(
    `update requisites
        set (${termColumns}) = ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13),
            turn_at = least(turn_at, $16), room_units = null, room_until = null
      where merchant_id = $14 and id = $15`,
    [...termValues(terms), key.merchantId, key.id, now],
  );
}

/** In the order in which they were entered. */
export async function listRequisites(
  tx: Tx,
  filter: RequisiteFilter,
  now: Date,
): Promise<Requisite[]> {
  const rows = await tx.query<ListedRow>(
    `select merchant_id, id, mode, trader_id, kind, currency, last_four, bank, country, open_count,
            leased_at, ${termColumns}, ${usageColumns}
       from requisites
      where merchant_id = $1 and ($2::text is null or mode = $2)
        and ($3::uuid is null or trader_id = $3) and ($4::uuid is null or id = $4)
      order by id limit $5`,
    [
      filter.merchantId,
      filter.mode ?? null,
      filter.traderId ?? null,
      filter.id ?? null,
      MAX_LISTED,
    ],
  );
  return rows.map((row) => requisiteOf(row, localTime(row.time_zone, now).day));
}

type TermsRow = LimitRow & Pick<RequisiteRow, 'active' | 'unique_amounts' | 'unique_bound'>;

type ListedRow = RequisiteRow & { readonly bank: string | null; readonly country: string | null };

function requisiteOf(row: ListedRow, today: string): Requisite {
  const { day, month } = countedOn(row, today);
  return {
    merchantId: row.merchant_id,
    id: row.id,
    mode: row.mode,
    traderId: row.trader_id,
    kind: row.kind,
    currency: row.currency,
    masked: maskNumber(row.last_four),
    bank: row.bank,
    country: row.country,
    terms: termsOf(row),
    openCount: row.open_count,
    leasedAt: row.leased_at,
    day,
    month,
  };
}

function termsOf(row: TermsRow): Terms {
  return {
    ...limitsOf(row),
    active: row.active,
    uniqueAmounts: row.unique_amounts,
    uniqueBound: row.unique_bound,
  };
}

/** In the order of `termColumns`. */
function termValues(terms: Terms): unknown[] {
  return [
    terms.active,
    terms.minUnits?.toString() ?? null,
    terms.maxUnits?.toString() ?? null,
    terms.dayUnits?.toString() ?? null,
    terms.dayCount,
    terms.monthUnits?.toString() ?? null,
    terms.monthCount,
    terms.openLimit,
    terms.coolDownSeconds,
    terms.schedule === null ? null : JSON.stringify(terms.schedule),
    terms.timeZone,
    terms.uniqueAmounts,
    terms.uniqueBound,
  ];
}
