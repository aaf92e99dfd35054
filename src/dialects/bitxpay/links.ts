// Reading, listing and closing links: wire/bitxpay.md sections 3.2 to 3.4.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refusal } from '../../payments/refusals.ts';
import type { Payment } from '../../payments/nouns.ts';
import { externalOrigin } from '../origin.ts';
import { pathParameter } from '../path.ts';
import type { Session } from './authenticate.ts';
import { bodyOf } from './create.ts';
import { type Detail, answer, refuse, texts } from './errors.ts';
import { linkIdOf } from './identifiers.ts';
import { readListQuery } from './list-query.ts';
import type { BitxpayNeeds } from './needs.ts';
import { type Scene, detailsText, itemText, linkText } from './print.ts';
import { wordOf } from './words.ts';

type Handler = (
  request: FastifyRequest,
  reply: FastifyReply,
  session: Session,
) => Promise<FastifyReply>;

const closings: ReadonlyMap<unknown, 'expire' | 'pause' | 'cancel'> = new Map([
  ['expired', 'expire'],
  ['inactive', 'pause'],
  ['cancelled', 'cancel'],
]);

export function readsLinks(needs: BitxpayNeeds): Handler {
  return async (request, reply, session) => {
    const id = linkIdOf(pathParameter(request, 'id'));
    if (id === null) return refuse(reply, 400, 'payment_id must be a valid UUID');
    const view = await needs.payments.find(session.caller, id);
    if (view === null) return refuse(reply, 404, texts.paymentNotFound);
    const { price, mode } = view.payment;
    const usd = price.asset === 'USD' ? null : needs.rates.quote(mode, price.asset, 'USD');
    const facts = view.sightings.length === 0 ? null : await needs.payments.facts(view);
    const scene = sceneOf(needs, request, session);
    return answer(reply, 200, detailsText(view, scene, usd?.rate ?? null, facts));
  };
}

export function listsLinks(needs: BitxpayNeeds): Handler {
  return async (request, reply, session) => {
    const query = request.query as Readonly<Record<string, unknown>>;
    const filter = readListQuery(query, session.settings.initialStatus);
    if (typeof filter === 'string') return refuse(reply, 400, filter);
    if (Array.isArray(filter)) return refuse(reply, 400, texts.validation, filter);
    const { payments, total } = await needs.payments.list(session.caller, filter);
    const scene = sceneOf(needs, request, session);
    const pages = Math.ceil(total / filter.size);
    const items = payments.map((payment) => itemText(payment, scene)).join(',');
    return answer(
      reply,
      200,
      `{"page":${filter.page},"page_size":${filter.size},"total_items":${total},` +
        `"total_pages":${pages},"has_more":${filter.page < pages},"payment_links":[${items}]}`,
    );
  };
}

export function closesLinks(needs: BitxpayNeeds): Handler {
  return async (request, reply, session) => {
    const body = bodyOf(request);
    if (body === null) return refuse(reply, 400, texts.json);
    const id = linkIdOf(pathParameter(request, 'id'));
    const how = closings.get(body.status);
    if (id === null || how === undefined) {
      return refuse(reply, 400, texts.validation, closeIssues(id, how));
    }
    try {
      const payment = await needs.payments.close(session.caller, id, how);
      // Another dialect keeps a secret of its own there, which is no business of this one.
      const secret = payment.dialect === 'bitxpay' ? needs.openSecret(payment) : null;
      return answer(reply, 200, linkText(payment, secret, sceneOf(needs, request, session)));
    } catch (error) {
      return refuseClosing(error, reply);
    }
  };
}

function closeIssues(id: string | null, how: string | undefined): Detail[] {
  const details: Detail[] = [];
  if (id === null) details.push({ field: 'id', issue: 'must be a valid UUID' });
  if (how === undefined) {
    details.push({ field: 'status', issue: 'must be one of: expired, inactive, cancelled' });
  }
  return details;
}

function refuseClosing(error: unknown, reply: FastifyReply): FastifyReply {
  if (!(error instanceof Refusal)) throw error;
  if (error.code === 'payment_not_found') return refuse(reply, 404, texts.linkNotFound);
  if (error.code !== 'status_conflict') throw error;
  // An open link never refuses, so the initial word cannot show here.
  const status = (error.status ?? 'completed') as Payment['status'];
  const word = wordOf({ status, paused: false }, 'processing');
  return refuse(reply, 422, `Cannot update status of ${word} payment`);
}

function sceneOf(needs: BitxpayNeeds, request: FastifyRequest, { settings }: Session): Scene {
  return {
    now: needs.now(),
    initialStatus: settings.initialStatus,
    checkout: needs.config.checkoutOrigin ?? externalOrigin(request),
  };
}
