// What a payer is shown of a requisite: sealed at rest, bound to its row.

import type { Vault } from '../merchants/vault.ts';
import type { RequisiteKind } from './requisite-number.ts';

/** Members that are not known are left out. */
export type RequisiteDetails = {
  readonly kind: RequisiteKind;
  readonly number: string;
  /** Whose account it is: a bank compares it with what the payer types. */
  readonly holder: string;
  /** The bank's name, and its code: a BIC, or whatever the country uses. */
  readonly bank?: string;
  readonly bankCode?: string;
  readonly country?: string;
  readonly city?: string;
  /** Of a card: `12/29`. */
  readonly expires?: string;
};

export function sealDetails(vault: Vault, id: string, details: RequisiteDetails): Buffer {
  return vault.seal(JSON.stringify(details), contextOf(id));
}

export function openDetails(vault: Vault, id: string, sealed: Buffer): RequisiteDetails {
  return JSON.parse(vault.open(sealed, contextOf(id))) as RequisiteDetails;
}

function contextOf(id: string): string {
  return `requisite ${id}`;
}
