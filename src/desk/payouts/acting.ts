// Acting on a payout that was taken: given back, shown as sent, confirmed or rejected.

import type { Database, Tx } from '../../db/database.ts';
import { record } from '../../merchants/staff-log.ts';
import type { Vault } from '../../merchants/vault.ts';
import { type EvidenceFile, evidenceOf, storeEvidence } from '../evidence.ts';
import { hasTaken, isOfDesk, notFound } from './access.ts';
import { holdMerchantMoney, writeOrders } from './backing.ts';
import { backInQueue } from './follow.ts';
import { lockOrder, readOrder } from './order-rows.ts';
import type { DeskPerson, MovePayout, PayoutOrder, PayoutTerms } from './order.ts';
import { PayoutRefused } from './refused.ts';
import { readTerms } from './terms.ts';

/** All throw PayoutRefused; doing again what was done is harmless. */
export type Acting = {
  /** Back to the queue; after a proof only those who look after the desk may, and say why. */
  release(person: DeskPerson, id: string, reason: string | null): Promise<PayoutOrder>;
  /** What shows that it was sent; from then on it goes back to the queue by no clock. */
  prove(person: DeskPerson, id: string, proof: GivenProof): Promise<PayoutOrder>;
  /** It was sent: the payment is completed, and a trader's deposit grows by it. */
  confirm(person: DeskPerson, id: string): Promise<PayoutOrder>;
  /** It will not be sent: the money is the merchant's again. */
  reject(person: DeskPerson, id: string, reason: string): Promise<PayoutOrder>;
  /**
   * What was completed has come back, or never arrived: it is the merchant's again, at the cost of
   * the trader who was believed, or of the house. For operators alone. Of a deposit no more is
   * taken than it has: `missingOf` the order says what it lacked.
   */
  reverse(person: DeskPerson, id: string, given: GivenReversal): Promise<PayoutOrder>;
};

export type GivenReversal = { readonly atCostOf: 'trader' | 'house'; readonly reason: string };

export type GivenProof = {
  /** The bank's. */
  readonly reference: string;
  /** A picture or a document of the transfer. */
  readonly file: Buffer | null;
};

type Act = {
  readonly after: PayoutOrder;
  readonly step: Parameters<MovePayout>[2] | null;
  readonly action: string;
  readonly details: Readonly<Record<string, unknown>> | null;
  readonly evidence?: EvidenceFile | null;
};

export const maxText = 200;
const visibleText = /^[^\p{C}]+$/u;

