// What is not done with a dispute, and why, said to whoever asked for it.

import { DeskRefused } from '../refused.ts';

/** `conflict`: it is not how it would have to be for this. */
export type DisputeFault = 'not_found' | 'forbidden' | 'invalid' | 'conflict';

export class DisputeRefused extends DeskRefused {
  override name = 'DisputeRefused';
  readonly code: DisputeFault;

  constructor(code: DisputeFault, message: string) {
    super(message);
    this.code = code;
  }
}
