// Payments: what the rest of the house may do with them.

import type { Database, Tx } from '../db/database.ts';
import { type Enqueue, type Job } from '../jobs/jobs.ts';
import type { Merchants } from '../merchants/merchants.ts';
import type { Vault } from '../merchants/vault.ts';
import type { ConfirmationTable, Observation, Rail } from '../rails/rail.ts';
import type { Rates } from '../rates/rates.ts';
import { createApply, policyOf } from './apply.ts';
import { type Choose, createChoose } from './choose.ts';
import { type Also, type Closing, closePayment, expireDue } from './close.ts';
import { type Create, createCreate } from './create.ts';
import type { EventListener } from './events.ts';
import { type Facts, deriveFacts } from './facts.ts';
import { forgetOldKeys } from './idempotency.ts';
import { changesFrom, createIngest } from './ingest.ts';
import type { Payment, PaymentView } from './nouns.ts';
import { type Play, type RehearsedStep, createPlay, rehearseJob } from './play.ts';
import { type Queries, type Scope, createQueries } from './queries.ts';
import { type PayoutMade, type Payouts, createPayouts } from './payouts.ts';
import { createReferences } from './references.ts';
import { Refusal } from './refusals.ts';
import type { PaymentKey } from './rows.ts';
import { tallyJob } from './tallies.ts';
import { writeDialectData } from './writes.ts';

export type Payments = Queries &
  Pick<Create, 'create' | 'repeated' | 'isCrowded'> &
  Pick<Choose, 'methods' | 'choose' | 'offered' | 'ask'> &
  Pick<Play, 'play'> &
  Payouts & {
    facts(view: PaymentView): Promise<Facts>;
    /** Throws `payment_not_found` or `status_conflict` with the present status. */
    close(scope: Scope, idOrReference: string, how: Closing, also?: Also): Promise<Payment>;
    /**
     * A payout that nobody has taken ends, and what was set aside is available again. Throws what
     * `close` throws.
     */
    closePayout(scope: Scope, id: string, how: 'expire' | 'cancel'): Promise<Payment>;
    /** Keeps the JSON text of the dialect that made it; nobody is told. */
    annotate(key: PaymentKey, dialectData: string | null): Promise<void>;
    /** The callback secret in the clear; null when the payment has none. */
    secretOf(payment: Payment): string | null;
    /**
     * Stores what somebody else has seen for a rail, in the caller's transaction. An observation
     * that is brought again changes nothing.
     */
    observed(tx: Tx, rail: string, observations: readonly Observation[]): Promise<void>;
    /** Stores what a rail saw since the last time; false when nothing was new. */
    pull(rail: Rail): Promise<boolean>;
    /** Expires everything that is due; answers how many payments were looked at. */
    expireDue(): Promise<number>;
    readonly jobs: readonly Job[];
    /** Resolves when no create is waiting or in flight. */
    drain(): Promise<void>;
  };

export type PaymentsDeps = {
  readonly db: Database;
  readonly merchants: Merchants;
  readonly vault: Vault;
  readonly rails: readonly Rail[];
  readonly rates: Rates;
  readonly enqueue: Enqueue;
  readonly now: () => Date;
  /** Hears of every event inside the transaction that writes it. */
  readonly listener: EventListener;
  /** Queues each new payout, in the transaction that makes it; left out: it waits for a person. */
  readonly payoutMade?: PayoutMade;
  /** Called after creates are durable, with how many deliveries wait because of them. */
  readonly committed: (deliveries: number) => void;
  readonly sandboxDelayMs: number;
  readonly maxWaiting: number;
};

/** Every hour, a few minutes past: nothing else of ours runs then. */
const FORGET_KEYS_CRON = '7 * * * *';

export async function createPayments(deps: PaymentsDeps): Promise<Payments> {
  const { db, merchants, now } = deps;
  const references = await createReferences(db);
  const confirmations = confirmationsBy(deps.rails);
  const apply = createApply({ merchants, now, listener: deps.listener, confirmations });
  const choose = createChoose(deps);
  const play = createPlay({ ...deps, apply, choose });
  const { assertPayable, railOf } = choose;
  const { rehearse } = play;
  const create = createCreate({ ...deps, references, assertPayable, railOf, rehearse });
  const payoutMade: PayoutMade = deps.payoutMade ?? (() => Promise.resolve());
  const payouts = createPayouts({ ...deps, references, apply, payoutMade });
  const queries = createQueries({ db, maxWaiting: deps.maxWaiting, references, vault: deps.vault });
  const ingest = createIngest({ db, apply, now });

  async function close(scope: Scope, name: string, how: Closing, also?: Also): Promise<Payment> {
    const view = await queries.find(scope, name);
    if (!view) throw new Refusal('payment_not_found');
    return (await closePayment(db, apply, view.payment, how, also)).payment;
  }

  async function closePayout(scope: Scope, id: string, how: Closing): Promise<Payment> {
    const view = await queries.findOperation(scope, id);
    if (view?.payment.direction !== 'out') throw new Refusal('payment_not_found');
    return (await closePayment(db, apply, view.payment, how)).payment;
  }

  async function facts(view: PaymentView): Promise<Facts> {
    return deriveFacts(view, await policyOf(db, merchants, view.payment), now());
  }

  async function expire(): Promise<number> {
    let total = 0;
    for (;;) {
      const looked = await expireDue(db, apply, now());
      total += looked;
      if (looked === 0) return total;
    }
  }

  return {
    ...queries,
    ...payouts,
    create: create.create,
    repeated: create.repeated,
    isCrowded: create.isCrowded,
    methods: choose.methods,
    choose: choose.choose,
    offered: choose.offered,
    ask: choose.ask,
    play: play.play,
    facts,
    close,
    closePayout,
    annotate: (key, dialectData) => writeDialectData(db, key, dialectData),
    secretOf: (payment) =>
      payment.callbackSecret && deps.vault.open(payment.callbackSecret, payment.id),
    observed: async (tx, rail, observations) => {
      await apply(tx, changesFrom(rail, observations));
    },
    pull: ingest.pull,
    expireDue: expire,
    jobs: jobsOf(play, db, now),
    drain: create.drain,
  };
}

function confirmationsBy(rails: readonly Rail[]) {
  return (name: string, method: string): ConfirmationTable =>
    rails.find((rail) => rail.name === name)?.confirmations(method) ?? [];
}

function jobsOf(play: Play, db: Tx, now: () => Date): Job[] {
  return [
    tallyJob(db),
    { name: rehearseJob, run: (payload) => play.step(payload as RehearsedStep) },
    {
      name: 'payments.forget-keys',
      cron: FORGET_KEYS_CRON,
      run: async () => {
        while ((await forgetOldKeys(db, now())) > 0);
      },
    },
  ];
}
