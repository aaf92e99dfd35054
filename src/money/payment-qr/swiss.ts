// Swiss QR code, Implementation Guidelines QR-bill version 2.3: payments in CHF and EUR.

import { isQRIBAN, isValidIBAN } from 'ibantools';
import type { Amount } from '../amount.ts';
import { formatDecimal } from '../decimal.ts';
import { type QrText, firstOf, isCreditorReference, textFault } from './qr-text.ts';

/** Structured (type S): the guidelines accept no other form since 21 November 2025. */
export type SwissAddress = {
  readonly name: string;
  readonly street: string | null;
  readonly house: string | null;
  readonly postalCode: string;
  readonly town: string;
  /** ISO 3166-1, two letters. */
  readonly country: string;
};

export type SwissPayment = {
  readonly iban: string;
  readonly creditor: SwissAddress;
  readonly currency: string;
  /** Null: the payer types it. */
  readonly amount: Amount | null;
  readonly debtor: SwissAddress | null;
  /** A QR reference (27 digits) with a QR-IBAN; an ISO 11649 reference or null with any other. */
  readonly reference: string | null;
  readonly message: string | null;
  readonly billInformation: string | null;
  /** At most two, as their schemes define them. */
  readonly alternatives: readonly string[];
};

const MAX_UNITS = 99_999_999_999n;
const MAX_CHARACTERS = 997;
// Appendix B of version 2.3: Basic Latin, Latin-1, Latin Extended-A, and five more letters.
const permitted = /[\u0020-\u007e\u00a0-\u017f\u0218-\u021b\u20ac]/;
const rowTen: readonly number[] = [0, 9, 4, 6, 8, 2, 7, 1, 3, 5];

/**
 * The text of a Swiss QR code: UTF-8, lines ended by LF. The drawing needs error correction M and
 * the Swiss cross in its middle. Refuses accounts outside CH and LI, other currencies, a reference
 * that does not belong to its kind of account, and letters outside the permitted set.
 */
export function swissText(payment: SwissPayment): QrText {
  const refused = faultOf(payment);
  if (refused !== null) return { refused };
  const { amount, reference, message, billInformation, alternatives } = payment;
  const after = [billInformation ?? '', ...alternatives];
  const elements = [
    'SPC',
    '0200',
    '1',
    payment.iban,
    ...address(payment.creditor),
    ...address(null),
    amount === null ? '' : formatDecimal(amount.units, 2),
    payment.currency,
    ...address(payment.debtor),
    referenceType(payment),
    reference ?? '',
    message ?? '',
    'EPD',
    ...(after.some((element) => element !== '') ? after : []),
  ];
  const text = elements.join('\n');
  const length = [...text].length;
  return length > MAX_CHARACTERS
    ? { refused: `the code has ${length} characters, at most ${MAX_CHARACTERS} fit` }
    : { text };
}

function address(of: SwissAddress | null): string[] {
  if (of === null) return Array.from({ length: 7 }, () => '');
  const { name, street, house, postalCode, town, country } = of;
  return ['S', name, street ?? '', house ?? '', postalCode, town, country];
}

function referenceType({ iban, reference }: SwissPayment): string {
  if (reference === null) return 'NON';
  return isQRIBAN(iban) ? 'QRR' : 'SCOR';
}

function faultOf(payment: SwissPayment): string | null {
  const { message, billInformation, alternatives } = payment;
  const additional = [...((message ?? '') + (billInformation ?? ''))].length;
  return firstOf([
    accountFault(payment.iban),
    addressFault('creditor', payment.creditor),
    payment.debtor === null ? null : addressFault('debtor', payment.debtor),
    currencyFault(payment),
    referenceFault(payment),
    textFault('the message', message, { max: 140, optional: true, allowed: permitted }),
    textFault('the bill information', billInformation, {
      max: 140,
      optional: true,
      allowed: permitted,
    }),
    additional > 140 ? 'message and bill information have more than 140 characters together' : null,
    alternatives.length > 2 ? 'a code has at most two alternative procedures' : null,
    ...alternatives.map((one) =>
      textFault('an alternative procedure', one, { max: 100, allowed: permitted }),
    ),
  ]);
}

function accountFault(iban: string): string | null {
  if (!isValidIBAN(iban)) return 'the IBAN is not valid (no spaces, right check digits)';
  return /^(CH|LI)/.test(iban) ? null : 'the account is in neither CH nor LI';
}

function addressFault(who: string, of: SwissAddress): string | null {
  const fault = (name: string, value: string | null, max: number, optional?: true) =>
    textFault(`the ${who}’s ${name}`, value, {
      max,
      allowed: permitted,
      ...(optional && { optional }),
    });
  return firstOf([
    fault('name', of.name, 70),
    fault('street', of.street, 70, true),
    fault('house number', of.house, 16, true),
    fault('postal code', of.postalCode, 16),
    fault('town', of.town, 35),
    /^[A-Z]{2}$/.test(of.country) ? null : `the ${who}’s country is not a code of two letters`,
  ]);
}

function currencyFault({ currency, amount }: SwissPayment): string | null {
  if (currency !== 'CHF' && currency !== 'EUR') {
    return `the code can ask for CHF and EUR only, not ${currency}`;
  }
  if (amount === null) return null;
  if (amount.asset !== currency) return `the amount is in ${amount.asset}, not in ${currency}`;
  const { units } = amount;
  return units < 1n || units > MAX_UNITS ? 'the amount is not within 0.01 and 999999999.99' : null;
}

function referenceFault({ iban, reference }: SwissPayment): string | null {
  if (isQRIBAN(iban)) {
    if (reference === null) return 'a QR-IBAN needs a QR reference';
    return isQrReference(reference) ? null : 'the QR reference is not 27 digits with a right check';
  }
  if (reference === null || isCreditorReference(reference)) return null;
  return 'with this IBAN the reference must be one of ISO 11649 with right check digits';
}

/** Modulo 10, recursive, over 26 digits: appendix B of the guidelines. */
function isQrReference(text: string): boolean {
  if (!/^\d{27}$/.test(text) || /^0+$/.test(text)) return false;
  let carry = 0;
  for (const digit of text.slice(0, 26)) carry = rowTen[(carry + Number(digit)) % 10] ?? 0;
  return (10 - carry) % 10 === Number(text[26]);
}
