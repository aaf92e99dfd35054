// The door of the desk: who comes in, for which merchant, and what they may see there.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { uuidPattern } from '../../../merchants/ids.ts';
import { may } from '../../../merchants/roles.ts';
import type { Actor } from '../../../merchants/staff-log.ts';
import type { User, Users } from '../../../merchants/users.ts';
import { pathParameter } from '../../path.ts';
import { Problem, problem, sendError, unknown } from './problem.ts';

/** Somebody at the desk of one merchant, in one world. */
export type DeskPerson = {
  readonly user: User;
  readonly merchantId: string;
  readonly mode: User['mode'];
  /** Whose things they see: a trader's own; null for those who see all of the merchant's. */
  readonly traderId: string | null;
  /** For the staff log. */
  readonly actor: Actor;
};

export type Door = {
  /** Who asks. Everybody who gets as far as a route has one, but for routes of devices. */
  personOf(request: FastifyRequest): DeskPerson;
};

/** What registers its routes behind the door. */
export type DeskRoutes = (instance: FastifyInstance, door: Door) => void;

export type DoorNeeds = {
  readonly users: Pick<Users, 'byToken'>;
  /** Whether there is such a merchant: only those who run the server name one. */
  readonly merchantExists: (merchantId: string) => Promise<boolean>;
};

declare module 'fastify' {
  interface FastifyContextConfig {
    /** At the desk: devices sign what they bring, and no person asks. */
    byDevice?: boolean;
  }
}

const scheme = /^(?:bearer|token) +(\S+)$/i;
const challenge = { 'www-authenticate': 'Bearer realm="desk"' };

/** Lets in whoever may work at a desk, before anything of the body is read. */
export function createDoor(instance: FastifyInstance, needs: DoorNeeds): Door {
  const people = new WeakMap<FastifyRequest, DeskPerson>();
  instance.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.config.byDevice) return;
    const person = await enter(needs, request, reply);
    if (person !== null) people.set(request, person);
  });
  return {
    personOf: (request) => {
      const person = people.get(request);
      if (!person) throw new Error('nobody came through the door');
      return person;
    },
  };
}

/** Null when it was answered here. */
async function enter(
  needs: DoorNeeds,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<DeskPerson | null> {
  const token = scheme.exec(request.headers.authorization ?? '')?.[1];
  const user = token === undefined ? null : await needs.users.byToken(token);
  if (!user?.active) {
    const error = problem(401, 'unauthorized', 'A token of somebody who works here is needed.');
    sendError(reply, { ...error, headers: challenge });
    return null;
  }
  if (!may(user.role, 'desk.work')) {
    sendError(reply, problem(403, 'forbidden', 'This person does not work at a desk.'));
    return null;
  }
  const merchantId = user.merchantId ?? (await namedMerchant(needs, request));
  return {
    user,
    merchantId,
    mode: user.mode,
    traderId: user.role === 'trader' ? user.id : null,
    actor: { userId: user.id, address: request.ip },
  };
}

/** Those who run the server belong to no merchant: they say whose desk it is. */
async function namedMerchant(needs: DoorNeeds, request: FastifyRequest): Promise<string> {
  const { merchant } = request.query as { merchant?: unknown };
  if (typeof merchant !== 'string') {
    throw new Problem(400, 'merchant_missing', 'Say whose desk: ?merchant=<id>.');
  }
  if (!uuidPattern.test(merchant) || !(await needs.merchantExists(merchant.toLowerCase()))) {
    throw unknown('merchant');
  }
  return merchant.toLowerCase();
}

/** The `:id` of the path; whatever is no UUID names nothing. */
export function idOf(request: FastifyRequest, what: string): string {
  const id = pathParameter(request, 'id');
  if (id === null || !uuidPattern.test(id)) throw unknown(what);
  return id.toLowerCase();
}

const MAX_PAGE = 200;
const DEFAULT_PAGE = 50;

/** Query members of every list: pages by keyset, `after` is the `next` of the page before. */
export const pageMembers = {
  after: Type.Optional(Type.String({ maxLength: 100, description: 'The `next` of a page.' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_PAGE })),
  merchant: Type.Optional(
    Type.String({ maxLength: 36, description: 'Whose desk; for those who run the server.' }),
  ),
};

/** Query of what is no list. */
export const merchantQuery = Type.Object({ merchant: pageMembers.merchant });

export type Page = {
  /** The id behind which the page begins; null: the first page. */
  readonly after: string | null;
  readonly limit: number;
};

/** Ids are UUIDv7, so their order is that of time: the id alone is the place in a list. */
export function pageOf(query: { readonly after?: string; readonly limit?: number }): Page {
  const { after, limit = DEFAULT_PAGE } = query;
  if (after !== undefined && !uuidPattern.test(after)) {
    throw new Problem(400, 'invalid_request', '`after` is not the `next` of a page.');
  }
  return { after: after?.toLowerCase() ?? null, limit };
}

/** A page and, when it is full, where the next one begins. */
export function printPage<T extends { readonly id: string }>(
  items: readonly T[],
  { limit }: Page,
  print: (item: T) => object,
): { items: object[]; next: string | null } {
  const next = items.length < limit ? null : (items.at(-1)?.id ?? null);
  return { items: items.map(print), next };
}
