// Exchanges: a share of what a payment brought is sold on the merchant's own account.

import type { Database } from '../db/database.ts';
import type { Enqueue, Job } from '../jobs/jobs.ts';
import type { Vault } from '../merchants/vault.ts';
import { type ExchangeSettings, openExchange } from '../rates/exchange.ts';
import type { Rates } from '../rates/rates.ts';
import { type Accounts, createAccounts } from './accounts.ts';
import { noteWaiting, takeQuiet } from './claim.ts';
import type { AccountKey, Connector, Unknown } from './connector.ts';
import { type OpenExchange, createConnectors } from './connectors.ts';
import { type Step, takeStep } from './convert.ts';
import { type ConversionListener, convertJob, createPlanning } from './plan.ts';
import {
  type Conversion,
  type ConversionKey,
  type ConversionStatus,
  type ConversionView,
  conversionsOf,
} from './rows.ts';
import type { Means } from './terms.ts';

export type Exchanges = {
  /** To be called in the transaction of the events, beside the webhook fanout. */
  readonly listener: ConversionListener;
  readonly jobs: readonly Job[];
  readonly accounts: Accounts;
  /** What was made of a payment's coins, oldest first. */
  conversionsOf(payment: {
    readonly merchantId: string;
    readonly id: string;
  }): Promise<ConversionView[]>;
  /** The account itself, for questions; unknown: there is no way to it. */
  connectorOf(key: AccountKey): Promise<Connector | Unknown>;
  close(): Promise<void>;
};

export type FinishedConversion = {
  readonly exchange: number;
  readonly status: ConversionStatus;
};

export type ExchangesDeps = {
  readonly db: Database;
  readonly vault: Vault;
  readonly rates: Pick<Rates, 'quote'>;
  readonly enqueue: Enqueue;
  readonly now: () => Date;
  /** The setting EXCHANGES. */
  readonly settings: readonly ExchangeSettings[];
  /** Called after a conversion has ended for good, once. */
  readonly onFinished?: (finished: FinishedConversion) => void;
  readonly open?: OpenExchange;
};

const SECOND_MS = 1_000;
const PAUSES_MS = [1, 2, 3, 5, 10, 20, 30, 60, 120].map((seconds) => seconds * SECOND_MS);
const LONGEST_PAUSE_MS = 300 * SECOND_MS;
/** After this many looks the sweep alone looks on, every ten minutes. */
const MAX_TURNS = 400;
const EVERY_MINUTE = '* * * * *';
/** Longer than every pause: whoever was at work on it has died. */
const QUIET_MS = 2 * LONGEST_PAUSE_MS;
const SWEPT_AT_ONCE = 100;

/** `absent`: how many answers in a row said that there is no such order. */
type Turn = ConversionKey & { readonly turn?: number; readonly absent?: number };

export function createExchanges(deps: ExchangesDeps): Exchanges {
  const { db, rates, now } = deps;
  const accounts = createAccounts(deps);
  const connectors = createConnectors({ ...deps, accounts, open: deps.open ?? openExchange });
  const listener = createPlanning(deps);
  const connectorOf = (conversion: AccountKey): Promise<Connector | Unknown> =>
    connectors.of(conversion);

  async function meansOf(conversion: Conversion): Promise<Means | null> {
    if (conversion.mode === 'test') return sandboxMeans;
    const account = await accounts.find(conversion);
    return account && { ...account, identity: accounts.identityOf(account) };
  }

  async function convert(payload: unknown): Promise<void> {
    const given = payload as Turn;
    const { merchantId, paymentId, id, turn = 0, absent = 0 } = given;
    const key = { merchantId, paymentId, id };
    const step = await takeStep({ db, rates, now, meansOf, connectorOf }, key, absent);
    if (step.kind === 'again') {
      await lookAgain(deps, key, { step, turn, absent: step.absent ? absent + 1 : 0 });
    }
    if (step.kind === 'ended') deps.onFinished?.({ exchange: step.exchange, status: step.status });
  }

  return {
    listener,
    accounts,
    jobs: [
      { name: convertJob, run: convert },
      { name: 'exchanges.sweep', cron: EVERY_MINUTE, run: () => sweep(deps) },
    ],
    conversionsOf: (payment) => conversionsOf(db, payment),
    connectorOf,
    close: connectors.close,
  };
}

const sandboxMeans: Means = {
  orderType: 'market',
  limitBasisPoints: 0,
  active: true,
  identity: 'sandbox',
};

type Again = {
  readonly step: Extract<Step, { kind: 'again' }>;
  readonly turn: number;
  readonly absent: number;
};

async function lookAgain(
  { db, enqueue, now }: ExchangesDeps,
  key: ConversionKey,
  { step, turn, absent }: Again,
): Promise<void> {
  const at = now();
  await db.transaction(async (tx) => {
    if (!(await noteWaiting(tx, key, step.reason, at)) || turn >= MAX_TURNS) return;
    const runAt = new Date(at.getTime() + (PAUSES_MS[turn] ?? LONGEST_PAUSE_MS));
    await enqueue(tx, [{ name: convertJob, payload: { ...key, turn: turn + 1, absent }, runAt }]);
  });
}

/** A kill can lose a look, and never a conversion: whatever lies quiet is looked at again. */
async function sweep({ db, enqueue, now }: ExchangesDeps): Promise<void> {
  const at = now();
  await db.transaction(async (tx) => {
    const since = new Date(at.getTime() - QUIET_MS);
    const quiet = await takeQuiet(tx, since, at, SWEPT_AT_ONCE);
    if (quiet.length === 0) return;
    await enqueue(
      tx,
      quiet.map((payload) => ({ name: convertJob, payload, runAt: at })),
    );
  });
}
