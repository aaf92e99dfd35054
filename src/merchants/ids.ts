// Ids: UUIDs of version 7 (RFC 9562), in the order of time, made and recognised.

import { v7 } from 'uuid';
import { drawBytes } from './randomness.ts';

/** Either case. */
export const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const RANDOM_BYTES = 16;
const SEQUENCE_BITS = 31;

let latestMs = 0;
let sequence = 0;

/**
 * Later ones of this process are greater, also within a millisecond. The package would do the same
 * and ask the system for randomness each time, which takes ten times as long as all the rest.
 */
export function newId(): string {
  const random = drawBytes(RANDOM_BYTES);
  const nowMs = Date.now();
  if (nowMs > latestMs) {
    latestMs = nowMs;
    sequence = random.readUInt32BE() >>> (32 - SEQUENCE_BITS);
  } else {
    sequence = (sequence + 1) >>> 0;
    if (sequence === 0) latestMs += 1;
  }
  return v7({ random, msecs: latestMs, seq: sequence });
}
