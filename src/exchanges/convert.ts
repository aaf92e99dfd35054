// The job of one conversion: each run takes it one step further and says when to look again.

import { decimalsOf } from '../money/assets.ts';
import { formatDecimal, trimDecimal } from '../money/decimal.ts';
import { bookOrder } from './book.ts';
import { claim, endConversion, markOpen } from './claim.ts';
import type { Connector, FoundOrder, Order, Unknown } from './connector.ts';
import { draftOrder } from './draft.ts';
import { unpaidAfterwards } from './plan.ts';
import { type Means, type TermsDeps, termsOf } from './terms.ts';
import {
  type Conversion,
  type ConversionKey,
  type ConversionStatus,
  readConversion,
} from './rows.ts';

/** How a step left the conversion. */
export type Step =
  | { readonly kind: 'ended'; readonly status: ConversionStatus; readonly exchange: number }
  /** Somebody else works on it, or it had ended before. */
  | { readonly kind: 'nothing' }
  /** `absent`: the exchange knew no such order. */
  | { readonly kind: 'again'; readonly absent: boolean; readonly reason: string | null };

export type ConvertDeps = TermsDeps & {
  readonly now: () => Date;
  /** Null: the merchant has no account there. */
  meansOf(conversion: Conversion): Promise<Means | null>;
  /** Unknown: there is no way to the exchange, as things are configured. */
  connectorOf(conversion: Conversion): Promise<Connector | Unknown>;
};

/** For so long an exchange may be silent before anything was sent to it. */
const PREPARE_LIMIT_MS = 24 * 3_600_000;
/** A limit order that waits longer is taken back, and what was not sold stays coin. */
const LIMIT_ORDER_LIFE_MS = 24 * 3_600_000;
/**
 * An order that was sent may be on its way for a while. What is not there after this time was
 * never taken: requests end within 20 seconds, and exchanges refuse what was signed long ago.
 */
const GRACE_MS = 60_000;
/** From the claim to the sending; with the 20 seconds of a request it is far below the grace. */
const SEND_LIMIT_MS = 10_000;
const ABSENT_ANSWERS = 3;
const MAX_PLACINGS = 5;

/** `absent`: how many answers in a row said that there is no such order, before this run. */
export async function takeStep(
  deps: ConvertDeps,
  key: ConversionKey,
  absent: number,
): Promise<Step> {
  const conversion = await readConversion(deps.db, key);
  if (conversion?.status === 'planned') return begin(deps, conversion);
  if (conversion?.status === 'sending') return follow(deps, conversion, absent);
  if (conversion?.status === 'open') return watch(deps, conversion);
  return { kind: 'nothing' };
}

async function begin(deps: ConvertDeps, conversion: Conversion): Promise<Step> {
  const means = await deps.meansOf(conversion);
  if (!means?.active) return end(deps, conversion, 'there is no active account on the exchange');
  const connector = await deps.connectorOf(conversion);
  if (isUnknown(connector)) return waitOrEnd(deps, conversion, connector.reason);
  const answer = await connector.market(conversion.asset, conversion.quoteAsset);
  if (answer.kind === 'refused') return end(deps, conversion, answer.reason);
  if (answer.kind === 'unknown') return waitOrEnd(deps, conversion, answer.reason);
  const terms = await termsOf(deps, conversion, means, answer.market);
  const draft = draftOrder(conversion, answer.market, terms);
  if (draft.kind === 'refused') return end(deps, conversion, draft.reason);
  const order = { market: answer.market, draft, sentTo: means.identity };
  const sending = await claim(deps.db, conversion, deps.now(), order);
  return sending ? place(deps, sending, connector) : { kind: 'nothing' };
}

/**
 * Sends the order that `claim` has just written down, this once. A process that was held up in
 * between leaves it to whoever asks next: others may have sent it again, and had it filled, since.
 */
async function place(
  deps: ConvertDeps,
  conversion: Conversion,
  connector: Connector,
): Promise<Step> {
  const order = orderOf(conversion);
  const lateMs = deps.now().getTime() - (conversion.sentAt ?? conversion.createdAt).getTime();
  if (lateMs > SEND_LIMIT_MS) return again('it was not sent in time');
  const answer = await connector.place(order);
  if (answer.kind === 'unknown') return again(answer.reason);
  if (answer.kind === 'sent') {
    await markOpen(deps.db, conversion, answer.orderId, deps.now());
    const open = await readConversion(deps.db, conversion);
    return open?.status === 'open' ? watch(deps, open) : { kind: 'nothing' };
  }
  // The first time there can be nothing. Later on, an earlier one might have been taken after all.
  const found = conversion.attempts > 1 ? await connector.find(order) : null;
  if (found?.kind === 'unknown') return again(`${answer.reason}; ${found.reason}`);
  if (found?.kind === 'found') return book(deps, conversion, found);
  return end(deps, conversion, answer.reason);
}

