// One entry of a camt statement: itself, or one per transaction when a batch says their amounts.

import type { Amount } from '../../money/amount.ts';
import { amountAt, dateAt, directionAt, textAt } from './camt-values.ts';
import {
  type Direction,
  type RawEntry,
  cleanAccount,
  cleanReference,
  cleanText,
} from './statement.ts';
import { type Element, childAt, childrenAt } from './xml.ts';

/** `within`: what tells the entry apart inside its file only. */
export type ReadEntry = { readonly entry: RawEntry; readonly within: string | null };

type Whole = Pick<
  RawEntry,
  'amount' | 'direction' | 'reversal' | 'status' | 'bookedAt' | 'valueAt' | 'timed'
>;

export function readEntry(element: Element): ReadEntry[] {
  const status = textAt(element, 'Sts', 'Cd') ?? textAt(element, 'Sts');
  if (status === 'INFO') return [];
  const booked = dateAt(childAt(element, 'BookgDt'));
  const whole: Whole = {
    amount: amountAt(element),
    direction: directionAt(element),
    reversal: textAt(element, 'RvslInd') === 'true' || textAt(element, 'RvslInd') === '1',
    // PDNG, FUTR and whatever else a bank invents are not money on the account.
    status: status === 'BOOK' || status === null ? 'booked' : 'pending',
    bookedAt: booked?.at ?? null,
    valueAt: dateAt(childAt(element, 'ValDt'))?.at ?? null,
    timed: booked?.timed ?? false,
  };
  const transactions = childrenAt(element, 'NtryDtls', 'TxDtls');
  const parts = partsOf(whole, transactions);
  const reference = cleanReference(textAt(element, 'AcctSvcrRef'));
  const within = textAt(element, 'NtryRef');
  if (parts === null) {
    return [{ entry: { ...whole, ...detailsOf(element, transactions, whole, reference) }, within }];
  }
  return transactions.map((transaction, at) => {
    const part = { ...whole, ...parts[at] };
    const details = detailsOf(element, [transaction], part, reference);
    return { entry: { ...part, ...details }, within };
  });
}

type Part = { readonly amount: Amount; readonly direction: Direction };

/** What each transaction of a batch moved; null unless they add up to the whole exactly. */
function partsOf(whole: Whole, transactions: readonly Element[]): Part[] | null {
  if (transactions.length < 2) return null;
  const parts: Part[] = [];
  let sum = 0n;
  for (const transaction of transactions) {
    const holder = childAt(transaction, 'Amt')
      ? transaction
      : childAt(transaction, 'AmtDtls', 'TxAmt');
    if (holder === undefined || childAt(holder, 'Amt') === undefined) return null;
    const amount = amountAt(holder);
    const said = childAt(transaction, 'CdtDbtInd') ? directionAt(transaction) : whole.direction;
    if (amount.asset !== whole.amount.asset) return null;
    sum += said === whole.direction ? amount.units : -amount.units;
    parts.push({ amount, direction: said });
  }
  return sum === whole.amount.units ? parts : null;
}

type Details = Omit<RawEntry, keyof Whole>;

function detailsOf(
  element: Element,
  transactions: readonly Element[],
  { direction, reversal }: Pick<RawEntry, 'direction' | 'reversal'>,
  reference: string | null,
): Details {
  // Several transactions that cannot be told apart have no one payer.
  const only = transactions.length === 1 ? transactions[0] : undefined;
  // A reversal keeps the parties of what it takes back.
  const other = (direction === 'in') === !reversal ? 'Dbtr' : 'Cdtr';
  const parties = childAt(only, 'RltdPties');
  const texts = transactions.flatMap(remittanceOf);
  const text = texts.length > 0 ? texts : [textAt(element, 'AddtlNtryInf') ?? ''];
  return {
    counterpartyName: nameOf(parties, other) ?? nameOf(parties, `Ultmt${other}`),
    counterpartyAccount: accountOf(childAt(parties, `${other}Acct`, 'Id')),
    text: cleanText(text.join(' ')) ?? '',
    endToEndId: cleanReference(textAt(only, 'Refs', 'EndToEndId')),
    bankReference: cleanReference(textAt(only, 'Refs', 'AcctSvcrRef')) ?? reference,
  };
}

/** Versions to .001.06 name the party itself, later ones a `Pty` or an agent inside. */
function nameOf(parties: Element | undefined, role: string): string | null {
  const party = childAt(parties, role);
  return (
    textAt(party, 'Nm') ?? textAt(party, 'Pty', 'Nm') ?? textAt(party, 'Agt', 'FinInstnId', 'Nm')
  );
}

function accountOf(id: Element | undefined): string | null {
  return cleanAccount(textAt(id, 'IBAN') ?? textAt(id, 'Othr', 'Id'));
}

function remittanceOf(transaction: Element): string[] {
  const structured = childrenAt(transaction, 'RmtInf', 'Strd');
  return [
    ...childrenAt(transaction, 'RmtInf', 'Ustrd').map(({ text }) => text),
    ...childrenAt(transaction, 'RmtInf', 'Strd', 'CdtrRefInf', 'Ref').map(({ text }) => text),
    ...structured.flatMap((one) => childrenAt(one, 'AddtlRmtInf').map(({ text }) => text)),
    textAt(transaction, 'AddtlTxInf') ?? '',
  ].filter((text) => text.trim() !== '');
}
