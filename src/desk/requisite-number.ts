// The number of a requisite: read in its one form, checked by what its kind knows, and masked.

import { createHmac, hkdfSync } from 'node:crypto';
import cardValidator from 'card-validator';
import { electronicFormatIBAN, isValidIBAN } from 'ibantools';
import { parsePhoneNumberFromString } from 'libphonenumber-js/min';

export const requisiteKinds = ['card', 'iban', 'account', 'phone', 'wallet'] as const;
export type RequisiteKind = (typeof requisiteKinds)[number];

/** How a payer transfers: to a card, a bank account, a phone, a wallet. */
export type Way = 'card' | 'bank' | 'phone' | 'wallet';

/** What a payer chooses: both kinds of bank account are one way to pay. */
export const wayOf: Readonly<Record<RequisiteKind, Way>> = {
  card: 'card',
  iban: 'bank',
  account: 'bank',
  phone: 'phone',
  wallet: 'wallet',
};

/** Either the number in its one form, or what is wrong with it, in the operator's words. */
export type ReadNumber = { readonly number: string } | { readonly fault: string };

/** Gives the keyed hash by which equal numbers are found without being stored. */
export type Fingerprint = (number: string) => Buffer;

// National schemes begin with 8 or 9 (ISO/IEC 7812: for national assignment, and for telecoms and
// others), among them Uzcard, Humo and Troy, which the library's list lacks.
cardValidator.creditCardType.addCard({
  niceType: 'National',
  type: 'national',
  patterns: [8, 9],
  gaps: [4, 8, 12],
  lengths: [16, 17, 18, 19],
  code: { name: 'CVV', size: 3 },
});

const KEY_BYTES = 32;
const SHOWN_DIGITS = 4;
const accountNumber = /^[A-Z0-9]{4,34}$/;
const walletNumber = /^[\x21-\x7e]{4,128}$/;

/**
 * A card is checked by Luhn's digit (ISO/IEC 7812-1), an IBAN by its country's form and the
 * remainder of 97 (ISO 13616), a phone by its country's numbering plan. Account and wallet numbers
 * have no check that holds everywhere: only their letters are looked at.
 */
export function readNumber(kind: RequisiteKind, text: string): ReadNumber {
  const number = readers[kind](text.trim());
  return number === null ? { fault: `is no valid ${nouns[kind]}` } : { number };
}

/** The end of a number by which people know it again; never more than half of a short one. */
export function lastFourOf(number: string): string {
  return number.slice(-Math.min(SHOWN_DIGITS, Math.floor(number.length / 2)));
}

/** What may stand in a list. */
export function maskNumber(lastFour: string): string {
  return `**** ${lastFour}`;
}

/** `secret` is the installation's key. */
export function createFingerprint(secret: Buffer): Fingerprint {
  // A key for this purpose alone: what is known about a hash says nothing about the vault.
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'dragoman requisites', KEY_BYTES));
  return (number) => createHmac('sha256', key).update(number).digest();
}

const nouns: Readonly<Record<RequisiteKind, string>> = {
  card: 'card number',
  iban: 'IBAN',
  account: 'account number: 4 to 34 letters and digits',
  phone: 'phone number in international form, as +49 30 …',
  wallet: 'wallet number: 4 to 128 visible characters',
};

const readers: Readonly<Record<RequisiteKind, (text: string) => string | null>> = {
  card: (text) => {
    const digits = text.replaceAll(/[ -]/g, '');
    return cardValidator.number(digits).isValid ? digits : null;
  },
  iban: (text) => {
    const number = electronicFormatIBAN(text);
    return number !== null && isValidIBAN(number) ? number : null;
  },
  account: (text) => {
    const number = text.replaceAll(/[ ./-]/g, '').toUpperCase();
    return accountNumber.test(number) ? number : null;
  },
  phone: (text) => {
    const phone = parsePhoneNumberFromString(text);
    return phone?.isValid() ? phone.number : null;
  },
  wallet: (text) => (walletNumber.test(text) ? text : null),
};
