// Disputes over HTTP: opened, answered, shown by files, decided, taken back, and their timelines.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import {
  type ActRow,
  type Dispute,
  type DisputeKind,
  type DisputePerson,
  type DisputeView,
  type EvidenceRow,
  type Shares,
  disputeKinds,
} from '../../../desk/disputes/dispute.ts';
import type { Disputes, Verdict } from '../../../desk/disputes/disputes.ts';
import { type DisputeStatus, disputeStatuses } from '../../../desk/disputes/machine.ts';
import { type DisputeFault, DisputeRefused } from '../../../desk/disputes/refused.ts';
import { MAX_EVIDENCE_BYTES } from '../../../desk/evidence.ts';
import { decimalsOf } from '../../../money/assets.ts';
import { formatDecimal, parseDecimal } from '../../../money/decimal.ts';
import { keepBytes } from '../../instance.ts';
import { pathParameter } from '../../path.ts';
import {
  type DeskRoutes,
  type Door,
  idOf,
  merchantQuery,
  pageMembers,
  pageOf,
  printPage,
} from './door.ts';
import { Problem, problemSchema } from './problem.ts';

export type DisputeNeeds = { readonly disputes: Omit<Disputes, 'jobs'> };

const root = '/desk/v1/disputes';
const MAX_NOTE_LENGTH = 2_000;
const MAX_NAME_LENGTH = 300;
const MAX_AMOUNT_LENGTH = 80;
const MAX_TIME_LENGTH = 40;

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([Type.Null(), schema]);
const text = Type.String();
const noteText = Type.String({ maxLength: MAX_NOTE_LENGTH });
const amountText = Type.String({ maxLength: MAX_AMOUNT_LENGTH, description: 'As 12.50.' });
const kind = Type.Unsafe<DisputeKind>(Type.Union(disputeKinds.map((one) => Type.Literal(one))));
const status = Type.Unsafe<DisputeStatus>(
  Type.Union(disputeStatuses.map((one) => Type.Literal(one))),
);
const shares = Type.Object({ merchant_amount: text, trader_amount: text });

const disputeMembers = {
  id: text,
  kind,
  status,
  payment: text,
  lease: nullable(text),
  trader: nullable(text),
  currency: text,
  claimed: Type.String({ description: 'All that came in, or what of a payout did not arrive.' }),
  contested: Type.String({ description: 'What is to be shared out.' }),
  in_favour_of: Type.String({ description: 'Who gets it if the opener is right.' }),
  opener: text,
  respondent: text,
  due_at: nullable(Type.String({ description: 'When nobody has answered by then, it moves on.' })),
  paid_at: nullable(text),
  outcome: nullable(shares),
  missing: Type.String({ description: 'What the trader owes and his deposit did not have.' }),
  opened_at: text,
  changed_at: text,
};
const itemSchema = Type.Object(disputeMembers);
const actSchema = Type.Object({
  seq: Type.Integer(),
  at: text,
  act: text,
  party: text,
  user: nullable(text),
  note: nullable(text),
  status: text,
  outcome: nullable(shares),
  file: nullable(Type.Object({ hash: text, name: text })),
});
const fileSchema = Type.Object({
  hash: Type.String({ description: 'SHA-256 of the content.' }),
  name: text,
  type: text,
  size: Type.Integer(),
  at: text,
  party: text,
  user: nullable(text),
  duplicate: Type.Boolean({ description: 'The very same file was shown in another dispute.' }),
  also_in: Type.Array(Type.String(), { description: 'These; not told to traders.' }),
});
const viewSchema = Type.Object({
  ...disputeMembers,
  held: Type.String({ description: 'What of the trader’s deposit is held for it.' }),
  timeline: Type.Array(actSchema),
  evidence: Type.Array(fileSchema),
});
const openBody = Type.Object({
  kind,
  payment: Type.String({ maxLength: 40, description: 'Its id or reference.' }),
  lease: Type.Optional(Type.String({ maxLength: 36 })),
  amount: Type.Optional(amountText),
  paid_at: Type.Optional(Type.String({ maxLength: MAX_TIME_LENGTH, description: 'ISO 8601.' })),
  note: Type.String({ minLength: 1, maxLength: MAX_NOTE_LENGTH }),
});
const answerBody = Type.Object({
  answer: Type.Union([Type.Literal('accept'), Type.Literal('contest')]),
  note: Type.Optional(noteText),
});
const withdrawBody = nullable(Type.Object({ note: Type.Optional(noteText) }));
const decideBody = Type.Object({
  outcome: Type.Union([Type.Literal('merchant'), Type.Literal('trader'), Type.Literal('split')]),
  merchant_amount: Type.Optional(amountText),
  trader_amount: Type.Optional(amountText),
  note: Type.String({ minLength: 1, maxLength: MAX_NOTE_LENGTH }),
});
const listQuery = Type.Object({ status: Type.Optional(status), ...pageMembers });
const evidenceQuery = Type.Object({
  name: Type.Optional(Type.String({ maxLength: MAX_NAME_LENGTH })),
  note: Type.Optional(noteText),
  merchant: pageMembers.merchant,
});

