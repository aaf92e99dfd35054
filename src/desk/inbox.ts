// The inbox: reported money is put to leases, by itself where that is sure, else by a person.

import type { Database, Tx } from '../db/database.ts';
import type { Job } from '../jobs/jobs.ts';
import { record } from '../merchants/staff-log.ts';
import type { Vault } from '../merchants/vault.ts';
import { type Booking, type Report, createBooking } from './booking.ts';
import {
  type Decision,
  type InboxFilter,
  type InboxItem,
  type IncomingSource,
  type NewIncoming,
  type NewItem,
  type Outcome,
  type StillWaiting,
  type StoredCandidate,
  type Why,
  desksWaiting,
  insertItems,
  listIncomings,
  newItem,
  readIncoming,
  readWaiting,
  widenKnown,
  writeDecisions,
  writeWaiting,
} from './incoming-rows.ts';
import type { Expected } from './matching/incoming.ts';
import { type Waiting, matchAll } from './matching/match.ts';
import { soughtBy } from './matching/sought.ts';
import { type PaidLease, holdDesk, readLease, readMatchable, sumOf } from './moneys.ts';
import { type Owner, type Worker, sees } from './person.ts';
import { DeskRefused } from './refused.ts';

export type Inbox = {
  /**
   * Writes what was reported and matches it, in the caller's transaction. Answers how many were
   * new. Call it last: payments are locked by it.
   */
  take(tx: Tx, owner: Owner, incomings: readonly NewIncoming[]): Promise<number>;
  /**
   * Looks once more at what waits at a desk, which is held already, with what was just booked
   * there. The caller finishes the booking.
   */
  rematch(tx: Tx, owner: Owner, booking: Booking): Promise<void>;
  list(filter: InboxFilter): Promise<InboxItem[]>;
  /** A person says which lease it was for; null: there is no such item, or not at this desk. */
  match(worker: Worker, id: string, leaseId: string): Promise<InboxItem | null>;
  dismiss(worker: Worker, id: string, reason: string): Promise<InboxItem | null>;
  readonly jobs: readonly Job[];
};

export type InboxDeps = {
  readonly db: Database;
  readonly vault: Vault;
  readonly report: Report;
  readonly now: () => Date;
};

/** Enqueued when a lease is made for which money may be waiting. */
export const matchJob = 'desk.match';
const EVERY_MINUTE = '* * * * *';
/** By then a person has looked. */
const LOOKED_AT_FOR_MS = 7 * 24 * 3_600_000;

export function createInbox({ db, vault, report, now }: InboxDeps): Inbox {
  async function rematch(
    tx: Tx,
    owner: Owner,
    booking: Booking,
    fresh: readonly NewItem[] = [],
  ): Promise<void> {
    const money = fresh.filter(({ kind }) => kind === 'money');
    const waiting = await readWaiting(tx, vault, owner, money.length);
    const items = [...waiting, ...money];
    const at = now();
    const outcome = items.length === 0 ? nothing : await matchItems(tx, owner, items, booking, at);
    const isNew = new Set(fresh.map(({ id }) => id));
    await insertItems(tx, vault, fresh, outcome, at);
    await writeDecisions(
      tx,
      outcome.decisions.filter(({ item }) => !isNew.has(item.id)),
      at,
    );
    await writeWaiting(
      tx,
      outcome.waiting.filter(({ item }) => !isNew.has(item.id)),
    );
  }

  async function rematchDesk(tx: Tx, owner: Owner, fresh?: readonly NewItem[]): Promise<void> {
    const booking = createBooking(tx, report, now());
    await rematch(tx, owner, booking, fresh);
    await booking.finish();
  }

  async function look(owner: Owner): Promise<void> {
    await db.repeatable(async (tx) => {
      await holdDesk(tx, owner);
      await rematchDesk(tx, owner);
    });
  }

  async function decide(
    worker: Worker,
    id: string,
    act: (tx: Tx, item: InboxItem) => Promise<void>,
  ): Promise<InboxItem | null> {
    const { merchantId } = worker;
    return db.transaction(async (tx) => {
      const [seen] = await readOne(tx, worker, id);
      if (!seen) return null;
      await holdDesk(tx, seen);
      const item = await readIncoming(tx, vault, { merchantId, id });
      if (!item) return null;
      await act(tx, item);
      const [after] = await readOne(tx, worker, id);
      return after ?? null;
    });
  }

  async function readOne(tx: Tx, worker: Worker, id: string): Promise<InboxItem[]> {
    const item = await readIncoming(tx, vault, { merchantId: worker.merchantId, id });
    return item && sees(worker, item) ? [item] : [];
  }

  return {
    take: async (tx, owner, incomings) => {
      await holdDesk(tx, owner);
      const { fresh, changed } = await widenKnown(tx, owner, incomings);
      const at = now();
      const items = fresh.map((one) => newItem(one, at));
      if (items.length + changed > 0) await rematchDesk(tx, owner, items);
      return items.length;
    },
    rematch: (tx, owner, booking) => rematch(tx, owner, booking),
    list: (filter) => listIncomings(db, vault, filter),
    match: (worker, id, leaseId) =>
      decide(worker, id, async (tx, item) => {
        if (item.status === 'settled' && item.leaseId === leaseId) return;
        assertWaiting(item);
        if (item.kind === 'reversal') {
          throw new DeskRefused('money that the bank takes back is no money for a lease');
        }
        const lease = await readLease(tx, { merchantId: worker.merchantId, id: leaseId });
        assertFits(item, lease, worker);
        const at = now();
        const booking = createBooking(tx, report, at, [lease]);
        const moneyId = settle(booking, item, lease);
        const { userId } = worker.actor;
        const decision = { leaseId, moneyId, userId, reason: null };
        await writeDecisions(tx, [{ item, status: 'settled', ...decision }], at);
        const details = { lease: leaseId };
        await note(tx, worker, { action: 'incoming.matched', subject: id, details });
        await booking.finish();
      }),
    dismiss: (worker, id, reason) =>
      decide(worker, id, async (tx, item) => {
        if (item.status === 'dismissed') return;
        assertWaiting(item);
        const { userId } = worker.actor;
        const decision = { leaseId: null, moneyId: null, userId, reason };
        await writeDecisions(tx, [{ item, status: 'dismissed', ...decision }], now());
        await note(tx, worker, { action: 'incoming.dismissed', subject: id, details: { reason } });
      }),
    jobs: [
      { name: matchJob, run: (payload) => look(payload as Owner) },
      {
        name: 'desk.match-waiting',
        cron: EVERY_MINUTE,
        run: async () => {
          const since = new Date(now().getTime() - LOOKED_AT_FOR_MS);
          for (const owner of await desksWaiting(db, since)) await look(owner);
        },
      },
    ],
  };

  async function note(
    tx: Tx,
    { actor, merchantId }: Worker,
    act: { action: string; subject: string; details: Record<string, unknown> },
  ): Promise<void> {
    await record(tx, { ...actor, ...act, at: now(), merchantId });
  }
}

