// Requisites over HTTP: entered, listed with what they were used for, and changed.

import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Requisite, Terms } from '../../../desk/requisite-rows.ts';
import { requisiteKinds } from '../../../desk/requisite-number.ts';
import type { Requisites } from '../../../desk/requisites.ts';
import { sees } from '../../../desk/person.ts';
import { uniqueModes } from '../../../desk/unique.ts';
import { findAsset } from '../../../money/assets.ts';
import { type DeskRoutes, idOf, merchantQuery } from './door.ts';
import { Problem, unknown } from './problem.ts';
import { amountText, answers, printTime, printUnits, unitsOf, workerOf } from './work.ts';

export type RequisiteNeeds = {
  readonly requisites: Pick<Requisites, 'add' | 'list' | 'change'>;
};

const limit = Type.Optional(Type.Union([Type.Null(), amountText]));
const count = Type.Optional(Type.Union([Type.Null(), Type.Integer({ minimum: 1 })]));
const hour = Type.String({ pattern: '^([01]\\d|2[0-4]):[0-5]\\d$' });
const termMembers = {
  active: Type.Optional(Type.Boolean()),
  minimum: limit,
  maximum: limit,
  day_amount: limit,
  day_count: count,
  month_amount: limit,
  month_count: count,
  open_limit: count,
  cool_down_seconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 86_400 })),
  schedule: Type.Optional(
    Type.Union([
      Type.Null(),
      Type.Array(
        Type.Object({
          days: Type.Array(Type.Integer({ minimum: 1, maximum: 7 }), { minItems: 1, maxItems: 7 }),
          from: hour,
          to: hour,
        }),
        { maxItems: 50 },
      ),
    ]),
  ),
  time_zone: Type.Optional(Type.String({ maxLength: 60 })),
  unique_amounts: Type.Optional(
    Type.Union([Type.Null(), ...uniqueModes.map((one) => Type.Literal(one))]),
  ),
  unique_bound: Type.Optional(Type.Union([Type.Null(), Type.Integer({ minimum: 0 })])),
};
const changeBody = Type.Object(termMembers, { additionalProperties: false });
const optionalText = Type.Optional(Type.String({ maxLength: 140 }));
const addBody = Type.Object(
  {
    kind: Type.Union(requisiteKinds.map((one) => Type.Literal(one))),
    currency: Type.String({ pattern: '^[A-Z]{3}$' }),
    number: Type.String({ maxLength: 140 }),
    holder: Type.String({ maxLength: 140 }),
    bank: optionalText,
    bank_code: optionalText,
    country: optionalText,
    city: optionalText,
    expires: optionalText,
    trader: Type.Optional(Type.Union([Type.Null(), Type.String({ format: 'uuid' })])),
    ...termMembers,
  },
  { additionalProperties: false },
);
const requisiteSchema = Type.Object(
  { id: Type.String(), kind: Type.String(), masked: Type.String(), currency: Type.String() },
  { additionalProperties: true },
);
const listSchema = Type.Object({ items: Type.Array(requisiteSchema) });

export function requisiteRoutes({ requisites }: RequisiteNeeds): DeskRoutes {
  return (instance: FastifyInstance, door) => {
    instance.get(
      '/desk/v1/requisites',
      { schema: { querystring: merchantQuery, response: answers(listSchema) } },
      async (request) => {
        const { merchantId, mode, traderId } = workerOf(door, request);
        const own = traderId === null ? {} : { traderId };
        const found = await requisites.list({ merchantId, mode, ...own });
        return { items: found.map(printRequisite) };
      },
    );
    instance.post<{ Body: Static<typeof addBody> }>(
      '/desk/v1/requisites',
      {
        schema: {
          querystring: merchantQuery,
          body: addBody,
          response: answers(requisiteSchema, 201),
        },
      },
      async (request, reply) => {
        const { merchantId, mode, traderId, actor } = workerOf(door, request);
        const { kind, currency, number, holder, bank, country, city, expires } = request.body;
        if (!findAsset(currency)) {
          throw new Problem(422, 'refused', `${currency} is no currency.`);
        }
        const { bank_code: bankCode, trader = null } = request.body;
        const texts = { bank, bankCode, country, city, expires };
        const given = Object.entries(texts).filter(([, text]) => text !== undefined);
        const made = await requisites.add(
          {
            merchantId,
            mode,
            traderId: traderId ?? trader?.toLowerCase() ?? null,
            kind,
            currency,
            number,
            holder,
            ...Object.fromEntries(given),
            ...termsOf(request.body, currency),
          },
          actor,
        );
        return reply.code(201).send(printRequisite(made));
      },
    );
    instance.patch<{ Body: Static<typeof changeBody> }>(
      '/desk/v1/requisites/:id',
      {
        schema: {
          querystring: merchantQuery,
          body: changeBody,
          response: answers(requisiteSchema),
        },
      },
      async (request) => {
        const worker = workerOf(door, request);
        const { merchantId, actor } = worker;
        const id = idOf(request, 'requisite');
        const [before] = await requisites.list({ merchantId, id });
        if (!before || !sees(worker, before)) throw unknown('requisite');
        const patch = termsOf(request.body, before.currency);
        return printRequisite(await requisites.change({ merchantId, id }, patch, actor));
      },
    );
  };
}

function termsOf(body: Static<typeof changeBody>, currency: string): Partial<Terms> {
  const units = (name: 'minimum' | 'maximum' | 'day_amount' | 'month_amount') => {
    const text = body[name];
    return typeof text === 'string' ? unitsOf(text, currency, name) : text;
  };
  const terms = {
    active: body.active,
    minUnits: units('minimum'),
    maxUnits: units('maximum'),
    dayUnits: units('day_amount'),
    dayCount: body.day_count,
    monthUnits: units('month_amount'),
    monthCount: body.month_count,
    openLimit: body.open_limit,
    coolDownSeconds: body.cool_down_seconds,
    schedule: body.schedule,
    timeZone: body.time_zone,
    uniqueAmounts: body.unique_amounts,
    uniqueBound: body.unique_bound,
  };
  // What was not said stays as it is.
  return Object.fromEntries(Object.entries(terms).filter(([, value]) => value !== undefined));
}

function printRequisite(requisite: Requisite) {
  const { currency, terms, day, month } = requisite;
  const amount = (units: bigint | null): string | null =>
    units === null ? null : printUnits(units, currency);
  return {
    id: requisite.id,
    kind: requisite.kind,
    currency,
    masked: requisite.masked,
    bank: requisite.bank,
    country: requisite.country,
    trader: requisite.traderId,
    active: terms.active,
    minimum: amount(terms.minUnits),
    maximum: amount(terms.maxUnits),
    day_amount: amount(terms.dayUnits),
    day_count: terms.dayCount,
    month_amount: amount(terms.monthUnits),
    month_count: terms.monthCount,
    open_limit: terms.openLimit,
    cool_down_seconds: terms.coolDownSeconds,
    schedule: terms.schedule,
    time_zone: terms.timeZone,
    unique_amounts: terms.uniqueAmounts,
    unique_bound: terms.uniqueBound,
    open: requisite.openCount,
    leased_at: printTime(requisite.leasedAt),
    used: {
      day: { amount: printUnits(day.units, currency), operations: day.operations },
      month: { amount: printUnits(month.units, currency), operations: month.operations },
    },
  };
}
