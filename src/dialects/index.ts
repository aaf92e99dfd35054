// The list of dialects: a fifth one is a folder and two lines here.

import { createBitxpay } from './bitxpay/bitxpay.ts';
import type { BitxpayNeeds } from './bitxpay/needs.ts';
import type { Dialect } from './dialect.ts';
import type { XbillionNeeds } from './xbillion/needs.ts';
import { createXbillion } from './xbillion/xbillion.ts';
import type { XpayNeeds } from './xpay/needs.ts';
import { createXpay } from './xpay/xpay.ts';

export type DialectNeeds = {
  readonly bitxpay: BitxpayNeeds;
  readonly xpay: XpayNeeds;
  readonly xbillion: XbillionNeeds;
};

export function createDialects(needs: DialectNeeds): readonly Dialect[] {
  return [createBitxpay(needs.bitxpay), createXpay(needs.xpay), createXbillion(needs.xbillion)];
}
