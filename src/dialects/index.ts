// The list of dialects: a fifth one is a folder and two lines here.

import { createBitxpay } from './bitxpay/bitxpay.ts';
import type { BitxpayNeeds } from './bitxpay/needs.ts';
import type { Dialect } from './dialect.ts';

export type DialectNeeds = { readonly bitxpay: BitxpayNeeds };

export function createDialects(needs: DialectNeeds): readonly Dialect[] {
  return [createBitxpay(needs.bitxpay)];
}
