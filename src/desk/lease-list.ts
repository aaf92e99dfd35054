// Leases as people look at them: what is expected where, and what has come in so far.

import type { Tx } from '../db/database.ts';
import type { Mode } from '../db/mode.ts';
import type { Amount } from '../money/amount.ts';
import { type LeaseMoney, readMoneys } from './moneys.ts';
import type { Owner } from './person.ts';
import { maskNumber } from './requisite-number.ts';

export type ListedLease = Owner & {
  readonly id: string;
  readonly paymentId: string;
  /** The payment's, which its payer may have been told to write. */
  readonly reference: string;
  readonly requisiteId: string;
  readonly masked: string;
  readonly kind: string;
  readonly amount: Amount;
  readonly receivedUnits: bigint;
  readonly status: 'open' | 'closed';
  readonly leasedAt: Date;
  readonly closedAt: Date | null;
  readonly moneys: readonly LeaseMoney[];
};

export type LeaseFilter = Owner & {
  /** Null: both. */
  readonly status: 'open' | 'closed' | null;
  readonly after: string | null;
  readonly limit: number;
};

export type Leases = {
  /** In the order of their ids, which is that of time; a null trader asks for everybody's. */
  list(filter: LeaseFilter): Promise<ListedLease[]>;
  find(key: { readonly merchantId: string; readonly id: string }): Promise<ListedLease | null>;
};

const columns = `lease.merchant_id, lease.id, lease.mode, lease.trader_id, lease.payment_id,
  lease.requisite_id, lease.asset, lease.units, lease.received_units, lease.status,
  lease.leased_at, lease.closed_at, requisite.last_four, requisite.kind, payment.reference`;
const tables = `leases lease
  join requisites requisite on requisite.merchant_id = lease.merchant_id
    and requisite.id = lease.requisite_id
  join payments payment on payment.merchant_id = lease.merchant_id
    and payment.id = lease.payment_id`;

export function createLeases(db: Tx): Leases {
  return {
    list: async ({ merchantId, mode, traderId, status, after, limit }) => {
      const rows = await db.query<Row>(
        `select ${columns} from ${tables}
          where lease.merchant_id = $1 and lease.mode = $2
            and ($3::uuid is null or lease.trader_id = $3)
            and ($4::text is null or lease.status = $4)
            and ($4::text is distinct from 'open' or lease.closed_at is null)
            and ($5::uuid is null or lease.id > $5)
          order by lease.id limit $6`,
        [merchantId, mode, traderId, status, after, limit],
      );
      return withMoneys(db, rows);
    },
    find: async ({ merchantId, id }) => {
      const rows = await db.query<Row>(
        `select ${columns} from ${tables} where lease.merchant_id = $1 and lease.id = $2`,
        [merchantId, id],
      );
      const [lease] = await withMoneys(db, rows);
      return lease ?? null;
    },
  };
}

type Row = {
  readonly merchant_id: string;
  readonly id: string;
  readonly mode: Mode;
  readonly trader_id: string | null;
  readonly payment_id: string;
  readonly requisite_id: string;
  readonly asset: string;
  readonly units: string;
  readonly received_units: string;
  readonly status: 'open' | 'closed';
  readonly leased_at: Date;
  readonly closed_at: Date | null;
  readonly last_four: string;
  readonly kind: string;
  readonly reference: string;
};

async function withMoneys(db: Tx, rows: readonly Row[]): Promise<ListedLease[]> {
  const moneys = await readMoneys(db, rows);
  return rows.map((row) => ({
    merchantId: row.merchant_id,
    mode: row.mode,
    traderId: row.trader_id,
    id: row.id,
    paymentId: row.payment_id,
    reference: row.reference,
    requisiteId: row.requisite_id,
    masked: maskNumber(row.last_four),
    kind: row.kind,
    amount: { units: BigInt(row.units), asset: row.asset },
    receivedUnits: BigInt(row.received_units),
    status: row.status,
    leasedAt: row.leased_at,
    closedAt: row.closed_at,
    moneys: moneys.get(row.id) ?? [],
  }));
}
