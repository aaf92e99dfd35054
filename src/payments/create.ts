// Create: the hot path. Requests that arrive together are committed together by one statement.

import { hash } from 'node:crypto';
import { newId } from '../merchants/ids.ts';
import type { Amount } from '../money/amount.ts';
import { type Batcher, createBatcher } from '../db/batch.ts';
import type { Database, Tx } from '../db/database.ts';
import type { Merchants } from '../merchants/merchants.ts';
import type { Vault } from '../merchants/vault.ts';
import type { Rail } from '../rails/rail.ts';
import type { Choose } from './choose.ts';
import type { Mode } from '../db/mode.ts';
import type { EventListener } from './events.ts';
import { type IdempotentRequest, recall } from './idempotency.ts';
import { type Draft, insertPayments } from './insert.ts';
import { type Asked, NotInstructed, type Wanted, instruct, withDetails } from './instruct.ts';
import type { Direction, EventOfPayment, Instruction, Payer, Payment, Script } from './nouns.ts';
import { type RepeatedRequest, createRecentAnswers } from './recent-answers.ts';
import { Refusal } from './refusals.ts';
import { readViews } from './rows.ts';
import type { ReferenceNumber, References } from './references.ts';

export type CreateCommand = {
  readonly merchantId: string;
  readonly mode: Mode;
  readonly dialect: string;
  readonly price: Amount;
  readonly name: string;
  readonly maxUses: number;
  readonly payer: Payer;
  readonly metadata: string | null;
  readonly successUrl: string | null;
  readonly cancelUrl: string | null;
  readonly merchantReference: string | null;
  readonly callbackUrl: string | null;
  /** In the clear; sealed here, bound to the payment. */
  readonly callbackSecret: string | null;
  readonly lifetimeMs: number;
  readonly script: Script | null;
  readonly createdBy: string | null;
  readonly dialectData: string | null;
  readonly exchange: number | null;
  readonly convertPercent: number | null;
  readonly feeUnits: bigint | null;
  /** Chosen with the creation: the payer is told at once where to pay this. */
  readonly pay: (Asked & { readonly method: string }) | null;
  readonly idempotency: IdempotentRequest | null;
};

/** `replay` holds the stored answer when the request was a repetition; `payment` is null then. */
export type Created =
  | {
      readonly payment: Payment;
      /** There when the command said how it is paid. */
      readonly instruction: Instruction | null;
      readonly replay: null;
    }
  | { readonly payment: null; readonly instruction: null; readonly replay: string };

export type CreateDeps = {
  readonly db: Database;
  readonly vault: Vault;
  readonly references: References;
  readonly now: () => Date;
  readonly listener: EventListener;
  /** Plans what the sandbox does by itself, inside the creating transaction. */
  readonly rehearse: (tx: Tx, payments: readonly Payment[]) => Promise<void>;
  readonly assertPayable: Choose['assertPayable'];
  readonly railOf: (mode: Mode, method: string) => Rail | undefined;
  readonly merchants: Pick<Merchants, 'load'>;
  readonly maxWaiting: number;
  /** Called after a batch is durable, with how many deliveries wait because of it. */
  readonly committed: (deliveries: number) => void;
};

export type Create = {
  create(command: CreateCommand): Promise<Created>;
  /**
   * The answer to a request that this process has carried out lately, for those who would rather
   * not look at it a second time; null: go on, `create` knows all that were ever carried out.
   */
  repeated(asked: RepeatedRequest): Promise<string | null>;
  /** Whether shops wait in line: what can be done a little later should be. */
  isCrowded(): boolean;
  drain(): Promise<void>;
};

const BATCH_SIZE = 100;
/**
 * Measured best on two cores: with one in flight the processor waits for the disk; with more, or
 * when a batch goes beside another for a few, each create pays more of what a batch costs. Those
 * that lease somebody's account take three times as many statements, and wait more between them.
 */
const QUICK = { maxInFlight: 2, leastBeside: 16 };
const LEASED = { maxInFlight: 3, leastBeside: 16 };
/** After so many the batch is taken apart: each for itself is refused once at most. */
const WRITING_TRIES = 4;
/** So many in one batch, so lately, are a crowd. */
const CROWD = 8;
const CROWD_REMEMBERED_MS = 100;

