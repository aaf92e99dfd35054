// Randomness in small pieces, drawn from the system in large ones.

import { randomFillSync } from 'node:crypto';

const POOL_BYTES = 4_096;
const pool = Buffer.alloc(POOL_BYTES);
let used = POOL_BYTES;

/**
 * `count` random bytes of the system's generator, given out once. Asking the system for a nonce or
 * a key takes longer than all else that is done with it, so it is asked for many at a time.
 */
export function drawBytes(count: number): Buffer {
  if (used + count > POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  const drawn = Buffer.from(pool.subarray(used, used + count));
  // What was given out is no longer ours to know.
  pool.fill(0, used, used + count);
  used += count;
  return drawn;
}
