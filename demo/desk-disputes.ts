// The disputes of a day, one of each kind and one more: shown, answered, decided, and their money.

import type { Person } from './desk-http.ts';
import { type PayIn, personAt } from './desk-payins.ts';
import type { Payout } from './desk-payouts.ts';
import { type Currency, printUnits } from './desk-plan.ts';
import type { Day } from './desk-tally.ts';
import { DemoFailed, check } from './timeline.ts';

type Dispute = {
  readonly id: string;
  readonly status: string;
  readonly contested: string;
  readonly held: string;
  readonly timeline: readonly { readonly act: string; readonly party: string }[];
  readonly evidence: readonly { readonly hash: string; readonly duplicate: boolean }[];
};

type Sides = { readonly manager: Person; readonly trader: Person; readonly operator: Person };

/** The picture of a receipt: what it shows is for people to see. */
const picture = Buffer.from('89504e470d0a1a0a0000000d4948445200000001', 'hex');

export type Disputed = { readonly payIns: readonly PayIn[]; readonly payouts: readonly Payout[] };

/** Answers what each of them came to. */
export async function playDisputes(day: Day, done: Disputed): Promise<string[]> {
  return [
    await neverSeen(day, find(done.payIns, 'xlink-card', 'expires')),
    await notBelieved(day, find(done.payIns, 'xlink-bank', 'expires')),
    await moreThanSaid(day, find(done.payIns, 'bitxpay-bank', 'word')),
    await paidTwice(day, find(done.payIns, 'xlink-card', 'word')),
    await notArrived(day, done.payouts),
  ];
}

/** The payer has paid, nobody saw it, the time ran out: the trader finds it after all. */
async function neverSeen(day: Day, payIn: PayIn): Promise<string> {
  const sides = sidesOf(day, payIn.desk);
  const opened = await open(sides.manager, 'payment_not_received', payIn.id);
  check(opened.held === printUnits(payIn.told, payIn.currency), `${opened.held} is held`);
  await show(sides.manager, opened, picture, 'receipt.png');
  const ended = await answer(sides.trader, opened, 'accept', 'It is on my other statement');
  prove(ended, 'resolved', ['merchant open', 'merchant evidence', 'trader accept']);
  day.tally.received(payIn.desk, payIn.currency, payIn.told);
  day.tally.told(payIn.id, 'SUCCESS');
  return 'payment not received: accepted';
}

/** The same picture again: the trader says so, and the merchant gives it up. */
async function notBelieved(day: Day, payIn: PayIn): Promise<string> {
  const sides = sidesOf(day, payIn.desk);
  const opened = await open(sides.manager, 'payment_not_received', payIn.id);
  const shown = await show(sides.manager, opened, picture, 'screenshot.png');
  check(shown.evidence[0]?.duplicate === true, 'the same picture in two disputes is not flagged');
  await show(sides.trader, opened, Buffer.from('Nothing on 21 November.'), 'statement.txt');
  await answer(sides.trader, opened, 'contest', 'That picture is of another payment');
  const ended = await answer(sides.manager, opened, 'accept', 'The payer has misled us');
  check(ended.status === 'closed', `the dispute is ${ended.status}`);
  return 'payment not received: given up, the picture had been shown before';
}

/** More came than the trader said: the operator believes the bank. */
async function moreThanSaid(day: Day, payIn: PayIn): Promise<string> {
  const sides = sidesOf(day, payIn.desk);
  const more = 30_000n;
  const { currency, told, id, desk } = payIn;
  const opened = await open(sides.manager, 'wrong_amount', id, print(told + more, currency));
  await show(sides.manager, opened, Buffer.from('%PDF-1.7\nStatement\n'), 'statement.pdf');
  await escalate(sides, opened);
  const ended = await decide(sides.operator, opened, { outcome: 'merchant' });
  prove(ended, 'resolved', [
    'merchant open',
    'merchant evidence',
    'trader contest',
    'merchant insist',
    'operator decide',
  ]);
  day.tally.received(desk, currency, more);
  return `wrong amount: ${print(more, currency)} ${currency} more for the merchant`;
}

