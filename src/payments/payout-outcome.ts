// The outcome of a step of a payout: what it becomes and where its money moves. Pure.

import { accountId } from '../ledger/accounts.ts';
import type { NewTransfer } from '../ledger/post.ts';
import type { Mode } from '../db/mode.ts';
import { deriveFacts } from './facts.ts';
import { type Input, type Status, decide } from './machine.ts';
import type { Payment, PaymentView, PayoutStep } from './nouns.ts';
import type { Circumstances, Command, Outcome } from './outcome.ts';

/** In which statuses a step changes something, and what it is to the machine. */
type Rule = { readonly from: readonly Status[]; readonly input: Input };
const rules: Readonly<Record<PayoutStep | 'expire' | 'cancel', Rule>> = {
  take: { from: ['awaiting'], input: 'covered' },
  release: { from: ['confirming'], input: 'short' },
  confirm: { from: ['awaiting', 'confirming'], input: 'settled' },
  decline: { from: ['awaiting', 'confirming'], input: 'fail' },
  fail: { from: ['awaiting', 'confirming'], input: 'fail' },
  reverse: { from: ['completed'], input: 'refund' },
  expire: { from: ['awaiting'], input: 'expire' },
  cancel: { from: ['awaiting'], input: 'cancel' },
};

/** `refuse` when the step is not possible now; what was done already is done again by nothing. */
export function payoutOutcomeOf(
  before: PaymentView,
  command: Command,
  { policy, now }: Circumstances,
): Outcome | 'refuse' {
  const step = stepOf(command);
  if (step === null) return 'refuse';
  const next = nextOf(before.payment, step, now);
  if (next === 'refuse') return 'refuse';
  const { payment: old } = before;
  const changed = next !== old.status;
  const payment: Payment = changed
    ? {
        ...old,
        status: next,
        cause: step === 'decline' ? 'declined' : null,
        touched: next === 'confirming',
        uses: next === 'completed' ? 1 : old.uses,
        eventSeq: old.eventSeq + 1,
        updatedAt: now,
      }
    : old;
  const after = { ...before, payment };
  return {
    before,
    after,
    happenings: changed ? [{ kind: 'status', data: {} }] : [],
    posted: [],
    transfers: transfersOf(old, payment),
    moment: {
      instructions: after.instructions,
      sightings: after.sightings,
      facts: deriveFacts(after, policy, now),
      before: deriveFacts(before, policy, now),
    },
  };
}

/** What a new payout sets aside; whoever has less available is refused by the ledger. */
export function setAside(payment: Payment): NewTransfer {
  return transfer(payment, 'available', 'payable');
}

function stepOf(command: Command): keyof typeof rules | null {
  if (command.kind === 'payout') return command.step;
  if (command.kind !== 'input') return null;
  const { input } = command;
  return input === 'expire' || input === 'cancel' || input === 'fail' ? input : 'reverse';
}

function nextOf(payment: Payment, step: keyof typeof rules, now: Date): Status | 'refuse' {
  const { from, input } = rules[step];
  if (isRepeated(payment, step)) return payment.status;
  if (!from.includes(payment.status)) return 'refuse';
  const overdue = now >= payment.expiresAt;
  // Nobody begins what the clock is about to end.
  if (step === 'take' && overdue) return 'refuse';
  const next = decide(payment.status, input);
  return step === 'release' && overdue ? decide('awaiting', 'expire') : next;
}

/** Where each step leads: a payout that is there already has nothing to do. */
const ends: Readonly<Record<keyof typeof rules, readonly Status[]>> = {
  take: ['confirming'],
  release: ['awaiting', 'expired'],
  confirm: ['completed'],
  decline: ['failed'],
  fail: ['failed'],
  reverse: ['refunded'],
  expire: ['expired'],
  cancel: ['cancelled'],
};

function isRepeated({ status, cause }: Payment, step: keyof typeof rules): boolean {
  if (!ends[step].includes(status)) return false;
  return status !== 'failed' || (cause === 'declined') === (step === 'decline');
}

/** What is set aside stays so until the payout is sent or will never be. */
function transfersOf(before: Payment, after: Payment): NewTransfer[] {
  const [from, to] = [placeOf(before.status), placeOf(after.status)];
  return from === to ? [] : [transfer(after, from, to)];
}

type Place = 'available' | 'payable' | 'outside';

function placeOf(status: Status): Place {
  if (status === 'awaiting' || status === 'confirming') return 'payable';
  return status === 'completed' ? 'outside' : 'available';
}

/** Where transfers leave: the other side of the accounts into which transfers come. */
const ways: Readonly<Record<Mode, string>> = { live: 'transfer', test: 'transfer-test' };

/** Named by the event that it comes with, so that a repetition is recognised by the ledger. */
function transfer(payment: Payment, from: Place, to: Place): NewTransfer {
  return {
    merchantId: payment.merchantId,
    id: `${payment.id}/payout/${payment.eventSeq}`,
    debit: accountOf(payment, from),
    credit: accountOf(payment, to),
    amount: payment.price,
    paymentId: payment.id,
    reason: `payout: ${from} to ${to}`,
  };
}

function accountOf({ mode, price: { asset } }: Payment, place: Place): string {
  return place === 'outside'
    ? accountId({ mode, kind: place, asset, rail: ways[mode] })
    : accountId({ mode, kind: place, asset });
}
