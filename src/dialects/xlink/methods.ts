// Payment method types: by what a merchant takes and sends money, each under an id of its own.

import { uuidPattern } from '../../merchants/ids.ts';
import { decimalsOf, isPayableFiat } from '../../money/assets.ts';
import { formatDecimal, parseDecimal } from '../../money/decimal.ts';
import type { Mode } from '../../merchants/settings.ts';
import { isObject } from '../body.ts';
import { type OperationType, operationTypes } from './words.ts';

const instruments = ['BANK_TRANSFER', 'CARD', 'CRYPTO'] as const;
export type Instrument = (typeof instruments)[number];

export type MethodType = {
  readonly id: string;
  readonly name: string;
  readonly instrument: Instrument;
  /** ISO 3166 alpha-2. */
  readonly country: string | null;
  readonly currency: string;
  /** In the smallest units of the currency; null: there is no limit. */
  readonly minimum: bigint | null;
  readonly maximum: bigint | null;
  readonly operationType: OperationType;
  /** The way to pay in the words of the core: `bank-transfer`, `litecoin` … */
  readonly method: string;
  /** Null: the merchant's. */
  readonly lifetimeMs: number | null;
};

type Bag = Readonly<Record<string, unknown>>;

const MAX_NAME = 100;
const MAX_LIFETIME_SECONDS = 366 * 24 * 60 * 60;
const SECOND_MS = 1_000;
const countryCode = /^[A-Z]{2}$/;

/** Known to those who try the sandbox. */
export const testMethodIds = {
  bankKrw: '3f0c7a52-6d1e-4b8f-9a34-5c2e7d9b1a01',
  bankKrwPayout: '3f0c7a52-6d1e-4b8f-9a34-5c2e7d9b1a02',
  bankUsd: '3f0c7a52-6d1e-4b8f-9a34-5c2e7d9b1a03',
  cardUsd: '3f0c7a52-6d1e-4b8f-9a34-5c2e7d9b1a04',
  bankVnd: '3f0c7a52-6d1e-4b8f-9a34-5c2e7d9b1a05',
  tetherUsd: '3f0c7a52-6d1e-4b8f-9a34-5c2e7d9b1a06',
} as const;

/** Every test merchant has these, unless its settings say otherwise under the same id. */
const testMethods: readonly Bag[] = [
  {
    id: testMethodIds.bankKrw,
    name: 'Bank transfer KRW',
    instrument: 'BANK_TRANSFER',
    country: 'KR',
    currency: 'KRW',
    min: '10000',
    max: '2000000',
    operation: 'PAYIN',
  },
  {
    id: testMethodIds.bankKrwPayout,
    name: 'Bank transfer KRW, payout',
    instrument: 'BANK_TRANSFER',
    country: 'KR',
    currency: 'KRW',
    min: '10000',
    max: '2000000',
    operation: 'PAYOUT',
  },
  {
    id: testMethodIds.bankUsd,
    name: 'Bank transfer USD',
    instrument: 'BANK_TRANSFER',
    country: 'US',
    currency: 'USD',
    min: '1',
    max: '10000',
    operation: 'PAYIN',
  },
  {
    id: testMethodIds.cardUsd,
    name: 'Card USD',
    instrument: 'CARD',
    currency: 'USD',
    min: '1',
    max: '5000',
    operation: 'PAYIN',
  },
  {
    id: testMethodIds.bankVnd,
    name: 'Bank transfer VND',
    instrument: 'BANK_TRANSFER',
    country: 'VN',
    currency: 'VND',
    min: '50000',
    max: '100000000',
    operation: 'PAYIN',
  },
  {
    id: testMethodIds.tetherUsd,
    name: 'Tether USD',
    instrument: 'CRYPTO',
    currency: 'USD',
    min: '1',
    operation: 'PAYIN',
    method: 'sandbox-tether',
  },
];

/** The core's ways to pay behind the instruments that need no further word. */
const usualMethods: Readonly<Record<Instrument, string | null>> = {
  BANK_TRANSFER: 'bank-transfer',
  CARD: 'card-transfer',
  CRYPTO: null,
};

