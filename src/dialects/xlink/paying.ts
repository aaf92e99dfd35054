// How a method is paid: by which of the core's ways, in the order in which they are tried.

import type { Amount } from '../../money/amount.ts';
import type { Mode } from '../../merchants/settings.ts';
import type { CreateCommand } from '../../payments/create.ts';
import type { MethodType } from './methods.ts';
import type { XlinkNeeds } from './needs.ts';

export type Pay = NonNullable<CreateCommand['pay']>;

type Terms = {
  readonly mode: Mode;
  readonly price: Amount;
  readonly spreadPercent: string | null;
};

/** The sandbox's own money. */
const PLAY_MONEY = 'sandbox';

/**
 * Answers the next way whenever it is called, and null after the last. In live mode there is one;
 * in test mode an account of the desk's comes first, and play money stands in when there is none;
 * a coin has no such stand-in. Each is worked out when it is asked for: mostly the first will do.
 */
export function waysToPay(
  payments: Pick<XlinkNeeds['payments'], 'ask'>,
  { method, instrument }: MethodType,
  { mode, price, spreadPercent }: Terms,
): () => Pay | null {
  const test = instrument === 'CRYPTO' ? [method] : [`${method}-test`, method, PLAY_MONEY];
  const names = mode === 'test' ? test : [method];
  return () => {
    for (let name = names.shift(); name !== undefined; name = names.shift()) {
      const asked = payments.ask({ mode, price, method: name, exchange: null, spreadPercent });
      if (asked !== null) return { method: name, ...asked };
    }
    return null;
  };
}
