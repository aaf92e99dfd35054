// The day's own books: what every account must hold in the end, and what the shops must be told.

import { withDatabase } from '../src/cli/database.ts';
import { loadConfig } from '../src/config.ts';
import { type Currency, printUnits } from './desk-plan.ts';
import { type DeskName, type DeskStage, command, deposits } from './desk-stage.ts';
import { DemoFailed, check } from './timeline.ts';

export type Day = {
  readonly stage: DeskStage;
  readonly tally: Tally;
  readonly random: () => number;
};

export type Tally = {
  /** Money that came in at a desk for the merchant, of which the house keeps a fee. */
  received(desk: DeskName, currency: Currency, units: bigint, fee?: bigint): void;
  /** What a trader's deposit still stands for. */
  reserved(desk: DeskName, currency: Currency, units: bigint): void;
  paidOut(desk: DeskName, currency: Currency, units: bigint): void;
  /** A payout that came back, at the cost of who was to send it. */
  cameBack(desk: DeskName, currency: Currency, units: bigint): void;
  /** What the shop must have been told of a payment, beside what was said before. */
  told(id: string, ...words: string[]): void;
  available(currency: Currency): bigint;
  deposit(desk: DeskName): bigint;
  readonly words: ReadonlyMap<string, readonly string[]>;
  /** Compares with the ledger, account by account, and has the ledger audited. */
  prove(): Promise<string>;
};

export function createTally({ traders, merchantId, environment }: DeskStage): Tally {
  const accounts = new Map<string, bigint>();
  const words = new Map<string, string[]>();
  const ownOf = (kind: 'deposit' | 'reserved', desk: DeskName, currency: Currency): string =>
    `live/${kind}/${currency}/${desk === 'own' ? '' : traders[desk].userId}`;

  function move(debit: string, credit: string, units: bigint): void {
    accounts.set(debit, (accounts.get(debit) ?? 0n) - units);
    accounts.set(credit, (accounts.get(credit) ?? 0n) + units);
  }

  /** Who is paid on his own card has taken back as much of his deposit, and the other way round. */
  function settle(desk: DeskName, currency: Currency, units: bigint): void {
    if (desk === 'own') return;
    move(ownOf('deposit', desk, currency), `live/outside/${currency}/desk`, units);
  }

  for (const [desk, { currency, units }] of Object.entries(deposits)) {
    settle(desk as DeskName, currency, -units);
  }

  async function prove(): Promise<string> {
    const stored = await balances(environment, merchantId);
    const names = new Set([...accounts.keys(), ...stored.keys()]);
    const wrong = [...names].flatMap((name) => {
      const [expected, found] = [accounts.get(name) ?? 0n, stored.get(name) ?? 0n];
      return expected === found ? [] : [`${name}: expected ${expected}, the ledger has ${found}`];
    });
    if (wrong.length > 0) throw new DemoFailed(`balances are off:\n${wrong.join('\n')}`);
    const audited = await command('ledger audit');
    check(audited.includes('The ledger adds up.'), audited);
    return `${names.size} balances as the day made them; ${audited.split('\n').at(-2) ?? ''}`;
  }

  return {
    received: (desk, currency, units, fee = 0n) => {
      const outside = `live/outside/${currency}/transfer`;
      move(outside, `live/available/${currency}`, units - fee);
      if (fee > 0n) move(outside, `live/fees/${currency}/house`, fee);
      settle(desk, currency, units);
    },
    reserved: (desk, currency, units) => {
      if (desk === 'own') return;
      move(ownOf('deposit', desk, currency), ownOf('reserved', desk, currency), units);
    },
    paidOut: (desk, currency, units) => {
      move(`live/available/${currency}`, `live/outside/${currency}/transfer`, units);
      settle(desk, currency, -units);
    },
    cameBack: (desk, currency, units) => {
      move(`live/outside/${currency}/transfer`, `live/available/${currency}`, units);
      settle(desk, currency, units);
    },
    told: (id, ...more) => void words.set(id, [...(words.get(id) ?? []), ...more]),
    available: (currency) => accounts.get(`live/available/${currency}`) ?? 0n,
    deposit: (desk) => {
      if (desk === 'own') return 0n;
      return accounts.get(ownOf('deposit', desk, deposits[desk].currency)) ?? 0n;
    },
    words,
    prove,
  };
}

/** Credits less debits of every account of the merchant. */
async function balances(
  environment: NodeJS.ProcessEnv,
  merchantId: string,
): Promise<ReadonlyMap<string, bigint>> {
  const config = loadConfig({ environment, folder: environment['DATA_DIR'] ?? '' });
  const quiet = { out: () => undefined, say: () => undefined };
  const rows = await withDatabase(config, quiet, (db) =>
    db.query<{ id: string; units: string }>(
      'select id, (credits - debits)::text as units from ledger_accounts where merchant_id = $1',
      [merchantId],
    ),
  );
  return new Map(rows.map(({ id, units }) => [id, BigInt(units)]));
}

export function printMoney(units: bigint, currency: Currency): string {
  return `${printUnits(units, currency)} ${currency}`;
}