/** All of a merchant in one mode, by name and id. One that cannot be read as written is closed. */
export function readMethods(value: unknown, mode: Mode): readonly MethodType[] {
  const configured = (Array.isArray(value) ? value : []).filter(isObject);
  const byId = new Map<unknown, Bag>();
  for (const bag of [...(mode === 'test' ? testMethods : []), ...configured]) {
    byId.set(typeof bag.id === 'string' ? bag.id.toLowerCase() : bag.id, bag);
  }
  const methods = [...byId.values()]
    .filter((bag) => (bag.enabled ?? true) === true)
    .map(readMethod)
    .filter((one) => typeof one !== 'string');
  return methods.toSorted(
    (left, right) => compare(left.name, right.name) || compare(left.id, right.id),
  );
}

/** Why these methods cannot be used as they are written, or null. */
export function methodsFault(value: unknown): string | null {
  if (!Array.isArray(value)) return 'is a list of methods';
  for (const [at, one] of value.entries()) {
    const found = isObject(one) ? readMethod(one) : 'an object';
    if (typeof found === 'string') return `has method ${at + 1} written wrong: it needs ${found}`;
  }
  return null;
}

/** Whether an amount in the smallest units of the method's currency is within its limits. */
export function admits({ minimum, maximum }: MethodType, units: bigint): boolean {
  return (minimum === null || units >= minimum) && (maximum === null || units <= maximum);
}

/** `10000` of won, `1.00` of dollars. */
export function limitText({ currency }: MethodType, limit: bigint): string {
  return formatDecimal(limit, decimalsOf(currency));
}

/** The method; or what it needs, in words for the operator. */
function readMethod(bag: Bag): MethodType | string {
  const { id, name, country = null, currency, min = null, max = null } = bag;
  const instrument = instruments.find((one) => one === bag.instrument);
  const operationType = operationTypes.find((one) => one === bag.operation);
  if (typeof id !== 'string' || !uuidPattern.test(id)) return '"id", a UUID';
  if (typeof name !== 'string' || name === '' || name.length > MAX_NAME) return '"name", a text';
  if (!instrument) return `"instrument", one of ${instruments.join(', ')}`;
  if (!operationType) return `"operation", one of ${operationTypes.join(', ')}`;
  if (operationType === 'PAYOUT' && instrument === 'CRYPTO') return 'no PAYOUT by CRYPTO';
  const method = bag.method ?? usualMethods[instrument];
  if (typeof method !== 'string' || method === '') return '"method", a way to pay of this server';
  if (typeof currency !== 'string' || !isPayableFiat(currency)) return '"currency", of ISO 4217';
  if (country !== null && !(typeof country === 'string' && countryCode.test(country))) {
    return '"country", two capital letters, or null';
  }
  const [minimum, maximum] = [limitOf(min, currency), limitOf(max, currency)];
  if (minimum === undefined || maximum === undefined) return 'limits as decimal text, or null';
  const lifetimeMs = lifetimeOf(bag.lifetimeSeconds ?? null);
  if (lifetimeMs === undefined) return '"lifetimeSeconds", a whole number above 0, or none';
  const place = { id: id.toLowerCase(), name, instrument, country: country as string | null };
  return { ...place, currency, minimum, maximum, operationType, method, lifetimeMs };
}

/** Decimal text, because a number of JSON may not be what was meant. */
function limitOf(value: unknown, currency: string): bigint | null | undefined {
  if (value === null) return null;
  const found = typeof value === 'string' ? parseDecimal(value, decimalsOf(currency)) : undefined;
  return typeof found === 'bigint' && found >= 0n ? found : undefined;
}

function lifetimeOf(value: unknown): number | null | undefined {
  if (value === null) return null;
  const usable = Number.isInteger(value) && (value as number) > 0;
  return usable ? Math.min(value as number, MAX_LIFETIME_SECONDS) * SECOND_MS : undefined;
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
