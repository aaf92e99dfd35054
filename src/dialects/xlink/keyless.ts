// Sessions without a key, for shops whose setting allows them: wire/xlink.md section 2, D3.

import type { Merchant, Mode } from '../../merchants/settings.ts';
import type { PaymentView } from '../../payments/nouns.ts';
import type { JsonObject } from '../body.ts';
import { type Session, sessionOf } from './authenticate.ts';
import * as read from './faults.ts';
import type { XlinkNeeds } from './needs.ts';
import { xlinkSettings } from './settings.ts';
import { operationTypes } from './words.ts';

/** Of the shop that a body names. Money never leaves without a key. */
export async function sessionOfShop(
  { merchantByShop }: Pick<XlinkNeeds, 'merchantByShop'>,
  body: JsonObject | null,
): Promise<Session | null> {
  const type = read.word(operationTypes)(body?.operation_type);
  const shop = read.positive(body?.shop_id);
  if ('value' in type && type.value === 'PAYOUT') return null;
  const merchant = 'value' in shop ? await merchantByShop(shop.value) : null;
  // Real money first: a shop that is open in both modes sells.
  const mode = merchant && (['live', 'test'] as const).find((one) => isOpen(merchant, one));
  return merchant && mode ? sessionOf(merchant, mode) : null;
}

/** Of the shop whose operation has this id, with the operation. */
export async function viewOfAnybody(
  { payments, merchantOf }: Pick<XlinkNeeds, 'payments' | 'merchantOf'>,
  id: string,
): Promise<{ readonly session: Session; readonly view: PaymentView } | null> {
  const view = await payments.findForPayer(id);
  if (view === null) return null;
  const { merchantId, mode } = view.payment;
  const merchant = await merchantOf(merchantId);
  return isOpen(merchant, mode) ? { session: sessionOf(merchant, mode), view } : null;
}

function isOpen({ settings }: Merchant, mode: Mode): boolean {
  return xlinkSettings(settings[mode], mode).allowKeylessSessions;
}
