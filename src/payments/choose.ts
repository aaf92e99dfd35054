// Choosing how to pay: what a payment can be paid with, and the instruction for the chosen method.

import { v7 as newId } from 'uuid';
import type { Amount } from '../money/amount.ts';
import { decimalsOf, findAsset, isPayableFiat } from '../money/assets.ts';
import { convert } from '../money/rate.ts';
import type { Database, Tx } from '../db/database.ts';
import type { Mode } from '../db/mode.ts';
import type { Merchants } from '../merchants/merchants.ts';
import { type QuoteEvidence, type Rates, evidenceOf } from '../rates/rates.ts';
import type { Method, Rail } from '../rails/rail.ts';
import { policyOf } from './apply.ts';
import { deriveFacts } from './facts.ts';
import type { Instruction, Payment, PaymentView } from './nouns.ts';
import { Refusal } from './refusals.ts';
import { readViews } from './rows.ts';

/** One way to pay, with what it would cost now; null when the payment needs no more money. */
export type MethodChoice = {
  readonly id: string;
  readonly label: string;
  readonly network: string;
  readonly asset: string;
  readonly amount: Amount | null;
};

export type ChooseDeps = {
  readonly db: Database;
  readonly merchants: Merchants;
  readonly rails: readonly Rail[];
  readonly rates: Rates;
  readonly now: () => Date;
};

export type Choose = {
  methods(view: PaymentView): Promise<MethodChoice[]>;
  /**
   * The instruction for a method, the same one as long as nothing was paid on it and the rest to
   * pay is the same. Throws `payment_not_open`, `method_not_available` or `no_address_available`.
   */
  choose(payment: Payment, methodId: string): Promise<Instruction>;
  /** Throws `asset_not_supported` when no rail of the mode can settle this currency now. */
  assertPayable(mode: Mode, asset: string): void;
};

type Offer = { readonly rail: Rail; readonly method: Method; readonly asset: string };
type Asked = { readonly amount: Amount; readonly quote: QuoteEvidence };

export function createChoose(deps: ChooseDeps): Choose {
  async function methods(view: PaymentView): Promise<MethodChoice[]> {
    const { payment } = view;
    const { remainingUnits } = await factsOf(deps.db, view);
    const choices: MethodChoice[] = [];
    for (const { method, asset } of offers(payment.mode, payment.price.asset)) {
      const { id, label, network } = method;
      const asked = askFor(payment, asset, remainingUnits);
      const amount = remainingUnits > 0n ? (asked?.amount ?? null) : null;
      if (asked) choices.push({ id, label, network, asset, amount });
    }
    return choices;
  }

  async function choose(payment: Payment, methodId: string): Promise<Instruction> {
    const offer = offers(payment.mode, payment.price.asset).find(
      ({ method }) => method.id === methodId,
    );
    if (!offer) throw new Refusal('method_not_available', payment.status);
    return deps.db.repeatable(async (tx) => {
      const [view] = await readViews(tx, [payment], 'for update');
      if (!view) throw new Refusal('payment_not_found');
      const { remainingUnits } = await factsOf(tx, view);
      assertOpen(view.payment, remainingUnits, deps.now());
      return unused(view, methodId, remainingUnits) ?? instruct(tx, view, offer, remainingUnits);
    });
  }

  async function instruct(
    tx: Tx,
    { payment }: PaymentView,
    { rail, method, asset }: Offer,
    remainingUnits: bigint,
  ): Promise<Instruction> {
    const asked = askFor(payment, asset, remainingUnits);
    if (!asked) throw new Refusal('method_not_available', payment.status);
    const id = newId();
    const directions = await rail.instruct(tx, {
      reference: id,
      merchantId: payment.merchantId,
      paymentId: payment.id,
      method: method.id,
      amount: asked.amount,
      label: payment.name,
    });
    const instruction: Instruction = {
      id,
      rail: rail.name,
      method: method.id,
      expected: asked.amount,
      priceUnits: remainingUnits,
      target: directions.target,
      uri: directions.uri,
      quote: asked.quote,
      createdAt: deps.now(),
    };
    await insertInstruction(tx, payment, instruction);
    return instruction;
  }

  function offers(mode: Mode, priceAsset: string): Offer[] {
    return deps.rails
      .filter((rail) => rail.mode === mode)
      .flatMap((rail) => rail.methods().map((method) => ({ rail, method })))
      .map(({ rail, method }) => ({
        rail,
        method,
        asset: method.asset === 'price' ? priceAsset : method.asset,
      }));
  }

  /** What `units` of the price cost in the asset; the payer pays what is rounded up. */
  function askFor(payment: Payment, asset: string, units: bigint): Asked | null {
    const { mode, price } = payment;
    const quote = deps.rates.quote(mode, asset, price.asset);
    if (!quote) return null;
    const amount = { units: units > 0n ? units : price.units, asset: price.asset };
    return { amount: convert(amount, quote.rate, decimalsOf, 'up'), quote: evidenceOf(quote) };
  }

  function assertPayable(mode: Mode, asset: string): void {
    const payable = offers(mode, asset).some(
      (offer) => deps.rates.quote(mode, offer.asset, asset) !== null,
    );
    const priceable = isPayableFiat(asset) || findAsset(asset)?.kind === 'crypto';
    if (!priceable || !payable) throw new Refusal('asset_not_supported');
  }

  async function factsOf(tx: Tx, view: PaymentView) {
    const policy = await policyOf(tx, deps.merchants, view.payment);
    return deriveFacts(view, policy, deps.now());
  }

  return { methods, choose, assertPayable };
}

function assertOpen(payment: Payment, remainingUnits: bigint, now: Date): void {
  const open = payment.status === 'awaiting' && !payment.paused && now < payment.expiresAt;
  if (!open || remainingUnits <= 0n) throw new Refusal('payment_not_open', payment.status);
}

// Asked again, the same address is shown; only money on it or another rest make a new one, so a
// curious visitor cannot use up the pool.
function unused(view: PaymentView, method: string, units: bigint): Instruction | undefined {
  const paid = new Set(view.sightings.map((sighting) => sighting.instructionId));
  return view.instructions.findLast(
    (one) => one.method === method && one.priceUnits === units && !paid.has(one.id),
  );
}

async function insertInstruction(
  tx: Tx,
  payment: Payment,
  instruction: Instruction,
): Promise<void> {
  await tx.query(
    `insert into instructions (merchant_id, payment_id, id, rail, method, asset, expected_units,
       price_units, target, uri, quote, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      payment.merchantId,
      payment.id,
      instruction.id,
      instruction.rail,
      instruction.method,
      instruction.expected.asset,
      instruction.expected.units.toString(),
      instruction.priceUnits.toString(),
      instruction.target,
      instruction.uri,
      instruction.quote,
      instruction.createdAt,
    ],
  );
}
