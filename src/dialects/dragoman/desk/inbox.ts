// The inbox over HTTP: reported money that waits for a person, and what the person decides.

import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Inbox } from '../../../desk/inbox.ts';
import type { InboxItem } from '../../../desk/incoming-rows.ts';
import { type DeskRoutes, idOf, merchantQuery, pageMembers, pageOf, printPage } from './door.ts';
import { unknown } from './problem.ts';
import { answers, printAmount, printTime, workerOf } from './work.ts';

export type InboxNeeds = { readonly inbox: Omit<Inbox, 'jobs' | 'take' | 'rematch'> };

const statuses = ['waiting', 'settled', 'dismissed'] as const;
const status = Type.Unsafe<InboxItem['status']>(
  Type.Union(statuses.map((one) => Type.Literal(one))),
);
const listQuery = Type.Object({ ...pageMembers, status: Type.Optional(status) });
const matchBody = Type.Object(
  { lease: Type.String({ format: 'uuid', description: 'The lease for which the money was.' }) },
  { additionalProperties: false },
);
const dismissBody = Type.Object(
  { reason: Type.String({ minLength: 1, maxLength: 500 }) },
  { additionalProperties: false },
);
const nullable = Type.Union([Type.Null(), Type.String()]);
const itemSchema = Type.Object({
  id: Type.String(),
  source: Type.String({ description: 'statement or message' }),
  kind: Type.String({ description: 'money, or reversal: the bank takes earlier money back' }),
  status: Type.String(),
  why: Type.Union([Type.Null(), Type.String()], { description: 'Why it waits.' }),
  amount: Type.String(),
  currency: Type.String(),
  at: nullable,
  text: Type.String(),
  payer_name: nullable,
  payer_account: nullable,
  requisites: Type.Array(Type.String()),
  candidates: Type.Array(
    Type.Object({
      lease: Type.String(),
      score: Type.Integer(),
      reasons: Type.Array(Type.String()),
    }),
  ),
  lease: nullable,
  reason: nullable,
  created_at: Type.String(),
});
const pageSchema = Type.Object({ items: Type.Array(itemSchema), next: nullable });

export function inboxRoutes({ inbox }: InboxNeeds): DeskRoutes {
  return (instance: FastifyInstance, door) => {
    instance.get<{ Querystring: Static<typeof listQuery> }>(
      '/desk/v1/inbox',
      { schema: { querystring: listQuery, response: answers(pageSchema) } },
      async (request) => {
        const page = pageOf(request.query);
        const wanted: InboxItem['status'] = request.query.status ?? 'waiting';
        const filter = { ...workerOf(door, request), ...page, status: wanted };
        return printPage(await inbox.list(filter), page, printItem);
      },
    );
    instance.post<{ Body: Static<typeof matchBody> }>(
      '/desk/v1/inbox/:id/match',
      { schema: { querystring: merchantQuery, body: matchBody, response: answers(itemSchema) } },
      async (request) => {
        const id = idOf(request, 'incoming money');
        const { lease } = request.body;
        const item = await inbox.match(workerOf(door, request), id, lease.toLowerCase());
        return printItem(item ?? fail());
      },
    );
    instance.post<{ Body: Static<typeof dismissBody> }>(
      '/desk/v1/inbox/:id/dismiss',
      { schema: { querystring: merchantQuery, body: dismissBody, response: answers(itemSchema) } },
      async (request) => {
        const id = idOf(request, 'incoming money');
        const { reason } = request.body;
        const item = await inbox.dismiss(workerOf(door, request), id, reason);
        return printItem(item ?? fail());
      },
    );
  };
}

function fail(): never {
  throw unknown('incoming money');
}

function printItem(item: InboxItem): Static<typeof itemSchema> {
  const { incoming } = item;
  return {
    id: item.id,
    source: item.source,
    kind: item.kind,
    status: item.status,
    why: item.status === 'waiting' ? item.why : null,
    ...printAmount(incoming.amount),
    at: printTime(incoming.at),
    text: incoming.text,
    payer_name: incoming.counterpartyName,
    payer_account: incoming.counterpartyAccount,
    requisites: [...incoming.requisites],
    candidates: item.candidates.map(({ lease, score, reasons }) => {
      return { lease, score, reasons: [...reasons] };
    }),
    lease: item.leaseId,
    reason: item.reason,
    created_at: item.createdAt.toISOString(),
  };
}
