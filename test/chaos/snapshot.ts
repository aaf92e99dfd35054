// Checks that hold at every moment, under load too: each is one statement, so one point in time.

import type { Database } from '../../src/db/database.ts';
import { audit } from '../../src/ledger/audit.ts';
import type { Journal } from './journal.ts';

/** A check finds problems, each a sentence; none is what we hope for. */
export type Check = { readonly name: string; readonly find: () => Promise<string[]> };

export function snapshotChecks(db: Database, journal: Journal): Check[] {
  return [
    { name: 'the ledger adds up', find: () => ledgerProblems(db) },
    { name: 'events are numbered 1 to n, the first is created', find: () => numbering(db) },
    { name: 'sightings say what the ledger says', find: () => misplaced(db) },
    { name: 'every acknowledged link is there', find: () => missing(db, journal) },
    { name: 'no name was made twice', find: () => doubles(db) },
    { name: 'no answer was wrong', find: async () => journal.wrong.splice(0) },
  ];
}

async function ledgerProblems(db: Database): Promise<string[]> {
  const report = await audit(db);
  const problems = report.differences.map(({ account }) => `${account} differs`);
  if (!report.ok) problems.push(`the audit is not ok: ${report.malformed} malformed`);
  for (const { asset, debits, credits } of report.assets) {
    if (debits !== credits) problems.push(`${asset}: debits ${debits}, credits ${credits}`);
  }
  return problems;
}

function numbering(db: Database): Promise<string[]> {
  return sentences(
    db,
    `select format('%s: event_seq %s, events %s, last %s, first %s', p.id, p.event_seq, e.count,
            e.last, e.first) as problem
       from payments p
       full join (
         select payment_id, count(*), min(seq) as least, max(seq) as last,
                min(kind) filter (where seq = 1) as first
           from events group by payment_id) e on e.payment_id = p.id
      where (p.event_seq, e.count, e.least, e.last, e.first)
            is distinct from (e.count, e.last, 1, p.event_seq, 'created')`,
  );
}

// What is not final is nowhere yet; what is final is all held, here or there.
function misplaced(db: Database): Promise<string[]> {
  return sentences(
    db,
    `with held as (
       select payment_id, asset, sum(suspense_units) as suspense, sum(available_units) as available,
              sum(fees_units) as fees,
              bool_and(suspense_units + available_units + fees_units
                = case when final then units else 0 end) as whole
         from observations group by payment_id, asset
     ), moved as (
       select payment_id, asset,
              sum(case when split_part(account, '/', 2) = 'suspense' then units else 0 end)
                as suspense,
              sum(case when split_part(account, '/', 2) = 'available' then units else 0 end)
                as available,
              sum(case when account like '%/fees/%/house' then units else 0 end) as fees
         from (select payment_id, asset, credit_account as account, units from ledger_transfers
               union all
               select payment_id, asset, debit_account, -units from ledger_transfers) sides
        group by payment_id, asset
     )
     select format('%s %s: sightings %s + %s + %s, ledger %s + %s + %s', payment_id, asset,
            held.suspense, held.available, held.fees,
            moved.suspense, moved.available, moved.fees) as problem
       from held full join moved using (payment_id, asset)
      where not coalesce(held.whole, true)
         or coalesce(held.suspense, 0) <> coalesce(moved.suspense, 0)
         or coalesce(held.available, 0) <> coalesce(moved.available, 0)
         or coalesce(held.fees, 0) <> coalesce(moved.fees, 0)`,
  );
}

function missing(db: Database, { links }: Journal): Promise<string[]> {
  return sentences(
    db,
    `select format('%s was acknowledged and is not there', id) as problem
       from unnest($1::uuid[]) as wanted (id)
      where not exists (select from payments p where p.id = wanted.id)`,
    [links.map((link) => link.id)],
  );
}

function doubles(db: Database): Promise<string[]> {
  return sentences(
    db,
    `select format('%s exists %s times', metadata, count(*)) as problem
       from payments group by metadata having count(*) > 1`,
  );
}

async function sentences(db: Database, sql: string, values: unknown[] = []): Promise<string[]> {
  return (await db.query<{ problem: string }>(sql, values)).map((row) => row.problem);
}
