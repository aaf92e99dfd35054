// Answers that are not a payment's page: friendly, short, and silent about what is inside.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { assets } from './assets.ts';
import { renderPlain } from './page.ts';

export function sendHtml(reply: FastifyReply, code: number, page: string): FastifyReply {
  return reply.code(code).type('text/html; charset=utf-8').send(page);
}

export function unknownLink(reply: FastifyReply): FastifyReply {
  const lead =
    'There is no payment behind it. Check that it is complete, or ask the shop for a new one.';
  return sendHtml(reply, 404, renderPlain(assets, 'This link leads nowhere', lead));
}

export function forbidden(reply: FastifyReply): FastifyReply {
  const lead = 'This cannot be done here. Open the payment link again and go on there.';
  return sendHtml(reply, 403, renderPlain(assets, 'Not possible', lead));
}

export function unreadable(reply: FastifyReply, code: number): FastifyReply {
  const lead = 'The page did not understand it. Open the payment link again and go on there.';
  return sendHtml(reply, code, renderPlain(assets, 'That did not work', lead));
}

export function mishap(reply: FastifyReply): FastifyReply {
  const lead = 'Something went wrong on our side. Wait a moment, then open the payment link again.';
  return sendHtml(reply, 500, renderPlain(assets, 'Please try again', lead));
}

/**
 * Refuses forms that another site sends through a payer's browser. A browser too old to say where a
 * form comes from can do nothing that the link alone does not allow.
 */
export async function sameSite(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const site = request.headers['sec-fetch-site'];
  const own = site === undefined || site === 'same-origin' || site === 'none';
  return own ? undefined : forbidden(reply);
}
