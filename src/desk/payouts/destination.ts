// Where a payout goes: sealed at rest and bound to its payment; its number is found by a hash.

import { createHmac, hkdfSync } from 'node:crypto';
import type { Vault } from '../../merchants/vault.ts';
import { lastFourOf } from '../requisite-number.ts';

export const destinationWays = ['bank', 'card', 'phone', 'wallet'] as const;
export type DestinationWay = (typeof destinationWays)[number];

/** `details.number` is the account, card, phone or wallet; the rest is what a bank asks for. */
export type Destination = {
  readonly way: DestinationWay;
  readonly details: Readonly<Record<string, string>>;
};

/** Hash of a number however it is written, or null where there is none. */
export type NumberHash = (number: string | undefined) => Buffer | null;

const KEY_BYTES = 32;

export function sealDestination(vault: Vault, id: string, { details }: Destination): Buffer {
  return vault.seal(JSON.stringify(details), contextOf(id));
}

export function openDestination(
  vault: Vault,
  { id, sealed }: { readonly id: string; readonly sealed: Buffer },
): Readonly<Record<string, string>> {
  return JSON.parse(vault.open(sealed, contextOf(id))) as Readonly<Record<string, string>>;
}

export function lastFourOfDestination({ details }: Destination): string {
  return lastFourOf(plain(details['number'] ?? ''));
}

/** `secret` is the installation's key. */
export function createNumberHash(secret: Buffer): NumberHash {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'dragoman payouts', KEY_BYTES));
  return (number) => {
    const text = plain(number ?? '');
    return text === '' ? null : createHmac('sha256', key).update(text).digest();
  };
}

/** Banks print the same number with blanks, dots or dashes, or without. */
function plain(number: string): string {
  return number.replaceAll(/[^\p{L}\p{N}]/gu, '').toUpperCase();
}

function contextOf(id: string): string {
  return `payout ${id}`;
}
