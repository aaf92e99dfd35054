// Reading payments: one by its names, and lists.

import { createBatcher } from '../db/batch.ts';
import type { Database } from '../db/database.ts';
import type { Mode } from '../db/mode.ts';
import type { Status } from './machine.ts';
import type { Payment, PaymentView } from './nouns.ts';
import { referencePattern, uuidPattern } from './references.ts';
import {
  type PaymentKey,
  type PaymentRow,
  findKeys,
  paymentColumns,
  readViews,
  toPayment,
} from './rows.ts';

/** Whose payments: a merchant's, in one mode. Others are not found, whatever their id. */
export type Scope = { readonly merchantId: string; readonly mode: Mode };

export type ListFilter = {
  /** Any of these; a null `paused` asks for both. */
  readonly states: readonly { readonly status: Status; readonly paused: boolean | null }[] | null;
  readonly currency: string | null;
  /** By creation, both inclusive. */
  readonly from: Date | null;
  readonly to: Date | null;
  /** From 1. */
  readonly page: number;
  readonly size: number;
};

export type Queries = {
  find(scope: Scope, idOrReference: string): Promise<PaymentView | null>;
  findForPayer(idOrReference: string): Promise<PaymentView | null>;
  list(scope: Scope, filter: ListFilter): Promise<{ payments: Payment[]; total: number }>;
};

const READS_AT_ONCE = 64;
const READS_IN_FLIGHT = 2;

export function createQueries(db: Database, maxWaiting: number): Queries {
  // Reads that arrive together share one statement, as writes do.
  const reads = createBatcher<PaymentKey, PaymentView | null>({
    run: (keys) => readTogether(db, keys),
    maxSize: READS_AT_ONCE,
    maxInFlight: READS_IN_FLIGHT,
    maxWaiting,
  });
  const names = createBatcher<string, PaymentKey | null>({
    run: (asked) => findKeys(db, asked),
    maxSize: READS_AT_ONCE,
    maxInFlight: READS_IN_FLIGHT,
    maxWaiting,
  });

  async function find(scope: Scope, idOrReference: string): Promise<PaymentView | null> {
    const key = await keyFor(scope.merchantId, idOrReference);
    if (!key || key.merchantId !== scope.merchantId) return null;
    const view = await reads.submit(key);
    return view?.payment.mode === scope.mode ? view : null;
  }

  async function keyFor(merchantId: string, name: string): Promise<PaymentKey | null> {
    if (uuidPattern.test(name)) return { merchantId, id: name.toLowerCase() };
    return referencePattern.test(name) ? names.submit(name) : null;
  }

  async function findForPayer(name: string): Promise<PaymentView | null> {
    const isId = uuidPattern.test(name);
    if (!isId && !referencePattern.test(name)) return null;
    const key = await names.submit(isId ? name.toLowerCase() : name);
    return key ? reads.submit(key) : null;
  }

  return { find, findForPayer, list: (scope, filter) => list(db, scope, filter) };
}

async function readTogether(
  db: Database,
  keys: readonly PaymentKey[],
): Promise<(PaymentView | null)[]> {
  const views = await readViews(db, keys);
  const byKey = new Map(views.map((view) => [nameOf(view.payment), view]));
  return keys.map((key) => byKey.get(nameOf(key)) ?? null);
}

function nameOf({ merchantId, id }: PaymentKey): string {
  return `${merchantId} ${id}`;
}

async function list(
  db: Database,
  scope: Scope,
  filter: ListFilter,
): Promise<{ payments: Payment[]; total: number }> {
  const states = filter.states?.map(({ status, paused }) => ({ status, paused })) ?? null;
  const values = [
    scope.merchantId,
    scope.mode,
    states === null ? null : JSON.stringify(states),
    filter.currency,
    filter.from,
    filter.to,
  ];
  const where = `
    p.merchant_id = $1 and p.mode = $2
    and ($3::json is null or exists (
      select 1 from json_to_recordset($3::json) as s (status text, paused boolean)
       where s.status = p.status and (s.paused is null or s.paused = p.paused)))
    and ($4::text is null or p.price_asset = $4)
    and ($5::timestamptz is null or p.created_at >= $5)
    and ($6::timestamptz is null or p.created_at <= $6)`;
  const [counted] = await db.query<{ total: number }>(
    `select count(*) as total from payments p where ${where}`,
    values,
  );
  const rows = await db.query<PaymentRow>(
    `select ${paymentColumns} from payments p where ${where}
      order by p.created_at desc, p.id desc limit $7 offset $8`,
    [...values, filter.size, (filter.page - 1) * filter.size],
  );
  return { payments: rows.map(toPayment), total: counted?.total ?? 0 };
}