export function createActing(deps: {
  readonly db: Database;
  readonly vault: Pick<Vault, 'sealBytes'>;
  readonly move: MovePayout;
  readonly now: () => Date;
}): Acting {
  const { db, vault, move, now } = deps;

  /** `decide` answers null where there is nothing left to do. */
  async function act(
    person: DeskPerson,
    id: string,
    decide: (order: PayoutOrder, terms: PayoutTerms) => Act | null,
  ): Promise<PayoutOrder> {
    return db.transaction(async (tx) => {
      const order = await hold(tx, person, id);
      const decided = decide(order, await readTerms(tx, person));
      if (decided === null) return order;
      const { after, step, action, details } = decided;
      const { userId, address, merchantId } = person;
      if (step === 'reverse') await assertUnshared(tx, order);
      if (decided.evidence) await storeEvidence(tx, vault, merchantId, decided.evidence, now());
      if (step === 'release') await holdMerchantMoney(tx, order);
      await writeOrders(tx, [after], now());
      if (step !== null) await move(tx, order, step);
      await record(tx, { userId, address, at: now(), merchantId, action, subject: id, details });
      return (await readOrder(tx, order)) ?? after;
    });
  }

  return {
    release: (person, id, given) =>
      act(person, id, (order) => {
        const reason = given === null ? null : textOf('reason', given);
        if (order.status === 'waiting' && person.role !== 'trader') return null;
        assertTaken(order);
        if (order.proof !== null && (person.role === 'trader' || reason === null)) {
          throw new PayoutRefused(
            'forbidden',
            'it was shown as sent: whoever looks after the desk gives it back, and says why',
          );
        }
        const after = { ...backInQueue(order), reason };
        return { after, step: 'release', action: 'payout.released', details: { reason } };
      }),
    prove: (person, id, given) =>
      act(person, id, (order) => {
        const reference = textOf('reference', given.reference);
        const evidence = given.file === null ? null : evidenceOf(given.file);
        const file = evidence?.hash ?? null;
        if (order.proof?.reference === reference && order.proof.file === file) return null;
        assertTaken(order);
        const after = { ...order, proof: { reference, file, at: now() } };
        const details = { reference, file };
        return { after, step: null, action: 'payout.proven', details, evidence };
      }),
    confirm: (person, id) =>
      act(person, id, (order, terms) => {
        if (order.status === 'completed') return null;
        assertTaken(order);
        if (person.role === 'trader') assertMayConfirm(order, terms);
        const after = { ...order, endedBy: person.userId };
        return { after, step: 'confirm', action: 'payout.confirmed', details: null };
      }),
    reject: (person, id, given) =>
      act(person, id, (order) => {
        const reason = textOf('reason', given);
        if (order.status === 'rejected') return null;
        if (order.status !== 'waiting') assertTaken(order);
        const sent = order.proof !== null;
        if (sent && person.role === 'trader') {
          throw new PayoutRefused('forbidden', 'it was shown as sent: you reject it no more');
        }
        const after = { ...order, reason, endedBy: person.userId };
        const step = sent ? 'fail' : 'decline';
        return { after, step, action: 'payout.rejected', details: { reason } };
      }),
    reverse: (person, id, { atCostOf, reason: given }) =>
      act(person, id, (order) => {
        if (person.role !== 'operator') {
          throw new PayoutRefused('forbidden', 'only an operator takes a payout back');
        }
        const reason = textOf('reason', given);
        if (order.status === 'reversed') return null;
        if (order.status !== 'completed') {
          throw new PayoutRefused('conflict', 'only what was completed can come back');
        }
        const after = { ...order, housePays: atCostOf === 'house', reason };
        const details = { atCostOf, reason };
        return { after, step: 'reverse', action: 'payout.reversed', details };
      }),
  };
}

/** A trader acts on what he has; those who look after the desk on all of it. */
async function hold(tx: Tx, person: DeskPerson, id: string): Promise<PayoutOrder> {
  const order = await lockOrder(tx, { merchantId: person.merchantId, id });
  if (!order || !isOfDesk(person, order)) throw notFound();
  if (person.role === 'trader' && !hasTaken(person, order)) {
    if (order.status !== 'waiting') throw notFound();
    throw new PayoutRefused('conflict', 'you do not have this payout');
  }
  return order;
}

/** What a dispute has shared out already cannot come back as a whole. */
async function assertUnshared(tx: Tx, { merchantId, id }: PayoutOrder): Promise<void> {
  const shared = await tx.query(
    `select 1 from disputes
      where payment_id = $2 and merchant_id = $1 and status = 'resolved' and merchant_units > 0`,
    [merchantId, id],
    'payout-shared',
  );
  if (shared.length === 0) return;
  throw new PayoutRefused('conflict', 'a dispute about it was resolved: part of it came back');
}

function assertTaken(order: PayoutOrder): void {
  if (order.status === 'taken') return;
  const how = order.status === 'waiting' ? 'nobody has it' : `it is ${order.status}`;
  throw new PayoutRefused('conflict', `the payout cannot be changed like this: ${how}`);
}

function assertMayConfirm(order: PayoutOrder, { tradersConfirm }: PayoutTerms): void {
  if (!tradersConfirm) {
    throw new PayoutRefused('forbidden', 'at this desk a trader’s own word confirms no payout');
  }
  if (order.proof === null) {
    throw new PayoutRefused('conflict', 'give the bank’s reference of the transfer first');
  }
}

function textOf(name: string, given: string): string {
  const text = given.trim();
  if (text === '' || text.length > maxText || !visibleText.test(text)) {
    throw new PayoutRefused('invalid', `the ${name} has 1 to ${maxText} visible characters`);
  }
  return text;
}
