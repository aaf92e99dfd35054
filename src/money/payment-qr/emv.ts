// EMVCo QR Code Specification for Payment Systems, merchant-presented mode, version 1.1.

import { code as isoCurrency } from 'currency-codes';
import type { Amount } from '../amount.ts';
import { decimalsOf } from '../assets.ts';
import { formatDecimal } from '../decimal.ts';
import { type QrText, firstOf, textFault } from './qr-text.ts';

/** A data object: id of two digits with a value, or with a template of further objects. */
export type EmvField = readonly [id: string, value: string | readonly EmvField[]];

export type EmvPayment = {
  /** Merchant account information, ids 02 to 51: at least one. */
  readonly accounts: readonly EmvField[];
  /** True: this code is for one payment (id 01 is 12); null: the id is left out. */
  readonly once: boolean | null;
  /** ISO 18245, four digits; `0000` when there is none. */
  readonly categoryCode: string;
  readonly currency: string;
  /** Null: the payer types it. */
  readonly amount: Amount | null;
  readonly country: string;
  readonly name: string;
  readonly city: string;
  readonly postalCode: string | null;
  /** Objects of the additional data template (id 62): 01 bill, 05 reference label … */
  readonly additional: readonly EmvField[];
};

const MAX_VALUE_CHARACTERS = 99;
const MAX_CHARACTERS = 512;
const MAX_AMOUNT_CHARACTERS = 13;
const ascii = /[\u0020-\u007e]/;

/**
 * The text of a merchant-presented code with its checksum. Refuses what the tables of chapter 4
 * cannot carry: too long, other letters than ASCII, a currency without a number in ISO 4217.
 */
export function emvText(payment: EmvPayment): QrText {
  const refused = faultOf(payment);
  if (refused !== null) return { refused };
  const { amount, once } = payment;
  return sealEmv([
    ['00', '01'],
    ...(once === null ? [] : [['01', once ? '12' : '11'] as const]),
    ...payment.accounts,
    ['52', payment.categoryCode],
    ['53', isoCurrency(payment.currency)?.number ?? ''],
    ...(amount === null ? [] : [['54', amountText(amount)] as const]),
    ['58', payment.country],
    ['59', payment.name],
    ['60', payment.city],
    ...(payment.postalCode === null ? [] : [['61', payment.postalCode] as const]),
    ...(payment.additional.length === 0 ? [] : [['62', payment.additional] as const]),
  ]);
}

/** Writes objects in the given order, lengths in characters, sealed by id 63: the CRC of UTF-8. */
export function sealEmv(fields: readonly EmvField[]): QrText {
  const written = write(fields);
  if (typeof written !== 'string') return written;
  const open = `${written}6304`;
  const text = open + checksum(Buffer.from(open));
  const length = [...text].length;
  return length > MAX_CHARACTERS
    ? { refused: `the code has ${length} characters, at most ${MAX_CHARACTERS} fit` }
    : { text };
}

function write(fields: readonly EmvField[]): string | { readonly refused: string } {
  let text = '';
  for (const [id, value] of fields) {
    const inner = typeof value === 'string' ? value : write(value);
    if (typeof inner !== 'string') return inner;
    const length = [...inner].length;
    if (length === 0) return { refused: `object ${id} is empty` };
    if (length > MAX_VALUE_CHARACTERS) {
      return { refused: `object ${id} has ${length} characters, at most 99 fit` };
    }
    text += id + length.toString().padStart(2, '0') + inner;
  }
  return text;
}

function faultOf(payment: EmvPayment): string | null {
  const { accounts, amount, currency } = payment;
  return firstOf([
    accounts.length === 0 ? 'a code needs at least one account' : null,
    accounts.every(([id]) => /^\d\d$/.test(id) && id >= '02' && id <= '51')
      ? null
      : 'an account has an id outside 02 to 51',
    /^\d{4}$/.test(payment.categoryCode) ? null : 'the category code is not four digits',
    isoCurrency(currency) === undefined ? `${currency} has no number in ISO 4217` : null,
    amount === null ? null : amountFault(amount, currency),
    /^[A-Z]{2}$/.test(payment.country) ? null : 'the country is not a code of two letters',
    textFault('the name', payment.name, { max: 25, allowed: ascii }),
    textFault('the city', payment.city, { max: 15, allowed: ascii }),
    textFault('the postal code', payment.postalCode, { max: 10, optional: true, allowed: ascii }),
    ...payment.additional.map(([id, value]) =>
      typeof value === 'string'
        ? textFault(`object ${id} of the additional data`, value, { max: 25, allowed: ascii })
        : null,
    ),
  ]);
}

function amountFault(amount: Amount, currency: string): string | null {
  if (amount.asset !== currency) return `the amount is in ${amount.asset}, not in ${currency}`;
  if (amount.units < 1n) return 'the amount is not positive';
  return amountText(amount).length > MAX_AMOUNT_CHARACTERS
    ? 'the amount has more than 13 characters'
    : null;
}

function amountText({ units, asset }: Amount): string {
  return formatDecimal(units, decimalsOf(asset));
}

/** CRC-16/IBM-3740 (“CCITT-FALSE”): polynomial 1021, start FFFF, as ISO/IEC 13239 is used here. */
function checksum(bytes: Uint8Array): string {
  let register = 0xffff;
  for (const byte of bytes) {
    register ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) {
      const carry = register & 0x8000;
      register = (register << 1) & 0xffff;
      if (carry !== 0) register ^= 0x1021;
    }
  }
  return register.toString(16).toUpperCase().padStart(4, '0');
}
