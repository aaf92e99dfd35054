// Who is calling: HTTP Basic (RFC 7617), then the rate limit. wire/xbillion.md section 2.

import { isUtf8 } from 'node:buffer';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller, MerchantSettings } from '../../merchants/settings.ts';
import { addressKey } from '../limiter.ts';
import { refuse, tooMany, unauthorized } from './errors.ts';
import type { XbillionNeeds } from './needs.ts';
import { type XbillionSettings, xbillionSettings } from './settings.ts';

/** Made for each request that has shown a good pair. */
export type Session = {
  readonly caller: Caller;
  /** `merchant id:secret`, as the webhook will show it. */
  readonly pair: string;
  readonly merchant: MerchantSettings;
  readonly settings: XbillionSettings;
};

declare module 'fastify' {
  interface FastifyRequest {
    xbillion: Session | null;
  }
}

const LIMIT_PER_MINUTE = 600;
const LIMIT_OF_STRANGERS = 100;
const basic = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i;

/** An `onRequest` hook. Whoever is not known is counted by address. */
export function authenticates(needs: XbillionNeeds) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | void> => {
    const pair = pairOf(request.headers.authorization);
    const session = pair === null ? null : await sessionOf(needs, pair);
    const { allowed, resetSeconds } =
      session === null
        ? needs.limiter.take(addressKey(request.ip), LIMIT_OF_STRANGERS)
        : needs.limiter.take(`xbillion:${session.caller.credentialId}`, LIMIT_PER_MINUTE);
    if (!allowed) {
      const seconds = Math.max(1, Math.ceil(resetSeconds - needs.now().getTime() / 1_000));
      return refuse(reply.header('retry-after', seconds), tooMany);
    }
    if (session === null) return refuse(reply, unauthorized);
    request.xbillion = session;
  };
}

/**
 * The text of a Basic header, `merchant id:secret`; null when it is no such header. A user name
 * holds no colon, so the first one ends it and the secret may hold more of them.
 */
export function pairOf(header: string | undefined): string | null {
  const encoded = basic.exec(header ?? '')?.[1];
  if (encoded === undefined) return null;
  const bytes = Buffer.from(encoded, 'base64');
  if (!isUtf8(bytes)) return null;
  const text = bytes.toString('utf8');
  const colon = text.indexOf(':');
  return colon > 0 && colon < text.length - 1 ? text : null;
}

// The whole pair is looked up by its hash: the time that takes tells nothing about how much of a
// name or a secret was right, and both are wrong in the same way.
async function sessionOf(needs: XbillionNeeds, pair: string): Promise<Session | null> {
  const caller = await needs.credentials.identify('xbillion', pair);
  if (caller === null) return null;
  const { active, settings } = await needs.merchantOf(caller.merchantId);
  if (!active) return null;
  const merchant = settings[caller.mode];
  return { caller, pair, merchant, settings: xbillionSettings(merchant, caller.mode) };
}
