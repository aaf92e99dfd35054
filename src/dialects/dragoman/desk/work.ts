// What the desk's routes share: who works, amounts in and out, and answers for documents.

import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Worker } from '../../../desk/person.ts';
import type { Amount } from '../../../money/amount.ts';
import { decimalsOf } from '../../../money/assets.ts';
import { formatDecimal, parseDecimal } from '../../../money/decimal.ts';
import type { Door } from './door.ts';
import { Problem, problemSchema } from './problem.ts';

/** The person behind a request, as the desk's modules know people. */
export function workerOf(door: Door, request: FastifyRequest): Worker {
  const { merchantId, mode, traderId, actor } = door.personOf(request);
  return { merchantId, mode, traderId, actor };
}

export const amountText = Type.String({ maxLength: 80, description: 'Decimal text, as 12.50.' });
export const timeText = Type.String({ format: 'date-time', maxLength: 40 });

/** Text of an amount above nothing; throws Problem. */
export function unitsOf(text: string, asset: string, name = 'amount'): bigint {
  const units = parseDecimal(text, decimalsOf(asset));
  if (typeof units === 'bigint' && units > 0n) return units;
  throw new Problem(422, 'invalid_amount', `\`${name}\` must be an amount of ${asset}, as 12.50.`);
}

export function printUnits(units: bigint, asset: string): string {
  return formatDecimal(units, decimalsOf(asset));
}

export function printAmount({ units, asset }: Amount): { amount: string; currency: string } {
  return { amount: printUnits(units, asset), currency: asset };
}

/** Null stays null. */
export function printTime(at: Date | null): string | null {
  return at?.toISOString() ?? null;
}

/** What everybody's calendars and columns hold. */
const MAX_YEAR = 9_999;

/** A time as people and phones write it; throws Problem. */
export function timeOf(text: string, name: string): Date {
  const at = new Date(text);
  const year = at.getUTCFullYear();
  if (year > 0 && year <= MAX_YEAR) return at;
  throw new Problem(400, 'invalid_request', `\`${name}\` is no time.`);
}

/** What may go wrong, for `/docs`; `answer` is what comes when nothing does. */
export function answers(answer: object, status: 200 | 201 = 200): Record<string, object> {
  return { [status]: answer, '4xx': problemSchema };
}
