// The recipient of a payout: read from the metadata. wire/xlink.md section 3.1.

import type { PayoutCommand } from '../../payments/payouts.ts';
import type { JsonObject } from '../body.ts';
import type { WireError } from '../dialect.ts';
import { business, wireError } from './errors.ts';
import type { Instrument } from './methods.ts';
import { type Requisites, known, masked } from './requisites.ts';

export type Recipient = {
  readonly destination: PayoutCommand['destination'];
  /** As it is shown to the merchant. */
  readonly requisites: Requisites;
};

const neededByBanks = [
  'account_number',
  'account_name',
  'bank_province',
  'bank_city',
  'bank_code',
] as const;

/** The recipient, or the first reason against it. */
export function recipientOf(
  metadata: JsonObject | null,
  instrument: Instrument,
): Recipient | WireError {
  if (metadata === null) return business.metadata;
  const isBank = instrument === 'BANK_TRANSFER';
  const lacking = (isBank ? neededByBanks : (['account_number'] as const)).find(
    (name) => textOf(metadata, name) === null,
  );
  if (lacking) return wireError(400, `metadata.${lacking} is required for PAYOUT`);
  const text = (name: string) => textOf(metadata, name);
  const number = text('account_number') ?? '';
  const holder = text('account_name') ?? fullName(text);
  const code = text('bank_code');
  const details = known({
    number,
    holder,
    bankCode: code,
    province: text('bank_province'),
    city: text('bank_city'),
    branch: text('bank_branch'),
  });
  const account = { account_number: number, account_name: holder, bank_code: code };
  const card = { card_number: number, card_holder: holder };
  return {
    destination: { way: isBank ? 'bank' : 'card', details },
    requisites: masked(known(isBank ? account : card)),
  };
}

/** The payer's name as far as metadata says it: a transfer that comes in is compared with it. */
export function payerName(metadata: JsonObject | null): string | null {
  if (metadata === null) return null;
  const text = (name: string) => textOf(metadata, name);
  return text('account_name') ?? fullName(text);
}

function fullName(text: (name: string) => string | null): string | null {
  const parts = [text('customer_name'), text('customer_lastname')].filter((one) => one !== null);
  return parts.length === 0 ? null : parts.join(' ');
}

/** A number is taken for its digits: clients write account numbers both ways. */
function textOf(metadata: JsonObject, name: string): string | null {
  const value = Object.hasOwn(metadata, name) ? metadata[name] : null;
  const found = typeof value === 'number' ? String(value) : value;
  if (typeof found !== 'string' || found.trim() === '') return null;
  // PostgreSQL's text holds no NUL, and half a surrogate pair has no UTF-8.
  return found.replaceAll('\0', '').toWellFormed();
}
