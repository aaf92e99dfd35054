// Disputes: opened, answered, shown by files, decided; every act with its money in one transaction.

import type { Database, Tx } from '../../db/database.ts';
import type { Job } from '../../jobs/jobs.ts';
import { newId } from '../../merchants/ids.ts';
import { record } from '../../merchants/staff-log.ts';
import type { Vault } from '../../merchants/vault.ts';
import { minimum } from '../../money/amount.ts';
import { type EvidenceFile, evidenceName, evidenceOf, readEvidence } from '../evidence.ts';
import { holdDesk } from '../moneys.ts';
import { type Answer, actOfAnswer, assertParty, notFound, partyOf } from './access.ts';
import { ANSWER_MS, type Doing, createActing } from './acting.ts';
import { type Consequences, hold } from './consequences.ts';
import { deadlinesJob } from './deadlines.ts';
import type { Dispute, DisputePerson, DisputeView, Party, Shares } from './dispute.ts';
import {
  type DisputeFilter,
  insertAct,
  insertDispute,
  listDisputes,
  readDispute,
  readEarlier,
  readFiles,
  readTimeline,
  updateDispute,
} from './dispute-rows.ts';
import {
  type Claim,
  assertNoOther,
  claimedUnits,
  isSame,
  openerOf,
  respondentTo,
  subjectFor,
} from './opening.ts';
import { DisputeRefused } from './refused.ts';
import { type Subject, contestedOf, findPayment, holdPayment, subjectOf } from './subject.ts';

/** All of what is contested to one side, or shares that sum up to it. */
export type Verdict = 'merchant' | 'trader' | Shares;

/** All throw DisputeRefused. Saying the same again changes nothing and answers the same. */
export type Disputes = {
  /** `isNew` is false for a repetition. */
  open(person: DisputePerson, claim: Claim): Promise<{ view: DisputeView; isNew: boolean }>;
  /** By either side: accepts what the other says, or contests it. */
  answer(person: DisputePerson, id: string, answer: Answer, note: Note): Promise<DisputeView>;
  /** By whoever opened it. */
  withdraw(person: DisputePerson, id: string, note: Note): Promise<DisputeView>;
  /** By the operator, who says why. */
  decide(person: DisputePerson, id: string, verdict: Verdict, note: Note): Promise<DisputeView>;
  /** Also throws DeskRefused, for a file that cannot be taken. */
  addEvidence(
    person: DisputePerson,
    id: string,
    file: { readonly content: Buffer; readonly name: string | null },
    note: Note,
  ): Promise<DisputeView>;
  find(person: DisputePerson, id: string): Promise<DisputeView>;
  /** A file that was shown in this very dispute. */
  file(
    person: DisputePerson,
    id: string,
    hash: string,
  ): Promise<EvidenceFile & { readonly name: string }>;
  /** Newest first, as far as the person sees them. */
  list(
    person: DisputePerson,
    filter: Pick<DisputeFilter, 'status' | 'after' | 'limit'>,
  ): Promise<Dispute[]>;
  readonly jobs: readonly Job[];
};

type Note = string | null;

export type DisputesDeps = Consequences & {
  readonly db: Database;
  readonly vault: Vault;
  readonly now: () => Date;
};

const MAX_NOTE_LENGTH = 2_000;
/** Lines and tabs are text, other control characters are not. */
const plainText = /^[^\p{Cc}\p{Cs}]*(?:[\n\r\t][^\p{Cc}\p{Cs}]*)*$/u;

