// POST transactions/ and transactions/create/: wire/xpay.md section 3.7.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Merchant } from '../../merchants/settings.ts';
import type { User } from '../../merchants/users.ts';
import { type CreateCommand, requestHash } from '../../payments/create.ts';
import type { AskedKey } from '../../payments/idempotency.ts';
import type { Instruction, Payment } from '../../payments/nouns.ts';
import type { JsonObject } from '../body.ts';
import { externalOrigin } from '../origin.ts';
import { type Member, isMember, seesAll } from './access.ts';
import { type CreateFields, readCreateFields, whyUnpriced } from './create-fields.ts';
import { type Fault, answer, fault, faults, isFault, refuse } from './errors.ts';
import { marksText } from './marks.ts';
import type { XpayNeeds } from './needs.ts';
import { type Scene, transactionText } from './print.ts';
import { readMembers } from './request-body.ts';
import { type Spelling, xpaySettings } from './settings.ts';

const SECOND_MS = 1_000;
const goodIdempotencyKey = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/;

export const noCommerce = fault(401, 3012, 'user', 'The user belongs to no commerce.');
const inactive = fault(401, 3010, 'commerce', 'The commerce is not active.');
const noDocument = fault(401, 3011, 'commerce', 'The commerce has no document.');
const badKey = fault(
  400,
  2002,
  'Idempotency-Key',
  'The key must be between 1 and 255 printable ASCII characters.',
);

/** `spelling` is how a cancelled transaction of this path says so. */
export function createsTransactions(needs: XpayNeeds, spelling: Spelling) {
  return async (
    request: FastifyRequest,
    reply: FastifyReply,
    user: User,
  ): Promise<FastifyReply> => {
    const body = await readMembers(request);
    if (body === null) return refuse(reply, faults.body);
    if (!isMember(user)) return refuse(reply, noCommerce);
    const merchant = await needs.merchantOf(user.merchantId);
    if (!merchant.active) return refuse(reply, inactive);
    if (merchant.document === null) return refuse(reply, noDocument);
    const fields = readCreateFields(needs, user.mode, body);
    const header = request.headers['idempotency-key'];
    if (header !== undefined && !(typeof header === 'string' && goodIdempotencyKey.test(header))) {
      return refuse(reply, isFault(fields) ? fields : badKey);
    }
    const key = header === undefined ? null : keyOf(user, header, spelling, body);
    const origin = needs.config.checkoutOrigin ?? externalOrigin(request);
    const command = isFault(fields)
      ? fields
      : commandOf(needs, user, merchant, { fields, spelling, origin });
    if (isFault(command)) return refuseUnlessMade(needs, reply, key, command);
    const print = printerFor(user, merchant, origin);
    const idempotency = key && { ...key, answer: print };
    const made = await needs.payments.create({ ...command, idempotency });
    return answer(reply, 201, made.replay ?? print(made.payment, made.instruction));
  };
}

type Print = (payment: Payment, instruction: Instruction | null) => string;

function printerFor(user: Member, merchant: Merchant, origin: string): Print {
  const settings = xpaySettings(merchant.settings[user.mode]);
  const scene: Scene = { settings, origin, ...(seesAll(user) ? { creator: user } : {}) };
  return (payment, instruction) => {
    const instructions = instruction === null ? [] : [instruction];
    return transactionText({ payment, instructions }, 'sending', scene);
  };
}

type Key = Omit<AskedKey, 'paymentId'>;

// The key is the user's, and a request is the same when its members and its path are: a form that
// is sent again has another boundary.
function keyOf(
  { id, merchantId, mode }: Member,
  key: string,
  path: Spelling,
  body: JsonObject,
): Key {
  const hash = requestHash(`${path} ${JSON.stringify(body)}`);
  return { merchantId, mode, scope: `xpay:transactions:${id}`, key, requestHash: hash };
}

// A repetition is told what it was told before, also when the rate of then is gone by now.
async function refuseUnlessMade(
  needs: XpayNeeds,
  reply: FastifyReply,
  key: Key | null,
  found: Fault,
): Promise<FastifyReply> {
  const known = key && (await needs.remembered(key));
  return typeof known === 'string' ? answer(reply, 201, known) : refuse(reply, found);
}

type Wish = {
  readonly fields: CreateFields;
  readonly spelling: Spelling;
  readonly origin: string;
};

function commandOf(
  needs: XpayNeeds,
  user: Member,
  merchant: Merchant,
  { fields, spelling, origin }: Wish,
): Omit<CreateCommand, 'idempotency'> | Fault {
  const { price, coin, exchange, callback, fiatWithdraw } = fields;
  const { mode } = user;
  const settings = merchant.settings[mode];
  const spreadPercent = settings.spreadPercent ?? null;
  const asked = needs.payments.ask({ mode, price, method: coin.method, exchange, spreadPercent });
  if (asked === null) {
    return whyUnpriced(needs.rates.pairState(mode, coin.code, price.asset, exchange));
  }
  const { waitingTimeSeconds } = xpaySettings(settings);
  return {
    merchantId: user.merchantId,
    mode,
    dialect: 'xpay',
    price,
    name: merchant.name,
    maxUses: 1,
    payer: {},
    metadata: null,
    successUrl: null,
    cancelUrl: null,
    merchantReference: null,
    callbackUrl: callback,
    callbackSecret: null,
    lifetimeMs: waitingTimeSeconds * SECOND_MS,
    script: null,
    createdBy: user.id,
    dialectData: marksText({ spelling, origin, waiting: `${waitingTimeSeconds}.00` }),
    exchange,
    convertPercent: fiatWithdraw,
    feeUnits: null,
    pay: { method: coin.method, ...asked },
  };
}
