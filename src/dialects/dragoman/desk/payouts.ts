// Payouts over HTTP: what waits, who takes it, what shows that it was sent, and how it ended.

import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import { type Static, Type } from 'typebox';
import { MAX_EVIDENCE_BYTES } from '../../../desk/evidence.ts';
import { maxText } from '../../../desk/payouts/acting.ts';
import { missingOf } from '../../../desk/payouts/backing.ts';
import {
  type DeskPerson,
  type PayoutOrder,
  type PayoutTerms,
  payoutStatuses,
} from '../../../desk/payouts/order.ts';
import type { Payouts } from '../../../desk/payouts/payouts.ts';
import { maxOpenLimit, maxTakeMinutes } from '../../../desk/payouts/terms.ts';
import { maskNumber } from '../../../desk/requisite-number.ts';
import { may } from '../../../merchants/roles.ts';
import { decimalsOf } from '../../../money/assets.ts';
import { formatDecimal } from '../../../money/decimal.ts';
import {
  type DeskRoutes,
  type Door,
  idOf,
  merchantQuery,
  pageMembers,
  pageOf,
  printPage,
} from './door.ts';
import { Problem, problemSchema, unknown } from './problem.ts';

export type PayoutNeeds = {
  readonly payouts: Pick<
    Payouts,
    | 'list'
    | 'find'
    | 'destinationFor'
    | 'takeNext'
    | 'take'
    | 'release'
    | 'prove'
    | 'confirm'
    | 'reject'
    | 'reverse'
    | 'proofFile'
    | 'terms'
    | 'changeTerms'
  >;
};

/** Base64 takes four characters for three bytes; the rest of the body is small. */
const MAX_FILE_TEXT = Math.ceil(MAX_EVIDENCE_BYTES / 3) * 4;
const MAX_PROOF_BODY_BYTES = MAX_FILE_TEXT + 4_096;

