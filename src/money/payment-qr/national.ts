// National transfer schemes on the EMVCo base: PromptPay (Thailand), PayNow (Singapore), VietQR.

import type { Amount } from '../amount.ts';
import { type EmvField, emvText } from './emv.ts';
import type { QrText } from './qr-text.ts';

export type NationalPayment = {
  readonly amount: Amount;
  readonly name: string;
  readonly city: string | null;
  /** What comes back in the receiver's statement, where the scheme carries it. */
  readonly reference: string;
};

const MAX_NAME = 25;
const MAX_CITY = 15;

/**
 * “Thai QR Payment Standard” of the Bank of Thailand, credit transfer by a mobile number in E.164.
 * The scheme hands no reference on, so the code carries none. Refuses other numbers than Thai ones.
 */
export function promptPayText(phone: string, payment: NationalPayment): QrText {
  if (!/^\+66\d{8,9}$/.test(phone)) return { refused: 'the phone number is not a Thai one' };
  const proxy = `00${phone.slice(1)}`;
  const account: EmvField = [
    '29',
    [
      ['00', 'A000000677010111'],
      ['01', proxy.padStart(13, '0')],
    ],
  ];
  return national(account, 'TH', 'Bangkok', payment, []);
}

/**
 * “PayNow QR specification” of the Association of Banks in Singapore: a mobile number in E.164, the
 * amount not to be changed, the reference as the bill's number.
 */
export function payNowText(phone: string, payment: NationalPayment): QrText {
  if (!/^\+65\d{8}$/.test(phone)) return { refused: 'the phone number is not one of Singapore' };
  const account: EmvField = [
    '26',
    [
      ['00', 'SG.PAYNOW'],
      ['01', '0'],
      ['02', phone],
      ['03', '0'],
    ],
  ];
  return national(account, 'SG', 'Singapore', payment, [['01', payment.reference]]);
}

/**
 * VietQR of NAPAS: an account (QRIBFTTA) or a card (QRIBFTTC) at a bank named by its number of six
 * digits. The reference is the purpose of the transfer.
 */
export function vietQrText(
  to: { readonly bank: string; readonly number: string; readonly card: boolean },
  payment: NationalPayment,
): QrText {
  if (!/^97\d{4}$/.test(to.bank)) return { refused: 'the bank code is no number of NAPAS' };
  const receiver: EmvField = [
    '01',
    [
      ['00', to.bank],
      ['01', to.number],
    ],
  ];
  const service: EmvField = ['02', to.card ? 'QRIBFTTC' : 'QRIBFTTA'];
  const account: EmvField = ['38', [['00', 'A000000727'], receiver, service]];
  return national(account, 'VN', 'Ha Noi', payment, [['08', payment.reference]]);
}

function national(
  account: EmvField,
  country: string,
  capital: string,
  { amount, name, city }: NationalPayment,
  additional: readonly EmvField[],
): QrText {
  return emvText({
    accounts: [account],
    once: true,
    categoryCode: '0000',
    currency: amount.asset,
    amount,
    country,
    // Both are for the eye only: the bank shows whom the number belongs to.
    name: plainOr('NA', name, MAX_NAME),
    city: plainOr(capital, city ?? '', MAX_CITY),
    postalCode: null,
    additional,
  });
}

/** What a scheme that knows ASCII only can show of a name: without marks, cut; or a stand-in. */
export function plainOr(standIn: string, text: string, maxCharacters: number): string {
  const plain = text.normalize('NFD').replaceAll(/\p{M}/gu, '').slice(0, maxCharacters).trim();
  return /^[\u0020-\u007e]+$/.test(plain) ? plain : standIn;
}