export function createCreate(deps: CreateDeps): Create {
  let crowdedUntil = 0;
  const batcherOf = (width: typeof QUICK): Batcher<Waiting, Created> =>
    createBatcher({
      ...width,
      run: (batch) => {
        if (batch.length >= CROWD) crowdedUntil = performance.now() + CROWD_REMEMBERED_MS;
        return writeBatch(deps, batch);
      },
      maxSize: BATCH_SIZE,
      maxWaiting: deps.maxWaiting,
    });
  const quick = batcherOf(QUICK);
  const leased = batcherOf(LEASED);
  const recent = createRecentAnswers(deps.now);

  async function create(command: CreateCommand): Promise<Created> {
    const { merchantId, mode, price, pay, feeUnits } = command;
    if (feeUnits !== null && (feeUnits < 0n || feeUnits > price.units)) {
      throw new RangeError(`a fee of ${feeUnits} of a price of ${price.units}`);
    }
    // From memory, but for a question every few seconds.
    const { active } = await deps.merchants.load(deps.db, merchantId);
    if (!active) throw new Refusal('merchant_inactive');
    const asked = command.idempotency && { merchantId, mode, ...command.idempotency };
    const replay = asked && recent.find(asked);
    if (replay !== null) return { payment: null, instruction: null, replay };
    const rail = pay && deps.railOf(mode, pay.method);
    if (pay === null) await deps.assertPayable(merchantId, mode, price.asset);
    else if (!rail) throw new Refusal('method_not_available');
    const name = await deps.references.next();
    const batcher = rail?.serves ? leased : quick;
    const waiting: Waiting = { command, name, draft: null, instructionId: newId() };
    try {
      const created = await batcher.submit(waiting);
      // A repetition must not cost the numbers of payments that were never made.
      if (created.payment === null) deps.references.giveBack(name.number);
      else if (asked && waiting.draft?.idempotency) {
        recent.keep(asked, waiting.draft.idempotency.answer);
      }
      return created;
    } catch (error) {
      // Nor must a refusal. After anything else nobody knows whether the number is taken.
      if (error instanceof Refusal) deps.references.giveBack(name.number);
      throw error;
    }
  }

  async function repeated(asked: RepeatedRequest): Promise<string | null> {
    const { active } = await deps.merchants.load(deps.db, asked.merchantId);
    return active ? recent.find(asked) : null;
  }

  async function drain(): Promise<void> {
    await Promise.all([quick.drain(), leased.drain()]);
  }

  return { create, repeated, isCrowded: () => performance.now() < crowdedUntil, drain };
}

/** A command on its way; its draft is made once, however often it is tried to be written. */
type Waiting = {
  readonly command: CreateCommand;
  readonly name: ReferenceNumber;
  readonly instructionId: string;
  draft: Draft | null;
};

/** Everything about a new payment but writing it. */
export function draftOf(
  deps: Pick<CreateDeps, 'vault' | 'now'>,
  command: CreateCommand,
  { number, reference }: ReferenceNumber,
  direction: Direction = 'in',
): Draft {
  const id = newId();
  const createdAt = deps.now();
  const { callbackSecret: secret, lifetimeMs, idempotency, pay, ...rest } = command;
  const payment: Payment = {
    ...rest,
    id,
    direction,
    number,
    reference,
    status: 'awaiting',
    cause: null,
    touched: false,
    paused: false,
    uses: 0,
    callbackSecret: secret === null ? null : deps.vault.seal(secret, id),
    policy: null,
    eventSeq: 1,
    createdAt,
    updatedAt: createdAt,
    expiresAt: new Date(createdAt.getTime() + lifetimeMs),
  };
  if (!idempotency) return { payment, idempotency: null };
  const { scope, key, requestHash, forever = false } = idempotency;
  // Where to pay is known once the payment is written: the answer is written with that.
  const answer = pay === null ? idempotency.answer(payment, null) : '';
  return { payment, idempotency: { scope, key, requestHash, forever, answer } };
}

/**
 * Those for whom a rail has no place are left out and told so; the others are written without them.
 */
async function writeBatch(deps: CreateDeps, batch: Waiting[]): Promise<(Created | Error)[]> {
  const refused = new Map<Waiting, Refusal>();
  for (let tries = 1; ; tries += 1) {
    const rest = batch.filter((one) => !refused.has(one));
    try {
      const answers = rest.length > 0 ? await writeAll(deps, rest) : [];
      const written = new Map(rest.map((one, at) => [one, answers[at]]));
      return batch.map((one) => {
        return written.get(one) ?? refused.get(one) ?? new Error('a create was not answered');
      });
    } catch (error) {
      if (!(error instanceof NotInstructed) || tries === WRITING_TRIES) throw error;
      for (const one of rest) if (error.refused.has(one.instructionId)) refused.set(one, error);
    }
  }
}

