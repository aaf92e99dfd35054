// The fields of a create call and the codes for what is wrong with them: wire/xpay.md section 3.7.

import type { Mode } from '../../merchants/settings.ts';
import type { Amount } from '../../money/amount.ts';
import type { JsonObject } from '../body.ts';
import { readAmount } from './amounts.ts';
import { type Coin, coinsFor, isCrypto, isFiat, readCode } from './coins.ts';
import { type Fault, fault, isFault } from './errors.ts';
import type { PairState, XpayNeeds } from './needs.ts';

export type CreateFields = {
  readonly price: Amount;
  readonly coin: Coin;
  readonly exchange: number;
  readonly callback: string | null;
  /** 0 to 100. */
  readonly fiatWithdraw: number;
};

const required = ['src_currency', 'tgt_currency', 'amount', 'exchange_id'] as const;
const MAX_URL = 2_048;
const ALL = 100;
const anyFiat = 'USD';
const smallInteger = /^\d{1,9}$/;
const httpUrl = /^https?:\/\/[^\s\p{Cc}]+$/iu;

const faults = {
  amount: fault(400, 3021, 'amount', 'The amount must be a number greater than 0.'),
  source: fault(400, 3015, 'src_currency', 'The currency is not supported.'),
  sourceKind: fault(400, 3016, 'src_currency', 'The currency is not a crypto currency.'),
  target: fault(400, 3017, 'tgt_currency', 'The currency is not supported.'),
  targetKind: fault(400, 3018, 'tgt_currency', 'The currency is not a fiat currency.'),
  exchange: fault(400, 3019, 'exchange_id', 'The exchange does not exist.'),
  pair: fault(
    400,
    3020,
    'src_currency, tgt_currency',
    'The exchange does not trade this pair of currencies.',
  ),
  callback: fault(400, 3014, 'callback', 'The callback must be a valid http or https URL.'),
  fiatWithdraw: fault(400, 2002, 'fiat_withdraw', 'The value must be an integer of 0 to 100.'),
  connector: fault(400, 3022, 'exchange', 'The exchange has no connector.'),
  unpayable: fault(400, 3023, 'amount_to_paid', 'The amount to be paid cannot be computed now.'),
  market: fault(
    400,
    3024,
    'src_currency, tgt_currency, amount',
    'There is no market for this amount.',
  ),
} as const;

/** Why a price that could not be computed could not, by what the exchange knows of the pair. */
export function whyUnpriced(state: PairState): Fault {
  return state === 'unpriced' || state === 'untraded' ? faults.market : faults.unpayable;
}

/** The fields, or the first fault in the documented order. */
export function readCreateFields(
  needs: Pick<XpayNeeds, 'payments' | 'rates'>,
  mode: Mode,
  body: JsonObject,
): CreateFields | Fault {
  const missing = required.filter((name) => isAbsent(body[name]));
  if (missing.length > 0) return missingFault(missing);
  // What a number is does not depend on the currency; how it is rounded does, a little.
  const fiat = readCode(body.tgt_currency);
  const units = readAmount(body.amount, fiat ?? anyFiat);
  if (units === null) return faults.amount;
  const source = sourceOf(needs, mode, body.src_currency);
  if (isFault(source)) return source;
  if (fiat === null || !(isFiat(mode, fiat) || isCrypto(fiat))) return faults.target;
  if (!isFiat(mode, fiat)) return faults.targetKind;
  const number = integerOf(body.exchange_id);
  const exchange = needs.rates.exchanges(mode).find(({ id }) => id === number);
  if (!exchange) return faults.exchange;
  const state = exchange.ready
    ? needs.rates.pairState(mode, source.code, fiat, exchange.id)
    : 'quoted';
  if (state === 'untraded') return faults.pair;
  const rest = readRest(body);
  if (isFault(rest)) return rest;
  if (!exchange.ready) return faults.connector;
  if (units === 'too_large' || state === 'stale') return faults.unpayable;
  if (state === 'unpriced') return faults.market;
  return { price: { units, asset: fiat }, coin: source, exchange: exchange.id, ...rest };
}

function missingFault(names: readonly string[]): Fault {
  const each = 'This field is required.';
  return fault(400, 3013, names.join(', '), 'Some required fields are missing.', each);
}

function sourceOf(needs: Pick<XpayNeeds, 'payments'>, mode: Mode, value: unknown): Coin | Fault {
  const code = readCode(value);
  if (code === null) return faults.source;
  if (isFiat(mode, code)) return faults.sourceKind;
  // Which coins are taken does not depend on the currency of the price.
  return coinsFor(needs, mode, anyFiat).find((coin) => coin.code === code) ?? faults.source;
}

function readRest(body: JsonObject): Pick<CreateFields, 'callback' | 'fiatWithdraw'> | Fault {
  const { callback, fiat_withdraw: percent } = body;
  if (!isAbsent(callback) && !isWebUrl(callback)) return faults.callback;
  const fiatWithdraw = isAbsent(percent) ? ALL : integerOf(percent);
  if (fiatWithdraw === null || fiatWithdraw > ALL) return faults.fiatWithdraw;
  return { callback: isAbsent(callback) ? null : (callback as string), fiatWithdraw };
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

function integerOf(value: unknown): number | null {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && smallInteger.test(text) ? parseInt(text, 10) : null;
}

function isWebUrl(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    value.length <= MAX_URL &&
    value.isWellFormed() &&
    httpUrl.test(value) &&
    URL.canParse(value)
  );
}
