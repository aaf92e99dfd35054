// Operations: the payer's details, one by its number, and the list. wire/xlink.md 3.3 to 3.5.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PaymentView } from '../../payments/nouns.ts';
import { pathParameter } from '../path.ts';
import type { Session } from './authenticate.ts';
import { MAX_DETAILS_BYTES } from './create-fields.ts';
import { bodyOf } from './create.ts';
import {
  answer,
  business,
  invalidFields,
  operationNotFound,
  refuse,
  sessionNotFound,
  unreadable,
} from './errors.ts';
import * as read from './faults.ts';
import { type Marks, marksOf } from './marks.ts';
import type { XlinkNeeds } from './needs.ts';
import { readOperationFields } from './operation-fields.ts';
import { envelope, readListQuery } from './queries.ts';
import { type Requisites, mask } from './requisites.ts';
import { operationViewText, sceneOf } from './scene.ts';
import { badEscape } from './sessions.ts';
import { sessionWord } from './words.ts';

type Handler = (
  request: FastifyRequest,
  reply: FastifyReply,
  session: Session,
) => Promise<FastifyReply>;

/** Longer than any number that a create takes: nothing is found by it. */
const MAX_NUMBER = 255;

/** The operation is there since the session is: the call only says who pays. */
export function attachesOperations(needs: XlinkNeeds): Handler {
  return async (request, reply, session) => {
    const body = bodyOf(request);
    if (body === null) return refuse(reply, unreadable);
    const fields = readOperationFields(body);
    if (Array.isArray(fields)) return refuse(reply, invalidFields(fields));
    const view = await needs.payments.findOperation(session.scope, fields.sessionId);
    if (view === null) return refuse(reply, sessionNotFound);
    const marks = marksOf(view.payment);
    if (sessionWord(view.payment) === 'expired' && marks?.called !== true) {
      return refuse(reply, business.sessionExpired);
    }
    const noted = marks === null ? view : await note(needs, view, marks, fields.payerRequisites);
    const scene = sceneOf(needs, request, session);
    return answer(reply, await operationViewText(needs, noted, scene));
  };
}

/** Nothing is written when there is nothing new: clients repeat the call. */
async function note(
  { payments }: XlinkNeeds,
  view: PaymentView,
  marks: Marks,
  payer: Requisites,
): Promise<PaymentView> {
  const entries = Object.entries(payer).map(([name, value]) => [name, mask(value)] as const);
  const said = Object.fromEntries(entries);
  const all = { ...marks.payer, ...said };
  // Call after call with other names must not make a row that nobody can read any more.
  const known = Buffer.byteLength(JSON.stringify(all)) > MAX_DETAILS_BYTES ? said : all;
  const dialectData = JSON.stringify({ ...marks, called: true, payer: known });
  if (dialectData === view.payment.dialectData) return view;
  await payments.annotate(view.payment, dialectData);
  return { ...view, payment: { ...view.payment, dialectData } };
}

export function readsOperations(needs: XlinkNeeds): Handler {
  return async (request, reply, session) => {
    const shop = pathParameter(request, 'shop_id');
    const number = pathParameter(request, 'operation_number');
    const shopId = read.positive(shop);
    const errors = 'fault' in shopId ? [{ loc: ['path', 'shop_id'], ...shopId.fault }] : [];
    if (errors.length > 0) return refuse(reply, invalidFields(errors));
    if (number === null) return refuse(reply, badEscape('operation_number'));
    const isOurs = 'value' in shopId && shopId.value === session.merchant.shopId;
    const view = isOurs && isPossible(number) ? await findByNumber(needs, session, number) : null;
    if (view === null) return refuse(reply, operationNotFound);
    const scene = sceneOf(needs, request, session);
    return answer(reply, await operationViewText(needs, view, scene));
  };
}

function findByNumber({ payments }: XlinkNeeds, { scope }: Session, number: string) {
  return payments.findByMerchantReference(scope, number);
}

// PostgreSQL's text holds no NUL.
function isPossible(number: string): boolean {
  return number !== '' && [...number].length <= MAX_NUMBER && !number.includes('\0');
}

export function listsOperations(needs: XlinkNeeds): Handler {
  return async (request, reply, session) => {
    const query = readListQuery(
      request.query as Readonly<Record<string, unknown>>,
      session.settings.reportExpired,
    );
    if (Array.isArray(query)) return refuse(reply, invalidFields(query));
    const { shopId, filter } = query;
    if (shopId !== null && shopId !== session.merchant.shopId) {
      return refuse(reply, business.shop);
    }
    const { views, total } = await needs.payments.operations(session.scope, filter);
    const scene = sceneOf(needs, request, session);
    const shown = views.map(withoutNumbers);
    const items = await Promise.all(shown.map((view) => operationViewText(needs, view, scene)));
    return answer(reply, envelope(items, filter, total));
  };
}

/** In a list an account is only to be recognised: the end of its number says enough. */
function withoutNumbers(view: PaymentView): PaymentView {
  return { ...view, instructions: view.instructions.map((one) => ({ ...one, details: null })) };
}
