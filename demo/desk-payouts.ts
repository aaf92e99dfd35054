// The payouts of a day: asked for by X-Link, taken by traders, sent, proved, confirmed or not.

import { type Person, together } from './desk-http.ts';
import { importFile, personAt } from './desk-payins.ts';
import { printUnits, shuffled } from './desk-plan.ts';
import type { PayoutWish } from './desk-shops.ts';
import type { TraderName } from './desk-stage.ts';
import { type Day, printMoney } from './desk-tally.ts';
import { camtFile } from './desk-witness.ts';
import { DemoFailed, check } from './timeline.ts';

/**
 * Confirmed by the `manager`, by the trader's own `word`, or by his bank's `statement`; `declined`
 * by the trader, `refused` by the manager while it waits, `failed` after it was shown as sent;
 * `returned` to the queue by the trader or, after a proof, by the manager, and taken once more.
 */
type PayoutFate =
  'manager' | 'word' | 'statement' | 'declined' | 'refused' | 'failed' | 'returned' | 'recalled';

const counts: Readonly<Record<PayoutFate, number>> = {
  manager: 15,
  word: 4,
  statement: 4,
  declined: 2,
  refused: 1,
  failed: 1,
  returned: 2,
  recalled: 1,
};

export type PlannedPayout = PayoutWish & { readonly fate: PayoutFate };
export type Payout = PlannedPayout & { readonly id: string; readonly desk: TraderName };

/** The vendor's words, from the first that is told to the last. */
const words: Readonly<Record<PayoutFate, readonly string[]>> = {
  manager: ['PROCESSING', 'SUCCESS'],
  word: ['PROCESSING', 'SUCCESS'],
  statement: ['PROCESSING', 'SUCCESS'],
  declined: ['PROCESSING', 'DECLINED'],
  refused: ['DECLINED'],
  failed: ['PROCESSING', 'FAILED'],
  returned: ['PROCESSING', 'PENDING', 'PROCESSING', 'SUCCESS'],
  recalled: ['PROCESSING', 'PENDING', 'PROCESSING', 'SUCCESS'],
};

const prices = {
  EUR: { from: 1_500n, step: 125n },
  KRW: { from: 12_000n, step: 700n },
} as const;

export function planPayouts(random: () => number): readonly PlannedPayout[] {
  const fates = (Object.keys(counts) as PayoutFate[]).flatMap((fate) =>
    Array.from({ length: counts[fate] }, () => fate),
  );
  const planned = fates.map((fate, at): PlannedPayout => {
    // Only the trader for euros has a bank that sends statements.
    const currency = fate === 'statement' || at % 2 === 1 ? 'EUR' : 'KRW';
    const { from, step } = prices[currency];
    const account = `${110_200_300_400 + at}`;
    const units = from + BigInt(at) * step;
    return { number: `PAYOUT-${at + 1}`, currency, units, account, fate };
  });
  return shuffled(planned, random);
}

type Order = {
  readonly id: string;
  readonly reference: string;
  readonly status: string;
  readonly amount: string;
  readonly destination: { readonly details: Readonly<Record<string, string>> | null };
};

/** A few, from the shop's wish to their end. */
export async function playPayouts(
  day: Day,
  planned: readonly PlannedPayout[],
): Promise<readonly Payout[]> {
  const { stage, tally } = day;
  const payouts = await together(planned, async (wish): Promise<Payout> => {
    const { status, text } = await stage.shops.payOut(wish);
    check(status === 200, `the payout ${wish.number} was answered ${status} ${text}`);
    const { operation_id: id } = JSON.parse(text) as { operation_id: string };
    return { ...wish, id, desk: wish.currency === 'EUR' ? 'anna' : 'min' };
  });
  const orders = await together(payouts, (payout) => handle(day, payout));
  const shown = payouts.flatMap((payout, at) => {
    const order = orders[at];
    return payout.fate === 'statement' && order ? [{ payout, order }] : [];
  });
  await showSent(day, shown);
  for (const { id, fate, desk, currency, units } of payouts) {
    tally.told(id, ...words[fate]);
    if (words[fate].includes('SUCCESS')) tally.paidOut(desk, currency, units);
  }
  return payouts;
}

