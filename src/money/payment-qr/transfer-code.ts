// Which payment QR code fits a transfer: by currency, kind of number and country.

import { isValidBIC } from 'ibantools';
import type { Amount } from '../amount.ts';
import { epcText } from './epc.ts';
import { payNowText, plainOr, promptPayText, vietQrText } from './national.ts';
import { pixText } from './pix.ts';
import type { QrText } from './qr-text.ts';
import { swissText } from './swiss.ts';
import { upiLink } from './upi.ts';

export type Transfer = {
  /**
   * What is known of where the money goes. Read are `kind` (iban, account, card, phone, wallet),
   * `number`, `holder`, `bankCode`, `country` and `city`.
   */
  readonly details: Readonly<Record<string, string>>;
  readonly amount: Amount;
  /** What the payer is to write beside the money: letters, digits and hyphens. */
  readonly reference: string;
};

export type CodeStandard = 'epc' | 'swiss' | 'pix' | 'upi' | 'promptpay' | 'paynow' | 'vietqr';

export type TransferCode = { readonly standard: CodeStandard; readonly text: string };

/**
 * The text that a payer's banking app reads, or null when no standard fits what is known. A plain
 * EMVCo code is never made: without a scheme that both banks know it would mean nothing.
 */
export function transferCode(transfer: Transfer): TransferCode | null {
  for (const { standard, read } of schemes[transfer.amount.asset] ?? []) {
    const said = read(transfer);
    if (said !== null && 'text' in said) return { standard, text: said.text };
  }
  return null;
}

type Scheme = {
  readonly standard: CodeStandard;
  /** Null: it is not meant for such a number. */
  read(transfer: Transfer): QrText | null;
};

const MAX_PIX_NAME = 25;
const MAX_PIX_CITY = 15;

/** The code wants both, and a town alone is not enough: `8004 Zürich`. */
const townForm = /^(?<postalCode>\d{4}) +(?<town>\S.*)$/;

const swiss: Scheme = {
  standard: 'swiss',
  read: ({ details, amount, reference }) => {
    const { kind, number = '', holder = '', country, city = '' } = details;
    const { postalCode, town } = townForm.exec(city)?.groups ?? {};
    if (kind !== 'iban' || postalCode === undefined || town === undefined) return null;
    return swissText({
      iban: number,
      creditor: {
        name: holder,
        street: null,
        house: null,
        postalCode,
        town,
        country: country ?? number.slice(0, 2),
      },
      currency: amount.asset,
      amount,
      debtor: null,
      reference: null,
      message: reference,
      billInformation: null,
      alternatives: [],
    });
  },
};

const epc: Scheme = {
  standard: 'epc',
  read: ({ details, amount, reference }) => {
    if (details.kind !== 'iban') return null;
    const { number = '', holder = '', bankCode = '' } = details;
    return epcText({
      name: holder,
      iban: number,
      bic: isValidBIC(bankCode) ? bankCode : null,
      amount,
      purpose: null,
      reference: null,
      text: reference,
      note: null,
    });
  },
};

/** In Brazil a phone number and what a wallet is known by are keys of Pix. */
const pix: Scheme = {
  standard: 'pix',
  read: ({ details, amount, reference }) => {
    const { kind, number = '', holder = '', city = '' } = details;
    if (kind !== 'phone' && kind !== 'wallet') return null;
    return pixText({
      account: { key: number, description: null },
      amount,
      name: plainOr('NA', holder, MAX_PIX_NAME),
      // Has to be there, and no bank reads it: the key says who and where.
      city: plainOr('Brasil', city, MAX_PIX_CITY),
      transactionId: reference.replaceAll(/[^A-Za-z0-9]/g, ''),
    });
  },
};

const upi: Scheme = {
  standard: 'upi',
  read: ({ details, amount, reference }) => {
    const { kind, number = '', holder = '' } = details;
    if (kind !== 'wallet') return null;
    return upiLink({
      address: number,
      name: holder,
      amount,
      categoryCode: null,
      transactionId: null,
      reference,
      note: reference,
      url: null,
    });
  },
};

const promptPay: Scheme = {
  standard: 'promptpay',
  read: (transfer) => byPhone(transfer, promptPayText),
};

const payNow: Scheme = { standard: 'paynow', read: (transfer) => byPhone(transfer, payNowText) };

const vietQr: Scheme = {
  standard: 'vietqr',
  read: ({ details, amount, reference }) => {
    const { kind, number = '', holder = '', city = null, bankCode = '' } = details;
    if (kind !== 'account' && kind !== 'card') return null;
    const to = { bank: bankCode, number, card: kind === 'card' };
    return vietQrText(to, { amount, name: holder, city, reference });
  },
};

function byPhone(
  { details, amount, reference }: Transfer,
  write: typeof promptPayText,
): QrText | null {
  const { kind, number = '', holder = '', city = null } = details;
  return kind === 'phone' ? write(number, { amount, name: holder, city, reference }) : null;
}

/** By currency, the most telling first: a Swiss bank's app may know the Swiss code only. */
const schemes: Readonly<Record<string, readonly Scheme[]>> = {
  EUR: [swiss, epc],
  CHF: [swiss],
  BRL: [pix],
  INR: [upi],
  THB: [promptPay],
  SGD: [payNow],
  VND: [vietQr],
};
