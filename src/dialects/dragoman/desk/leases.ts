// Leases over HTTP: what is expected where, and the word of whoever saw the money.

import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Confirming } from '../../../desk/confirm.ts';
import type { Leases, ListedLease } from '../../../desk/lease-list.ts';
import { sees } from '../../../desk/person.ts';
import { type DeskRoutes, idOf, merchantQuery, pageMembers, pageOf, printPage } from './door.ts';
import { unknown } from './problem.ts';
import {
  amountText,
  answers,
  printAmount,
  printTime,
  printUnits,
  timeOf,
  timeText,
  unitsOf,
  workerOf,
} from './work.ts';

export type LeaseNeeds = { readonly leases: Leases; readonly confirming: Confirming };

const status = Type.Union([Type.Literal('open'), Type.Literal('closed')]);
const listQuery = Type.Object({ ...pageMembers, status: Type.Optional(status) });
const confirmBody = Type.Object(
  {
    amount: Type.Optional(amountText),
    reference: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 100,
        description: 'Your own name for this money: the same one twice is one money.',
      }),
    ),
    paid_at: Type.Optional(timeText),
  },
  { additionalProperties: false },
);
const nullable = Type.Union([Type.Null(), Type.String()]);
const leaseSchema = Type.Object({
  id: Type.String(),
  payment: Type.String(),
  reference: Type.String(),
  status,
  amount: Type.String({ description: 'Exactly what the payer was told to pay.' }),
  received: Type.String(),
  currency: Type.String(),
  requisite: Type.Object({ id: Type.String(), kind: Type.String(), masked: Type.String() }),
  trader: nullable,
  leased_at: Type.String(),
  closed_at: nullable,
  moneys: Type.Array(
    Type.Object({
      id: Type.String(),
      amount: Type.String(),
      at: Type.String(),
      witnesses: Type.Array(Type.String(), { description: 'word, statement, message' }),
    }),
  ),
});
const pageSchema = Type.Object({ items: Type.Array(leaseSchema), next: nullable });

export function leaseRoutes({ leases, confirming }: LeaseNeeds): DeskRoutes {
  return (instance: FastifyInstance, door) => {
    instance.get<{ Querystring: Static<typeof listQuery> }>(
      '/desk/v1/leases',
      { schema: { querystring: listQuery, response: answers(pageSchema) } },
      async (request) => {
        const page = pageOf(request.query);
        const own = { ...workerOf(door, request), status: request.query.status ?? null };
        return printPage(await leases.list({ ...own, ...page }), page, printLease);
      },
    );
    instance.post<{ Body: Static<typeof confirmBody> | null; Params: { id: string } }>(
      '/desk/v1/leases/:id/confirm',
      {
        schema: {
          querystring: merchantQuery,
          body: Type.Union([confirmBody, Type.Null()]),
          response: answers(leaseSchema),
        },
      },
      async (request) => {
        const worker = workerOf(door, request);
        const id = idOf(request, 'lease');
        const lease = await leases.find({ merchantId: worker.merchantId, id });
        if (!lease || !sees(worker, lease)) throw unknown('lease');
        const { amount, reference = null, paid_at: paidAt } = request.body ?? {};
        const done = await confirming.confirm(worker, {
          leaseId: id,
          units: amount === undefined ? null : unitsOf(amount, lease.amount.asset),
          reference,
          at: paidAt === undefined ? null : timeOf(paidAt, 'paid_at'),
        });
        const after = done && (await leases.find({ merchantId: worker.merchantId, id }));
        if (!after) throw unknown('lease');
        return printLease(after);
      },
    );
  };
}

function printLease(lease: ListedLease): Static<typeof leaseSchema> {
  const { asset } = lease.amount;
  return {
    id: lease.id,
    payment: lease.paymentId,
    reference: lease.reference,
    status: lease.status,
    ...printAmount(lease.amount),
    received: printUnits(lease.receivedUnits, asset),
    requisite: { id: lease.requisiteId, kind: lease.kind, masked: lease.masked },
    trader: lease.traderId,
    leased_at: lease.leasedAt.toISOString(),
    closed_at: printTime(lease.closedAt),
    moneys: lease.moneys.map(({ id, units, at, sources }) => ({
      id,
      amount: printUnits(units, asset),
      at: at.toISOString(),
      witnesses: [...sources],
    })),
  };
}
