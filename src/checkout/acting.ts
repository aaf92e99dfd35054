// What a payer does: choosing a way to pay and, in test mode, playing the outside world.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Payment } from '../payments/nouns.ts';
import { Refusal } from '../payments/refusals.ts';
import type { CheckoutDeps } from './needs.ts';
import { forbidden, unknownLink, unreadable } from './replies.ts';
import { isSandboxEvent } from './sandbox-panel.ts';
import type { Snapshots } from './snapshots.ts';
import { idOf, textOf, wishOf } from './wish.ts';

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

export type Acting = { readonly choose: Handler; readonly play: Handler };

/** Both answer 303 to the page, which then says how things stand: reloading repeats nothing. */
export function createActing(deps: CheckoutDeps, snapshots: Snapshots): Acting {
  const { payments } = deps;

  async function choose(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const snapshot = await snapshots.readFresh(idOf(request));
    if (snapshot === null) return unknownLink(reply);
    const { payment } = snapshot.view;
    if (payment.direction === 'out') return forbidden(reply);
    const { method } = wishOf(request.body);
    const done = method !== null && (await succeeded(payments.choose(payment, method)));
    await snapshots.readFresh(payment.id);
    if (!done) return backTo(reply, payment, { notice: 'unavailable' });
    const use = payment.maxUses > 1 ? snapshot.facts.usesSeen + 1 : null;
    return backTo(reply, payment, { method, use });
  }

  async function play(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const snapshot = await snapshots.readFresh(idOf(request));
    if (snapshot === null) return unknownLink(reply);
    const { payment } = snapshot.view;
    const played = payment.mode === 'test' && payment.direction === 'in' && deps.testButtons;
    if (!played) return forbidden(reply);
    const event = textOf(request.body, 'event');
    if (!isSandboxEvent(event)) return unreadable(reply, 400);
    const done = await succeeded(payments.play(payment, event));
    await snapshots.readFresh(payment.id);
    return backTo(reply, payment, {
      ...wishOf(request.body),
      notice: done ? null : 'impossible',
    });
  }

  return { choose, play };
}

/** A refusal is an answer; anything else is a bug and goes on up. */
async function succeeded(attempt: Promise<unknown>): Promise<boolean> {
  try {
    await attempt;
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

type Query = Readonly<Record<string, string | number | null>>;

function backTo(reply: FastifyReply, payment: Payment, query: Query): FastifyReply {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null) search.append(name, String(value));
  }
  const tail = search.size > 0 ? `?${search}` : '';
  return reply.redirect(`/link/${payment.reference}${tail}`, 303);
}
