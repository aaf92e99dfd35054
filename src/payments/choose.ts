// Choosing how to pay: what a payment can be paid with, and the instruction for the chosen method.

import { newId } from '../merchants/ids.ts';
import type { Amount } from '../money/amount.ts';
import { decimalsOf, findAsset, isPayableFiat } from '../money/assets.ts';
import { convert } from '../money/rate.ts';
import type { Database, Tx } from '../db/database.ts';
import type { Mode } from '../db/mode.ts';
import type { Merchants } from '../merchants/merchants.ts';
import type { Vault } from '../merchants/vault.ts';
import { type Rates, evidenceOf } from '../rates/rates.ts';
import type { Method, Rail } from '../rails/rail.ts';
import { policyOf } from './apply.ts';
import { deriveFacts } from './facts.ts';
import { type Asked, instruct, withDetails } from './instruct.ts';
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
  readonly vault: Vault;
  readonly rails: readonly Rail[];
  readonly rates: Rates;
  readonly now: () => Date;
};

/** A method with the asset that is paid by it. */
export type OfferedMethod = Pick<MethodChoice, 'id' | 'label' | 'network' | 'asset'>;

/** A price and a method, and whose rate counts: an exchange's, or null for the house's own. */
export type AskTerms = {
  readonly mode: Mode;
  readonly price: Amount;
  readonly method: string;
  readonly exchange: number | null;
  /** Decimal text: how much the merchant's rate is worse than the market's, in percent. */
  readonly spreadPercent: string | null;
};

export type Choose = {
  /** Everything that the configured rails of a mode can take for a price in this asset. */
  offered(mode: Mode, priceAsset: string): readonly OfferedMethod[];
  /** What a price costs by a method, from memory; null when the method or a rate is missing. */
  ask(terms: AskTerms): Asked | null;
  /** The rail that offers the method. */
  railOf(mode: Mode, method: string): Rail | undefined;
  methods(view: PaymentView): Promise<MethodChoice[]>;
  /**
   * The instruction for a method, the same one as long as nothing was paid on it and the rest to
   * pay is the same. Throws `payment_not_open`, `method_not_available`,
   * `no_address_available` or `no_requisites`.
   */
  choose(payment: Payment, methodId: string): Promise<Instruction>;
  /**
   * Throws `asset_not_supported` when no rail of the mode can settle this currency for this
   * merchant now.
   */
  assertPayable(merchantId: string, mode: Mode, asset: string): Promise<void>;
};

type Offer = { readonly rail: Rail; readonly method: Method; readonly asset: string };

