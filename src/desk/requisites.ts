// Requisites: the accounts and cards that can receive transfers, entered, listed and changed.

import type { Database, Tx } from '../db/database.ts';
import type { Mode } from '../db/mode.ts';
import { newId } from '../merchants/ids.ts';
import { type Actor, record } from '../merchants/staff-log.ts';
import type { Vault } from '../merchants/vault.ts';
import { isPayableFiat } from '../money/assets.ts';
import type { Limits } from './limits.ts';
import { type RequisiteDetails, sealDetails } from './requisite-details.ts';
import {
  type Fingerprint,
  type RequisiteKind,
  createFingerprint,
  lastFourOf,
  readNumber,
} from './requisite-number.ts';
import {
  type Requisite,
  type RequisiteFilter,
  type Terms,
  insertRequisite,
  listRequisites,
  lockRequisite,
  updateTerms,
} from './requisite-rows.ts';
import { assertTrader } from './traders.ts';
import type { UniqueMode } from './unique.ts';
import { isTimeZone } from './zone.ts';
import { DeskRefused } from './refused.ts';

export type NewRequisite = {
  readonly merchantId: string;
  readonly mode: Mode;
  /** Null: the merchant's own. */
  readonly traderId: string | null;
  readonly kind: RequisiteKind;
  readonly currency: string;
  readonly number: string;
  readonly holder: string;
} & Partial<Pick<RequisiteDetails, 'bank' | 'bankCode' | 'country' | 'city' | 'expires'>> &
  Partial<Terms>;

export type Requisites = {
  /** Throws DeskRefused with a sentence for whoever entered it. */
  add(requisite: NewRequisite, actor: Actor): Promise<Requisite>;
  /** Masked, in the order in which they were entered. */
  list(filter: RequisiteFilter): Promise<Requisite[]>;
  /** Changes what is given: limits, hours, amounts, on or off. */
  change(
    key: { readonly merchantId: string; readonly id: string },
    patch: Partial<Terms>,
    actor: Actor,
  ): Promise<Requisite>;
  /** How requisites tell equal amounts apart where they do not say it themselves. */
  setUnique(
    desk: { readonly merchantId: string; readonly mode: Mode },
    unique: { readonly mode: UniqueMode; readonly bound: number },
    actor: Actor,
  ): Promise<void>;
};

export type RequisitesDeps = {
  readonly db: Database;
  readonly vault: Vault;
  /** The installation's key, from which that of the fingerprints is made. */
  readonly secretKey: Buffer;
  readonly now: () => Date;
};

const MAX_TEXT = 140;
const MAX_BOUND = 10_000;
/** As much as their columns hold. */
const MAX_COUNT = 2 ** 31 - 1;

const noLimits: Limits = {
  minUnits: null,
  maxUnits: null,
  dayUnits: null,
  dayCount: null,
  monthUnits: null,
  monthCount: null,
  openLimit: null,
  coolDownSeconds: 0,
  schedule: null,
  timeZone: 'UTC',
};
const defaultTerms: Terms = { ...noLimits, active: true, uniqueAmounts: null, uniqueBound: null };

export function createRequisites(deps: RequisitesDeps): Requisites {
  const { db, vault, now } = deps;
  const fingerprint: Fingerprint = createFingerprint(deps.secretKey);

  async function add(given: NewRequisite, actor: Actor): Promise<Requisite> {
    const terms: Terms = { ...defaultTerms, ...definedTerms(given) };
    const details = detailsOf(given);
    assertTerms(terms);
    const { merchantId, mode, traderId, kind, currency } = given;
    if (!isPayableFiat(currency, { test: mode === 'test' })) {
      throw new DeskRefused(`${currency} is no currency that can be transferred`);
    }
    const id = newId();
    const own = { merchantId, id, mode, traderId, kind, currency };
    const row = {
      ...own,
      sealed: sealDetails(vault, id, details),
      numberHash: fingerprint(`${kind} ${details.number}`),
      lastFour: lastFourOf(details.number),
      bank: details.bank ?? null,
      country: details.country ?? null,
    };
    return db.transaction(async (tx) => {
      if (traderId !== null) await assertTrader(tx, { merchantId, mode, traderId });
      if (!(await insertRequisite(tx, row, terms, now()))) {
        throw new DeskRefused(`the merchant has this ${kind} in ${currency} already`);
      }
      const told = { mode, kind, currency, lastFour: row.lastFour, traderId, ...textOf(terms) };
      await note(tx, actor, merchantId, { action: 'requisite.added', subject: id, details: told });
      return only(await listRequisites(tx, { merchantId, id }, now()));
    });
  }

  async function change(
    key: { readonly merchantId: string; readonly id: string },
    patch: Partial<Terms>,
    actor: Actor,
  ): Promise<Requisite> {
    return db.transaction(async (tx) => {
      const before = await lockRequisite(tx, key);
      if (!before) throw new DeskRefused(`there is no requisite ${key.id}`);
      const changed = definedTerms(patch);
      const after = { ...before, ...changed };
      assertTerms(after);
      await updateTerms(tx, key, after, now());
      const details = textOf(changed);
      const { merchantId, id: subject } = key;
      await note(tx, actor, merchantId, { action: 'requisite.changed', subject, details });
      return only(await listRequisites(tx, key, now()));
    });
  }

  async function setUnique(
    { merchantId, mode }: { readonly merchantId: string; readonly mode: Mode },
    unique: { readonly mode: UniqueMode; readonly bound: number },
    actor: Actor,
  ): Promise<void> {
    assertBound(unique.bound);
    await db.transaction(async (tx) => {
      await tx.query(
        `insert into desks (merchant_id, mode, unique_amounts, unique_bound)
         values ($1, $2, $3, $4)
         on conflict (merchant_id, mode) do update
           set unique_amounts = excluded.unique_amounts, unique_bound = excluded.unique_bound`,
        [merchantId, mode, unique.mode, unique.bound],
      );
      const details = { mode, uniqueAmounts: unique.mode, uniqueBound: unique.bound };
      await note(tx, actor, merchantId, { action: 'desk.changed', subject: merchantId, details });
    });
  }

  async function note(
    tx: Tx,
    actor: Actor,
    merchantId: string,
    act: { action: string; subject: string; details: Record<string, unknown> },
  ): Promise<void> {
    await record(tx, { ...actor, ...act, at: now(), merchantId });
  }

  return { add, change, setUnique, list: (filter) => listRequisites(db, filter, now()) };
}