const root = '/desk/v1/payouts';
const currency = Type.Optional(Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217.' }));
const status = Type.Union(payoutStatuses.map((one) => Type.Literal(one)));
const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([Type.Null(), schema]);

const payoutSchema = Type.Object({
  id: Type.String({ description: 'That of the payment.' }),
  reference: Type.String({ description: 'To be written on the transfer.' }),
  status,
  amount: Type.String(),
  currency: Type.String(),
  way: Type.String(),
  destination: Type.Object(
    { masked: Type.String(), details: nullable(Type.Record(Type.String(), Type.String())) },
    { description: '`details` in full only for whoever has the payout, and for managers.' },
  ),
  taken_by: nullable(Type.String()),
  taken_at: nullable(Type.String()),
  due_at: nullable(Type.String({ description: 'Untouched till then, it goes back.' })),
  proof: nullable(
    Type.Object({
      reference: Type.String(),
      file: nullable(Type.String({ description: 'SHA-256 of the file.' })),
      at: Type.String(),
    }),
  ),
  reason: nullable(Type.String({ description: 'Why it was given back last, or rejected.' })),
  ended_at: nullable(Type.String()),
  missing: Type.String({ description: 'What a reversal did not find in the deposit.' }),
  created_at: Type.String(),
});
const listQuery = Type.Object({
  status: Type.Optional(status),
  currency,
  ...pageMembers,
});
const nextQuery = Type.Object({ currency, merchant: pageMembers.merchant });
const text = Type.String({ minLength: 1, maxLength: maxText });
const releaseBody = nullable(Type.Object({ reason: Type.Optional(text) }));
const rejectBody = Type.Object({ reason: text });
const reverseBody = Type.Object({
  at_cost_of: Type.Union([Type.Literal('trader'), Type.Literal('house')]),
  reason: text,
});
const proofBody = Type.Object({
  reference: Type.String({ minLength: 1, maxLength: maxText, description: 'The bank’s.' }),
  file: Type.Optional(
    Type.String({
      maxLength: MAX_FILE_TEXT,
      pattern: '^[A-Za-z0-9+/]*={0,2}$',
      description: 'Base64 of a PDF, PNG, JPEG, WebP or HEIC document, or plain text.',
    }),
  ),
});
const termsSchema = Type.Object({
  traders_confirm: Type.Boolean(),
  pledged: Type.Boolean({ description: 'The taker’s deposit stands for what he has.' }),
  open_limit: Type.Integer({ minimum: 1, maximum: maxOpenLimit }),
  take_minutes: Type.Integer({ minimum: 1, maximum: maxTakeMinutes }),
});
const termsPatch = Type.Partial(termsSchema);

/** What is done to one payout. */
type Acting = {
  readonly act: (person: DeskPerson, id: string, body: unknown) => Promise<PayoutOrder>;
  readonly body?: object;
  readonly bodyLimit?: number;
};

export function payoutRoutes({ payouts }: PayoutNeeds): DeskRoutes {
  return (instance, door) => {
    const print = (person: DeskPerson, order: PayoutOrder) =>
      printed(order, payouts.destinationFor(person, order));
    queueRoutes(instance, door, payouts, print);
    readRoutes(instance, door, payouts, print);
    termsRoutes(instance, door, payouts);
    for (const [name, { act, body, bodyLimit }] of Object.entries(actsOf(payouts))) {
      const handler: RouteHandlerMethod = async (request) => {
        const person = personOf(door, request);
        return print(person, await act(person, idOf(request, 'payout'), request.body));
      };
      const schema = { ...shown(payoutSchema), querystring: merchantQuery };
      instance.post(
        `${root}/:id/${name}`,
        { schema: body ? { ...schema, body } : schema, ...(bodyLimit ? { bodyLimit } : {}) },
        handler,
      );
    }
  };
}

/** By the last part of their paths. */
function actsOf(payouts: PayoutNeeds['payouts']): Readonly<Record<string, Acting>> {
  return {
    take: { act: (person, id) => payouts.take(person, id) },
    release: {
      act: (person, id, body) => {
        const { reason } = (body ?? {}) as { reason?: string };
        return payouts.release(person, id, reason ?? null);
      },
      body: releaseBody,
    },
    proof: {
      act: (person, id, body) => {
        const { reference, file } = body as Static<typeof proofBody>;
        const content = file === undefined ? null : Buffer.from(file, 'base64');
        return payouts.prove(person, id, { reference, file: content });
      },
      body: proofBody,
      bodyLimit: MAX_PROOF_BODY_BYTES,
    },
    confirm: { act: (person, id) => payouts.confirm(person, id) },
    reject: {
      act: (person, id, body) =>
        payouts.reject(person, id, (body as Static<typeof rejectBody>).reason),
      body: rejectBody,
    },
    reverse: {
      act: (person, id, body) => {
        const { at_cost_of: atCostOf, reason } = body as Static<typeof reverseBody>;
        return payouts.reverse(person, id, { atCostOf, reason });
      },
      body: reverseBody,
    },
  };
}

type Print = (person: DeskPerson, order: PayoutOrder) => object;

function queueRoutes(
  instance: FastifyInstance,
  door: Door,
  payouts: PayoutNeeds['payouts'],
  print: Print,
): void {
  instance.get<{ Querystring: Static<typeof listQuery> }>(
    root,
    {
      schema: {
        summary: 'Payouts of one status: open ones oldest first, ended ones newest first',
        querystring: listQuery,
        response: {
          200: Type.Object({ items: Type.Array(payoutSchema), next: nullable(Type.String()) }),
          '4xx': problemSchema,
        },
      },
    },
    async (request) => {
      const person = personOf(door, request);
      const { status = 'waiting', currency = null } = request.query;
      const page = pageOf(request.query);
      const orders = await payouts.list(person, { status, currency, ...page });
      return printPage(orders, page, (order) => print(person, order));
    },
  );
  instance.post<{ Querystring: Static<typeof nextQuery> }>(
    `${root}/take`,
    {
      schema: {
        summary: 'Takes the oldest that waits; null when there is none',
        querystring: nextQuery,
        response: {
          200: Type.Object({ payout: nullable(payoutSchema) }),
          '4xx': problemSchema,
        },
      },
    },
    async (request) => {
      const person = personOf(door, request);
      const order = await payouts.takeNext(person, request.query.currency ?? null);
      return { payout: order && print(person, order) };
    },
  );
}

function readRoutes(
  instance: FastifyInstance,
  door: Door,
  payouts: PayoutNeeds['payouts'],
  print: Print,
): void {
  instance.get(
    `${root}/:id`,
    { schema: { ...shown(payoutSchema), querystring: merchantQuery } },
    async (request) => {
      const person = personOf(door, request);
      return print(person, await payouts.find(person, idOf(request, 'payout')));
    },
  );
  instance.get(
    `${root}/:id/proof`,
    { schema: { summary: 'The file that shows the transfer', querystring: merchantQuery } },
    async (request, reply) => {
      const file = await payouts.proofFile(personOf(door, request), idOf(request, 'payout'));
      if (file === null) throw unknown('file');
      return download(reply, file);
    },
  );
}

function termsRoutes(instance: FastifyInstance, door: Door, payouts: PayoutNeeds['payouts']): void {
  const path = '/desk/v1/payout-terms';
  const schema = { ...shown(termsSchema), querystring: merchantQuery };
  instance.get(path, { schema }, async (request) =>
    printedTerms(await payouts.terms(personOf(door, request))),
  );
  instance.patch<{ Body: Static<typeof termsPatch> }>(
    path,
    { schema: { ...schema, body: termsPatch } },
    async (request) => {
      if (!may(door.personOf(request).user.role, 'settings.change')) {
        throw new Problem(403, 'forbidden', 'This person may not change settings.');
      }
      return printedTerms(await payouts.changeTerms(personOf(door, request), given(request.body)));
    },
  );
}

function personOf(door: Door, request: FastifyRequest): DeskPerson {
  const { user, merchantId, mode, actor } = door.personOf(request);
  const role = user.role === 'trader' || user.role === 'operator' ? user.role : 'manager';
  return { ...actor, role, merchantId, mode };
}

function shown(schema: object) {
  return { response: { 200: schema, '4xx': problemSchema } };
}

/** Never shown by a browser as a page of ours. */
function download(
  reply: FastifyReply,
  { hash, type, content }: { hash: string; type: string; content: Buffer },
): FastifyReply {
  return reply
    .type(type)
    .header('content-disposition', `attachment; filename="${hash.slice(0, 8)}"`)
    .header('content-security-policy', 'sandbox')
    .header('cache-control', 'private, no-store')
    .send(content);
}

function printed(order: PayoutOrder, details: Readonly<Record<string, string>> | null): object {
  const { proof, amount } = order;
  const print = (units: bigint): string => formatDecimal(units, decimalsOf(amount.asset));
  return {
    id: order.id,
    reference: order.reference,
    status: order.status,
    amount: print(amount.units),
    currency: amount.asset,
    way: order.way,
    destination: { masked: maskNumber(order.lastFour), details },
    taken_by: order.takenBy,
    taken_at: order.takenAt?.toISOString() ?? null,
    due_at: order.dueAt?.toISOString() ?? null,
    proof: proof && { ...proof, at: proof.at.toISOString() },
    reason: order.reason,
    ended_at: order.endedAt?.toISOString() ?? null,
    missing: print(missingOf(order)),
    created_at: order.createdAt.toISOString(),
  };
}

function printedTerms(terms: PayoutTerms): Static<typeof termsSchema> {
  return {
    traders_confirm: terms.tradersConfirm,
    pledged: terms.pledged,
    open_limit: terms.openLimit,
    take_minutes: terms.takeMinutes,
  };
}

function given(body: Static<typeof termsPatch>): Partial<PayoutTerms> {
  const members = {
    tradersConfirm: body.traders_confirm,
    pledged: body.pledged,
    openLimit: body.open_limit,
    takeMinutes: body.take_minutes,
  };
  const present = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as Partial<PayoutTerms>;
}
