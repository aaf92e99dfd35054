// An amount as people read it in a shell or a log: `12.50 EUR`.

import type { Amount } from './amount.ts';
import { decimalsOf } from './assets.ts';
import { formatDecimal } from './decimal.ts';

export function amountText({ units, asset }: Amount): string {
  return `${formatDecimal(units, decimalsOf(asset))} ${asset}`;
}
