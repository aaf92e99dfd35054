// Acting: one act on one dispute, with its line of the timeline and all that follows from it.

import type { Tx } from '../../db/database.ts';
import type { Vault } from '../../merchants/vault.ts';
import { type EvidenceFile, storeEvidence } from '../evidence.ts';
import { holdDesk } from '../moneys.ts';
import { assertParty, notFound } from './access.ts';
import { type Consequences, carryOut, hold, release } from './consequences.ts';
import type { ActRow, Dispute, DisputePerson, Party, Shares } from './dispute.ts';
import {
  insertAct,
  lockDispute,
  readDispute,
  readTimeline,
  updateDispute,
} from './dispute-rows.ts';
import { type DisputeAct, type DisputeStatus, decideAct } from './machine.ts';
import { DisputeRefused } from './refused.ts';
import { type Subject, contestedOf, holdPayment, subjectOf } from './subject.ts';

/** What somebody does. `share` is asked for by what resolves, with what is contested now. */
export type Doing = {
  readonly act: DisputeAct;
  readonly note: string | null;
  readonly share?: (contestedUnits: bigint) => Shares;
  readonly file?: EvidenceFile & { readonly name: string };
};

/** `overtaken`: what was contested had come by another way, so that this act did nothing. */
type Acted = {
  readonly dispute: Dispute;
  readonly change: 'done' | 'repeated' | 'overtaken';
};

export type Acting = {
  /** In the caller's transaction, which holds nothing yet. Throws DisputeRefused. */
  act(
    tx: Tx,
    person: DisputePerson,
    id: string,
    decide: (dispute: Dispute, party: Party) => Doing,
  ): Promise<Acted>;
  /** What time does: ends it when the claim came true, or the deadline passed; else holds on. */
  look(tx: Tx, id: string): Promise<void>;
};

const HOUR_MS = 3_600_000;
/** So long the other side has to answer, and then the opener to insist. */
export const ANSWER_MS = 24 * HOUR_MS;
const INSIST_MS = 72 * HOUR_MS;
const MAX_FILES = 20;

type Held = { readonly dispute: Dispute; readonly subject: Subject };
type By = { readonly party: Party; readonly userId: string | null };

const clock: By = { party: 'clock', userId: null };

type ActingDeps = Consequences & {
  readonly vault: Pick<Vault, 'sealBytes'>;
  readonly now: () => Date;
};

export function createActing(deps: ActingDeps): Acting {
  const { vault, now } = deps;

  async function act(
    tx: Tx,
    person: DisputePerson,
    id: string,
    decide: (dispute: Dispute, party: Party) => Doing,
  ): Promise<Acted> {
    const held = await take(tx, id, (dispute) => assertParty(person, dispute));
    const { dispute } = held;
    const by = { party: assertParty(person, dispute), userId: person.userId };
    const doing = decide(dispute, by.party);
    const timeline = await readTimeline(tx, dispute);
    if (isRepeated(timeline, dispute, by, doing)) return { dispute, change: 'repeated' };
    if (decideAct(dispute.status, doing.act) === 'refuse') throw refusalFor(dispute, doing.act);
    if (doing.file) assertRoomForFile(timeline);
    if (isSettled(held)) {
      const settled = await perform(tx, held, clock, { act: 'settled', note: null });
      return { dispute: settled, change: 'overtaken' };
    }
    return { dispute: await perform(tx, held, by, doing), change: 'done' };
  }

  async function look(tx: Tx, id: string): Promise<void> {
    const held = await take(tx, id, () => undefined);
    const { dispute, subject } = held;
    const mayBe = (act: DisputeAct): boolean => decideAct(dispute.status, act) !== 'refuse';
    if (mayBe('settled') && isSettled(held)) {
      await perform(tx, held, clock, { act: 'settled', note: null });
    } else if (mayBe('deadline') && dispute.dueAt !== null && dispute.dueAt <= now()) {
      await perform(tx, held, clock, { act: 'deadline', note: null });
    } else if (mayBe('settled')) {
      // What has become free since it was opened.
      const kept = await hold(tx, dispute, subject, now());
      if (kept.postings !== dispute.postings) await updateDispute(tx, { ...dispute, ...kept });
    }
  }

  async function perform(tx: Tx, held: Held, by: By, doing: Doing): Promise<Dispute> {
    const { dispute } = held;
    const status = decideAct(dispute.status, doing.act);
    if (status === 'refuse') throw refusalFor(dispute, doing.act);
    const at = now();
    const shares = status === 'resolved' ? sharesOf(held, doing) : null;
    const carried = await follow(tx, held, by, { status, act: doing.act, shares });
    const after: Dispute = {
      ...dispute,
      ...carried,
      status,
      shares,
      contestedUnits: shares ? shares.merchantUnits + shares.traderUnits : dispute.contestedUnits,
      dueAt: dueAt(dispute, status, at),
      acts: dispute.acts + 1,
      changedAt: at,
    };
    if (doing.file) await storeEvidence(tx, vault, dispute.merchantId, doing.file, at);
    const { act: name, note, file = null } = doing;
    const row = { seq: after.acts, at, act: name, ...by, note, status, shares, file };
    await updateDispute(tx, after);
    await insertAct(tx, dispute, row);
    return after;
  }

  async function follow(
    tx: Tx,
    held: Held,
    { userId }: By,
    { status, act: name, shares }: Pick<ActRow, 'status' | 'act' | 'shares'>,
  ): Promise<Partial<Dispute>> {
    if (shares && name !== 'settled') {
      return carryOut(tx, { ...held, shares, userId }, deps, now());
    }
    const isOver = decideAct(status, 'settled') === 'refuse';
    return isOver ? release(tx, held.dispute, now()) : {};
  }

  return { act, look };
}