function detailsOf(given: NewRequisite): RequisiteDetails {
  const read = readNumber(given.kind, given.number);
  if ('fault' in read) throw new DeskRefused(`the number ${read.fault}`);
  const { kind, holder, bank, bankCode, country, city, expires } = given;
  const texts = { holder, bank, bankCode, country, city, expires };
  const members = Object.entries(texts).flatMap(([name, text]) => {
    const trimmed = text?.trim() ?? '';
    if (trimmed.length > MAX_TEXT) throw new DeskRefused(`${name} is longer than ${MAX_TEXT}`);
    return trimmed === '' ? [] : [[name, trimmed] as const];
  });
  const details = { kind, number: read.number, ...Object.fromEntries(members) };
  if (!('holder' in details)) throw new DeskRefused('a requisite needs its holder’s name');
  return details as RequisiteDetails;
}

const termNames = Object.keys(defaultTerms) as (keyof Terms)[];

/** Only terms, whatever else the object brings along. */
function definedTerms(given: Partial<Terms>): Partial<Terms> {
  const names = termNames.filter((name) => given[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, given[name]]));
}

function assertTerms(terms: Terms): void {
  const units = ['minUnits', 'maxUnits', 'dayUnits', 'monthUnits'] as const;
  const counts = ['dayCount', 'monthCount', 'openLimit'] as const;
  for (const name of units) {
    const limit = terms[name];
    if (limit !== null && limit <= 0n) throw new DeskRefused(`${name} must be above 0`);
  }
  for (const name of counts) {
    const limit = terms[name];
    if (limit !== null && !(Number.isInteger(limit) && limit > 0 && limit <= MAX_COUNT)) {
      throw new DeskRefused(`${name} must be a whole number above 0, up to ${MAX_COUNT}`);
    }
  }
  const { minUnits, maxUnits, coolDownSeconds, timeZone, schedule } = terms;
  if (minUnits !== null && maxUnits !== null && maxUnits < minUnits) {
    throw new DeskRefused('the largest amount must not be below the smallest');
  }
  const isPause = Number.isInteger(coolDownSeconds) && coolDownSeconds >= 0;
  if (!isPause || coolDownSeconds > MAX_COUNT) {
    throw new DeskRefused('the pause between operations is a whole number of seconds');
  }
  if (!isTimeZone(timeZone)) throw new DeskRefused(`${timeZone} is no time zone`);
  if (schedule?.length === 0) throw new DeskRefused('a schedule without hours is never open');
  if (terms.uniqueBound !== null) assertBound(terms.uniqueBound);
}

function assertBound(bound: number): void {
  if (Number.isInteger(bound) && bound >= 0 && bound <= MAX_BOUND) return;
  throw new DeskRefused(`the bound of unique amounts is a whole number up to ${MAX_BOUND}`);
}

/** As the staff log keeps it: JSON has no whole numbers of any size. */
function textOf(terms: Partial<Terms>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(terms).map(([name, value]) => [
      name,
      typeof value === 'bigint' ? value.toString() : value,
    ]),
  );
}

function only(requisites: readonly Requisite[]): Requisite {
  const [requisite] = requisites;
  if (!requisite) throw new Error('the requisite is gone');
  return requisite;
}
