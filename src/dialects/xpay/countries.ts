// GET countries/: where the configured fiat currencies are spent. wire/xpay.md section 3.10.

import { countries } from 'countries-list';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Mode } from '../../merchants/settings.ts';
import { limitStranger } from './authenticate.ts';
import { coinsFor, isFiat } from './coins.ts';
import { answer } from './errors.ts';
import type { XpayNeeds } from './needs.ts';

const modes: readonly Mode[] = ['live', 'test'];
/** Rates come and go; which countries there are changes with the settings. */
const CACHE_MS = 60_000;

export function listsCountries(needs: XpayNeeds) {
  let known: { readonly text: string; readonly until: number } | null = null;
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const limited = limitStranger(needs, request, reply);
    if (limited !== null) return limited;
    if (known === null || known.until <= performance.now()) {
      known = { text: countriesText(needs), until: performance.now() + CACHE_MS };
    }
    return answer(reply, 200, known.text);
  };
}

/** By code; a country with several currencies is there for any of them. */
function countriesText(needs: XpayNeeds): string {
  const payable = new Map<string, boolean>();
  const isPayable = (currency: string): boolean => {
    const before = payable.get(currency);
    const answered = before ?? modes.some((mode) => isPriced(needs, mode, currency));
    payable.set(currency, answered);
    return answered;
  };
  const found = Object.entries(countries)
    .filter(([, { currency }]) => currency.some(isPayable))
    .map(([code, { name }]) => ({ code, name }))
    .toSorted((left, right) => (left.code < right.code ? -1 : 1));
  return JSON.stringify(found);
}

function isPriced(needs: XpayNeeds, mode: Mode, fiat: string): boolean {
  if (!isFiat(mode, fiat)) return false;
  const exchanges = needs.rates.exchanges(mode).filter(({ ready }) => ready);
  return coinsFor(needs, mode, fiat).some(({ code }) =>
    exchanges.some(({ id }) => needs.rates.pairState(mode, code, fiat, id) === 'quoted'),
  );
}
