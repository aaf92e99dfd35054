// Requisites: where money is to go, under this vendor's names. wire/xlink.md section 3.1.

import { decimalsOf } from '../../money/assets.ts';
import { formatDecimal } from '../../money/decimal.ts';
import { transferCode } from '../../money/payment-qr/transfer-code.ts';
import type { Instruction, Payment } from '../../payments/nouns.ts';
import type { Instrument } from './methods.ts';

/** Names and values, in the order in which they are printed. */
export type Requisites = Readonly<Record<string, string>>;

const SHOWN = 4;
/** Names of what is no secret: which bank, and where it is. */
const open: ReadonlySet<string> = new Set(['bank_code', 'bank_name', 'network', 'asset']);

/** `****1234`; a text that is no longer than what would be shown is hidden as a whole. */
export function mask(text: string): string {
  const letters = [...text];
  return `****${letters.length > SHOWN ? letters.slice(-SHOWN).join('') : ''}`;
}

/** Every value masked, but for the bank's. */
export function masked(requisites: Requisites): Requisites {
  const entries = Object.entries(requisites);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, open.has(name) ? value : mask(value)]),
  );
}

/** Where the payer must send the money, in full: the merchant shows it. */
export function requisitesOf(
  { price, reference }: Payment,
  instruction: Instruction,
  instrument: Instrument | null,
  networkOf: () => string | null,
): Requisites {
  const { expected, target, uri, details } = instruction;
  const amount = formatDecimal(expected.units, decimalsOf(expected.asset));
  if (expected.asset !== price.asset) {
    const network = networkOf();
    return known({ network, asset: expected.asset, address: target, amount, uri });
  }
  // Told apart by its amount from others to the same account: it must be paid to the unit.
  const own = expected.units === price.units ? null : amount;
  const account = accountOf(details ?? {}, target, instrument);
  // What the payer is to write, without which equal amounts from equal names are one to us.
  const toWrite = details === null || 'card_number' in account ? null : reference;
  const code = toWrite && details ? transferCode({ details, amount: expected, reference }) : null;
  const qr = code ? code.text : null;
  return { ...account, ...known({ amount: own, uri, reference: toWrite, qr }) };
}

function accountOf(
  details: Readonly<Record<string, string>>,
  target: string,
  instrument: Instrument | null,
): Requisites {
  const { kind, number = target, holder = null, bank = null, expires = null } = details;
  const isCard = kind === undefined ? instrument === 'CARD' : kind === 'card';
  if (isCard) return known({ card_number: number, card_holder: holder, expiry_date: expires });
  const code = details.bankCode ?? null;
  const account = { account_number: number, account_name: holder };
  return known({ ...account, bank_code: code, bank_name: bank });
}

/** What is not known is left out. */
export function known(requisites: Readonly<Record<string, string | null>>): Requisites {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(requisites)) if (value !== null) found[name] = value;
  return found;
}