export function createChoose(deps: ChooseDeps): Choose {
  const byMode = { test: methodsOf('test'), live: methodsOf('live') };
  const byPrice = { test: new Map<string, Offer[]>(), live: new Map<string, Offer[]>() };

  /** By their ids. */
  function methodsOf(mode: Mode): ReadonlyMap<string, Omit<Offer, 'asset'>> {
    const own = deps.rails.filter((rail) => rail.mode === mode);
    return new Map(
      own.flatMap((rail) => rail.methods().map((method) => [method.id, { rail, method }])),
    );
  }

  async function methods(view: PaymentView): Promise<MethodChoice[]> {
    const { payment } = view;
    const { remainingUnits } = await factsOf(deps.db, view);
    const spreadPercent = await spreadOf(deps.db, payment);
    const choices: MethodChoice[] = [];
    for (const offer of offers(payment.mode, payment.price.asset)) {
      const { method, asset } = offer;
      const { id, label, network } = method;
      const asked = askFor(payment, asset, remainingUnits, spreadPercent);
      if (!asked || !(await isServed(payment.merchantId, offer))) continue;
      const amount = remainingUnits > 0n ? asked.amount : null;
      choices.push({ id, label, network, asset, amount });
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
      const known = unused(view, methodId, remainingUnits);
      if (known) return withDetails(known, deps.vault);
      return instructOne(tx, view, offer, remainingUnits);
    });
  }

  async function instructOne(
    tx: Tx,
    { payment }: PaymentView,
    { rail, method, asset }: Offer,
    priceUnits: bigint,
  ): Promise<Instruction> {
    const asked = askFor(payment, asset, priceUnits, await spreadOf(tx, payment));
    if (!asked) throw new Refusal('method_not_available', payment.status);
    const wanted = { id: newId(), payment, rail, method: method.id, asked, priceUnits };
    const [instruction] = await instruct(tx, [wanted], deps);
    if (!instruction) throw new Error('no instruction was made');
    return instruction;
  }

  async function spreadOf(tx: Tx, { merchantId, mode }: Payment): Promise<string | null> {
    const { settings } = await deps.merchants.load(tx, merchantId);
    return settings[mode].spreadPercent ?? null;
  }

  /** Made once for each currency: every create asks. */
  function offers(mode: Mode, priceAsset: string): readonly Offer[] {
    const known = byPrice[mode].get(priceAsset);
    if (known) return known;
    const made = Array.from(byMode[mode].values(), ({ rail, method }) => {
      return { rail, method, asset: assetOf(method, priceAsset) };
    });
    // As many as there are assets, whatever is asked for.
    if (findAsset(priceAsset)) byPrice[mode].set(priceAsset, made);
    return made;
  }

  /** What `units` of the price cost in the asset. */
  function askFor(
    { mode, price, exchange }: Payment,
    asset: string,
    units: bigint,
    spreadPercent: string | null,
  ): Asked | null {
    const due = { units: units > 0n ? units : price.units, asset: price.asset };
    return askIn(mode, asset, due, { exchange, spreadPercent });
  }

  function ask(terms: AskTerms): Asked | null {
    const { mode, price } = terms;
    const found = byMode[mode].get(terms.method)?.method;
    return found ? askIn(mode, assetOf(found, price.asset), price, terms) : null;
  }

  /** The payer pays what is rounded up. */
  function askIn(
    mode: Mode,
    asset: string,
    due: Amount,
    terms: Pick<AskTerms, 'exchange' | 'spreadPercent'>,
  ): Asked | null {
    const quote = deps.rates.quote(mode, asset, due.asset, terms);
    if (!quote) return null;
    return { amount: convert(due, quote.rate, decimalsOf, 'up'), quote: evidenceOf(quote) };
  }

  function offered(mode: Mode, priceAsset: string): OfferedMethod[] {
    return offers(mode, priceAsset).map(({ method: { id, label, network }, asset }) => {
      return { id, label, network, asset };
    });
  }

  function railOf(mode: Mode, method: string): Rail | undefined {
    return byMode[mode].get(method)?.rail;
  }

  async function assertPayable(merchantId: string, mode: Mode, asset: string): Promise<void> {
    const payableFiat = isPayableFiat(asset, { test: mode === 'test' });
    const priceable = payableFiat || findAsset(asset)?.kind === 'crypto';
    if (!priceable) throw new Refusal('asset_not_supported');
    const isQuoted = (offer: Offer): boolean => deps.rates.quote(mode, offer.asset, asset) !== null;
    const all = offers(mode, asset);
    // Who serves everybody is not asked: most payments are made without a question.
    if (all.some((offer) => offer.rail.serves === undefined && isQuoted(offer))) return;
    for (const offer of all) {
      if (isQuoted(offer) && (await isServed(merchantId, offer))) return;
    }
    throw new Refusal('asset_not_supported');
  }

  async function factsOf(tx: Tx, view: PaymentView) {
    const policy = await policyOf(tx, deps.merchants, view.payment);
    return deriveFacts(view, policy, deps.now());
  }

  return { methods, choose, offered, ask, railOf, assertPayable };
}

/** Rails know it from memory, but for a question every few seconds. */
async function isServed(merchantId: string, { rail, method, asset }: Offer): Promise<boolean> {
  return rail.serves === undefined || rail.serves(merchantId, asset, method.id);
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

function assetOf({ asset }: Method, priceAsset: string): string {
  return asset === 'price' ? priceAsset : asset;
}
