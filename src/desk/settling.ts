// Settling: a lease follows its payment; counters and collateral follow the lease.

import { type RowOf, defineColumns } from '../db/columns.ts';
import { type Tx, send } from '../db/database.ts';
import { type Account, keyOf, lockBalances } from '../ledger/lock.ts';
import { type NewTransfer, post } from '../ledger/post.ts';
import type { Mode } from '../db/mode.ts';
import { maximum } from '../money/amount.ts';
import { type Candidate, takeThese } from './candidates.ts';
import { type Held, depositOf, moveHeld } from './collateral.ts';
import { type RequisiteAfter, requisiteValues, requisitesStatement } from './lease-rows.ts';
import { type Standing, type Usage, nextTurn, roomOf } from './limits.ts';
import { monthOf } from './zone.ts';

/**
 * How an instruction stands. It says what is, not what happened, so it may be said again: after an
 * expiry or a cancellation `closed` with what had come in till then, mostly nothing; after the last
 * of the money `closed` with all of it; while the rest is still waited for `open` with a part.
 */
export type Settlement = {
  readonly merchantId: string;
  readonly instructionId: string;
  /** A closed lease stays closed: its place may be somebody else's by now. */
  readonly state: 'open' | 'closed';
  /** All that has come in for it and is still there. */
  readonly receivedUnits: bigint;
};

export type Settled = {
  readonly instructionId: string;
  /** What the trader has received and his deposit does not cover: somebody must ask him for it. */
  readonly missingUnits: bigint;
};

type Lease = {
  readonly merchantId: string;
  readonly id: string;
  readonly requisiteId: string;
  readonly paymentId: string;
  readonly mode: Mode;
  readonly traderId: string | null;
  readonly currency: string;
  readonly units: bigint;
  readonly status: 'open' | 'closed';
  readonly receivedUnits: bigint;
  /** All that has come in, as somebody says in a dispute that has not ended; null: nobody does. */
  readonly claimedUnits: bigint | null;
  readonly held: Held;
  readonly postings: number;
  readonly day: string;
};

type Change = { readonly before: Lease; readonly after: Lease };

/**
 * In the caller's transaction, after it has done with payments and their ledger accounts. Ids that
 * are no leases (other rails' instructions) are passed over. Answers one row for each lease.
 */
export async function settleLeases(
  tx: Tx,
  settlements: readonly Settlement[],
  now: Date,
): Promise<Settled[]> {
  const wanted = new Map(settlements.map((one) => [one.instructionId, one]));
  return follow(
    tx,
    settlements,
    (before) => {
      const { state = before.status, receivedUnits = before.receivedUnits } =
        wanted.get(before.id) ?? {};
      return { ...before, status: before.status === 'closed' ? 'closed' : state, receivedUnits };
    },
    now,
  );
}

/**
 * While `claimedUnits` is not null, the trader's deposit stands for so much, as far as he has it,
 * also when the lease is closed. Under the same conditions as `settleLeases`.
 */
export async function claimLease(
  tx: Tx,
  lease: Pick<Settlement, 'merchantId' | 'instructionId'>,
  claimedUnits: bigint | null,
  now: Date,
): Promise<Settled | null> {
  const [settled] = await follow(tx, [lease], (before) => ({ ...before, claimedUnits }), now);
  return settled ?? null;
}

async function follow(
  tx: Tx,
  wanted: readonly Pick<Settlement, 'merchantId' | 'instructionId'>[],
  next: (lease: Lease) => Lease,
  now: Date,
): Promise<Settled[]> {
  const named = await readLeases(tx, wanted);
  if (named.length === 0) return [];
  const requisites = await takeThese(tx, requisitesOf(named), now);
  // Whoever writes a lease holds its requisite: only now is nobody else at it.
  const leases = await readLeases(tx, wanted);
  const deposits = await lockBalances(tx, depositsOf(leases));
  const changes: Change[] = [];
  const transfers: NewTransfer[] = [];
  for (const before of leases) {
    const { after, moved } = settle(before, next(before), deposits);
    changes.push({ before, after });
    transfers.push(...moved);
  }
  await write(tx, changes.filter(isNews), requisites, now);
  await post(tx, transfers, now);
  return changes.map(({ after }) => ({ instructionId: after.id, missingUnits: missingOf(after) }));
}

