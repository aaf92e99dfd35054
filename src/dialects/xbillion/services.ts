// Services: what carries a payment, by the names that a merchant's settings give them.

import { isPayableFiat } from '../../money/assets.ts';
import { parseDecimal } from '../../money/decimal.ts';
import type { Mode } from '../../merchants/settings.ts';

/** The vendor's list: wire/xbillion.md section 3.1. */
export const currencies = ['USD', 'EUR', 'GBP', 'CNY', 'RUB', 'KZT', 'CLP'] as const;

export type FeePayer = 'merchant' | 'customer';

/** In hundredths, for every currency or by currency; null: there is none. */
type PerCurrency = bigint | ReadonlyMap<string, bigint> | null;

type Bounds = { readonly minimum: PerCurrency; readonly maximum: PerCurrency };

type Fee = {
  readonly fixed: PerCurrency;
  /** Of the amount, in ten-thousandths of a percent: 15000 is 1.5 %. */
  readonly percent: bigint;
  readonly payer: FeePayer;
};

export type Service = {
  /** What the merchant is told: send the payer to a page, or show these details. */
  readonly kind: 'redirect' | 'details';
  /** False also when a member of the configuration cannot be used. */
  readonly enabled: boolean;
  /** The way to pay; null on a redirect: the payer chooses on the page. */
  readonly method: string | null;
  readonly currencies: readonly string[];
  /** The service's own, then those of the merchant. */
  readonly bounds: readonly Bounds[];
  readonly fee: Fee | null;
  /** What is charged is converted into this currency; null: it is not. */
  readonly convertTo: string | null;
  readonly lifetimeMs: number;
  /** Takes what the vendor's example body holds. */
  readonly lenient: boolean;
};

type Bag = Readonly<Record<string, unknown>>;

const PERCENT_DECIMALS = 4;
const WHOLE_PERCENT = 10n ** BigInt(PERCENT_DECIMALS);
const HUNDRED_PERCENT = 100n * WHOLE_PERCENT;
const DEFAULT_LIFETIME_SECONDS = 1_800;
const MAX_LIFETIME_SECONDS = 366 * 24 * 60 * 60;
const SECOND_MS = 1_000;

/** Every test merchant has these, unless its settings say otherwise under the same name. */
const testServices: Readonly<Record<string, Bag>> = {
  crypto: { kind: 'redirect' },
  'bank-transfer': { kind: 'details', method: 'bank-transfer' },
  string: { kind: 'redirect' },
};
const exampleService = 'string';

/** All services of a merchant in one mode. One that cannot be read as written is disabled. */
export function readServices(bag: Bag, mode: Mode): ReadonlyMap<string, Service> {
  const configured = isBag(bag.services) ? bag.services : {};
  const all = { ...(mode === 'test' ? testServices : {}), ...configured };
  const services = Object.entries(all).map(([name, service]) => {
    const lenient = mode === 'test' && name === exampleService;
    return [name, readService(isBag(service) ? service : {}, bag, lenient)] as const;
  });
  return new Map(services);
}

/** Why these services cannot be used as they are written, or null. */
export function servicesFault(value: unknown): string | null {
  if (!isBag(value)) return 'is an object of services by their names';
  const services = readServices({ services: value }, 'live');
  const wrong = Object.entries(value).find(([name, service]) => {
    const closed = isBag(service) && service.enabled === false;
    return !closed && !services.get(name)?.enabled;
  });
  return wrong === undefined ? null : `has the service ${JSON.stringify(wrong[0])} written wrong`;
}

/** Why this limit cannot be used, or null. */
export function limitFault(value: unknown): string | null {
  const example = 'is decimal text, such as "100.00", or an object of them by currency';
  return perCurrency(value) === undefined ? example : null;
}

/** The fee of an amount, in hundredths; the fraction of a hundredth stays with who pays it. */
export function feeOf(service: Service, currency: string, hundredths: bigint): bigint {
  if (service.fee === null) return 0n;
  const { fixed, percent } = service.fee;
  return (valueFor(fixed, currency) ?? 0n) + (hundredths * percent) / HUNDRED_PERCENT;
}

export function isWithinBounds(service: Service, currency: string, hundredths: bigint): boolean {
  return service.bounds.every(({ minimum, maximum }) => {
    const [least, most] = [valueFor(minimum, currency), valueFor(maximum, currency)];
    return (least === null || hundredths >= least) && (most === null || hundredths <= most);
  });
}

function valueFor(value: PerCurrency, currency: string): bigint | null {
  return typeof value === 'bigint' || value === null ? value : (value.get(currency) ?? null);
}

function readService(bag: Bag, merchant: Bag, lenient: boolean): Service {
  const fault = { found: false };
  const read = <T>(value: unknown, reader: (value: unknown) => T | undefined, none: T): T => {
    if (value === undefined || value === null) return none;
    const found = reader(value);
    if (found === undefined) fault.found = true;
    return found ?? none;
  };
  const bounds = (from: Bag): Bounds => ({
    minimum: read(from.minimum, perCurrency, null),
    maximum: read(from.maximum, perCurrency, null),
  });
  const kind = bag.kind === 'details' ? 'details' : 'redirect';
  const method = read<string | null>(bag.method, text, null);
  const service = {
    kind,
    method,
    currencies: read<readonly string[]>(bag.currencies, currencyList, currencies),
    bounds: [bounds(bag), bounds(merchant)],
    fee: read<Fee | null>(bag.fee, fee, null),
    convertTo: read<string | null>(bag.convertTo, payable, null),
    lifetimeMs:
      SECOND_MS *
      read(
        bag.lifetimeSeconds,
        lifetime,
        read(merchant.lifetimeSeconds, lifetime, DEFAULT_LIFETIME_SECONDS),
      ),
    lenient,
  } as const;
  const whole = bag.kind === kind && (kind === 'redirect' || method !== null);
  return { ...service, enabled: whole && !fault.found && (bag.enabled ?? true) === true };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function lifetime(value: unknown): number | undefined {
  const usable = Number.isInteger(value) && (value as number) > 0;
  return usable ? Math.min(value as number, MAX_LIFETIME_SECONDS) : undefined;
}

function payable(value: unknown): string | undefined {
  return typeof value === 'string' && isPayableFiat(value) ? value : undefined;
}

function currencyList(value: unknown): readonly string[] | undefined {
  const known = new Set<unknown>(currencies);
  return Array.isArray(value) && value.every((one) => known.has(one)) ? value : undefined;
}

function fee(value: unknown): Fee | undefined {
  if (!isBag(value)) return undefined;
  const fixed = value.fixed === undefined ? null : perCurrency(value.fixed);
  const percent = value.percent === undefined ? 0n : units(value.percent, PERCENT_DECIMALS);
  const payer = value.payer ?? 'merchant';
  if (fixed === undefined || percent === undefined || percent >= HUNDRED_PERCENT) return undefined;
  return payer === 'merchant' || payer === 'customer' ? { fixed, percent, payer } : undefined;
}

function perCurrency(value: unknown): PerCurrency | undefined {
  if (!isBag(value)) return units(value, 2);
  const map = new Map<string, bigint>();
  for (const [currency, one] of Object.entries(value)) {
    const found = units(one, 2);
    if (found === undefined) return undefined;
    map.set(currency, found);
  }
  return map;
}

/** Decimal text, because a number of JSON may not be what was meant. */
function units(value: unknown, decimals: number): bigint | undefined {
  const found = typeof value === 'string' ? parseDecimal(value, decimals) : undefined;
  return typeof found === 'bigint' && found >= 0n ? found : undefined;
}

function isBag(value: unknown): value is Bag {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
