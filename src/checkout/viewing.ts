// Looking at a payment: the page, its live stream, its polled status; all from one snapshot.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refusal } from '../payments/refusals.ts';
import { assets } from './assets.ts';
import { type Live, statusOf } from './live.ts';
import type { CheckoutDeps } from './needs.ts';
import { renderPage } from './page.ts';
import { agreedMethod, instructionFor, type Page, pageModel } from './page-model.ts';
import { sendHtml, unknownLink } from './replies.ts';
import type { Snapshot, Snapshots } from './snapshots.ts';
import { idOf, textOf, type Wish, wishOf } from './wish.ts';

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

export type Viewing = {
  readonly status: Handler;
  readonly events: Handler;
  show(name: string | null, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply>;
};

/** What went wrong with a press of a button, by the word in the page's address. */
const notices: Readonly<Record<string, string>> = {
  unavailable: 'That way to pay is not available right now. Try another, or again in a minute.',
  impossible: 'That test control does nothing in this state.',
};

const RETRY_AFTER_SECONDS = 30;

export function createViewing(deps: CheckoutDeps, snapshots: Snapshots, live: Live): Viewing {
  const { payments, testButtons } = deps;

  async function show(
    name: string | null,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const snapshot = name === null ? null : await snapshots.read(canonical(name));
    if (snapshot === null) return unknownLink(reply);
    const given = wishOf(request.query);
    const wish = { ...given, method: agreedMethod(snapshot.view) ?? given.method };
    const page = modelOf(await withInstruction(snapshot, wish), wish);
    const word = textOf(request.query, 'notice') ?? '';
    const notice = Object.hasOwn(notices, word) ? (notices[word] ?? null) : null;
    return sendHtml(reply, 200, renderPage(page, { assets, testButtons, notice }));
  }

  function modelOf(snapshot: Snapshot, { method, use }: Wish): Page {
    return pageModel({ ...snapshot, chosen: method, use, now: deps.now() });
  }

  /** A payer who paid too little is shown how to pay the rest without having to ask for it. */
  async function withInstruction(snapshot: Snapshot, { method }: Wish): Promise<Snapshot> {
    const { payment } = snapshot.view;
    const open = payment.status === 'awaiting' && payment.direction === 'in';
    if (method === null || !open) return snapshot;
    if (instructionFor(snapshot.view, snapshot.facts, method)) return snapshot;
    // It may have been made a moment ago by another process.
    const current = (await snapshots.readFresh(payment.id)) ?? snapshot;
    if (!needsRest(current, method)) return current;
    try {
      await payments.choose(current.view.payment, method);
    } catch (error) {
      if (error instanceof Refusal) return current;
      throw error;
    }
    return (await snapshots.readFresh(payment.id)) ?? current;
  }

  async function status(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const snapshot = await snapshots.read(idOf(request));
    return snapshot ? statusOf(snapshot) : reply.code(404).send({ error: 'not_found' });
  }

  async function events(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const snapshot = await snapshots.read(idOf(request));
    if (snapshot === null) return reply.code(404).send({ error: 'not_found' });
    const { id, status: word } = snapshot.view.payment;
    // 204 tells the browser to stay away: nothing more will be said.
    if (word !== 'awaiting' && word !== 'confirming') return reply.code(204).send();
    if (!live.hasRoom(id)) {
      return reply.code(503).header('retry-after', RETRY_AFTER_SECONDS).send();
    }
    const headers = reply.getHeaders();
    reply.hijack();
    live.join(reply.raw, headers, snapshot);
    return reply;
  }

  return { show, status, events };
}

/** Part of the price came, this method had been chosen, and nothing asks for the rest yet. */
function needsRest({ view, facts }: Snapshot, method: string): boolean {
  const { price, paused } = view.payment;
  const part = facts.remainingUnits > 0n && facts.remainingUnits < price.units;
  const chosenBefore = view.instructions.some((one) => one.method === method);
  return part && chosenBefore && !paused && instructionFor(view, facts, method) === null;
}

/** References are upper case, ids are read in either. */
function canonical(name: string): string {
  return name.endsWith('-PMT') ? name : name.toLowerCase();
}