/** Up to where only a bank's statement is missing; answers the order as its taker saw it. */
async function handle({ stage }: Day, payout: Payout): Promise<Order> {
  const { manager } = stage;
  const trader = personAt(stage, payout.desk);
  const { fate, id } = payout;
  if (fate === 'refused') {
    return act(manager, id, 'reject', { reason: 'The recipient is unknown to us' });
  }
  const order = await takeAs(trader, payout);
  if (fate === 'declined') return act(trader, id, 'reject', { reason: 'My bank is closed' });
  if (fate === 'statement') return order;
  if (fate === 'returned') {
    await act(trader, id, 'release', { reason: 'My limit is used up' });
    await takeAs(trader, payout);
  }
  await prove(trader, payout);
  if (fate === 'recalled') {
    await act(manager, id, 'release', { reason: 'The receipt shows another account' });
    await takeAs(trader, payout);
    await prove(trader, payout);
  }
  if (fate === 'failed') return act(manager, id, 'reject', { reason: 'The bank sent it back' });
  return act(fate === 'word' ? trader : manager, id, 'confirm');
}

/** Only whoever has it reads where it goes. */
async function takeAs(trader: Person, payout: Payout): Promise<Order> {
  const { id, account, units, currency } = payout;
  const seen = await trader.call<Order>(`payouts/${id}`);
  check(seen.destination.details === null, 'a payout shows its account before it is taken');
  const order = await act(trader, id, 'take');
  const { number } = order.destination.details ?? {};
  check(number === account, `the payout goes to ${number} instead of ${account}`);
  check(order.amount === printUnits(units, currency), `the payout is one of ${order.amount}`);
  return order;
}

async function prove(trader: Person, { id, number }: Payout): Promise<void> {
  const file = Buffer.from(`%PDF-1.7\nReceipt of ${number}\n%%EOF\n`).toString('base64');
  await act(trader, id, 'proof', { reference: `SENT-${number}`, file });
}

function act(person: Person, id: string, name: string, body: object = {}): Promise<Order> {
  return person.call<Order>(`payouts/${id}/${name}`, { method: 'POST', body });
}

type Shown = { readonly payout: Payout; readonly order: Order };

/** What left the trader's account, as his bank prints it. */
async function showSent({ stage }: Day, shown: readonly Shown[]): Promise<void> {
  if (shown.length === 0) return;
  const { id, iban } = stage.ibans.anna;
  const lines = shown.map(({ payout, order }) => ({
    ...({ direction: 'out', units: payout.units, name: 'Recipient of a payout' } as const),
    text: `Payout ${order.reference}`,
  }));
  const file = camtFile(iban, lines);
  const { payouts } = await importFile<{ payouts: number }>(stage, 'anna', { id, file });
  check(payouts === shown.length, `the statement confirmed ${payouts} of ${shown.length} payouts`);
}

/** Nobody can send what the merchant does not have. */
export async function overdraw({ stage, tally }: Day): Promise<string> {
  const units = tally.available('EUR') + 1n;
  const wish = { number: 'PAYOUT-TOO-MUCH', currency: 'EUR', units, account: '1' } as const;
  const { status, text } = await stage.shops.payOut(wish);
  const isRefused = status === 400 && text.includes('Insufficient balance');
  if (!isRefused) throw new DemoFailed(`an overdraft was answered ${status} ${text}`);
  return `${printMoney(units, 'EUR')} to pay out was refused`;
}

/** When all is done, nothing waits. */
export async function proveQueue({ stage }: Day): Promise<void> {
  const next = await stage.traders.anna.call<{ payout: unknown }>('payouts/take', {
    method: 'POST',
  });
  check(next.payout === null, 'a payout still waits');
}