function settle(before: Lease, followed: Lease, deposits: Map<string, bigint>) {
  if (before.traderId === null) return { after: followed, moved: [] };
  const { merchantId, id: leaseId, paymentId, mode, currency, traderId, postings } = before;
  const pledge = { merchantId, leaseId, paymentId, mode, currency, traderId, postings };
  const key = keyOf(merchantId, depositOf(before));
  const deposit = deposits.get(key) ?? 0n;
  const { held, transfers } = moveHeld(pledge, before.held, heldFor(followed), deposit);
  const gone = sumOf(held) - sumOf(before.held);
  deposits.set(key, deposit - gone);
  return { after: { ...followed, held, postings: postings + transfers.length }, moved: transfers };
}

/** What is expected, or said to have come, stays reserved; what has come is gone. */
function heldFor({ status, units, receivedUnits, claimedUnits }: Lease): Held {
  const stake = maximum(status === 'open' ? units : 0n, claimedUnits ?? 0n);
  return { reservedUnits: maximum(stake - receivedUnits, 0n), takenUnits: receivedUnits };
}

function sumOf({ reservedUnits, takenUnits }: Held): bigint {
  return reservedUnits + takenUnits;
}

function missingOf(lease: Lease): bigint {
  if (lease.traderId === null) return 0n;
  // What is only said to have come need not be there.
  const owed = sumOf(heldFor({ ...lease, claimedUnits: null }));
  return maximum(owed - sumOf(lease.held), 0n);
}

function isNews({ before, after }: Change): boolean {
  return (
    before.status !== after.status ||
    before.receivedUnits !== after.receivedUnits ||
    before.claimedUnits !== after.claimedUnits ||
    before.postings !== after.postings
  );
}

/** What a lease counts for: all of it while it is open, then only what has come. */
function countOf({ status, units, receivedUnits }: Lease): Usage {
  if (status === 'open') return { units: maximum(units, receivedUnits), operations: 1 };
  return { units: receivedUnits, operations: receivedUnits > 0n ? 1 : 0 };
}

async function write(
  tx: Tx,
  changes: readonly Change[],
  requisites: readonly Candidate[],
  now: Date,
): Promise<void> {
  if (changes.length === 0) return;
  const counted = changes.map(usageChange);
  const touched = new Set(changes.map(({ after }) => after.requisiteId));
  const after = requisites
    .filter(({ id }) => touched.has(id))
    .map((one) => requisiteAfter(one, changes, counted, now));
  await send(tx, {
    text: writeStatement,
    values: [
      now,
      ...followed.valuesOf(changes.map((change) => leaseRow(change.after))),
      ...requisiteValues(after),
    ],
    name: 'desk-settle',
  });
}

const followed = defineColumns({
  merchant_id: 'uuid',
  id: 'uuid',
  status: 'text',
  received_units: 'numeric',
  claimed_units: 'numeric',
  reserved_units: 'numeric',
  taken_units: 'numeric',
  postings: 'int4',
});

const writeStatement = `
with followed as (
  update leases lease
     set status = new.status, received_units = new.received_units,
         claimed_units = new.claimed_units, reserved_units = new.reserved_units,
         taken_units = new.taken_units, postings = new.postings,
         closed_at = case when new.status = 'closed' then coalesce(closed_at, $1) end
    from (${followed.select(2)}) as new
   where lease.merchant_id = new.merchant_id and lease.id = new.id
) ${requisitesStatement(2 + followed.count)}`;

/** What a change adds to the counters of its requisite's day and month. */
type UsageChange = Usage & { readonly requisiteId: string; readonly day: string };

