// GET transactions/available/currencies/: what a price can be paid with, and how much of it.
// wire/xpay.md section 3.9. Shops ask with every page of their checkout, so finished texts are kept
// until a rate changes.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Mode } from '../../merchants/settings.ts';
import type { User } from '../../merchants/users.ts';
import type { Amount } from '../../money/amount.ts';
import { decimalsOf } from '../../money/assets.ts';
import { formatDecimal, trimDecimal } from '../../money/decimal.ts';
import { pathParameter } from '../path.ts';
import { isMember } from './access.ts';
import { readAmount } from './amounts.ts';
import { coinsFor, isCrypto, isFiat, readCode, wireAmount } from './coins.ts';
import { noCommerce } from './create.ts';
import { type Fault, answer, fault, isFault, refuse } from './errors.ts';
import type { XpayNeeds } from './needs.ts';

/** A rate may grow too old without any news of it. */
const CACHE_MS = 1_000;
const MAX_CACHED = 2_000;
const MAX_KEY_LENGTH = 100;

const faults = {
  noDocument: fault(401, 3029, 'commerce', 'The commerce has no document.'),
  amount: fault(400, 3021, 'amount', 'The amount must be a number greater than 0.'),
  currency: fault(400, 3030, 'currency', 'The currency is not supported.'),
  kind: fault(400, 3031, 'currency', 'The currency is not a fiat currency.'),
} as const;

export function listsCurrencies(needs: XpayNeeds) {
  const offer = createOffers(needs);
  return async (
    request: FastifyRequest,
    reply: FastifyReply,
    user: User,
  ): Promise<FastifyReply> => {
    if (!isMember(user)) return refuse(reply, noCommerce);
    const merchant = await needs.merchantOf(user.merchantId);
    if (merchant.document === null) return refuse(reply, faults.noDocument);
    const { mode } = user;
    const found = offer(mode, merchant.settings[mode].spreadPercent ?? null, request);
    return typeof found === 'string' ? answer(reply, 200, found) : refuse(reply, found);
  };
}

type Kept = { readonly text: string; readonly version: number; readonly until: number };

function createOffers(needs: XpayNeeds) {
  const kept = new Map<string, Kept>();

  return (mode: Mode, spread: string | null, request: FastifyRequest): string | Fault => {
    const { amount = '', currency = '' } = request.params as Record<string, string>;
    const key = `${mode} ${spread ?? ''} ${amount} ${currency}`;
    const version = needs.rates.version();
    const now = needs.now().getTime();
    const known = kept.get(key);
    if (known && known.version === version && now < known.until && now >= known.until - CACHE_MS) {
      return known.text;
    }
    const price = priceOf(mode, request);
    if (isFault(price)) return price;
    const text = offerText(needs, mode, price, spread);
    if (kept.size >= MAX_CACHED) kept.clear();
    if (key.length <= MAX_KEY_LENGTH) kept.set(key, { text, version, until: now + CACHE_MS });
    return text;
  };
}

function priceOf(mode: Mode, request: FastifyRequest): Amount | Fault {
  const code = readCode(pathParameter(request, 'currency'));
  const units = readAmount(pathParameter(request, 'amount'), code ?? 'USD');
  if (typeof units !== 'bigint') return faults.amount;
  if (code === null || !(isFiat(mode, code) || isCrypto(code))) return faults.currency;
  return isFiat(mode, code) ? { units, asset: code } : faults.kind;
}

function offerText(needs: XpayNeeds, mode: Mode, price: Amount, spreadPercent: string | null) {
  const items: string[] = [];
  const coins = coinsFor(needs, mode, price.asset);
  for (const { id: exchange, ready } of needs.rates.exchanges(mode)) {
    if (!ready) continue;
    for (const { code, name, method } of coins) {
      const asked = needs.payments.ask({ mode, price, method, exchange, spreadPercent });
      if (asked === null) continue;
      const amount = wireAmount(asked.amount.units, code);
      items.push(
        `{"exchange":${exchange},"currency":{"code":"${code}","name":${JSON.stringify(name)},` +
          `"symbol":"${code}"},"exchange_amount":"${amount}","amount":"${amount}"}`,
      );
    }
  }
  const outer = trimDecimal(formatDecimal(price.units, decimalsOf(price.asset)));
  return `{"available_currencies":[${items.join(',')}],"amount":${outer}}`;
}
