// Who is calling and may they: key, rate limit, time stamp, signature, in this order.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller, Mode } from '../../merchants/settings.ts';
import { type Allowance, addressKey } from '../limiter.ts';
import { refuse, texts } from './errors.ts';
import type { BitxpayNeeds } from './needs.ts';
import { type BitxpaySettings, bitxpaySettings } from './settings.ts';
import { isFresh, isSignedBy } from './signature.ts';

/** Made for each request that has shown a good key. */
export type Session = {
  readonly caller: Caller;
  readonly settings: BitxpaySettings;
  /** The signature to be checked once the body is there; null when none is asked for. */
  readonly signature: { readonly timestamp: string; readonly text: string } | null;
};

declare module 'fastify' {
  interface FastifyRequest {
    bitxpay: Session | null;
  }
}

const limitsPerMinute: Readonly<Record<Mode, number>> = { test: 100, live: 1_000 };
const bearer = /^bearer +(\S.*)$/i;

/** An `onRequest` hook; `message` is what the endpoint says to a caller without a good key. */
export function authenticates(needs: BitxpayNeeds, message: string) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | void> => {
    const key = presentedKey(request);
    const caller = key === null ? null : await needs.credentials.identify('bitxpay', key);
    const allowance =
      caller === null
        ? needs.limiter.take(addressKey(request.ip), limitsPerMinute.test)
        : needs.limiter.take(`bitxpay:${caller.credentialId}`, limitsPerMinute[caller.mode]);
    setLimitHeaders(reply, allowance);
    if (!allowance.allowed) return tooMany(needs, reply, allowance);
    if (caller === null) return refuse(reply, 401, message);
    const settings = bitxpaySettings(await needs.settingsOf(caller));
    const claim = signatureOf(request, settings);
    if (claim !== null && !isFresh(claim.timestamp, needs.now())) {
      return refuse(reply, 401, texts.timestamp);
    }
    request.bitxpay = { caller, settings, signature: claim };
  };
}

/** Rate-limit headers of an answer that needs no key; nothing is counted. */
export function showLimit(needs: BitxpayNeeds, request: FastifyRequest, reply: FastifyReply): void {
  if (reply.hasHeader('x-ratelimit-limit')) return;
  setLimitHeaders(reply, needs.limiter.peek(addressKey(request.ip), limitsPerMinute.test));
}

/** Whether the request's signature is good, or none is asked for. Needs the body as it came. */
export function isSignatureGood(
  request: FastifyRequest,
  { settings, signature }: Session,
): boolean {
  if (signature === null) return true;
  const signed = {
    method: request.method,
    target: request.originalUrl,
    timestamp: signature.timestamp,
    body: request.body instanceof Buffer ? request.body : Buffer.alloc(0),
  };
  return isSignedBy(settings.publicKeys, signed, signature.text);
}

/**
 * The key of either header. Null when there is none, when both name different keys, or when the
 * only header is of another scheme; an `Authorization` of another scheme beside a key is ignored.
 */
function presentedKey({ headers }: FastifyRequest): string | null {
  const own = headers['x-api-key'];
  const token = bearer.exec(headers.authorization ?? '')?.[1] ?? null;
  if (own === undefined) return token;
  if (typeof own !== 'string' || bearer.test(own)) return null;
  return token === null || token === own ? own : null;
}

// Headers that nobody can check are ignored, unless the merchant insists on signatures.
function signatureOf(request: FastifyRequest, settings: BitxpaySettings): Session['signature'] {
  const timestamp = request.headers['x-api-timestamp'];
  const text = request.headers['x-api-signature'];
  const present = timestamp !== undefined || text !== undefined;
  const asked = settings.requireSignature || (settings.hasPublicKeys && present);
  return asked ? { timestamp: one(timestamp), text: one(text) } : null;
}

function one(header: string | string[] | undefined): string {
  return typeof header === 'string' ? header : '';
}

function setLimitHeaders(reply: FastifyReply, allowance: Allowance): void {
  reply.header('x-ratelimit-limit', allowance.limit);
  reply.header('x-ratelimit-remaining', allowance.remaining);
  reply.header('x-ratelimit-reset', allowance.resetSeconds);
}

function tooMany(
  needs: BitxpayNeeds,
  reply: FastifyReply,
  { resetSeconds }: Allowance,
): FastifyReply {
  const seconds = Math.max(1, Math.ceil(resetSeconds - needs.now().getTime() / 1_000));
  return refuse(reply.header('retry-after', seconds), 429, texts.tooMany);
}
