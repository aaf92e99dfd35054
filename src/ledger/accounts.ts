// The accounts of a merchant: where its money is, in which world and which asset.

import { type Mode, modes } from '../db/mode.ts';

/**
 * `outside`: the world beyond one rail; money comes in by debiting it. `suspense`: received, but
 * not yet the merchant's to spend. `available`: the merchant's. `payable`: the part of it that is
 * on its way to somebody. `fees`: what was kept for a service, by somebody outside (then it is
 * gone) or by the house. `deposit`: what a trader has left with us, and `reserved`: the part of it
 * that stands for money he is about to receive.
 */
const accountKinds = [
  'outside',
  'suspense',
  'available',
  'payable',
  'fees',
  'deposit',
  'reserved',
] as const;
type AccountKind = (typeof accountKinds)[number];

/** Kinds of which there is one for each way to the outside, for each taker, or for each trader. */
const railedKinds: readonly AccountKind[] = ['outside', 'fees', 'deposit', 'reserved'];

/** `rail` names the way to the outside, who keeps a fee, or a trader; other kinds have none. */
export type AccountName = {
  readonly mode: Mode;
  readonly kind: AccountKind;
  readonly asset: string;
  readonly rail?: string;
};

const part = /^[A-Za-z0-9_.-]+$/;

/** `live/available/LTC`, `live/outside/LTC/litecoin`: unique within one merchant. */
export function accountId(name: AccountName): string {
  const parts = [name.mode, name.kind, name.asset];
  if (name.rail !== undefined) parts.push(name.rail);
  const id = parts.join('/');
  accountOf(id);
  return id;
}

/** The name behind an id; throws on an id that `accountId` would not make. */
export function accountOf(id: string): AccountName {
  const [mode, kind, asset, rail, ...rest] = id.split('/');
  const known =
    modes.includes(mode as Mode) &&
    accountKinds.includes(kind as AccountKind) &&
    asset !== undefined &&
    part.test(asset) &&
    railedKinds.includes(kind as AccountKind) === (rail !== undefined) &&
    (rail === undefined || part.test(rail)) &&
    rest.length === 0;
  if (!known) throw new Error(`${JSON.stringify(id)} is not a ledger account`);
  const name = { mode: mode as Mode, kind: kind as AccountKind, asset };
  return rail === undefined ? name : { ...name, rail };
}