export function createDisputes(deps: DisputesDeps): Disputes {
  const { db, vault, now } = deps;
  const acting = createActing(deps);

  /** What moves money or somebody's deposit is in the staff log, too. */
  async function act(
    person: DisputePerson,
    id: string,
    decide: (dispute: Dispute, party: Party) => Doing,
  ): Promise<DisputeView> {
    const { view, change } = await db.transaction(async (tx) => {
      const acted = await acting.act(tx, person, id, decide);
      const { dispute } = acted;
      if (acted.change === 'done' && dispute.status === 'resolved') {
        await log(tx, person, dispute, 'dispute.resolved');
      }
      return { view: await viewOf(tx, dispute), change: acted.change };
    });
    // Said only now, so that what was found is kept.
    if (change !== 'overtaken') return view;
    throw new DisputeRefused('conflict', 'what was contested has come by another way meanwhile');
  }

  async function open(person: DisputePerson, claim: Claim) {
    const note = noteOf(claim.note);
    if (note === null) throw new DisputeRefused('invalid', 'say what is disputed');
    const opener = openerOf(person);
    return db.transaction(async (tx) => {
      const key = await findPayment(tx, claim.payment);
      await holdDesk(tx, await subjectFor(tx, person, key, claim));
      if (key) await holdPayment(tx, key);
      // As it stands now that nobody else is at it.
      const subject = await subjectFor(tx, person, key, claim);
      const earlier = await readEarlier(tx, subject);
      const repeated = earlier.find((one) => isSame(one, person, claim));
      if (repeated) return { view: await viewOf(tx, repeated), isNew: false };
      assertNoOther(earlier, claim);
      const dispute = disputeFor(subject, person, opener, claim, now());
      if (!(await insertDispute(tx, dispute))) throw new Error('two live disputes about the same');
      const { status, openedAt: at } = dispute;
      const by = { party: opener, userId: person.userId };
      const rest = { note, status, shares: null, file: null };
      await insertAct(tx, dispute, { seq: 1, at, act: 'open', ...by, ...rest });
      const held = { ...dispute, ...(await hold(tx, dispute, subject, at)) };
      await updateDispute(tx, held);
      await log(tx, person, dispute, 'dispute.opened');
      return { view: await viewOf(tx, held), isNew: true };
    });
  }

  async function log(tx: Tx, person: DisputePerson, dispute: Dispute, action: string) {
    const { userId, address } = person;
    const { merchantId, id: subject, kind, shares } = dispute;
    const split = shares && {
      merchantUnits: shares.merchantUnits.toString(),
      traderUnits: shares.traderUnits.toString(),
    };
    const details = { kind, ...split };
    await record(tx, { userId, address, at: now(), merchantId, action, subject, details });
  }

  async function find(person: DisputePerson, id: string): Promise<DisputeView> {
    const dispute = await readDispute(db, id);
    if (!dispute) throw notFound();
    assertParty(person, dispute);
    return viewOf(db, dispute);
  }

  return {
    open,
    answer: async (person, id, answer, given) => {
      const note = noteOf(given);
      return act(person, id, (dispute) => ({ act: actOfAnswer(person, dispute, answer), note }));
    },
    withdraw: async (person, id, given) => {
      const note = noteOf(given);
      return act(person, id, (dispute, party) => {
        if (party !== dispute.opener) forbid('only who opened a dispute takes it back');
        return { act: 'withdraw', note };
      });
    },
    decide: async (person, id, verdict, given) => {
      const note = noteOf(given);
      if (note === null) throw new DisputeRefused('invalid', 'say why it is decided like this');
      return act(person, id, (_, party) => {
        if (party !== 'operator') forbid('only the operator decides');
        return { act: 'decide', note, share: (contested) => sharesOf(verdict, contested) };
      });
    },
    addEvidence: async (person, id, { content, name }, given) => {
      const note = noteOf(given);
      // Nothing is hashed for whom it does not concern.
      await find(person, id);
      const found = evidenceOf(content);
      const file = { ...found, name: evidenceName(name, found) };
      return act(person, id, () => ({ act: 'evidence', note, file }));
    },
    find,
    file: async (person, id, hash) => {
      const { dispute, evidence } = await find(person, id);
      const shown = evidence.find((one) => one.hash === hash);
      const found = shown && (await readEvidence(db, vault, dispute.merchantId, hash));
      if (!found) throw new DisputeRefused('not_found', 'there is no such file in this dispute');
      return { ...found, name: shown.name };
    },
    list: async (person, filter) => {
      const party = partyOf(person);
      const { merchantId, mode } = person;
      // Of nobody's merchant only an operator asks.
      if (party === null || (merchantId === null && party !== 'operator')) return [];
      const traderId = party === 'trader' ? person.userId : null;
      return listDisputes(db, { ...filter, merchantId, mode, traderId });
    },
    jobs: [deadlinesJob(db, acting)],
  };
}

function disputeFor(
  subject: Subject,
  person: DisputePerson,
  opener: Exclude<Party, 'clock'>,
  claim: Claim,
  at: Date,
): Dispute {
  const { merchantId, paymentId, leaseId, mode, traderId, asset } = subject;
  const { kind, paidAt } = claim;
  if (paidAt && paidAt > at) throw new DisputeRefused('invalid', 'nobody has paid in the future');
  const claimed = claimedUnits(claim, subject);
  const less = leaseId !== null && claimed < subject.bookedUnits;
  return {
    merchantId,
    id: newId(),
    mode,
    kind,
    status: 'open',
    paymentId,
    leaseId,
    traderId,
    asset,
    claimedUnits: claimed,
    less,
    contestedUnits: contestedOf({ kind, claimedUnits: claimed, less }, subject),
    paidAt,
    openedBy: person.userId,
    opener,
    respondent: respondentTo(opener, subject),
    dueAt: new Date(at.getTime() + ANSWER_MS),
    acts: 1,
    heldUnits: 0n,
    postings: 0,
    shares: null,
    missingUnits: 0n,
    openedAt: at,
    changedAt: at,
  };
}

async function viewOf(tx: Tx, dispute: Dispute): Promise<DisputeView> {
  const { asset, shares, leaseId, heldUnits, less } = dispute;
  const [timeline, evidence] = [await readTimeline(tx, dispute), await readFiles(tx, dispute)];
  const subject = await subjectOf(tx, dispute);
  const isOver = shares !== null || dispute.status === 'withdrawn' || dispute.status === 'closed';
  const contested = isOver ? dispute.contestedUnits : contestedOf(dispute, subject);
  const ofLease = isOver || less ? 0n : minimum(subject.reservedUnits, contested);
  return {
    dispute,
    contested: { units: contested, asset },
    held: { units: leaseId === null ? heldUnits : ofLease, asset },
    timeline,
    evidence,
  };
}

function sharesOf(verdict: Verdict, contested: bigint): Shares {
  if (verdict === 'merchant') return { merchantUnits: contested, traderUnits: 0n };
  if (verdict === 'trader') return { merchantUnits: 0n, traderUnits: contested };
  const { merchantUnits, traderUnits } = verdict;
  if (merchantUnits >= 0n && traderUnits >= 0n && merchantUnits + traderUnits === contested) {
    return verdict;
  }
  const message = `the shares must sum up to what is contested, ${contested} smallest units`;
  throw new DisputeRefused('invalid', message);
}

function noteOf(given: Note): string | null {
  const text = given?.trim() ?? '';
  if (text.length > MAX_NOTE_LENGTH || !plainText.test(text)) {
    throw new DisputeRefused('invalid', `a note has at most ${MAX_NOTE_LENGTH} characters of text`);
  }
  return text === '' ? null : text;
}

function forbid(message: string): never {
  throw new DisputeRefused('forbidden', message);
}