const nothing: Outcome = { decisions: [], waiting: [] };

/** Puts items to leases on the table; what is settled is booked, and everything else told. */
async function matchItems(
  tx: Tx,
  owner: Owner,
  items: readonly InboxItem[],
  booking: Booking,
  now: Date,
): Promise<Outcome> {
  await booking.write();
  const sought = soughtBy(items.map(({ incoming }) => incoming));
  const found = await readMatchable(tx, owner, sought, now);
  if (found === null) return nothing;
  for (const lease of found) booking.leases.set(lease.id, lease);
  // Statements first: of the two, they are what a bank stands for.
  const outcomes = (['statement', 'message'] as const).map((source) =>
    matchSource(
      source,
      items.filter((one) => one.source === source),
      booking,
      now,
    ),
  );
  return {
    decisions: outcomes.flatMap(({ decisions }) => decisions),
    waiting: outcomes.flatMap(({ waiting }) => waiting),
  };
}

/** What one kind of witness reports; each lease is for it as the others have left it. */
function matchSource(
  source: IncomingSource,
  items: readonly InboxItem[],
  booking: Booking,
  now: Date,
): Outcome {
  if (items.length === 0) return nothing;
  const { leases } = booking;
  const wanted = [...leases.values()].filter((lease) => isWanted(lease, source));
  const matched = matchAll(
    items.map(({ incoming }) => incoming),
    wanted.map((lease) => expectedOf(lease, now)),
  );
  const byId = new Map(items.map((item) => [item.id, item]));
  const known = new Map(matched.waiting.map((one) => [one.incoming, one]));
  const decisions: Decision[] = [];
  const waiting: StillWaiting[] = [];
  const done = new Set<string>();
  const sure = [...matched.settled, ...harmless(matched.waiting, byId, booking)];
  for (const { incoming, expected } of sure) {
    const item = byId.get(incoming);
    const lease = leases.get(expected);
    if (!item || !lease) continue;
    done.add(incoming);
    if (differs(lease, item, booking)) {
      waiting.push({ item, why: 'differs', candidates: candidatesOf(known.get(incoming)) });
      continue;
    }
    const moneyId = settle(booking, item, lease);
    const decision = { leaseId: lease.id, moneyId, userId: null, reason: null };
    decisions.push({ item, status: 'settled', ...decision });
  }
  const left = items.filter(({ id }) => !done.has(id));
  return { decisions, waiting: [...waiting, ...left.flatMap((item) => newsOf(item, known))] };
}

