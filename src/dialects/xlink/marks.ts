// What this dialect notes on an operation it makes, and seals: who is paid, and what was said.

import type { Vault } from '../../merchants/vault.ts';
import type { Payment } from '../../payments/nouns.ts';
import type { Instrument } from './methods.ts';
import type { Requisites } from './requisites.ts';

export type Marks = {
  readonly methodId: string;
  readonly instrument: Instrument;
  /** What is known of the payer, masked: nobody needs more than to recognise it. */
  readonly payer: Requisites;
  /** `POST /operations` was called, which some clients do after each session. */
  readonly called: boolean;
  /** Of a payout: the recipient, masked. */
  readonly recipient?: Requisites;
  /** Of a payout: the metadata, sealed, in base64: there are account numbers in it. */
  readonly metadata?: string;
};

/** Null for a payment that another dialect made. */
export function marksOf({ dialect, dialectData }: Payment): Marks | null {
  if (dialect !== 'xlink' || dialectData === null) return null;
  return JSON.parse(dialectData) as Marks;
}

/** What a payout's metadata is bound to: known before the payout is, and nobody else's. */
export function metadataContext(merchantId: string, operationNumber: string): string {
  return `xlink metadata of ${merchantId} ${operationNumber}`;
}

/** The merchant's own object as JSON text; `{}` when none was given. */
export function metadataText(
  { merchantId, merchantReference, metadata }: Payment,
  marks: Marks | null,
  vault: Pick<Vault, 'open'>,
): string {
  const sealed = marks?.metadata;
  if (sealed !== undefined) {
    const context = metadataContext(merchantId, merchantReference ?? '');
    return vault.open(Buffer.from(sealed, 'base64'), context);
  }
  return metadata?.startsWith('{') ? metadata : '{}';
}
