// GET payment-method-types: what a shop can use. wire/xlink.md section 3.6.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { decimalsOf } from '../../money/assets.ts';
import { parseDecimal } from '../../money/decimal.ts';
import type { Session } from './authenticate.ts';
import { answer, business, invalidFields, refuse } from './errors.ts';
import { type MethodType, admits, limitText } from './methods.ts';
import { envelope, readMethodsQuery } from './queries.ts';

export async function listsMethodTypes(
  request: FastifyRequest,
  reply: FastifyReply,
  { merchant, settings }: Session,
): Promise<FastifyReply> {
  const query = readMethodsQuery(request.query as Readonly<Record<string, unknown>>);
  if (Array.isArray(query)) return refuse(reply, invalidFields(query));
  const { shopId, operationType, amount, currency, page, size } = query;
  if (shopId !== merchant.shopId || !merchant.active) return refuse(reply, business.shop);
  const found = settings.methods.filter(
    (method) =>
      (operationType === null || method.operationType === operationType) &&
      (currency === null || method.currency === currency) &&
      (amount === null || takes(method, amount)),
  );
  const items = found.slice((page - 1) * size, page * size).map(itemText);
  return answer(reply, envelope(items, { page, size }, found.length));
}

/** An amount finer than the currency's smallest unit can be paid by no method of it. */
function takes(method: MethodType, amount: string): boolean {
  const units = parseDecimal(amount, decimalsOf(method.currency));
  return typeof units === 'bigint' && admits(method, units);
}

function itemText(method: MethodType): string {
  const { id, name, instrument, country, currency, minimum, maximum, operationType } = method;
  return JSON.stringify({
    id,
    name,
    instrument_type: instrument,
    country,
    currency,
    min_amount: minimum === null ? null : limitText(method, minimum),
    max_amount: maximum === null ? null : limitText(method, maximum),
    operation_type: operationType,
  });
}
