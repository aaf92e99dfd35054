// Reading payments: one by its names, and lists.

import { createBatcher } from '../db/batch.ts';
import type { Database } from '../db/database.ts';
import { uuidPattern } from '../merchants/ids.ts';
import type { Vault } from '../merchants/vault.ts';
import { withDetails } from './instruct.ts';
import type { Status } from './machine.ts';
import type { Payment, PaymentView } from './nouns.ts';
import { type OperationFilter, type Operations, listOperations } from './operations.ts';
import { countBetween, countOf, keysByCreation } from './pages.ts';
import { type References, referencePattern } from './references.ts';
import { type PaymentKey, type Scope, findKeys, readPayments, readViews } from './rows.ts';
import { type Kind, readTallies } from './tallies.ts';

export type { Scope };

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
  /** Of either direction: a payout has a page as well, which only says how it stands. */
  findForPage(idOrReference: string): Promise<PaymentView | null>;
  /** By its small integer, of whichever merchant and mode: the caller compares. */
  findByNumber(number: number): Promise<PaymentView | null>;
  /** Of either direction, by its id. */
  findOperation(scope: Scope, id: string): Promise<PaymentView | null>;
  /** Of either direction, by the merchant's own word for it, or by its id. The newest counts. */
  findByMerchantReference(scope: Scope, reference: string): Promise<PaymentView | null>;
  /** Of either direction: one page, and how many there are in all. */
  operations(scope: Scope, filter: OperationFilter): Promise<Operations>;
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

  const references = createBatcher<Named, PaymentKey | null>({
    run: (asked) => findByReferences(db, asked),
    maxSize: READS_AT_ONCE,
    maxInFlight: READS_IN_FLIGHT,
    maxWaiting,
  });

  async function find(scope: Scope, idOrReference: string): Promise<PaymentView | null> {
    const key = await keyFor(scope.merchantId, idOrReference);
    if (!key || key.merchantId !== scope.merchantId) return null;
    return incoming(within(scope, await reads.submit(key)));
  }

  async function findOperation(scope: Scope, id: string): Promise<PaymentView | null> {
    if (!uuidPattern.test(id)) return null;
    const key = { merchantId: scope.merchantId, id: id.toLowerCase() };
    return within(scope, await reads.submit(key));
  }

  async function findByMerchantReference(
    scope: Scope,
    reference: string,
  ): Promise<PaymentView | null> {
    const key = await references.submit({ ...scope, reference });
    return key ? within(scope, await reads.submit(key)) : findOperation(scope, reference);
  }

  async function keyFor(merchantId: string, name: string): Promise<PaymentKey | null> {
    if (uuidPattern.test(name)) return { merchantId, id: name.toLowerCase() };
    return referencePattern.test(name) ? names.submit(name) : null;
  }

  async function findForPayer(name: string): Promise<PaymentView | null> {
    return incoming(await findForPage(name));
  }

  async function findForPage(name: string): Promise<PaymentView | null> {
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
    findForPage,
    findByNumber,
    findOperation,
    findByMerchantReference,
    operations: (scope, filter) =>
      listOperations(db, (keys) => readTogether(deps, keys), scope, filter),
    newest: (scope, filter, limit) => newest(deps, scope, filter, limit),
    list: (scope, filter) => list(db, scope, filter),
  };
}

/** A payout is nobody's to pay: only those who ask for operations see it. */
function incoming(view: PaymentView | null): PaymentView | null {
  return view?.payment.direction === 'in' ? view : null;
}

function within(scope: Scope, view: PaymentView | null): PaymentView | null {
  return view?.payment.mode === scope.mode ? view : null;
}

type Named = Scope & { readonly reference: string };

/**
 * Of those with one reference, the one that was made last. Not prepared: the primary key has the
 * same order, and a plan made while the table is small would read a merchant's payments by it.
 */
async function findByReferences(
  db: Database,
  asked: readonly Named[],
): Promise<(PaymentKey | null)[]> {
  const rows = await db.query<PaymentKey & { readonly at: number }>(
    `select asked.at, asked.merchant_id as "merchantId", found.id
       from unnest($1::uuid[], $2::text[], $3::text[])
         with ordinality as asked (merchant_id, mode, reference, at)
       cross join lateral (
         select p.id from payments p
          where p.merchant_id = asked.merchant_id and p.mode = asked.mode and p.referenced
            and p.merchant_reference collate "C" = asked.reference
          order by p.id desc limit 1) as found`,
    [
      asked.map(({ merchantId }) => merchantId),
      asked.map(({ mode }) => mode),
      asked.map(({ reference }) => reference),
    ],
  );
  const keys = new Map(rows.map(({ at, merchantId, id }) => [at, { merchantId, id }]));
  return asked.map((_, index) => keys.get(index + 1) ?? null);
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
  scope: Scope,
  { statuses, createdBy, from, to }: NewestFilter,
  limit: number,
): Promise<PaymentView[]> {
  const all = await readTallies(deps.db, scope);
  const kinds = all.filter(
    ({ direction, status }) => direction === 'in' && (statuses?.includes(status) ?? true),
  );
  const window = { descending: true, offset: 0, limit };
  const keys =
    createdBy === null
      ? await keysByCreation(deps.db, scope, { kinds, all }, window, { from, to })
      : await keysByCreator(deps.db, scope, { statuses, createdBy, from, to }, limit);
  return readMany(deps, keys);
}

async function keysByCreator(
  db: Database,
  { merchantId, mode }: Scope,
  { statuses, createdBy, from, to }: NewestFilter,
  limit: number,
): Promise<PaymentKey[]> {
  return db.query<PaymentKey>(
    `select merchant_id as "merchantId", id from payments
      where merchant_id = $1 and mode = $2 and direction = 'in' and created_by = $4
        and ($3::text[] is null or status = any($3))
        and ($5::timestamptz is null or created_at >= $5)
        and ($6::timestamptz is null or created_at <= $6)
      order by created_at desc, id desc limit $7`,
    [merchantId, mode, statuses, createdBy, from, to, limit],
  );
}

/** Some at a time: a statement about thousands would keep others waiting. */
async function readMany(deps: Reading, keys: readonly PaymentKey[]): Promise<PaymentView[]> {
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
  { states, currency, from, to, page, size }: ListFilter,
): Promise<{ payments: Payment[]; total: number }> {
  const all = await readTallies(db, scope);
  const kinds = all.filter(
    (kind) =>
      kind.direction === 'in' &&
      (currency === null || kind.currency === currency) &&
      (states === null || states.some((state) => isIn(kind, state))),
  );
  const [wanted, span] = [
    { kinds, all },
    { from, to },
  ];
  const isWhole = from === null && to === null;
  const total = isWhole ? countOf(kinds) : await countBetween(db, scope, wanted, span);
  const offset = (page - 1) * size;
  if (offset >= total) return { payments: [], total };
  const window = { descending: true, offset, limit: size };
  const keys = await keysByCreation(db, scope, wanted, window, span);
  return { payments: await readPayments(db, keys), total };
}

function isIn(kind: Kind, { status, paused }: { status: Status; paused: boolean | null }): boolean {
  return kind.status === status && (paused === null || kind.paused === paused);
}