export function disputeRoutes({ disputes }: DisputeNeeds): DeskRoutes {
  return (instance, door) => {
    readRoutes(instance, door, disputes);
    openRoute(instance, door, disputes);
    actRoutes(instance, door, disputes);
    fileRoutes(instance, door, disputes);
  };
}

type Served = DisputeNeeds['disputes'];

function readRoutes(instance: FastifyInstance, door: Door, disputes: Served): void {
  instance.get<{ Querystring: Static<typeof listQuery> }>(
    root,
    {
      schema: {
        summary: 'Disputes, newest first: a trader’s own, or all of the merchant’s',
        querystring: listQuery,
        response: {
          200: Type.Object({ items: Type.Array(itemSchema), next: nullable(text) }),
          '4xx': problemSchema,
        },
      },
    },
    async (request) => {
      const page = pageOf(request.query);
      const filter = { ...page, status: request.query.status ?? null };
      const found = await disputes.list(personOf(door, request), filter);
      return printPage(found, page, printDispute);
    },
  );
  instance.get(`${root}/:id`, { schema: shown('One dispute with its timeline') }, (request) =>
    answering(door, request, (person, id) => disputes.find(person, id)),
  );
}

function openRoute(instance: FastifyInstance, door: Door, disputes: Served): void {
  const schema = shown('Disputes a payment or a payout', openBody, { 201: viewSchema });
  instance.post<{ Body: Static<typeof openBody> }>(root, { schema }, async (request, reply) => {
    const { kind: what, payment, lease = null, amount = null, paid_at: paid, note } = request.body;
    const paidAt = paid === undefined ? null : timeOf(paid);
    const person = personOf(door, request);
    const claim = { kind: what, payment, lease: lease?.toLowerCase() ?? null, amount, paidAt };
    const { view, isNew } = await told(() => disputes.open(person, { ...claim, note }));
    return reply.code(isNew ? 201 : 200).send(printView(person, view));
  });
}

function actRoutes(instance: FastifyInstance, door: Door, disputes: Served): void {
  instance.post<{ Body: Static<typeof answerBody> }>(
    `${root}/:id/answer`,
    { schema: shown('Accepts what the other side says, or contests it', answerBody) },
    (request) => {
      const { answer, note = null } = request.body;
      return answering(door, request, (person, id) => disputes.answer(person, id, answer, note));
    },
  );
  instance.post<{ Body: Static<typeof withdrawBody> }>(
    `${root}/:id/withdraw`,
    { schema: shown('Takes back what one has opened', withdrawBody) },
    (request) => {
      const note = request.body?.note ?? null;
      return answering(door, request, (person, id) => disputes.withdraw(person, id, note));
    },
  );
  instance.post<{ Body: Static<typeof decideBody> }>(
    `${root}/:id/decide`,
    {
      schema: shown('Decides, for those who run the server: all to one side, or split', decideBody),
    },
    (request) =>
      answering(door, request, async (person, id) => {
        const { dispute } = await disputes.find(person, id);
        const verdict = verdictOf(request.body, dispute.asset);
        return disputes.decide(person, id, verdict, request.body.note);
      }),
  );
}

/** In an instance of its own: whatever the sender calls his file, it is taken as it is. */
function fileRoutes(instance: FastifyInstance, door: Door, disputes: Served): void {
  void instance.register(async (own) => {
    keepBytes(own);
    own.post<{ Querystring: Static<typeof evidenceQuery>; Body: Buffer | undefined }>(
      `${root}/:id/evidence`,
      {
        bodyLimit: MAX_EVIDENCE_BYTES,
        schema: {
          ...shown('Shows a file: the body is a PDF, PNG, JPEG, WebP, HEIC or plain text'),
          querystring: evidenceQuery,
        },
      },
      (request) => {
        const { name = null, note = null } = request.query;
        const content = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        return answering(door, request, (person, id) =>
          disputes.addEvidence(person, id, { content, name }, note),
        );
      },
    );
    own.get(
      `${root}/:id/evidence/:hash`,
      { schema: { summary: 'A file that was shown', querystring: merchantQuery } },
      async (request, reply) => {
        const person = personOf(door, request);
        const hash = pathParameter(request, 'hash') ?? '';
        const id = idOf(request, 'dispute');
        return download(reply, await told(() => disputes.file(person, id, hash)));
      },
    );
  });
}

