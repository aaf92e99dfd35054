// Printing: the vendor's sessions and operations as JSON text. wire/xlink.md sections 3.1 and 3.3.

import { decimalsOf } from '../../money/assets.ts';
import { formatDecimal } from '../../money/decimal.ts';
import type { Vault } from '../../merchants/vault.ts';
import type { Facts, Instruction, Payment } from '../../payments/nouns.ts';
import { marksOf, metadataText } from './marks.ts';
import { type Requisites, requisitesOf } from './requisites.ts';
import type { XlinkSettings } from './settings.ts';
import { operationType, operationWord, sessionWord } from './words.ts';

export type Scene = {
  /** Origin of the payer's pages. */
  readonly checkout: string;
  readonly shopId: number;
  readonly settings: Pick<XlinkSettings, 'reportExpired'>;
  readonly vault: Pick<Vault, 'open'>;
  /** Of a coin that is paid on several networks; null when it is not known. */
  networkOf(payment: Payment, instruction: Instruction): string | null;
};

const SECONDS_LENGTH = 19;

/** What the payer must do, and until when. */
export function sessionText(
  payment: Payment,
  instruction: Instruction | null,
  scene: Scene,
): string {
  const { id, expiresAt } = payment;
  const end = isoSeconds(expiresAt);
  const { payer, method, ...echo } = partsOf(payment, instruction, scene);
  const session = {
    session_id: id,
    status: sessionWord(payment),
    expired_at: end,
    expires_at: end,
    payer_requisites: payer,
    payment_method_requisites: method,
    payment_url: `${scene.checkout}/link/${id}`,
    operation_id: id,
    operation_status: operationWord(payment, scene.settings.reportExpired),
    shop_id: scene.shopId,
    payment_method_type_id: echo.methodId,
    operation_type: operationType(payment),
    operation_number: echo.number,
    payer_id: payment.payer.id ?? null,
    amount: amountText(payment),
    currency: payment.price.asset,
  };
  return `${JSON.stringify(session).slice(0, -1)},"metadata":${echo.metadata}}`;
}

/** How it ended, or how far it is; `facts` of a payment that has seen money. */
export function operationText(
  payment: Payment,
  instruction: Instruction | null,
  facts: Facts | null,
  scene: Scene,
): string {
  const { id, createdAt, updatedAt, price } = payment;
  const { payer, method, ...echo } = partsOf(payment, instruction, scene);
  const amount = amountText(payment);
  const received = receivedUnits(payment, facts);
  const operation = {
    operation_id: id,
    session_id: id,
    operation_number: echo.number,
    shop_id: scene.shopId,
    operation_type: operationType(payment),
    status: operationWord(payment, scene.settings.reportExpired),
    payment_method_type_id: echo.methodId,
    payer_id: payment.payer.id ?? null,
    initiated_amount: amount,
    amount,
    received_amount: received && formatDecimal(received, decimalsOf(price.asset)),
    currency: price.asset,
    payer_requisites: payer,
    payment_method_requisites: method,
  };
  return (
    `${JSON.stringify(operation).slice(0, -1)},"metadata":${echo.metadata},` +
    `"created_at":"${isoSeconds(createdAt)}","updated_at":"${isoSeconds(updatedAt)}"}`
  );
}

/** What was asked for: it counts, whatever came. */
export function amountText({ price }: Payment): string {
  return formatDecimal(price.units, decimalsOf(price.asset));
}

/** What really arrived, in units of the price; null: nothing has. */
export function receivedUnits({ direction, status, price }: Payment, facts: Facts | null) {
  if (direction === 'out') return status === 'completed' ? price.units : null;
  const units = facts === null ? 0n : facts.seenUnits + facts.heldUnits;
  return units > 0n ? units : null;
}

/** `2026-01-31T12:00:00Z`: cut, not rounded, so that nothing is shown as later than it was. */
export function isoSeconds(at: Date): string {
  return `${at.toISOString().slice(0, SECONDS_LENGTH)}Z`;
}

type Parts = {
  readonly payer: Requisites;
  readonly method: Requisites;
  readonly methodId: string | null;
  readonly number: string;
  readonly metadata: string;
};

function partsOf(payment: Payment, instruction: Instruction | null, scene: Scene): Parts {
  const marks = marksOf(payment);
  const networkOf = (): string | null => instruction && scene.networkOf(payment, instruction);
  const told =
    instruction === null
      ? {}
      : requisitesOf(payment, instruction, marks?.instrument ?? null, networkOf);
  return {
    payer: marks?.payer ?? {},
    method: marks?.recipient ?? told,
    methodId: marks?.methodId ?? null,
    number: payment.merchantReference ?? payment.id,
    metadata: metadataText(payment, marks, scene.vault),
  };
}
