// The page model: the hosted page's state from a payment, its facts and the clock. Pure.

import type { MethodChoice } from '../payments/choose.ts';
import type { Facts } from '../payments/facts.ts';
import type { Status } from '../payments/machine.ts';
import type { Instruction, PaymentView } from '../payments/nouns.ts';
import { type Money, moneyOf, nameText, walletUri, webUrl } from './display.ts';
import { rateText } from './rate-text.ts';
import { type Transfer, transferOf } from './transfer.ts';

/** A way to pay that the payer can choose; `amount` is about what it will cost, when known. */
export type Choice = {
  readonly id: string;
  readonly label: string;
  readonly network: string;
  readonly asset: string;
  readonly amount: Money | null;
};

/** Exactly what to send, and where. */
export type Directions = {
  readonly method: string;
  readonly label: string;
  readonly network: string;
  readonly amount: Money;
  readonly target: string;
  readonly uri: string | null;
  readonly rate: string | null;
  /** Of a transfer between people and banks; null: the target is all there is. */
  readonly transfer: Transfer | null;
};

/** Money that was seen, and how many confirmations it has of those it needs. */
export type Arrival = {
  readonly amount: Money;
  readonly confirmations: number;
  readonly needed: number;
  readonly final: boolean;
  /** What other people's books and block explorers call it. */
  readonly transactionId: string;
};

export type State =
  | { readonly kind: 'choose'; readonly choices: readonly Choice[] }
  | { readonly kind: 'pay'; readonly directions: Directions; readonly others: boolean }
  | {
      readonly kind: 'short';
      readonly received: Money;
      readonly missing: Money;
      readonly arrivals: readonly Arrival[];
      readonly directions: Directions | null;
      readonly choices: readonly Choice[];
    }
  | {
      readonly kind: 'confirming';
      readonly arrivals: readonly Arrival[];
      readonly over: Money | null;
    }
  | { readonly kind: 'used'; readonly uses: number; readonly maxUses: number }
  | {
      readonly kind: 'completed';
      readonly arrivals: readonly Arrival[];
      readonly over: Money | null;
      readonly held: Money | null;
    }
  | { readonly kind: 'refunded' }
  | { readonly kind: 'failed'; readonly held: Money | null }
  | { readonly kind: 'expired'; readonly held: Money | null }
  | { readonly kind: 'cancelled'; readonly held: Money | null }
  | { readonly kind: 'paused'; readonly received: Money | null }
  | { readonly kind: 'unavailable' }
  /** Money that the shop sends: whoever has the link may know how far it is, and nothing else. */
  | { readonly kind: 'payout'; readonly status: Status };

export type Kind = State['kind'];

export type Page = {
  readonly state: State;
  readonly id: string;
  readonly reference: string;
  readonly merchant: string;
  readonly name: string;
  readonly price: Money;
  readonly testMode: boolean;
  /** While the payer can still act: until when. */
  readonly deadline: Date | null;
  readonly now: Date;
  /** Changes whenever anything on the page may look different. */
  readonly version: string;
  /** Money that was seen has gone again: replaced, double-spent or reorganised away. */
  readonly vanished: boolean;
  readonly chosen: string | null;
  readonly use: number | null;
  /** Where the payer goes from here, by the merchant's word; only http or https. */
  readonly back: { readonly url: string; readonly paid: boolean } | null;
};

export type PageInput = {
  readonly view: PaymentView;
  readonly facts: Facts;
  readonly methods: readonly MethodChoice[];
  readonly now: Date;
  readonly merchant: string;
  readonly version: string;
  /** The method in the page's address; null shows the choice. */
  readonly chosen: string | null;
  /** Which use of several the payer set out to pay, 1 for the first; null when not told. */
  readonly use: number | null;
};

export function pageModel(given: PageInput): Page {
  const agreed = agreedMethod(given.view);
  const input = agreed === null ? given : { ...given, ...onlyBy(agreed, given.methods) };
  const { payment } = input.view;
  const state = stateOf(input);
  return {
    state,
    id: payment.id,
    reference: payment.reference,
    merchant: nameText(input.merchant),
    name: nameText(payment.name),
    price: moneyOf(payment.price),
    testMode: payment.mode === 'test',
    deadline: isOpen(state.kind) ? payment.expiresAt : null,
    now: input.now,
    version: input.version,
    vanished: isOpen(state.kind) && input.view.sightings.some((one) => !one.present),
    chosen: input.chosen,
    use: input.use,
    back: backOf(input, state.kind),
  };
}

/**
 * The one method of a payment that was made together with it: the shop waits for exactly that, at
 * one exchange's price or at the requisite that it was told. Null: the payer chooses.
 */
export function agreedMethod({ payment, instructions }: PaymentView): string | null {
  const [first] = instructions;
  if (first === undefined) return null;
  // Ids count time (UUIDv7), and that of an instruction made together with its payment is drawn
  // before the payment's own.
  return payment.exchange !== null || first.id < payment.id ? first.method : null;
}

