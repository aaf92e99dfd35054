// POST /api/v1/payments: wire/xbillion.md section 3.1.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { type CreateCommand, requestHash } from '../../payments/create.ts';
import type { Instruction, Payment } from '../../payments/nouns.ts';
import { Refusal } from '../../payments/refusals.ts';
import { readJsonObject } from '../body.ts';
import type { WireError } from '../dialect.ts';
import { externalOrigin } from '../origin.ts';
import type { Session } from './authenticate.ts';
import { chargeOf } from './charge.ts';
import { type CreateFields, type CreateRules, readCreateFields } from './create-fields.ts';
import {
  type BusinessCode,
  answer,
  business,
  invalidFields,
  refusalErrors,
  refuse,
  unreadable,
} from './errors.ts';
import { marksText } from './marks.ts';
import type { XbillionNeeds } from './needs.ts';
import { type Next, paymentText } from './print.ts';
import { payOf } from './paying.ts';

const jsonContent = /^\s*application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;

export function createsPayments(needs: XbillionNeeds) {
  return async (
    request: FastifyRequest,
    reply: FastifyReply,
    session: Session,
  ): Promise<FastifyReply> => {
    const body = bodyOf(request);
    if (body === null) return refuse(reply, unreadable);
    const fields = readCreateFields(body, rulesOf(session));
    if (Array.isArray(fields)) return refuse(reply, invalidFields(fields));
    const asked = session.settings.allowDuplicates ? null : askedKey(fields);
    const order = orderOf(needs, session, fields);
    if (typeof order === 'string') return refuseNew(business[order]);
    const checkout = needs.config.checkoutOrigin ?? externalOrigin(request);
    const print = (payment: Payment, instruction: Instruction | null): string =>
      paymentText(payment, session.settings, order.next(payment, instruction, checkout));
    const idempotency = asked && {
      ...asked,
      answer: (payment: Payment, instruction: Instruction | null) =>
        keep(needs, payment, print(payment, instruction), instruction !== null),
    };
    try {
      const { payment, instruction, replay } = await needs.payments.create({
        ...order.command,
        idempotency,
      });
      const text = payment === null ? recall(needs, replay) : print(payment, instruction);
      return answer(reply, 200, text);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === 'overloaded') throw error;
      return refuseNew(refusalErrors[error.code]);
    }

    // What was answered once is answered again, also when it could not be made any more.
    async function refuseNew(error: WireError): Promise<FastifyReply> {
      const { merchantId, mode } = session.caller;
      const earlier = asked && (await needs.remembered({ ...asked, merchantId, mode }));
      if (earlier === null) return refuse(reply, error);
      if (earlier instanceof Refusal) return refuse(reply, business.duplicate_order);
      return answer(reply, 200, recall(needs, earlier));
    }
  };
}

function bodyOf({ headers, body }: FastifyRequest) {
  const raw = body instanceof Buffer ? body : Buffer.alloc(0);
  const type = headers['content-type'];
  if (raw.length > 0 && type !== undefined && !jsonContent.test(type)) return null;
  return readJsonObject(raw);
}

function rulesOf({ caller, settings }: Session): CreateRules {
  return {
    strictEmail: settings.strictEmail,
    lenientIp: settings.lenientIp,
    insecureWebhook: caller.mode === 'test' || settings.allowInsecureWebhook,
    isLenient: (service) => settings.services.get(service)?.lenient ?? false,
  };
}

/** The same order is the same fields, however they were written. */
function askedKey(fields: CreateFields) {
  const { hundredths, ...rest } = fields;
  const canonical = JSON.stringify({ hundredths: hundredths.toString(), ...rest });
  return {
    scope: 'xbillion:payments',
    key: fields.orderId,
    requestHash: requestHash(canonical),
    // An order is paid once, not once a day.
    forever: true,
  };
}

type Order = {
  readonly command: Omit<CreateCommand, 'idempotency'>;
  next(payment: Payment, instruction: Instruction | null, checkout: string): Next;
};

/** What is to be made of the fields, or the first reason against it. */
function orderOf(
  needs: XbillionNeeds,
  session: Session,
  fields: CreateFields,
): Order | BusinessCode {
  const { caller, settings, merchant, pair } = session;
  const { merchantId, mode } = caller;
  const service = settings.services.get(fields.service);
  if (service === undefined) return 'unknown_service';
  if (!service.enabled) return 'service_disabled';
  const charge = chargeOf(fields, { mode, service, settings, rates: needs.rates });
  if (typeof charge === 'string') return charge;
  const { price, feeUnits, marks } = charge;
  const spreadPercent = merchant.spreadPercent ?? null;
  const pay = payOf(needs.payments, service, { mode, price, spreadPercent });
  if (pay === 'none') return 'service_refused';
  const command = {
    merchantId,
    mode,
    dialect: 'xbillion',
    price,
    name: fields.orderId,
    maxUses: 1,
    payer: payerOf(fields),
    metadata: null,
    successUrl: fields.successUrl ?? settings.returnUrls.success,
    cancelUrl: fields.failUrl ?? settings.returnUrls.fail,
    merchantReference: fields.orderId,
    callbackUrl: fields.webhookUrl,
    callbackSecret: pair,
    lifetimeMs: service.lifetimeMs,
    createdBy: null,
    dialectData: marksText(marks),
    exchange: null,
    convertPercent: null,
    feeUnits,
    pay: pay?.chosen ?? null,
    script: null,
  };
  return {
    command,
    next: ({ id }, instruction, checkout) =>
      service.kind === 'details' && instruction !== null
        ? { action: 'show_details', instruction, network: pay?.network ?? null }
        : { action: 'redirect', url: `${checkout}/link/${id}` },
  };
}

function payerOf({ customer }: CreateFields): CreateCommand['payer'] {
  const { name, email, phone, ip } = customer;
  return {
    ...(name === null ? {} : { name }),
    ...(email === null ? {} : { email }),
    ...(phone === null ? {} : { phone }),
    ...(ip === null ? {} : { ip }),
  };
}

// Details hold somebody's account number: no table has them in the clear. Every other answer
// begins with a brace.
function keep({ vault }: XbillionNeeds, { id }: Payment, text: string, secret: boolean): string {
  return secret ? `${id} ${vault.seal(text, contextOf(id)).toString('base64')}` : text;
}

function recall({ vault }: XbillionNeeds, kept: string): string {
  if (kept.startsWith('{')) return kept;
  const [id = '', sealed = ''] = kept.split(' ', 2);
  return vault.open(Buffer.from(sealed, 'base64'), contextOf(id));
}

function contextOf(paymentId: string): string {
  return `xbillion answer of ${paymentId}`;
}
