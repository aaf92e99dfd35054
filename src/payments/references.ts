// The two short names of a payment: its number, and the printed reference made from it.

import type { Tx } from '../db/database.ts';

export type ReferenceNumber = { readonly number: number; readonly reference: string };

export type References = {
  /** A fresh number and its reference; needs the database once in a few hundred calls. */
  next(): Promise<ReferenceNumber>;
  /** Takes back a number that no payment was written with. */
  giveBack(number: number): void;
  /** The reference of a number; null for one beyond all that can ever be given. */
  of(number: number): string | null;
};

const BLOCK = 512;
const REFILL_BELOW = 256;
const HALF_BITS = 17;
const HALF_MASK = 2 ** HALF_BITS - 1;
/** 2^34 references fit below the 26^3 * 10^6 that three letters and six digits can say. */
const CAPACITY = 2 ** (2 * HALF_BITS);
const DIGITS = 1_000_000;
const DIGIT_COUNT = 6;
const LETTERS = 26;
const ROUNDS = 4;
const FIRST_LETTER = 65;

/** Shape of a reference: `AAA-000000-PMT`. */
export const referencePattern = /^[A-Z]{3}-\d{6}-PMT$/;

export async function createReferences(db: Tx): Promise<References> {
  const keys = await roundKeys(db);
  let free: number[] = [];
  let refilling: Promise<void> | null = null;

  async function refill(): Promise<void> {
    const rows = await db.query<{ number: number }>(
      `select nextval('payment_numbers') as number from generate_series(1, $1)`,
      [BLOCK],
      'payment-numbers',
    );
    free.push(...rows.map((row) => row.number).reverse());
    free = free.toSorted((left, right) => right - left);
  }

  function ensure(): Promise<void> {
    refilling ??= refill().finally(() => {
      refilling = null;
    });
    return refilling;
  }

  async function next(): Promise<ReferenceNumber> {
    // A failed refill ahead of need is no error yet: whoever finds none left asks again.
    if (free.length < REFILL_BELOW) void ensure().catch(() => undefined);
    for (;;) {
      const number = free.pop();
      if (number !== undefined) return { number, reference: referenceOf(number, keys) };
      await ensure();
    }
  }

  return {
    next,
    giveBack: (number) => void free.push(number),
    of: (number) => (number < CAPACITY ? referenceOf(number, keys) : null),
  };
}

/**
 * A keyed permutation (a Feistel network) of the numbers below 2^34: every number has its own
 * reference, and neighbours do not look alike. It hides how many payments there are from a casual
 * eye; it guards nothing, so a quick mixing function is enough.
 */
export function referenceOf(number: number, keys: readonly number[]): string {
  if (number >= CAPACITY) throw new Error('payment references are exhausted');
  let left = Math.floor(number / 2 ** HALF_BITS);
  let right = number % 2 ** HALF_BITS;
  for (const key of keys) {
    [left, right] = [right, left ^ (mix(right ^ key) & HALF_MASK)];
  }
  const value = left * 2 ** HALF_BITS + right;
  const digits = String(value % DIGITS).padStart(DIGIT_COUNT, '0');
  return `${letters(Math.floor(value / DIGITS))}-${digits}-PMT`;
}

function letters(value: number): string {
  const third = value % LETTERS;
  const second = Math.floor(value / LETTERS) % LETTERS;
  const first = Math.floor(value / LETTERS ** 2);
  const codes = [first, second, third].map((letter) => FIRST_LETTER + letter);
  return String.fromCharCode(...codes);
}

// The 32-bit finaliser of MurmurHash3 (public domain, Austin Appleby).
function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

async function roundKeys(db: Tx): Promise<number[]> {
  const [row] = await db.query<{ key: Buffer }>('select reference_key as key from deployment');
  if (!row) throw new Error('the deployment row is missing');
  return Array.from({ length: ROUNDS }, (_, round) => row.key.readUInt32LE(round * 4));
}
