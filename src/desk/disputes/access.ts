// Who sees a dispute, and on whose behalf a person speaks in it.

import { type Dispute, type DisputePerson, type Party } from './dispute.ts';
import type { DisputeAct, DisputeStatus } from './machine.ts';
import { DisputeRefused } from './refused.ts';

/** Null for people who have no part in disputes. */
export function partyOf({ role }: DisputePerson): Exclude<Party, 'clock'> | null {
  if (role === 'operator' || role === 'trader') return role;
  return role === 'manager' || role === 'support' ? 'merchant' : null;
}

type Scoped = Pick<Dispute, 'merchantId' | 'mode' | 'traderId'>;

/** Another merchant's, another trader's and the other mode's are as good as not there. */
export function sees(person: DisputePerson, thing: Scoped): boolean {
  const party = partyOf(person);
  if (party === null) return false;
  if (person.mode !== null && person.mode !== thing.mode) return false;
  if (party === 'trader' && thing.traderId !== person.userId) return false;
  if (person.merchantId === null) return party === 'operator';
  return person.merchantId === thing.merchantId;
}

export function notFound(): DisputeRefused {
  return new DisputeRefused('not_found', 'there is no such dispute here');
}

/** Throws for whoever does not see it; answers for whom the person speaks. */
export function assertParty(person: DisputePerson, dispute: Dispute): Exclude<Party, 'clock'> {
  const party = partyOf(person);
  if (party === null || !sees(person, dispute)) throw notFound();
  return party;
}

/** `accept` and `contest` are said by either side, and mean different things. */
export type Answer = 'accept' | 'contest';

/** What an answer does; throws when it is not this party's turn to give one. */
export function actOfAnswer(
  person: DisputePerson,
  dispute: Pick<Dispute, 'status' | 'opener' | 'respondent'>,
  answer: Answer,
): DisputeAct {
  const party = partyOf(person);
  const { opener, respondent, status } = dispute;
  const isOpener = party === opener && (respondent !== opener || openersTurn(status));
  if (isOpener) return answer === 'accept' ? 'concede' : 'insist';
  if (party !== respondent) {
    throw new DisputeRefused('forbidden', 'only the two sides of a dispute answer each other');
  }
  if (answer === 'accept' && person.role === 'support') {
    throw new DisputeRefused('forbidden', 'only a manager accepts what moves the merchant’s money');
  }
  return answer;
}

/** Where a merchant is its own desk, the same party is both sides, one after the other. */
function openersTurn(status: DisputeStatus): boolean {
  return status === 'contested';
}
