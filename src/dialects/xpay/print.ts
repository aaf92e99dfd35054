// Printing: the transaction object of wire/xpay.md section 3.4 as JSON text. By hand, because the
// answer of a create is on the hot path and all of it is text but three numbers.

import { divideDown } from '../../money/amount.ts';
import { decimalsOf } from '../../money/assets.ts';
import { formatDecimal } from '../../money/decimal.ts';
import type { User } from '../../merchants/users.ts';
import type { Instruction, Payment } from '../../payments/nouns.ts';
import { wireAmount } from './coins.ts';
import { microseconds, secondsBetween } from './dates.ts';
import { isOwn, readMarks } from './marks.ts';
import type { XpaySettings } from './settings.ts';
import { type Word, codeOf, spelt } from './words.ts';

/** What the same transaction looks like depends on where and for whom it is printed. */
export type Scene = {
  readonly settings: XpaySettings;
  /** Origin of the payer's pages for a transaction that another dialect made. */
  readonly origin: string;
  /** For a manager: who made it, null for a program. Undefined for everybody else. */
  readonly creator?: User | null;
};

type Printed = {
  readonly payment: Payment;
  readonly instructions: readonly Instruction[];
};

const ALL = 100n;
const DOCUMENTED_SPELLING = 'canceled';
const COIN_DECIMALS = 8;
const quote = JSON.stringify;

/** How wallets name the scheme of a payment URI, for rails that give none. */
const schemes: Readonly<Record<string, string>> = {
  BTC: 'bitcoin',
  LTC: 'litecoin',
  BCH: 'bitcoincash',
  ETH: 'ethereum',
  DOGE: 'dogecoin',
  DASH: 'dash',
  SOL: 'solana',
};

export function transactionText(
  { payment, instructions }: Printed,
  word: Word,
  scene: Scene,
): string {
  const { number, price, createdAt, expiresAt, reference } = payment;
  // Where another dialect's webhooks go may hold a secret, and nobody here is called there.
  const callback = isOwn(payment) ? payment.callbackUrl : null;
  const marks = readMarks(payment);
  const instruction = toldFirst(payment, instructions);
  const percent = payment.convertPercent ?? 0;
  const change = wireAmount(price.units, price.asset);
  const waiting = marks.waiting ?? secondsBetween(createdAt, expiresAt);
  const spelling = scene.settings.cancelledSpelling ?? marks.spelling ?? DOCUMENTED_SPELLING;
  return (
    `{"id":${number},"amount_to_change":"${change}","currency_to_change":"${price.asset}",` +
    `"string_amount_to_change":"${change} ${price.asset}",${paidText(instruction)},` +
    `"fiat_withdraw":"${percent}","string_fiat_withdraw":"${percent} %",` +
    `"status":"${spelt(word, spelling)}","transaction_status_code":${codeOf(word)},` +
    `"date":"${microseconds(createdAt)}","wallet":${quote(instruction?.target ?? '')},` +
    `"waiting_time":"${waiting}","waiting_time_unit":"seconds",` +
    `"string_waiting_time":"${waiting} seconds","callback":${quote(callback)},` +
    `"url":${quote(`${marks.origin ?? scene.origin}/link/${reference}`)},` +
    `"qr":${quote(instruction === null ? '' : paymentUri(instruction))},` +
    `${splitText(payment, instruction, BigInt(percent))}${creatorText(scene.creator)}}`
  );
}

/**
 * Amount and wallet are frozen at creation, so of a transaction of this dialect the first
 * instruction counts, even if the payer asked for another coin on the hosted page afterwards. A
 * payment of another dialect has none until its payer chooses, and then the last choice counts.
 */
function toldFirst(payment: Payment, instructions: readonly Instruction[]): Instruction | null {
  return (isOwn(payment) ? instructions[0] : instructions.at(-1)) ?? null;
}

function paidText(instruction: Instruction | null): string {
  const asset = instruction?.expected.asset ?? '';
  const paid = coinAmount(instruction?.expected.units ?? 0n, asset);
  const zero = coinAmount(0n, asset);
  return (
    `"amount_to_paid":"${paid}","currency_to_paid":"${asset}",` +
    `"string_amount_to_paid":"${withCode(paid, asset)}",` +
    `"commission":"${zero}","string_commission":"${withCode(zero, asset)}"`
  );
}

/** Both parts are rounded down to what can be paid; what is left over stays in the coin. */
function splitText({ price }: Payment, instruction: Instruction | null, percent: bigint): string {
  const fiat = wireAmount(divideDown(price.units * percent, ALL), price.asset);
  const { units, asset } = instruction?.expected ?? { units: 0n, asset: '' };
  const coins = coinAmount(units - divideDown(units * percent, ALL), asset);
  return (
    `"string_fiat_amount_to_commerce":"${fiat} ${price.asset}",` +
    `"string_crypto_amount_to_commerce":"${withCode(coins, asset)}"`
  );
}

function creatorText(creator: User | null | undefined): string {
  if (creator === undefined) return '';
  if (creator === null) return ',"user":null';
  const { number, email, firstName, lastName } = creator;
  return `,"user":${quote({
    id: number,
    username: email,
    first_name: firstName,
    last_name: lastName,
    email,
  })}`;
}

function coinAmount(units: bigint, asset: string): string {
  return asset === '' ? formatDecimal(units, COIN_DECIMALS) : wireAmount(units, asset);
}

function withCode(amount: string, asset: string): string {
  return asset === '' ? amount : `${amount} ${asset}`;
}

function paymentUri({ uri, target, expected: { units, asset } }: Instruction): string {
  if (uri !== null) return uri;
  const scheme = schemes[asset];
  return scheme === undefined
    ? target
    : `${scheme}:${target}?amount=${formatDecimal(units, decimalsOf(asset))}`;
}