/** Empty when nothing is known of it but what its row says. */
function newsOf(item: InboxItem, waiting: ReadonlyMap<string, Waiting>): StillWaiting[] {
  const found = waiting.get(item.id);
  const why: Why = found?.why ?? 'unmatched';
  const candidates = candidatesOf(found);
  const same = why === item.why && candidates.length === item.candidates.length;
  return same ? [] : [{ item, why, candidates }];
}

/** A lease that was paid is still for a witness that has not spoken of its money yet. */
function isWanted({ status, moneys }: PaidLease, source: IncomingSource): boolean {
  if (status === 'open' || moneys.length === 0) return true;
  return moneys.some(({ sources }) => !sources.includes(source));
}

/** What of a score is there without anything that tells equal amounts apart. */
const EXACT_AND_IN_TIME = 40;
const LEAD = 15;

/**
 * When all that it can be and that is open was confirmed by others in just this amount, nothing is
 * at stake: it becomes one more witness of one of those, and no longer waits.
 */
function harmless(
  waiting: readonly Waiting[],
  items: ReadonlyMap<string, InboxItem>,
  booking: Booking,
): { incoming: string; expected: string }[] {
  const taken = new Set<string>();
  return waiting.flatMap(({ incoming, candidates }) => {
    const item = items.get(incoming);
    const [best] = candidates;
    if (!item || !best || best.score < EXACT_AND_IN_TIME) return [];
    const { units } = item.incoming.amount;
    const { leases } = booking;
    const near = candidates
      .filter(({ score }) => best.score - score < LEAD)
      .map(({ expected }) => leases.get(expected))
      .filter((lease) => lease !== undefined);
    const confirmed = near.filter((lease) => booking.open(lease, units, item.source) !== null);
    const free = confirmed.find(({ id }) => !taken.has(id));
    // Somebody may still be paying one that is open; whoever is late has shown nothing yet.
    const isForAnother = near.some(
      (lease) => lease.status === 'open' && !confirmed.includes(lease),
    );
    if (isForAnother || !free) return [];
    taken.add(free.id);
    return [{ incoming, expected: free.id }];
  });
}

/** Others have said another amount of what may be the same money: a person looks. */
function differs(lease: PaidLease, { source, incoming }: InboxItem, booking: Booking): boolean {
  const { units } = incoming.amount;
  if (booking.open(lease, units, source) !== null) return false;
  // Money that it told was taken back: a false message is easily sent once more.
  if (lease.doubted.includes(source)) return true;
  if (lease.receivedUnits > sumOf(lease.moneys)) return true;
  return lease.moneys.some(({ sources }) => !sources.includes(source));
}

/** Answers the money's id: one that others have told, or a new one. */
function settle(booking: Booking, item: InboxItem, lease: PaidLease): string {
  const { units } = item.incoming.amount;
  const witness = { source: item.source, incomingId: item.id } as const;
  const known = booking.open(lease, units, item.source);
  if (known) {
    booking.attach(lease, known, witness);
    return known.id;
  }
  return booking.add({ lease, units, at: timeOf(item, lease), witness });
}

/** A day alone is taken for the moment of it that is best for the payer. */
function timeOf({ incoming, createdAt }: InboxItem, { leasedAt }: PaidLease): Date {
  const at = incoming.at ?? leasedAt;
  const early = at < leasedAt ? leasedAt : at;
  const known = incoming.timed ? at : early;
  return known > createdAt ? createdAt : known;
}

/** A lease as money is put to it. */
export function expectedOf(lease: PaidLease, now: Date): Expected {
  return {
    id: lease.id,
    requisite: lease.requisiteId,
    lastDigits: lease.lastFour,
    amount: { units: lease.units, asset: lease.currency },
    reference: lease.reference,
    endToEndId: null,
    payerName: lease.payerName,
    payerAccount: null,
    from: lease.leasedAt,
    until: lease.closedAt ?? now,
  };
}

function candidatesOf(waiting: Waiting | undefined): StoredCandidate[] {
  const found = waiting?.candidates ?? [];
  return found.map(({ expected, score, reasons }) => ({ lease: expected, score, reasons }));
}

function assertWaiting({ status }: InboxItem): void {
  if (status === 'waiting') return;
  throw new DeskRefused(`this money was ${status} before`);
}

function assertFits(
  { incoming }: InboxItem,
  lease: PaidLease | null,
  worker: Worker,
): asserts lease is PaidLease {
  if (!lease || !sees(worker, lease)) throw new DeskRefused('there is no such lease');
  if (!incoming.requisites.includes(lease.requisiteId)) {
    throw new DeskRefused('the money came in on another requisite');
  }
  if (incoming.amount.asset !== lease.currency) {
    throw new DeskRefused(`the lease is paid in ${lease.currency}`);
  }
}
