// Importing statements: entries that nobody has brought before become witnesses.

import type { Database, Tx } from '../../db/database.ts';
import type { Mode } from '../../db/mode.ts';
import { record } from '../../merchants/staff-log.ts';
import type { Vault } from '../../merchants/vault.ts';
import type { Inbox } from '../inbox.ts';
import type { NewIncoming } from '../incoming-rows.ts';
import { incomingOfEntry } from '../matching/witnessed.ts';
import { compact } from '../matching/reference.ts';
import { type ConfirmSent, type SentMoney, possiblySent } from '../payouts/witness.ts';
import { type Owner, type Worker, sees } from '../person.ts';
import { DeskRefused } from '../refused.ts';
import { type RequisiteDetails, openDetails } from '../requisite-details.ts';
import { type CsvMapping, csvMappingFault } from './csv-mapping.ts';
import { readStatements } from './read.ts';
import type { Entry } from './statement.ts';

export type Imported = {
  readonly format: 'camt' | 'mt940' | 'csv';
  readonly entries: number;
  /** Money that came in, or was taken back, and was not known before. */
  readonly fresh: number;
  /** Payouts that the statement shows. */
  readonly payouts: number;
};

/** A file of a bank, for one requisite. */
export type StatementFile = {
  readonly requisiteId: string;
  readonly content: Uint8Array;
  /** The name of a stored mapping: the file is CSV. */
  readonly mapping: string | null;
};

export type Statements = {
  /**
   * Null: there is no such requisite at this desk. Throws StatementFault for what cannot be read,
   * and DeskRefused for another account's statement. A file may be brought again at any time.
   */
  import(worker: Worker, file: StatementFile): Promise<Imported | null>;
  mappings(worker: Worker): Promise<{ name: string; mapping: CsvMapping }[]>;
  /** Throws DeskRefused for a mapping that means nothing. */
  setMapping(worker: Worker, name: string, mapping: CsvMapping): Promise<void>;
};

export type StatementsDeps = {
  readonly db: Database;
  readonly vault: Vault;
  readonly inbox: Pick<Inbox, 'take'>;
  readonly confirmSent: ConfirmSent;
  readonly now: () => Date;
};

/** So many entries in one transaction: others at this desk wait that long. */
const ENTRIES_AT_ONCE = 500;

export function createStatements(deps: StatementsDeps): Statements {
  const { db, vault, inbox, now } = deps;

  async function importFile(worker: Worker, file: StatementFile): Promise<Imported | null> {
    const requisite = await findRequisite(db, vault, worker, file.requisiteId);
    if (!requisite) return null;
    const mapping = file.mapping === null ? null : await mappingOf(db, worker, file.mapping);
    const { format, statements } = readStatements(file.content, mapping);
    const own = statements.filter(({ account }) => isAccountOf(requisite.details, account));
    if (own.length === 0) {
      throw new DeskRefused('the file has no statement of this requisite’s account');
    }
    const entries = own.flatMap((statement) => statement.entries);
    const incomings = entries.flatMap((entry) => incomingsOf(entry, requisite));
    let fresh = 0;
    for (let at = 0; at === 0 || at < incomings.length; at += ENTRIES_AT_ONCE) {
      const some = incomings.slice(at, at + ENTRIES_AT_ONCE);
      fresh += await db.transaction((tx) => inbox.take(tx, requisite.owner, some));
    }
    const byTrader = worker.traderId !== null;
    const payouts = await confirmPayouts(requisite, entries, byTrader);
    const counts = { format, entries: entries.length, fresh, payouts };
    await db.transaction(async (tx) => {
      const act = { action: 'statement.imported', subject: requisite.id, details: counts };
      await record(tx, { ...worker.actor, ...act, at: now(), merchantId: worker.merchantId });
    });
    return counts;
  }

  async function confirmPayouts(
    { owner }: OwnRequisite,
    entries: readonly Entry[],
    byTrader: boolean,
  ): Promise<number> {
    const sent = entries.filter(isSent).map((entry) => sentOf(entry, owner, byTrader));
    let count = 0;
    for (let at = 0; at < sent.length; at += ENTRIES_AT_ONCE) {
      const some = sent.slice(at, at + ENTRIES_AT_ONCE);
      // Most of what goes out of an account is no payout: a transaction each for the others.
      for (const one of await possiblySent(db, some)) {
        const found = await db.transaction((tx) => deps.confirmSent(tx, one));
        if (found?.completed) count += 1;
      }
    }
    return count;
  }

  return {
    import: importFile,
    mappings: ({ merchantId, mode }) =>
      db.query(
        `select name, mapping from statement_mappings
          where merchant_id = $1 and mode = $2 order by name`,
        [merchantId, mode],
      ),
    setMapping: async (worker, name, mapping) => {
      const fault = csvMappingFault(mapping);
      if (fault !== null) throw new DeskRefused(fault);
      const { merchantId, mode, actor } = worker;
      await db.transaction(async (tx) => {
        await tx.query(
          `insert into statement_mappings (merchant_id, mode, name, mapping, changed_at)
           values ($1, $2, $3, $4, $5)
           on conflict (merchant_id, mode, name) do update
             set mapping = excluded.mapping, changed_at = excluded.changed_at`,
          [merchantId, mode, name, JSON.stringify(mapping), now()],
        );
        const act = { action: 'statement-mapping.changed', subject: name, details: null };
        await record(tx, { ...actor, ...act, at: now(), merchantId });
      });
    },
  };
}