function usageChange({ before, after }: Change): UsageChange {
  const [old, now] = [countOf(before), countOf(after)];
  return {
    requisiteId: after.requisiteId,
    day: after.day,
    units: now.units - old.units,
    operations: now.operations - old.operations,
  };
}

function requisiteAfter(
  candidate: Candidate,
  changes: readonly Change[],
  counted: readonly UsageChange[],
  now: Date,
): RequisiteAfter {
  const { merchantId, id, standing } = candidate;
  const closed = changes.filter(
    ({ before, after }) =>
      after.requisiteId === id && before.status === 'open' && after.status === 'closed',
  );
  const own = counted.filter((one) => one.requisiteId === id);
  const after: Standing = {
    ...standing,
    openCount: standing.openCount - closed.length,
    day: plus(
      standing.day,
      own.filter(({ day }) => day === standing.local.day),
    ),
    month: plus(
      standing.month,
      own.filter(({ day }) => monthOf(day) === monthOf(standing.local.day)),
    ),
  };
  const turnAt = nextTurn(after, now);
  const room = roomOf(after, now);
  return { merchantId, id, standing: after, leasedAt: null, turnAt, room };
}

function plus(usage: Usage, changes: readonly UsageChange[]): Usage {
  return changes.reduce(
    (sum, { units, operations }) => ({
      units: sum.units + units,
      operations: sum.operations + operations,
    }),
    usage,
  );
}

function requisitesOf(leases: readonly Lease[]): { merchantId: string; id: string }[] {
  const found = leases.map(({ merchantId, requisiteId }) => ({ merchantId, id: requisiteId }));
  return [...new Map(found.map((one) => [one.id, one])).values()];
}

function depositsOf(leases: readonly Lease[]): Account[] {
  return leases
    .filter(({ traderId }) => traderId !== null)
    .map((lease) => ({ merchantId: lease.merchantId, id: depositOf(lease) }));
}

function leaseRow(lease: Lease): RowOf<typeof followed> {
  return {
    merchant_id: lease.merchantId,
    id: lease.id,
    status: lease.status,
    received_units: lease.receivedUnits.toString(),
    claimed_units: lease.claimedUnits?.toString(),
    reserved_units: lease.held.reservedUnits.toString(),
    taken_units: lease.held.takenUnits.toString(),
    postings: lease.postings,
  };
}

type LeaseRow = {
  readonly merchant_id: string;
  readonly id: string;
  readonly requisite_id: string;
  readonly payment_id: string;
  readonly mode: Mode;
  readonly trader_id: string | null;
  readonly asset: string;
  readonly units: string;
  readonly status: 'open' | 'closed';
  readonly received_units: string;
  readonly claimed_units: string | null;
  readonly reserved_units: string;
  readonly taken_units: string;
  readonly postings: number;
  readonly day: string;
};

async function readLeases(
  tx: Tx,
  wanted: readonly Pick<Settlement, 'merchantId' | 'instructionId'>[],
): Promise<Lease[]> {
  const rows = await tx.query<LeaseRow>(
    `select merchant_id, id, requisite_id, payment_id, mode, trader_id, asset, units, status,
            received_units, claimed_units, reserved_units, taken_units, postings,
            day::text as day
       from unnest($1::uuid[], $2::uuid[]) as wanted (merchant_id, id)
       join leases using (merchant_id, id)
      order by merchant_id, id`,
    [wanted.map((one) => one.merchantId), wanted.map((one) => one.instructionId)],
    'desk-read-leases',
  );
  return rows.map((row) => ({
    merchantId: row.merchant_id,
    id: row.id,
    requisiteId: row.requisite_id,
    paymentId: row.payment_id,
    mode: row.mode,
    traderId: row.trader_id,
    currency: row.asset,
    units: BigInt(row.units),
    status: row.status,
    receivedUnits: BigInt(row.received_units),
    claimedUnits: row.claimed_units === null ? null : BigInt(row.claimed_units),
    held: {
      reservedUnits: BigInt(row.reserved_units),
      takenUnits: BigInt(row.taken_units),
    },
    postings: row.postings,
    day: row.day,
  }));
}
