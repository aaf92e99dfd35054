// Who is calling: the key, then the two rate limits. wire/xlink.md sections 2 and 6.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Merchant, MerchantSettings, Mode } from '../../merchants/settings.ts';
import type { Scope } from '../../payments/queries.ts';
import { type Allowance, addressKey } from '../limiter.ts';
import { deadKey, invalidKey, notAuthenticated, refuse, tooMany } from './errors.ts';
import type { XlinkNeeds } from './needs.ts';
import { type XlinkSettings, xlinkSettings } from './settings.ts';

/** Whose shop a request is about, once that is known. */
export type Session = {
  readonly scope: Scope;
  readonly merchant: Merchant;
  readonly merchantSettings: MerchantSettings;
  readonly settings: XlinkSettings;
};

declare module 'fastify' {
  interface FastifyRequest {
    /** Null also on a route that may be used without a key. */
    xlink: Session | null;
  }
}

const LIMIT_PER_MINUTE = 1_000;
const LIMIT_PER_SECOND = 100;

/** An `onRequest` hook. Whoever shows no good key is counted by address. */
export function authenticates(needs: XlinkNeeds, { keyless }: { readonly keyless: boolean }) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | void> => {
    const key = keyOf(request);
    const caller = key === null ? null : await needs.credentials.identify('xlink', key);
    const name = caller === null ? addressKey(request.ip) : caller.credentialId;
    const limited = isLimited(needs, reply, `xlink:${name}`);
    if (limited !== null) return limited;
    if (caller === null) {
      if (key === null) return keyless ? undefined : refuse(reply, notAuthenticated);
      const dead = await needs.credentials.wasIssued('xlink', key);
      return refuse(reply, dead ? deadKey : invalidKey);
    }
    request.xlink = sessionOf(await needs.merchantOf(caller.merchantId), caller.mode);
  };
}

/** What a merchant's requests are answered by, in one mode. */
export function sessionOf(merchant: Merchant, mode: Mode): Session {
  const merchantSettings = merchant.settings[mode];
  return {
    scope: { merchantId: merchant.id, mode },
    merchant,
    merchantSettings,
    settings: xlinkSettings(merchantSettings, mode),
  };
}

/** Rate-limit headers of an answer that needs no key; nothing is counted. */
export function showLimit(needs: XlinkNeeds, request: FastifyRequest, reply: FastifyReply): void {
  if (reply.hasHeader('x-ratelimit-limit')) return;
  const name = `xlink:${addressKey(request.ip)}`;
  setHeaders(reply, needs.limiter.peek(name, LIMIT_PER_MINUTE));
}

function keyOf({ headers }: FastifyRequest): string | null {
  const key = headers['x-api-key'];
  return typeof key === 'string' && key !== '' ? key : null;
}

/** The minute shows in headers; the second only as a refusal. */
function isLimited(needs: XlinkNeeds, reply: FastifyReply, name: string): FastifyReply | null {
  const minute = needs.limiter.take(name, LIMIT_PER_MINUTE);
  setHeaders(reply, minute);
  const second = minute.allowed ? needs.burst.take(name, LIMIT_PER_SECOND) : minute;
  if (second.allowed) return null;
  const seconds = Math.max(1, Math.ceil(second.resetSeconds - needs.now().getTime() / 1_000));
  return refuse(reply.header('retry-after', seconds), tooMany);
}

function setHeaders(reply: FastifyReply, { limit, remaining, resetSeconds }: Allowance): void {
  reply.header('x-ratelimit-limit', limit);
  reply.header('x-ratelimit-remaining', remaining);
  reply.header('x-ratelimit-reset', resetSeconds);
}
