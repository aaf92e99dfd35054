// The list of dialects: a fifth one is a folder and two lines here.

import { createBitxpay } from './bitxpay/bitxpay.ts';
import type { BitxpayNeeds } from './bitxpay/needs.ts';
import type { Dialect } from './dialect.ts';
import type { XbillionNeeds } from './xbillion/needs.ts';
import { createXbillion } from './xbillion/xbillion.ts';
import type { XlinkNeeds } from './xlink/needs.ts';
import { createXlink } from './xlink/xlink.ts';
import type { XpayNeeds } from './xpay/needs.ts';
import { createXpay } from './xpay/xpay.ts';

export type DialectNeeds = {
  readonly xlink: XlinkNeeds;
  readonly bitxpay: BitxpayNeeds;
  readonly xpay: XpayNeeds;
  readonly xbillion: XbillionNeeds;
};

export function createDialects(needs: DialectNeeds): readonly Dialect[] {
  return [
    createXlink(needs.xlink),
    createXpay(needs.xpay),
    createBitxpay(needs.bitxpay),
    createXbillion(needs.xbillion),
  ];
}
