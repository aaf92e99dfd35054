// POST sessions and payment-links: one handler, one key. wire/xlink.md sections 3.1, 3.7 and 7.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Created, requestHash } from '../../payments/create.ts';
import type { IdempotentRequest } from '../../payments/idempotency.ts';
import type { Instruction, Payment } from '../../payments/nouns.ts';
import { Refusal, type RefusalCode } from '../../payments/refusals.ts';
import { readJsonObject } from '../body.ts';
import type { WireError } from '../dialect.ts';
import type { Session } from './authenticate.ts';
import { type CreateFields, readCreateFields } from './create-fields.ts';
import {
  answer,
  business,
  internal,
  invalidFields,
  notAuthenticated,
  refusalErrors,
  refuse,
  unreadable,
} from './errors.ts';
import { sessionOfShop } from './keyless.ts';
import type { XlinkNeeds } from './needs.ts';
import { type Order, orderOf } from './order.ts';
import { type Scene, sessionText } from './print.ts';
import { sceneOf } from './scene.ts';

/** A number names its operation for ever, and whatever else the request says. */
const anyBody = requestHash('');
const scope = 'xlink:operations';
/** Another way to pay may still have a place for the money. */
const noPlace: ReadonlySet<RefusalCode> = new Set(['no_requisites', 'no_address_available']);

export function createsSessions(needs: XlinkNeeds) {
  return async (
    request: FastifyRequest,
    reply: FastifyReply,
    keyed: Session | null,
  ): Promise<FastifyReply> => {
    const body = bodyOf(request);
    const session = keyed ?? (await sessionOfShop(needs, body));
    if (session === null) return refuse(reply, notAuthenticated);
    if (body === null) return refuse(reply, unreadable);
    const fields = readCreateFields(body);
    if (Array.isArray(fields)) return refuse(reply, invalidFields(fields));
    if (fields.shopId !== session.merchant.shopId) return refuse(reply, business.shop);
    const made = await make(needs, session, fields, sceneOf(needs, request, session));
    if (made.outcome === 'made') return answer(reply, made.text);
    // What was answered once is answered again, also when it could not be made any more.
    const earlier =
      made.outcome === 'known'
        ? made.kept
        : await needs.remembered({ ...session.scope, ...keyOf(fields) });
    if (typeof earlier === 'string') {
      return answer(reply.header('idempotent-replayed', 'true'), recall(needs, earlier));
    }
    return refuse(reply, made.outcome === 'refused' ? made.error : internal);
  };
}

export function bodyOf({ body }: FastifyRequest) {
  return readJsonObject(body instanceof Buffer ? body : undefined);
}

type Made =
  | { readonly outcome: 'made'; readonly text: string }
  | { readonly outcome: 'known'; readonly kept: string }
  | { readonly outcome: 'refused'; readonly error: WireError };

async function make(
  needs: XlinkNeeds,
  session: Session,
  fields: CreateFields,
  scene: Scene,
): Promise<Made> {
  const order = orderOf(needs, session, fields);
  if ('status' in order) return { outcome: 'refused', error: order };
  let printed: string | null = null;
  const idempotency = {
    ...keyOf(fields),
    // An operation is made once, not once a day.
    forever: true,
    answer: (payment: Payment, instruction: Instruction | null) => {
      printed = sessionText(payment, instruction, scene);
      return keep(needs, payment, printed);
    },
  };
  try {
    const { payment, instruction, replay } = await carryOut(needs, order, idempotency);
    return payment === null
      ? { outcome: 'known', kept: replay }
      : { outcome: 'made', text: printed ?? sessionText(payment, instruction, scene) };
  } catch (error) {
    if (!(error instanceof Refusal) || error.code === 'overloaded') throw error;
    return { outcome: 'refused', error: refusalErrors[error.code] };
  }
}

function keyOf({ operationNumber }: CreateFields) {
  return { scope, key: operationNumber, requestHash: anyBody };
}

async function carryOut(
  { payments }: XlinkNeeds,
  order: Order,
  idempotency: IdempotentRequest,
): Promise<Created> {
  if (order.type === 'PAYOUT') return payments.createPayout(order.command(idempotency));
  for (let pay = order.first; ;) {
    try {
      return await payments.create(order.command(pay, idempotency));
    } catch (error) {
      if (!(error instanceof Refusal) || !noPlace.has(error.code)) throw error;
      const other = order.another();
      if (other === null) throw error;
      pay = other;
    }
  }
}

// Answers hold somebody's account number: no table has them in the clear.
function keep({ vault }: XlinkNeeds, { id }: Payment, text: string): string {
  return `${id} ${vault.seal(text, contextOf(id)).toString('base64')}`;
}

function recall({ vault }: XlinkNeeds, kept: string): string {
  const [id = '', sealed = ''] = kept.split(' ', 2);
  return vault.open(Buffer.from(sealed, 'base64'), contextOf(id));
}

function contextOf(paymentId: string): string {
  return `xlink answer of ${paymentId}`;
}
