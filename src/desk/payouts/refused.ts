// What the desk does not do with a payout, and why, said to whoever asked for it.

import { DeskRefused } from '../refused.ts';

/**
 * `conflict`: it is not how it would have to be; `limit`: the person has enough open; `deposit`:
 * his deposit does not stand for so much.
 */
export type PayoutFault = 'not_found' | 'forbidden' | 'invalid' | 'conflict' | 'limit' | 'deposit';

export class PayoutRefused extends DeskRefused {
  override name = 'PayoutRefused';
  readonly code: PayoutFault;

  constructor(code: PayoutFault, message: string) {
    super(message);
    this.code = code;
  }
}
