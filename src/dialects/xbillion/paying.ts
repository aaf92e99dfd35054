// How a service is paid: the way that its configuration names, asked for together with creating.

import type { Amount } from '../../money/amount.ts';
import type { Mode } from '../../merchants/settings.ts';
import type { CreateCommand } from '../../payments/create.ts';
import type { XbillionNeeds } from './needs.ts';
import type { Service } from './services.ts';

type Pay = {
  readonly chosen: NonNullable<CreateCommand['pay']>;
  /** Of a coin that is paid on several networks. */
  readonly network: string;
};

type Terms = {
  readonly mode: Mode;
  readonly price: Amount;
  readonly spreadPercent: string | null;
};

/** Null when the payer is to choose; `none` when it cannot be paid that way now. */
export function payOf(
  payments: Pick<XbillionNeeds['payments'], 'offered' | 'ask'>,
  service: Service,
  { mode, price, spreadPercent }: Terms,
): Pay | null | 'none' {
  if (service.method === null) return null;
  const offered = payments.offered(mode, price.asset);
  const found =
    offered.find(({ id }) => id === service.method) ??
    // Play money stands in for a way to pay that nobody has set up for tests.
    (mode === 'test' ? offered.find(({ asset }) => asset === price.asset) : undefined);
  if (found === undefined) return 'none';
  const asked = payments.ask({ mode, price, method: found.id, exchange: null, spreadPercent });
  return asked === null
    ? 'none'
    : { chosen: { method: found.id, ...asked }, network: found.network };
}