async function writeAll(deps: CreateDeps, batch: Waiting[]): Promise<(Created | Error)[]> {
  const { answers, deliveries } = await deps.db.repeatable(async (tx) => {
    const earlier = await recallBatch(tx, batch, deps.now());
    const drafts = batch
      .filter((one) => !earlier.has(one))
      .map((one) => (one.draft ??= draftOf(deps, one.command, one.name)));
    const ids = await insertPayments(tx, withoutRepeats(drafts), deps.now());
    const fresh = batch.filter((one) => one.draft !== null && ids.has(one.draft.payment.id));
    const payments = fresh.flatMap(({ draft }) => (draft ? [draft.payment] : []));
    const instructed = await instructAll(deps, tx, fresh);
    const waiting = await deps.listener(tx, payments.map(createdEvent));
    await deps.rehearse(tx, payments);
    const made = new Map(payments.map(({ id }) => [id, instructed.get(id) ?? null]));
    // Here as well: after the commit nothing may fail that would be taken for a refusal.
    const all = batch.map((one) => earlier.get(one) ?? answerFor(deps, tx, one, made));
    return { answers: await Promise.all(all), deliveries: waiting };
  });
  deps.committed(deliveries);
  return answers;
}

/** By payment: where it is to be paid, for those whose commands said how. */
async function instructAll(
  deps: CreateDeps,
  tx: Tx,
  fresh: readonly Waiting[],
): Promise<Map<string, Instruction>> {
  const wanted = fresh.flatMap(({ command, draft, instructionId: id }): Wanted[] => {
    const { pay, idempotency } = command;
    if (pay === null || draft === null) return [];
    const { payment, idempotency: kept } = draft;
    const rail = deps.railOf(payment.mode, pay.method);
    if (!rail) throw new Refusal('method_not_available');
    const { method, ...asked } = pay;
    const own = { id, payment, rail, method, asked, priceUnits: payment.price.units };
    if (!idempotency || !kept) return [own];
    const answer = (made: Instruction): string => (kept.answer = idempotency.answer(payment, made));
    return [{ ...own, answer }];
  });
  const made = await instruct(tx, wanted, deps);
  return new Map(
    wanted.flatMap(({ payment }, at) => {
      const instruction = made[at];
      return instruction ? [[payment.id, instruction] as const] : [];
    }),
  );
}

/** What is said to those whose key was used before: its answer, or why they do not get it. */
async function recallBatch(
  tx: Tx,
  batch: readonly Waiting[],
  now: Date,
): Promise<Map<Waiting, Created | Refusal>> {
  const asked = batch.flatMap((waiting) => {
    const { command, draft } = waiting;
    if (command.idempotency === null) return [];
    const { merchantId, mode, idempotency } = command;
    const { scope, key, requestHash } = idempotency;
    const paymentId = draft?.payment.id ?? null;
    return [{ waiting, merchantId, mode, scope, key, requestHash, paymentId }];
  });
  const answers = await recall(tx, asked, now);
  const known = new Map<Waiting, Created | Refusal>();
  for (const [index, { waiting }] of asked.entries()) {
    const answer = answers[index] ?? null;
    if (typeof answer === 'string') {
      known.set(waiting, { payment: null, instruction: null, replay: answer });
    } else if (answer !== null) known.set(waiting, answer);
  }
  return known;
}

/** The same idempotency key twice in one batch: the first is written, the others hear of it. */
function withoutRepeats(drafts: readonly Draft[]): Draft[] {
  const firsts = new Map<string, Draft>();
  for (const draft of drafts) {
    const { payment, idempotency: own } = draft;
    const name = own
      ? JSON.stringify([payment.merchantId, payment.mode, own.scope, own.key])
      : payment.id;
    if (!firsts.has(name)) firsts.set(name, draft);
  }
  return [...firsts.values()];
}

async function answerFor(
  deps: CreateDeps,
  tx: Tx,
  waiting: Waiting,
  made: ReadonlyMap<string, Instruction | null>,
): Promise<Created | Error> {
  const payment = waiting.draft?.payment;
  if (!payment) throw new Error('a create was neither answered nor drafted');
  const instruction = made.get(payment.id);
  if (instruction !== undefined) return { payment, instruction, replay: null };
  // A commit whose answer was lost is tried again with the same id: then it is there already.
  const [written] = await readViews(tx, [payment]);
  if (written) {
    const [first] = written.instructions;
    return { payment, instruction: first ? withDetails(first, deps.vault) : null, replay: null };
  }
  // Its key was taken at the same time, by its own batch or another one.
  const answer = (await recallBatch(tx, [waiting], deps.now())).get(waiting);
  return answer ?? new Error(`payment ${payment.id} was not written`);
}

export function createdEvent(payment: Payment): EventOfPayment {
  return {
    payment,
    moment: null,
    event: {
      merchantId: payment.merchantId,
      paymentId: payment.id,
      seq: payment.eventSeq,
      kind: 'created',
      status: payment.status,
      previousStatus: null,
      at: payment.createdAt,
      data: {},
    },
  };
}

/** The hash that tells whether a repeated request is the same request: SHA-256 of its bytes. */
export function requestHash(body: string | Buffer): Buffer {
  return hash('sha256', body, 'buffer');
}
