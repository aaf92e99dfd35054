// Whose desk it is, and who works at it.

import type { Mode } from '../db/mode.ts';
import type { Actor } from '../merchants/staff-log.ts';

/** The requisites of one trader, or a merchant's own: what is matched together. */
export type Owner = {
  readonly merchantId: string;
  readonly mode: Mode;
  readonly traderId: string | null;
};

/** Somebody at the desk of one merchant; `traderId`: sees only what is his, null sees all. */
export type Worker = Owner & { readonly actor: Actor };

/** Whether a person may see what belongs to this owner. */
export function sees(worker: Owner, owned: Owner): boolean {
  return (
    worker.merchantId === owned.merchantId &&
    worker.mode === owned.mode &&
    (worker.traderId === null || worker.traderId === owned.traderId)
  );
}