/** States in which the payer can still do something that leads to paying. */
export function isOpen(kind: Kind): boolean {
  return kind === 'choose' || kind === 'pay' || kind === 'short';
}

/** What a payer who chose `method` should follow for what is missing now; null: to be made. */
export function instructionFor(
  view: PaymentView,
  facts: Facts,
  method: string | null,
): Instruction | null {
  const latest = view.instructions.findLast((one) => one.method === method);
  if (latest === undefined) return null;
  // Money that came to it belongs to an earlier part, or an earlier use: ask at a new address.
  const touched = view.sightings.some((one) => one.instructionId === latest.id);
  return latest.priceUnits === facts.remainingUnits && !touched ? latest : null;
}

function onlyBy(chosen: string, methods: readonly MethodChoice[]) {
  return { chosen, methods: methods.filter(({ id }) => id === chosen) };
}

function stateOf(input: PageInput): State {
  const { view, facts, now } = input;
  const { payment } = view;
  if (payment.direction === 'out') return { kind: 'payout', status: payment.status };
  const held = unitsOrNull(input, facts.heldUnits);
  const over = unitsOrNull(input, facts.overUnits);
  switch (payment.status) {
    case 'completed':
      return { kind: 'completed', arrivals: arrivalsOf(input), over, held };
    case 'confirming':
      return { kind: 'confirming', arrivals: arrivalsOf(input), over };
    case 'refunded':
      return { kind: 'refunded' };
    case 'failed':
    case 'expired':
    case 'cancelled':
      return { kind: payment.status, held };
    case 'awaiting':
      // The sweep that writes `expired` may be a moment behind the clock; the payer should not pay.
      return now >= payment.expiresAt ? { kind: 'expired', held } : awaiting(input);
  }
}

function awaiting(input: PageInput): State {
  const { view, facts, use } = input;
  const { payment } = view;
  if (use !== null && use <= facts.usesSettled) {
    return { kind: 'used', uses: facts.usesSettled, maxUses: payment.maxUses };
  }
  if (use !== null && use <= facts.usesSeen) {
    return { kind: 'confirming', arrivals: arrivalsOf(input), over: null };
  }
  const partUnits = payment.price.units - facts.remainingUnits;
  const isShort = facts.remainingUnits > 0n && partUnits > 0n;
  const received = isShort ? unitsOrNull(input, partUnits) : null;
  if (payment.paused) return { kind: 'paused', received };
  const choices = input.methods.map(choiceOf);
  const directions = directionsOf(input);
  if (received !== null) {
    const missing = moneyOf({ units: facts.remainingUnits, asset: payment.price.asset });
    const arrivals = arrivalsOf(input);
    return { kind: 'short', received, missing, arrivals, directions, choices };
  }
  if (directions !== null) return { kind: 'pay', directions, others: choices.length > 1 };
  return choices.length > 0 ? { kind: 'choose', choices } : { kind: 'unavailable' };
}

function directionsOf(input: PageInput): Directions | null {
  const instruction = instructionFor(input.view, input.facts, input.chosen);
  if (instruction === null) return null;
  const method = input.methods.find((one) => one.id === instruction.method);
  return {
    method: instruction.method,
    label: method?.label ?? instruction.expected.asset,
    network: method?.network ?? '',
    amount: moneyOf(instruction.expected),
    target: instruction.target,
    uri: walletUri(instruction.uri),
    rate: rateText(instruction.quote),
    transfer: transferOf(instruction, input.view.payment),
  };
}

function choiceOf(offer: MethodChoice): Choice {
  return { ...offer, amount: offer.amount === null ? null : moneyOf(offer.amount) };
}

function arrivalsOf(input: PageInput): readonly Arrival[] {
  const { sightings, payment } = input.view;
  const present = sightings.filter((one) => one.present);
  // What settled one of several uses is another payer's business.
  const shown = payment.maxUses > 1 ? present.filter((one) => !one.final) : present;
  return shown.map((one) => ({
    amount: moneyOf(one.amount),
    confirmations: one.confirmations,
    needed: one.needed,
    final: one.final,
    transactionId: one.transactionId,
  }));
}

function unitsOrNull(input: PageInput, units: bigint): Money | null {
  return units > 0n ? moneyOf({ units, asset: input.view.payment.price.asset }) : null;
}

function backOf({ view }: PageInput, kind: Kind): Page['back'] {
  const { successUrl, cancelUrl, status, direction } = view.payment;
  const paid = kind === 'used' || status === 'completed';
  const url = webUrl(paid ? successUrl : cancelUrl);
  // While money is on its way neither "paid" nor "not paid" would be true.
  const open = kind === 'confirming' || (direction === 'out' && unsettled.has(status));
  return url === null || open ? null : { url, paid };
}

const unsettled: ReadonlySet<Status> = new Set(['awaiting', 'confirming']);
