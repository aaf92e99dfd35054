// The plan of a day at the desk: who is to pay what, by which dialect, and how it becomes known.

/** The three currencies of the day. */
export const currencies = ['EUR', 'KRW', 'KES'] as const;
export type Currency = (typeof currencies)[number];

/** How a shop asks for money, and to what its payer transfers. */
export type Door =
  | 'xbillion-bank'
  | 'xlink-bank'
  | 'xlink-card'
  | 'bitxpay-bank'
  | 'bitxpay-card'
  | 'bitxpay-phone'
  | 'bitxpay-wallet';

/**
 * How the desk learns of the money. `first`: the message comes before the payment is made. `short`
 * and `over`: another amount comes, and waits for the manager. `expires`: none comes in time.
 * `open`: none has come by the end of the day. Two words: both say it, and it counts once.
 */
export const fates = [
  'word',
  'statement',
  'message',
  'first',
  'word message',
  'word statement',
  'message statement',
  'short',
  'over',
  'expires',
  'open',
] as const;
export type Fate = (typeof fates)[number];

export type PlannedPayIn = {
  readonly number: number;
  readonly door: Door;
  readonly currency: Currency;
  readonly units: bigint;
  readonly fate: Fate;
};

export const decimals: Readonly<Record<Currency, number>> = { EUR: 2, KRW: 0, KES: 2 };

type Line = readonly [Door, Currency, Partial<Record<Fate, number>>];

const lines: readonly Line[] = [
  [
    'xbillion-bank',
    'EUR',
    {
      statement: 38,
      word: 8,
      message: 6,
      expires: 1,
      open: 1,
      'message statement': 3,
      'word statement': 3,
    },
  ],
  ['xlink-bank', 'EUR', { statement: 9, short: 3, over: 3 }],
  ['xlink-card', 'EUR', { word: 14, 'word message': 2, expires: 3, open: 1 }],
  ['xlink-bank', 'KRW', { message: 22, first: 6, word: 8, short: 2, over: 2, expires: 3, open: 2 }],
  [
    'bitxpay-phone',
    'KES',
    { message: 13, first: 4, 'word message': 2, short: 1, over: 1, open: 1 },
  ],
  ['bitxpay-bank', 'KES', { word: 10, open: 1 }],
  // Twelve of the same price on one wallet: told apart by some cents.
  ['bitxpay-wallet', 'KES', { message: 12 }],
  ['bitxpay-card', 'EUR', { word: 12, message: 3 }],
];

/** The smallest price in each currency, and by how much each payment's differs from the others'. */
const prices: Readonly<Record<Currency, { readonly from: bigint; readonly step: bigint }>> = {
  EUR: { from: 2_000n, step: 150n },
  KRW: { from: 20_000n, step: 1_700n },
  KES: { from: 150_000n, step: 11_300n },
};
const samePrice = 120_000n;

/** All of the day, in an order that the seed decides. */
export function planPayIns(random: () => number): readonly PlannedPayIn[] {
  const next = { EUR: 0n, KRW: 0n, KES: 0n };
  const planned = lines.flatMap(([door, currency, counts]) =>
    fates.flatMap((fate) =>
      Array.from({ length: counts[fate] ?? 0 }, () => {
        if (door === 'bitxpay-wallet') return { door, currency, fate, units: samePrice };
        const { from, step } = prices[currency];
        next[currency] += 1n;
        return { door, currency, fate, units: from + next[currency] * step };
      }),
    ),
  );
  return shuffled(planned, random).map((one, at) => ({ ...one, number: at + 1 }));
}

/** The same for the same seed, everywhere (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, key: random() }))
    .sort((one, other) => one.key - other.key)
    .map(({ item }) => item);
}

export function printUnits(units: bigint, currency: Currency): string {
  const places = decimals[currency];
  const digits = units.toString().padStart(places + 1, '0');
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

export function readUnits(text: string, currency: Currency): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(decimals[currency], '0'));
}
