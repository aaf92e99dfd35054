// Reading, listing and cancelling: wire/xpay.md sections 3.5, 3.6 and 3.8.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { User } from '../../merchants/users.ts';
import type { PaymentView } from '../../payments/nouns.ts';
import { Refusal } from '../../payments/refusals.ts';
import { externalOrigin } from '../origin.ts';
import { pathParameter } from '../path.ts';
import { mayCancel, maySee, seesAll } from './access.ts';
import type { Creators } from './creators.ts';
import { answer, fault, faults, isFault, refuse } from './errors.ts';
import { readListQuery, readPage } from './list-query.ts';
import type { XpayNeeds } from './needs.ts';
import { type Scene, transactionText } from './print.ts';
import { type XpaySettings, xpaySettings } from './settings.ts';
import { type Word, noMoney, statusesOf, wordOf } from './words.ts';

type Handler = (request: FastifyRequest, reply: FastifyReply, user: User) => Promise<FastifyReply>;

/** Protects the process; when it cuts, the newest are kept. */
const MAX_LISTED = 10_000;
const idPattern = /^\d{1,15}$/;

const foreign = fault(401, 3001, 'id', 'The user may not see this transaction.');
const unknown = fault(400, 3026, 'id', 'The transaction does not exist.');
const notAllowed = fault(401, 3028, 'all', 'The user may not cancel this transaction.');
const notSending = fault(400, 3027, 'id', 'The transaction is not waiting for its payment.');

export function readsTransactions(needs: XpayNeeds, creators: Creators): Handler {
  return async (request, reply, user) => {
    const settings = await ownSettings(needs, user);
    const view = await viewOf(needs, request);
    if (view === null) {
      return refuse(reply, settings.hideForeignTransactions ? foreign : faults.notFound);
    }
    if (!maySee(user, view.payment)) return refuse(reply, foreign);
    const print = await printer(needs, creators, request, user, [view]);
    return answer(reply, 200, print(view, await wordFor(needs, view)));
  };
}

export function listsTransactions(needs: XpayNeeds, creators: Creators): Handler {
  return async (request, reply, user) => {
    const query = request.query as Readonly<Record<string, unknown>>;
    const asked = await readListQuery(needs, user, query);
    if (isFault(asked)) return refuse(reply, asked);
    const { member, words, createdBy, from, to } = asked;
    const statuses = statusesOf(words);
    const scope = { merchantId: member.merchantId, mode: member.mode };
    const nothing = statuses !== null && statuses.length === 0;
    const filter = { statuses, createdBy, from, to };
    const views = nothing ? [] : await needs.payments.newest(scope, filter, MAX_LISTED);
    // Numbers are given out in blocks, so two processes may number in another order than in time.
    const ascending = views.toSorted((a, b) => a.payment.number - b.payment.number);
    const found: { view: PaymentView; word: Word }[] = [];
    for (const view of ascending) {
      const word = await wordFor(needs, view);
      if (words === null || words.has(word)) found.push({ view, word });
    }
    const settings = await ownSettings(needs, user);
    const { limit, offset } = settings.listPaging
      ? readPage(query)
      : { limit: Infinity, offset: 0 };
    const page = found.slice(offset, offset + limit);
    const print = await printer(
      needs,
      creators,
      request,
      user,
      page.map(({ view }) => view),
    );
    return answer(reply, 200, `[${page.map(({ view, word }) => print(view, word)).join(',')}]`);
  };
}

export function cancelsTransactions(needs: XpayNeeds, creators: Creators): Handler {
  return async (request, reply, user) => {
    const view = await viewOf(needs, request);
    if (view === null) {
      const { hideForeignTransactions: hidden } = await ownSettings(needs, user);
      return refuse(reply, hidden ? notAllowed : unknown);
    }
    const { payment, instructions } = view;
    if (!mayCancel(user, payment)) return refuse(reply, notAllowed);
    // Cancelling what is cancelled would change nothing; this vendor's clients are told so.
    if (payment.status !== 'awaiting') return refuse(reply, notSending);
    try {
      const closed = await needs.payments.close(payment, payment.id, 'cancel-unpaid');
      const print = await printer(needs, creators, request, user, [view]);
      return answer(reply, 200, print({ ...view, payment: closed, instructions }, 'cancelled'));
    } catch (error) {
      const refused = error instanceof Refusal && error.code === 'status_conflict';
      if (refused) return refuse(reply, notSending);
      throw error;
    }
  };
}

/** The payment of the number in the path; null when there is none. */
async function viewOf(needs: XpayNeeds, request: FastifyRequest): Promise<PaymentView | null> {
  const id = pathParameter(request, 'id');
  if (id === null || !idPattern.test(id)) return null;
  return needs.payments.findByNumber(parseInt(id, 10));
}

async function wordFor(needs: XpayNeeds, view: PaymentView): Promise<Word> {
  const { status } = view.payment;
  return wordOf(status, view.sightings.length === 0 ? noMoney : await needs.payments.facts(view));
}

async function ownSettings(needs: XpayNeeds, { merchantId, mode }: User): Promise<XpaySettings> {
  const own = merchantId === null ? {} : (await needs.merchantOf(merchantId)).settings[mode];
  return xpaySettings(own);
}

/** How this caller sees these transactions. */
async function printer(
  needs: XpayNeeds,
  creators: Creators,
  request: FastifyRequest,
  user: User,
  views: readonly PaymentView[],
): Promise<(view: PaymentView, word: Word) => string> {
  const settings = await ownSettings(needs, user);
  const origin = needs.config.checkoutOrigin ?? externalOrigin(request);
  const scene: Scene = { settings, origin };
  if (!seesAll(user)) return (view, word) => transactionText(view, word, scene);
  const known = await creators.of(views.map(({ payment }) => payment.createdBy));
  return (view, word) => {
    const creator = known.get(view.payment.createdBy) ?? null;
    return transactionText(view, word, { ...scene, creator });
  };
}
