// Reading payments: one by its names, and lists.

import { createBatcher } from '../db/batch.ts';
import type { Database } from '../db/database.ts';
import type { Mode } from '../db/mode.ts';
import type { Vault } from '../merchants/vault.ts';
import { withDetails } from './instruct.ts';
import type { Status } from './machine.ts';
import type { Payment, PaymentView } from './nouns.ts';
import { type References, referencePattern, uuidPattern } from './references.ts';
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

/** What `newest` looks for; null members ask for everything. */
export type NewestFilter = {
  readonly statuses: readonly Status[] | null;
  readonly createdBy: string | null;
  /** By creation, both inclusive. */
  readonly from: Date | null;
  readonly to: Date | null;
};

export type Queries = {
  find(scope: Scope, idOrReference: string): Promise<PaymentView | null>;
  findForPayer(idOrReference: string): Promise<PaymentView | null>;
  /** By its small integer, of whichever merchant and mode: the caller compares. */
  findByNumber(number: number): Promise<PaymentView | null>;
  /** Newest first, with everything that belongs to them. */
  newest(scope: Scope, filter: NewestFilter, limit: number): Promise<PaymentView[]>;
  list(scope: Scope, filter: ListFilter): Promise<{ payments: Payment[]; total: number }>;
};

const READS_AT_ONCE = 64;
const READS_IN_FLIGHT = 2;
const VIEWS_AT_ONCE = 1_000;

export function createQueries(deps: {
  readonly db: Database;
  readonly maxWaiting: number;
  readonly references: Pick<References, 'of'>;
  readonly vault: Pick<Vault, 'open'>;
}): Queries {
  const { db, maxWaiting } = deps;
  // Reads that arrive together share one statement, as writes do.
  const reads = createBatcher<PaymentKey, PaymentView | null>({
    run: (keys) => readTogether(deps, keys),
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

  // A number has one reference, and references have an index already.
  async function findByNumber(number: number): Promise<PaymentView | null> {
    const reference =
      Number.isSafeInteger(number) && number > 0 ? deps.references.of(number) : null;
    return reference === null ? null : findForPayer(reference);
  }

  return {
    find,
    findForPayer,
    findByNumber,
    newest: (scope, filter, limit) => newest(deps, scope, filter, limit),
    list: (scope, filter) => list(db, scope, filter),
  };
}

type Reading = { readonly db: Database; readonly vault: Pick<Vault, 'open'> };

async function readTogether(
  { db, vault }: Reading,
  keys: readonly PaymentKey[],
): Promise<(PaymentView | null)[]> {
  const views = await readViews(db, keys);
  const byKey = new Map(views.map((view) => [nameOf(view.payment), opened(view, vault)]));
  return keys.map((key) => byKey.get(nameOf(key)) ?? null);
}

function opened(view: PaymentView, vault: Pick<Vault, 'open'>): PaymentView {
  if (view.instructions.every((one) => one.sealedDetails === null)) return view;
  return { ...view, instructions: view.instructions.map((one) => withDetails(one, vault)) };
}

function nameOf({ merchantId, id }: PaymentKey): string {
  return `${merchantId} ${id}`;
}

async function newest(
  deps: Reading,
  { merchantId, mode }: Scope,
  { statuses, createdBy, from, to }: NewestFilter,
  limit: number,
): Promise<PaymentView[]> {
  const keys = await deps.db.query<PaymentKey>(
    `select merchant_id as "merchantId", id from payments
      where merchant_id = $1 and mode = $2
        and ($3::text[] is null or status = any($3)) and ($4::uuid is null or created_by = $4)
        and ($5::timestamptz is null or created_at >= $5)
        and ($6::timestamptz is null or created_at <= $6)
      order by created_at desc, id desc limit $7`,
    [merchantId, mode, statuses, createdBy, from, to, limit],
  );
  const views: PaymentView[] = [];
  for (let at = 0; at < keys.length; at += VIEWS_AT_ONCE) {
    const found = await readTogether(deps, keys.slice(at, at + VIEWS_AT_ONCE));
    views.push(...found.filter((view) => view !== null));
  }
  return views;
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