/** An order may be there. It is asked for, and only after long and clear silence sent again. */
async function follow(deps: ConvertDeps, conversion: Conversion, absent: number): Promise<Step> {
  const connector = await deps.connectorOf(conversion);
  if (isUnknown(connector)) return again(connector.reason);
  const found = await connector.find(orderOf(conversion));
  if (found.kind === 'found') return book(deps, conversion, found);
  if (found.kind === 'unknown') return again(found.reason);
  const means = await deps.meansOf(conversion);
  // Another account does not know it whatever became of it.
  if (means?.identity !== conversion.sentTo) return again(elsewhere(conversion));
  const reason = conversion.reason ?? 'the exchange does not know the order';
  const waitedMs = deps.now().getTime() - (conversion.sentAt ?? conversion.createdAt).getTime();
  if (waitedMs < GRACE_MS || absent + 1 < ABSENT_ANSWERS) return again(reason, true);
  if (isUnpaid(conversion)) return end(deps, conversion, 'never taken, and not sent again');
  if (conversion.attempts >= MAX_PLACINGS) {
    return end(deps, conversion, `sent ${MAX_PLACINGS} times and never taken: ${reason}`);
  }
  if (!means.active) {
    return end(deps, conversion, 'the account on the exchange is not active any more');
  }
  const sending = await claim(deps.db, conversion, deps.now(), null);
  return sending ? place(deps, sending, connector) : { kind: 'nothing' };
}

async function watch(deps: ConvertDeps, conversion: Conversion): Promise<Step> {
  const connector = await deps.connectorOf(conversion);
  if (isUnknown(connector)) return again(connector.reason);
  const order = orderOf(conversion);
  const openMs = deps.now().getTime() - (conversion.sentAt ?? conversion.createdAt).getTime();
  if (order.type === 'limit' && openMs > LIMIT_ORDER_LIFE_MS) await connector.cancel(order);
  const found = await connector.find(order);
  if (found.kind === 'found') return book(deps, conversion, found);
  if (found.kind === 'unknown') return again(found.reason);
  return again('the exchange does not show the order any more, which it had taken');
}

async function book(
  { db, now }: ConvertDeps,
  conversion: Conversion,
  found: FoundOrder,
): Promise<Step> {
  const status = await bookOrder(db, conversion, found, now());
  if (status !== null) return { kind: 'ended', status, exchange: conversion.exchange };
  return found.closed ? { kind: 'nothing' } : again(found.reason);
}

async function end(deps: ConvertDeps, conversion: Conversion, reason: string): Promise<Step> {
  const status = await endConversion(deps.db, conversion, reason, deps.now());
  if (status === null) return { kind: 'nothing' };
  return { kind: 'ended', status, exchange: conversion.exchange };
}

async function waitOrEnd(deps: ConvertDeps, conversion: Conversion, reason: string): Promise<Step> {
  const waitedMs = deps.now().getTime() - conversion.createdAt.getTime();
  if (waitedMs <= PREPARE_LIMIT_MS) return again(reason);
  return end(deps, conversion, `the exchange could not be asked for a day: ${reason}`);
}

function elsewhere({ sentTo, clientOrderId }: Conversion): string {
  const [name] = (sentTo ?? 'the exchange').split(' ');
  return (
    `order ${clientOrderId} was sent with other keys on ${name}: only those can tell whether it ` +
    'is there, so that it is not sent again'
  );
}

/** The coins it was to sell are not there any more, or were not for a while. */
function isUnpaid({ reason }: Conversion): boolean {
  return reason?.startsWith(unpaidAfterwards) ?? false;
}

function isUnknown(connector: Connector | Unknown): connector is Unknown {
  return 'kind' in connector;
}

function again(reason: string | null, absent = false): Step {
  return { kind: 'again', absent, reason };
}

function orderOf(conversion: Conversion): Order {
  const { asset, market, orderedUnits, orderType, createdAt } = conversion;
  if (market === null || orderedUnits === null || orderType === null) {
    throw new Error(`conversion ${conversion.id} was sent without an order`);
  }
  return {
    clientOrderId: conversion.clientOrderId,
    market,
    side: 'sell',
    amount: trimDecimal(formatDecimal(orderedUnits, decimalsOf(asset))),
    type: orderType,
    limitPrice: conversion.limitPrice,
    orderId: conversion.exchangeOrderId,
    since: createdAt,
  };
}
