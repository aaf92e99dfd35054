// The merchant's policy: how much less is still enough, and what becomes of money that came wrong.

import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { maximum } from '../money/amount.ts';

export type Policy = {
  /** How much may be missing: the larger of the two counts. */
  readonly tolerance: {
    /** Basis points of the price: 50 is 0.5 %. */
    readonly basisPoints: number;
    /** Smallest units by price asset code, decimal text: {"USD": "10"} is ten cents. */
    readonly units: Readonly<Record<string, string>>;
  };
  /** Money that came after the deadline: counts, or is held in suspense. */
  readonly late: 'accept' | 'hold';
  /** What came short at the deadline: expires with the money held, or is accepted as it is. */
  readonly short: 'hold' | 'accept';
  /** What came too much: goes to the merchant with the rest, or the excess is held in suspense. */
  readonly over: 'accept' | 'hold';
  /** Confirmations by asset, in the asset's smallest units; overrides the rail's own table. */
  readonly confirmations: Readonly<
    Record<string, readonly { readonly below: string | null; readonly needed: number }[]>
  >;
};

export const defaultPolicy: Policy = {
  tolerance: { basisPoints: 0, units: {} },
  late: 'hold',
  short: 'hold',
  over: 'accept',
  confirmations: {},
};

const BASIS_POINTS = 10_000n;
/** As deep as every rail looks: what is asked beyond that would never come. */
const MAX_CONFIRMATIONS = 100;
const units = Type.String({ pattern: '^[0-9]{1,60}$' });
const policySchema = Type.Partial(
  Type.Object(
    {
      tolerance: Type.Object({
        basisPoints: Type.Integer({ minimum: 0, maximum: 10_000 }),
        units: Type.Record(Type.String(), units),
      }),
      late: Type.Union([Type.Literal('accept'), Type.Literal('hold')]),
      short: Type.Union([Type.Literal('accept'), Type.Literal('hold')]),
      over: Type.Union([Type.Literal('accept'), Type.Literal('hold')]),
      confirmations: Type.Record(
        Type.String(),
        Type.Array(
          Type.Object({
            below: Type.Union([units, Type.Null()]),
            needed: Type.Integer({ minimum: 0, maximum: MAX_CONFIRMATIONS }),
          }),
        ),
      ),
    },
    { additionalProperties: false },
  ),
);

/** Why these overrides cannot be used, in one sentence; null when they can. */
export function policyFault(overrides: unknown): string | null {
  const [fault] = Value.Errors(policySchema, overrides);
  return fault ? `policy${fault.instancePath} ${fault.message}` : null;
}

const usable = new WeakMap<object, Partial<Policy>>();

/**
 * The members that can be used. A wrong one counts as absent: money that has arrived must not wait,
 * nor the money of others behind it, until somebody mends a setting.
 */
export function usablePolicy(overrides: unknown): Partial<Policy> {
  if (typeof overrides !== 'object' || overrides === null) return {};
  let found = usable.get(overrides);
  if (found === undefined) {
    const good = Object.entries(overrides).filter(
      ([name, value]) => policyFault({ [name]: value }) === null,
    );
    found = Object.fromEntries(good) as Partial<Policy>;
    usable.set(overrides, found);
  }
  return found;
}

/** The least, in price units, that settles one use; the merchant keeps the remainder. */
export function required(priceUnits: bigint, asset: string, policy: Policy): bigint {
  const relative = (priceUnits * BigInt(policy.tolerance.basisPoints)) / BASIS_POINTS;
  const absolute = BigInt(policy.tolerance.units[asset] ?? '0');
  return maximum(priceUnits - maximum(relative, absolute), 1n);
}