/**
 * The desk first, then the payment, the dispute, and at last leases and deposits: whoever confirms
 * money, or changes a payment, comes to the others in this order, too.
 */
async function take(tx: Tx, id: string, look: (dispute: Dispute) => void): Promise<Held> {
  const found = await readDispute(tx, id);
  if (!found) throw notFound();
  look(found);
  await holdDesk(tx, found);
  await holdPayment(tx, { merchantId: found.merchantId, id: found.paymentId });
  const dispute = await lockDispute(tx, id);
  if (!dispute) throw notFound();
  return { dispute, subject: await subjectOf(tx, dispute) };
}

function isSettled({ dispute, subject }: Held): boolean {
  return contestedOf(dispute, subject) === 0n;
}

function sharesOf({ dispute, subject }: Held, { act, share }: Doing): Shares {
  const all = contestedOf(dispute, subject);
  if (act === 'settled') return claimedShares(dispute, dispute.contestedUnits);
  if (share) return share(all);
  return claimedShares(dispute, all);
}

/** As the opener has it. */
function claimedShares({ less }: Dispute, units: bigint): Shares {
  return { merchantUnits: less ? 0n : units, traderUnits: less ? units : 0n };
}

function dueAt({ status: before, dueAt: due }: Dispute, status: DisputeStatus, at: Date) {
  if (status === before) return due;
  return status === 'contested' ? new Date(at.getTime() + INSIST_MS) : null;
}

function refusalFor({ status }: Dispute, act: DisputeAct): DisputeRefused {
  const how = status === 'contested' || status === 'open' ? `it is ${status}` : `it was ${status}`;
  return new DisputeRefused('conflict', `nobody can ${act} this dispute now: ${how}`);
}

/** Counted while the dispute is held: many files may come at the same time. */
function assertRoomForFile(timeline: readonly ActRow[]): void {
  if (timeline.filter(({ file }) => file !== null).length < MAX_FILES) return;
  throw new DisputeRefused('conflict', `a dispute has at most ${MAX_FILES} files`);
}

/** The very same act by the same person, with nothing between; a file that was shown already. */
function isRepeated(timeline: readonly ActRow[], dispute: Dispute, by: By, doing: Doing): boolean {
  const { file } = doing;
  if (file) return timeline.some((row) => row.file?.hash === file.hash);
  const last = timeline.at(-1);
  return last !== undefined && isSame(last, by, doing, dispute);
}

function isSame(last: ActRow, by: By, { act, note, share }: Doing, dispute: Dispute): boolean {
  if (last.act !== act || last.party !== by.party || last.userId !== by.userId) return false;
  if (last.note !== note) return false;
  if (!share || !last.shares) return true;
  const { merchantUnits, traderUnits } = share(dispute.contestedUnits);
  return last.shares.merchantUnits === merchantUnits && last.shares.traderUnits === traderUnits;
}
