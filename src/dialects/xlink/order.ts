// What is to be made of a create's fields: the business rules, and the commands for the core.

import { decimalsOf } from '../../money/assets.ts';
import { formatDecimal } from '../../money/decimal.ts';
import type { CreateCommand } from '../../payments/create.ts';
import type { Payer } from '../../payments/nouns.ts';
import type { PayoutCommand } from '../../payments/payouts.ts';
import type { WireError } from '../dialect.ts';
import type { Session } from './authenticate.ts';
import type { CreateFields } from './create-fields.ts';
import { business, wireError } from './errors.ts';
import { type Marks, metadataContext } from './marks.ts';
import { type MethodType, admits } from './methods.ts';
import type { XlinkNeeds } from './needs.ts';
import { type Pay, waysToPay } from './paying.ts';
import { payerName, recipientOf } from './recipient.ts';
import { mask } from './requisites.ts';

type Idempotency = CreateCommand['idempotency'];

/** A payment with the ways to pay it, to be tried one after the other; or a payout. */
export type Order =
  | {
      readonly type: 'PAYIN';
      readonly first: Pay;
      /** Null: there is no other. */
      another(): Pay | null;
      command(pay: Pay, idempotency: Idempotency): CreateCommand;
    }
  | { readonly type: 'PAYOUT'; command(idempotency: Idempotency): PayoutCommand };

/** The order, or the first reason against it, in the order of the page. */
export function orderOf(
  needs: XlinkNeeds,
  session: Session,
  fields: CreateFields,
): Order | WireError {
  const { merchant, settings } = session;
  if (!merchant.active) return business.shop;
  const method = settings.methods.find(({ id }) => id === fields.methodId);
  if (method?.operationType !== fields.operationType) return business.method;
  if (method.currency !== fields.currency) return business.currency;
  if (!admits(method, fields.units)) return outsideLimits(method);
  const isPayout = fields.operationType === 'PAYOUT';
  return isPayout ? payout(needs, session, fields, method) : payIn(needs, session, fields, method);
}

function outsideLimits({ minimum, maximum, currency }: MethodType): WireError {
  const text = (limit: bigint) => formatDecimal(limit, decimalsOf(currency));
  if (maximum === null)
    return wireError(400, `Amount must be at least ${text(minimum ?? 0n)} ${currency}`);
  if (minimum === null)
    return wireError(400, `Amount must be at most ${text(maximum)} ${currency}`);
  return wireError(400, `Amount must be between ${text(minimum)} and ${text(maximum)} ${currency}`);
}

function payIn(
  { payments }: XlinkNeeds,
  session: Session,
  fields: CreateFields,
  method: MethodType,
): Order | WireError {
  const shared = sharedOf(session, fields, method);
  const spreadPercent = session.merchantSettings.spreadPercent ?? null;
  const another = waysToPay(payments, method, { ...shared, spreadPercent });
  const first = another();
  if (first === null) return business.requisites;
  const name = payerName(fields.metadata);
  const account = typeof fields.metadata?.account_name === 'string' ? name : null;
  const marks: Marks = {
    methodId: method.id,
    instrument: method.instrument,
    payer: account === null ? {} : { account_name: mask(account) },
    called: false,
  };
  const command = {
    ...shared,
    payer: payerOf(fields, name),
    metadata: fields.metadata && JSON.stringify(fields.metadata),
    maxUses: 1,
    createdBy: null,
    dialectData: JSON.stringify(marks),
    exchange: null,
    convertPercent: null,
    feeUnits: null,
    script: null,
  };
  return {
    type: 'PAYIN',
    first,
    another,
    command: (pay, idempotency) => ({ ...command, pay, idempotency }),
  };
}

function payout(
  { vault }: XlinkNeeds,
  session: Session,
  fields: CreateFields,
  method: MethodType,
): Order | WireError {
  const recipient = recipientOf(fields.metadata, method.instrument);
  if ('status' in recipient) return recipient;
  const { merchantId } = session.scope;
  const context = metadataContext(merchantId, fields.operationNumber);
  const marks: Marks = {
    methodId: method.id,
    instrument: method.instrument,
    payer: {},
    called: false,
    recipient: recipient.requisites,
    metadata: vault.seal(JSON.stringify(fields.metadata), context).toString('base64'),
  };
  const command = {
    ...sharedOf(session, fields, method),
    payer: payerOf(fields, null),
    // There are account numbers in it: no table has them in the clear.
    metadata: null,
    dialectData: JSON.stringify(marks),
    destination: recipient.destination,
  };
  return { type: 'PAYOUT', command: (idempotency) => ({ ...command, idempotency }) };
}

function sharedOf({ scope, settings }: Session, fields: CreateFields, method: MethodType) {
  const returnUrl = fields.returnUrl ?? settings.returnUrl;
  return {
    ...scope,
    dialect: 'xlink',
    price: { units: fields.units, asset: fields.currency },
    name: fields.operationNumber,
    successUrl: returnUrl,
    cancelUrl: returnUrl,
    merchantReference: fields.operationNumber,
    callbackUrl: fields.callbackUrl,
    // Webhooks are signed with the shop's secret of the day: none of the payment's own is needed.
    callbackSecret: null,
    lifetimeMs: method.lifetimeMs ?? settings.lifetimeMs,
  };
}

function payerOf({ payerId }: CreateFields, name: string | null): Payer {
  return { ...(payerId === null ? {} : { id: payerId }), ...(name === null ? {} : { name }) };
}