/** Paid twice, says the payer; who keeps what nobody can prove is split. */
async function paidTwice(day: Day, payIn: PayIn): Promise<string> {
  const sides = sidesOf(day, payIn.desk);
  const { currency, told, id, desk } = payIn;
  const opened = await open(sides.manager, 'duplicate', id, print(told, currency));
  await show(sides.trader, opened, Buffer.from('One transfer only, I think.'), 'note.txt');
  await escalate(sides, opened);
  const share = (told * 3n) / 5n;
  const ended = await decide(sides.operator, opened, {
    outcome: 'split',
    merchant_amount: print(share, currency),
    trader_amount: print(told - share, currency),
  });
  check(ended.status === 'resolved', `the dispute is ${ended.status}`);
  day.tally.received(desk, currency, share);
  return `duplicate: split, ${print(share, currency)} ${currency} for the merchant`;
}

/** A payout that was believed to be sent and never came: the merchant has it back. */
async function notArrived(day: Day, payouts: readonly Payout[]): Promise<string> {
  const payout = payouts.find(({ fate, currency }) => fate === 'manager' && currency === 'KRW');
  if (!payout) throw new DemoFailed('no payout was confirmed by the manager');
  const { id, desk, currency, units } = payout;
  const sides = sidesOf(day, desk);
  const opened = await open(sides.manager, 'payout_not_received', id);
  await show(sides.manager, opened, Buffer.from('The recipient’s statement'), 'letter.txt');
  const ended = await answer(sides.trader, opened, 'accept', 'My bank has it back');
  check(ended.status === 'resolved', `the dispute is ${ended.status}`);
  day.tally.cameBack(desk, currency, units);
  day.tally.told(id, 'REFUNDED');
  return 'payout not received: accepted, it came back';
}

function sidesOf({ stage }: Day, desk: PayIn['desk']): Sides {
  const { manager, operator } = stage;
  return { manager, operator, trader: personAt(stage, desk) };
}

function find(payIns: readonly PayIn[], door: PayIn['door'], fate: PayIn['fate']): PayIn {
  const found = payIns.find((one) => one.door === door && one.fate === fate);
  if (!found) throw new DemoFailed(`no payment was made by ${door} for ${fate}`);
  return found;
}

function print(units: bigint, currency: Currency): string {
  return printUnits(units, currency);
}

function open(person: Person, kind: string, payment: string, amount?: string): Promise<Dispute> {
  const body = { kind, payment, note: 'The payer complains', ...(amount ? { amount } : {}) };
  return person.call<Dispute>('disputes', { body });
}

function show(person: Person, { id }: Dispute, body: Buffer, name: string): Promise<Dispute> {
  const headers = { 'content-type': 'application/octet-stream' };
  return person.call<Dispute>(`disputes/${id}/evidence?name=${name}`, { headers, body });
}

function answer(person: Person, { id }: Dispute, word: string, note: string): Promise<Dispute> {
  return person.call<Dispute>(`disputes/${id}/answer`, { body: { answer: word, note } });
}

async function escalate({ trader, manager }: Sides, dispute: Dispute): Promise<void> {
  await answer(trader, dispute, 'contest', 'I have told all that came');
  const insisted = await answer(manager, dispute, 'contest', 'The bank says otherwise');
  check(insisted.status === 'escalated', `the dispute is ${insisted.status}`);
}

function decide(person: Person, { id }: Dispute, outcome: object): Promise<Dispute> {
  const body = { ...outcome, note: 'As the papers show' };
  return person.call<Dispute>(`disputes/${id}/decide`, { body });
}

function prove({ status, timeline }: Dispute, wanted: string, acts: readonly string[]): void {
  check(status === wanted, `the dispute is ${status}`);
  const told = timeline.map(({ party, act }) => `${party} ${act}`).join(', ');
  check(told === acts.join(', '), `the timeline says ${told}`);
}
