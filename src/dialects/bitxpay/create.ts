// POST /api/v1/payments/links: wire/bitxpay.md section 3.1.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { decimalsOf } from '../../money/assets.ts';
import { type CreateCommand, requestHash } from '../../payments/create.ts';
import type { Payment, Script } from '../../payments/nouns.ts';
import { readJsonObject } from '../body.ts';
import { externalOrigin } from '../origin.ts';
import type { Session } from './authenticate.ts';
import { type CreateFields, readCreateFields } from './create-fields.ts';
import { answer, refuse, texts } from './errors.ts';
import { newNotifySecret } from './identifiers.ts';
import type { BitxpayNeeds } from './needs.ts';
import { linkText } from './print.ts';

const MAX_USES = 100;
const jsonContent = /^\s*application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;
const goodIdempotencyKey = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/;
const badIdempotencyKey = [
  { field: 'Idempotency-Key', issue: 'must be between 1 and 255 printable ASCII characters' },
];

/** Amounts that act by themselves in the sandbox, compared numerically in any currency. */
const magic: Readonly<Record<string, Script>> = { '10': 'completes', '20': 'fails', '30': 'stays' };
const extraMagic: Readonly<Record<string, Script>> = {
  '1': 'completes',
  '2': 'late',
  '3': 'fails',
  '4': 'expires',
};

export function createsLinks(needs: BitxpayNeeds) {
  return async (
    request: FastifyRequest,
    reply: FastifyReply,
    session: Session,
  ): Promise<FastifyReply> => {
    const asked = askedUnder(request, session);
    // What was good a moment ago, byte for byte, need not be read again.
    const earlier = asked && (await needs.payments.repeated(asked));
    if (earlier !== null) return answer(reply, 200, unsealed(earlier, needs));
    const body = bodyOf(request);
    if (body === null) return refuse(reply, 400, texts.json);
    const fields = readCreateFields(body, session.settings);
    if (Array.isArray(fields)) return refuse(reply, 400, texts.validation, fields);
    if (request.headers['idempotency-key'] !== undefined && asked === null) {
      return refuse(reply, 400, texts.validation, badIdempotencyKey);
    }
    if (fields.maxUses > MAX_USES) return refuse(reply, 422, texts.maxUses);
    const scene = {
      now: needs.now(),
      initialStatus: session.settings.initialStatus,
      checkout: needs.config.checkoutOrigin ?? externalOrigin(request),
    };
    const secret = newNotifySecret();
    // The answer is kept with the secret sealed: no table holds a webhook key in the clear.
    const kept = (payment: Payment): string => linkText(payment, sealedText(payment), scene);
    const idempotency = asked && { ...asked, answer: kept };
    const command = commandOf(needs, session, fields, secret);
    const made = await needs.payments.create({ ...command, idempotency });
    if (made.payment !== null) return answer(reply, 200, linkText(made.payment, secret, scene));
    return answer(reply, 200, unsealed(made.replay, needs));
  };
}

/** Null without a key, with one that is none, and beside a body that is none. */
function askedUnder(request: FastifyRequest, { caller }: Session) {
  const key = request.headers['idempotency-key'];
  const isGood = typeof key === 'string' && goodIdempotencyKey.test(key) && isJson(request);
  if (!isGood) return null;
  const { merchantId, mode } = caller;
  const scope = 'bitxpay:links';
  return { merchantId, mode, scope, key, requestHash: requestHash(rawBody(request)) };
}

/** The parsed body of a call that takes one; null when it is none: the caller answers 400. */
export function bodyOf(request: FastifyRequest) {
  return isJson(request) ? readJsonObject(rawBody(request)) : null;
}

/** No bytes, or nothing that says otherwise. */
function isJson(request: FastifyRequest): boolean {
  const type = request.headers['content-type'];
  return rawBody(request).length === 0 || type === undefined || jsonContent.test(type);
}

function rawBody({ body }: FastifyRequest): Buffer {
  return body instanceof Buffer ? body : Buffer.alloc(0);
}

function commandOf(
  needs: BitxpayNeeds,
  { caller, settings }: Session,
  fields: CreateFields,
  callbackSecret: string,
): Omit<CreateCommand, 'idempotency'> {
  return {
    merchantId: caller.merchantId,
    mode: caller.mode,
    dialect: 'bitxpay',
    price: { units: fields.units, asset: fields.currency },
    name: fields.name,
    maxUses: fields.maxUses,
    payer: fields.payer,
    metadata: fields.webhookData,
    successUrl: fields.successUrl,
    cancelUrl: fields.cancelUrl,
    merchantReference: null,
    callbackUrl: fields.webhookUrl,
    callbackSecret,
    lifetimeMs: settings.lifetimeMs,
    createdBy: null,
    dialectData: null,
    exchange: null,
    convertPercent: null,
    feeUnits: null,
    pay: null,
    script: caller.mode === 'test' ? scriptOf(fields, needs.config.extraMagic) : null,
  };
}

function scriptOf({ units, currency }: CreateFields, extra: boolean): Script | null {
  const one = 10n ** BigInt(decimalsOf(currency));
  if (units % one !== 0n) return null;
  const whole = (units / one).toString();
  return magic[whole] ?? (extra ? extraMagic[whole] : undefined) ?? null;
}

function sealedText({ callbackSecret }: Payment): string {
  return callbackSecret === null ? '' : callbackSecret.toString('base64');
}

// Inside a JSON text a quotation mark is escaped, so nothing a merchant sent can look like this.
const sealedMember = /"notify_secret":"([A-Za-z0-9+/=]*)","id":"([0-9a-f-]{36})"\}$/;

function unsealed(stored: string, { openSecret }: BitxpayNeeds): string {
  return stored.replace(sealedMember, (_all, sealed: string, id: string) => {
    const secret = openSecret({ id, callbackSecret: Buffer.from(sealed, 'base64') });
    return `"notify_secret":${JSON.stringify(secret)},"id":"${id}"}`;
  });
}
