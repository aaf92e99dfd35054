// What a scripted rail sees, in the words of these tests.

import type { Instruction, Payment } from '../../src/payments/nouns.ts';
import type { Observation } from '../../src/rails/rail.ts';

type Seen = { readonly key?: string; readonly units?: bigint; readonly at?: Date };

/** `confirmations` null: it is gone. */
export function sighting(
  payment: Payment,
  instruction: Pick<Instruction, 'id' | 'expected'>,
  confirmations: number | null,
  { key = 'one', units = instruction.expected.units, at }: Seen = {},
): Observation {
  return {
    key: `${payment.id}:${key}`,
    merchantId: payment.merchantId,
    paymentId: payment.id,
    instructionId: instruction.id,
    amount: { units, asset: instruction.expected.asset },
    presence: confirmations === null ? 'absent' : 'present',
    confirmations: confirmations ?? 0,
    transactionId: `tx of ${key}`,
    at: at ?? new Date(payment.expiresAt.getTime() - 60_000),
  };
}
