// Limits: whether a requisite can take one more operation of an amount now, and if not, why. Pure.

import { maximum, minimum } from '../money/amount.ts';
import { type Schedule, isOpen, nextOpening } from './schedule.ts';
import { type LocalTime, dayAfter, momentOf, monthAfter } from './zone.ts';

/** Null: no limit. Units are the smallest of the requisite's currency. */
export type Limits = {
  readonly minUnits: bigint | null;
  readonly maxUnits: bigint | null;
  readonly dayUnits: bigint | null;
  readonly dayCount: number | null;
  readonly monthUnits: bigint | null;
  readonly monthCount: number | null;
  /** Operations that may be open at the same time. */
  readonly openLimit: number | null;
  /** Between the beginnings of two operations. */
  readonly coolDownSeconds: number;
  readonly schedule: Schedule;
  readonly timeZone: string;
};

/** What was used of a day or a month. */
export type Usage = { readonly units: bigint; readonly operations: number };

/** A requisite as it stands at one moment. */
export type Standing = {
  readonly limits: Limits;
  readonly active: boolean;
  readonly local: LocalTime;
  readonly openCount: number;
  readonly leasedAt: Date | null;
  readonly day: Usage;
  readonly month: Usage;
  /** What its trader's deposit can still cover; null where nobody has to. */
  readonly depositUnits: bigint | null;
  /** What is asked of all of them at this moment. */
  readonly asked: Usage;
};

/** The largest amount worth a try until then; null: any. */
export type Room = { readonly units: bigint | null; readonly until: Date };

/** Why a requisite is left out: the first that applies. */
export const exclusions = [
  'inactive',
  'schedule',
  'cool-down',
  'open-limit',
  'minimum',
  'maximum',
  'day-count',
  'day-volume',
  'month-count',
  'month-volume',
  'deposit',
  // Every amount that could be told apart is open already.
  'amounts',
] as const;
export type Exclusion = (typeof exclusions)[number];

type Limit = Exclude<Exclusion, 'amounts'>;

const MS_PER_SECOND = 1_000;
/** A deposit may grow at any time, and nobody says so to every requisite of its trader. */
const DEPOSIT_PAUSE_MS = 30_000;
/** Of those whose trader is shut out: they must not stand in front for ever. */
const INACTIVE_PAUSE_MS = 60_000;

const breaks: Readonly<Record<Limit, (standing: Standing, units: bigint, now: Date) => boolean>> = {
  inactive: ({ active }) => !active,
  schedule: ({ limits, local }) => !isOpen(limits.schedule, local),
  // Without a pause, another process's clock may be ahead of ours: that excludes nobody.
  'cool-down': (standing, _, now) =>
    standing.limits.coolDownSeconds > 0 && coolAt(standing) > now.getTime(),
  'open-limit': ({ limits, openCount }) => isFull(limits.openLimit, openCount),
  minimum: ({ limits }, units) => limits.minUnits !== null && units < limits.minUnits,
  maximum: ({ limits }, units) => limits.maxUnits !== null && units > limits.maxUnits,
  'day-count': ({ limits, day }) => isFull(limits.dayCount, day.operations),
  'day-volume': ({ limits, day }, units) => exceeds(limits.dayUnits, day.units + units),
  'month-count': ({ limits, month }) => isFull(limits.monthCount, month.operations),
  'month-volume': ({ limits, month }, units) => exceeds(limits.monthUnits, month.units + units),
  deposit: ({ depositUnits }, units) => depositUnits !== null && depositUnits < units,
};
const order = Object.keys(breaks) as Limit[];

/** Null when the requisite can take it. */
export function exclusionOf(standing: Standing, units: bigint, now: Date): Limit | null {
  return order.find((limit) => breaks[limit](standing, units, now)) ?? null;
}

/**
 * When the requisite is worth the next look; null: not before something is changed or closed. One
 * that has hardly anything left is taken out of the line, where it would stand in front and serve
 * nobody: it is still found by those whom no other serves.
 */
export function nextTurn(standing: Standing, now: Date): Date | null {
  const { limits, local, openCount, day, month, depositUnits, asked } = standing;
  const { timeZone } = limits;
  if (isFull(limits.openLimit, openCount)) return null;
  if (!standing.active) return new Date(now.getTime() + INACTIVE_PAUSE_MS);
  if (isUsedUp(limits, 'month', month)) {
    return momentOf(timeZone, monthAfter(local.day), 0);
  }
  if (isUsedUp(limits, 'day', day)) {
    return momentOf(timeZone, dayAfter(local.day, 1), 0);
  }
  if (!isOpen(limits.schedule, local)) return nextOpening(limits.schedule, timeZone, local);
  // Not now: whoever was leased longest ago comes first among those who are ready.
  const readyAt = coolAt(standing);
  const usual = month.operations > 0 ? month : asked;
  const isWaiting = depositUnits !== null && isNearlyNothing(depositUnits, usual);
  return new Date(isWaiting ? Math.max(readyAt, now.getTime() + DEPOSIT_PAUSE_MS) : readyAt);
}

export function roomOf({ limits, local, day, month, depositUnits }: Standing, now: Date): Room {
  const midnight = momentOf(limits.timeZone, dayAfter(local.day, 1), 0);
  const volumes = smallest([leftOf(limits.dayUnits, day), leftOf(limits.monthUnits, month)]);
  if (depositUnits === null || (volumes !== null && volumes <= depositUnits)) {
    return { units: volumes, until: midnight };
  }
  const pause = new Date(now.getTime() + DEPOSIT_PAUSE_MS);
  return { units: depositUnits, until: pause < midnight ? pause : midnight };
}

function leftOf(limit: bigint | null, { units }: Usage): bigint | null {
  return limit === null ? null : maximum(limit - units, 0n);
}

function smallest(values: readonly (bigint | null)[]): bigint | null {
  return values.reduce(
    (least, value) => (least === null || value === null ? (value ?? least) : minimum(least, value)),
    null,
  );
}

function coolAt({ leasedAt, limits }: Standing): number {
  if (leasedAt === null) return 0;
  return leasedAt.getTime() + limits.coolDownSeconds * MS_PER_SECOND;
}

function isFull(limit: number | null, count: number): boolean {
  return limit !== null && count >= limit;
}

function exceeds(limit: bigint | null, units: bigint): boolean {
  return limit !== null && units > limit;
}

/** Whether hardly any operation fits any more. */
function isUsedUp(limits: Limits, period: 'day' | 'month', usage: Usage): boolean {
  if (isFull(limits[`${period}Count`], usage.operations)) return true;
  const left = leftOf(limits[`${period}Units`], usage);
  return left !== null && (left < (limits.minUnits ?? 1n) || isNearlyNothing(left, usage));
}

/** Less than half of what an operation has brought on average. */
function isNearlyNothing(left: bigint, { units, operations }: Usage): boolean {
  return left * 2n * BigInt(operations) < units;
}