type OwnRequisite = {
  readonly id: string;
  readonly owner: Owner;
  readonly details: RequisiteDetails;
};

async function findRequisite(
  db: Tx,
  vault: Vault,
  worker: Worker,
  id: string,
): Promise<OwnRequisite | null> {
  const [row] = await db.query<{ mode: Mode; traderId: string | null; details: Buffer }>(
    `select mode, trader_id as "traderId", details from requisites
      where merchant_id = $1 and id = $2`,
    [worker.merchantId, id],
  );
  if (!row) return null;
  const owner = { merchantId: worker.merchantId, mode: row.mode, traderId: row.traderId };
  if (!sees(worker, owner)) return null;
  return { id, owner, details: openDetails(vault, id, row.details) };
}

async function mappingOf(db: Tx, { merchantId, mode }: Worker, name: string): Promise<CsvMapping> {
  const [row] = await db.query<{ mapping: CsvMapping }>(
    'select mapping from statement_mappings where merchant_id = $1 and mode = $2 and name = $3',
    [merchantId, mode, name],
  );
  if (!row) throw new DeskRefused(`there is no mapping called ${name}`);
  return row.mapping;
}

function incomingsOf(entry: Entry, { id, owner }: OwnRequisite): NewIncoming[] {
  const common = { ...owner, source: 'statement', sourceKey: keyOf(entry, owner) } as const;
  const money = incomingOfEntry(entry, id);
  if (money) return [{ ...common, kind: 'money', incoming: money }];
  const isTakenBack = entry.reversal && entry.direction === 'out' && entry.status === 'booked';
  if (!isTakenBack || entry.amount.units === 0n) return [];
  const taken = incomingOfEntry({ ...entry, reversal: false, direction: 'in' }, id);
  return taken ? [{ ...common, kind: 'reversal', incoming: taken }] : [];
}

function isSent({ direction, reversal, status, amount }: Entry): boolean {
  return direction === 'out' && !reversal && status === 'booked' && amount.units !== 0n;
}

function sentOf(entry: Entry, owner: Owner, byTrader: boolean): SentMoney {
  return {
    ...owner,
    byTrader,
    amount: entry.amount,
    number: entry.counterpartyAccount,
    texts: [entry.text, entry.endToEndId ?? '', entry.bankReference ?? ''],
    witness: keyOf(entry, owner),
  };
}

/** Its account is in the entry's id: for whichever card of it the file is brought, it is one. */
function keyOf(entry: Entry, { mode, traderId }: Owner): string {
  return `statement/${mode}/${traderId ?? 'own'}/${entry.id}`;
}

/** Banks leave the country's part out, or fill numbers with zeros: the ends must agree. */
function isAccountOf({ kind, number }: RequisiteDetails, account: string): boolean {
  const given = plain(account);
  if (kind === 'iban') return number.endsWith(given) || given.endsWith(number);
  if (kind === 'account') {
    return given.endsWith(plain(number)) || plain(number).endsWith(given) || given.includes(number);
  }
  // A card's or a wallet's statement names the account behind it.
  return true;
}

function plain(account: string): string {
  const [, behind = account] = /\/(.+)$/.exec(account) ?? [];
  return (compact(behind) ?? '').replace(/^0+/, '') || '-';
}
