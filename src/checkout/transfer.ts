// A transfer as the payer must make it: whose account, which number, what to write beside it.

import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import { type CodeStandard, transferCode } from '../money/payment-qr/transfer-code.ts';
import type { Instruction, Payment } from '../payments/nouns.ts';
import { nameText } from './display.ts';

/** One line to read or to copy. `groups` is how it is shown; what is copied has no gaps. */
export type Line = {
  readonly name: string;
  readonly label: string;
  readonly text: string;
  readonly groups: readonly string[];
};

export type Transfer = {
  readonly number: Line;
  /** Whose it is, at which bank: what banking apps ask for beside the number. */
  readonly others: readonly Line[];
  readonly reference: string;
  /** A little is added to the amount, by which the transfer is told from others. */
  readonly marked: boolean;
  readonly code: { readonly standard: CodeStandard; readonly text: string } | null;
};

type Told = Pick<Instruction, 'details' | 'expected' | 'target' | 'priceUnits'>;

/** Null for what is no transfer: a coin's address says everything by itself. */
export function transferOf(
  { details, expected, target, priceUnits }: Told,
  { reference, price }: Pick<Payment, 'reference' | 'price'>,
): Transfer | null {
  if (details === null) return null;
  const code = transferCode({ details, amount: expected, reference });
  const number = nameText(details['number'] ?? target);
  const kind = details['kind'] ?? '';
  return {
    number: {
      name: 'number',
      label: numberLabels[code?.standard ?? kind] ?? numberLabels[kind] ?? 'Account number',
      text: number,
      groups: (groupings[kind] ?? inFours)(number),
    },
    others: otherLabels.flatMap(([name, label]) => {
      const text = nameText(details[name] ?? '');
      return text === '' ? [] : [{ name, label, text, groups: [text] }];
    }),
    reference,
    marked: expected.asset === price.asset && expected.units !== priceUnits,
    code,
  };
}

/** By the code's standard where that has a word of its own, else by kind. */
const numberLabels: Readonly<Record<string, string>> = {
  pix: 'Pix key',
  upi: 'UPI ID',
  iban: 'IBAN',
  card: 'Card number',
  phone: 'Phone number',
  wallet: 'Wallet',
};

const otherLabels: readonly (readonly [name: string, label: string])[] = [
  ['holder', 'Recipient'],
  ['bank', 'Bank'],
  ['bankCode', 'Bank code (BIC)'],
  ['city', 'City'],
  ['country', 'Country'],
  ['expires', 'Card valid until'],
];

type Grouping = (number: string) => readonly string[];

const inFours: Grouping = (number) => number.match(/.{1,4}/gsu) ?? [];

const groupings: Readonly<Record<string, Grouping>> = {
  phone: (number) =>
    (parsePhoneNumberFromString(number)?.formatInternational() ?? number).split(' '),
  // An address with letters is a word, and words have no gaps.
  wallet: (number) => (/^\d{9,}$/.test(number) ? inFours(number) : [number]),
};
