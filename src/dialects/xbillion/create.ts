// POST /api/v1/payments: wire/xbillion.md section 3.1.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { type CreateCommand, requestHash } from '../../payments/create.ts';
import type { Instruction, Payment } from '../../payments/nouns.ts';
import { Refusal } from '../../payments/refusals.ts';
import { readJsonObject } from '../body.ts';
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
import type { Service } from './services.ts';

const jsonContent = /^\s*application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;

type Handler = (
  request: FastifyRequest,
  reply: FastifyReply,
  session: Session,
) => Promise<FastifyReply>;

export function createsPayments(needs: XbillionNeeds): Handler {
  return async (request, reply, session) => {
    const body = bodyOf(request);
    if (body === null) return refuse(reply, unreadable);
    const fields = readCreateFields(body, rulesOf(session));
    if (Array.isArray(fields)) return refuse(reply, invalidFields(fields));
    const checkout = needs.config.checkoutOrigin ?? externalOrigin(request);
    const asked = session.settings.allowDuplicates ? null : askedKey(fields);
    const printed = asked === null ? null : earlierText(needs, session, asked);
    const command = commandOf(needs, session, fields);
    // What was answered once is answered again, also when it could no longer be made.
    if (typeof command === 'string') return (await printed?.(reply)) ?? refuse(reply, business[command]);
    const print = printerOf(needs, command, checkout);
    const stored = (payment: Payment, instruction: Instruction | null) =>
      kept(needs, payment, print(payment, instruction), instruction);
    const idempotency = asked && { ...asked, answer: stored };
    try {
      const made = await needs.payments.create({ ...command.command, idempotency });
      const text = made.replay === null ? print(made.payment, made.instruction) : null;
      return answer(reply, 200, text ?? opened(needs, made.replay ?? ''));
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === 'overloaded') throw error;
      return (await printed?.(reply)) ?? refuse(reply, refusalErrors[error.code]);
    }
  };
}