/** Its type is one of those that do nothing, and no browser may think otherwise. */
function download(
  reply: FastifyReply,
  { type, name, content }: { type: string; name: string; content: Buffer },
): FastifyReply {
  return reply
    .type(type === 'text/plain' ? 'text/plain; charset=utf-8' : type)
    .header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(name)}`)
    .header('content-security-policy', "default-src 'none'; sandbox")
    .header('x-content-type-options', 'nosniff')
    .header('cache-control', 'private, no-store')
    .send(content);
}

function shown(summary: string, body?: object, more: object = {}) {
  const response = { 200: viewSchema, ...more, '4xx': problemSchema };
  return { summary, querystring: merchantQuery, response, ...(body ? { body } : {}) };
}

async function answering(
  door: Door,
  request: FastifyRequest,
  work: (person: DisputePerson, id: string) => Promise<DisputeView>,
): Promise<object> {
  const person = personOf(door, request);
  const id = idOf(request, 'dispute');
  return printView(person, await told(() => work(person, id)));
}

/** Who runs the server decides in both worlds; others work in one. */
function personOf(door: Door, request: FastifyRequest): DisputePerson {
  const { user, merchantId, mode, actor } = door.personOf(request);
  const { role } = user;
  return { ...actor, role, merchantId, mode: role === 'operator' ? null : mode };
}

const statusOf: Readonly<Record<DisputeFault, number>> = {
  not_found: 404,
  forbidden: 403,
  invalid: 422,
  conflict: 409,
};

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DisputeRefused)) throw error;
    const code = error.code === 'invalid' ? 'refused' : error.code;
    throw new Problem(statusOf[error.code], code, `${error.message}.`);
  }
}

function verdictOf(body: Static<typeof decideBody>, asset: string): Verdict {
  const { outcome, merchant_amount: merchant, trader_amount: trader } = body;
  if (outcome !== 'split') {
    if (merchant === undefined && trader === undefined) return outcome;
    throw new Problem(400, 'invalid_request', 'Amounts belong to the outcome `split` only.');
  }
  return { merchantUnits: unitsOf(merchant, asset), traderUnits: unitsOf(trader, asset) };
}

function unitsOf(given: string | undefined, asset: string): bigint {
  const units = parseDecimal(given ?? '', decimalsOf(asset));
  if (typeof units === 'bigint' && units >= 0n) return units;
  throw new Problem(400, 'invalid_request', `A split has two amounts of ${asset}, as 12.50.`);
}

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/;

function timeOf(given: string): Date {
  const at = new Date(given);
  if (isoTime.test(given) && !Number.isNaN(at.getTime())) return at;
  throw new Problem(400, 'invalid_request', '`paid_at` must be as 2026-01-31T12:00:00Z.');
}

function printDispute(dispute: Dispute): Static<typeof itemSchema> {
  const print = printerOf(dispute.asset);
  return {
    id: dispute.id,
    kind: dispute.kind,
    status: dispute.status,
    payment: dispute.paymentId,
    lease: dispute.leaseId,
    trader: dispute.traderId,
    currency: dispute.asset,
    claimed: print(dispute.claimedUnits),
    contested: print(dispute.contestedUnits),
    in_favour_of: dispute.less ? 'trader' : 'merchant',
    opener: dispute.opener,
    respondent: dispute.respondent,
    due_at: dispute.dueAt?.toISOString() ?? null,
    paid_at: dispute.paidAt?.toISOString() ?? null,
    outcome: printShares(dispute.shares, print),
    missing: print(dispute.missingUnits),
    opened_at: dispute.openedAt.toISOString(),
    changed_at: dispute.changedAt.toISOString(),
  };
}

function printView(person: DisputePerson, view: DisputeView): Static<typeof viewSchema> {
  const print = printerOf(view.dispute.asset);
  const tellsOthers = person.role !== 'trader';
  return {
    ...printDispute(view.dispute),
    contested: print(view.contested.units),
    held: print(view.held.units),
    timeline: view.timeline.map((row) => printAct(row, print)),
    evidence: view.evidence.map((file) => printFile(file, tellsOthers)),
  };
}

type Print = (units: bigint) => string;

function printerOf(asset: string): Print {
  return (units) => formatDecimal(units, decimalsOf(asset));
}

function printShares(given: Shares | null, print: Print): Static<typeof shares> | null {
  if (given === null) return null;
  return {
    merchant_amount: print(given.merchantUnits),
    trader_amount: print(given.traderUnits),
  };
}

function printAct(row: ActRow, print: Print): Static<typeof actSchema> {
  const { seq, at, act, party, userId: user, note, status: after, shares: given, file } = row;
  const outcome = printShares(given, print);
  return { seq, at: at.toISOString(), act, party, user, note, status: after, outcome, file };
}

function printFile(row: EvidenceRow, tellsOthers: boolean): Static<typeof fileSchema> {
  const { hash, name, type, size, at, party, userId: user, alsoIn } = row;
  return {
    hash,
    name,
    type,
    size,
    at: at.toISOString(),
    party,
    user,
    duplicate: alsoIn.length > 0,
    also_in: tellsOthers ? [...alsoIn] : [],
  };
}
