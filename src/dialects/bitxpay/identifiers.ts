// Identifiers: which ones we accept in a path, and the ones we make.

import { hash } from 'node:crypto';
import { uuidPattern } from '../../merchants/ids.ts';
import { drawBytes } from '../../merchants/randomness.ts';
import { referencePattern } from '../../payments/references.ts';

const ALPHANUMERICS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const SECRET_LENGTH = 24;
/** The largest multiple of 62 in a byte: bytes above it would favour the first letters. */
const FAIR_BYTES = 248;
/** Where a UUID says which version it is: RFC 9562, section 4. */
const VERSION_AT = 14;

/** The id or reference that a path names, in the spelling we keep; null when it is neither. */
export function linkIdOf(text: string | null): string | null {
  if (text === null) return null;
  if (uuidPattern.test(text)) return text.toLowerCase();
  return referencePattern.test(text) ? text : null;
}

/** 24 random alphanumerics: the webhook key of one link. */
export function newNotifySecret(): string {
  let secret = '';
  while (secret.length < SECRET_LENGTH) {
    for (const byte of drawBytes(SECRET_LENGTH - secret.length)) {
      if (byte < FAIR_BYTES) secret += ALPHANUMERICS[byte % ALPHANUMERICS.length];
    }
  }
  return secret;
}

/** The vendor's `t3a_id`: 64 hex digits, always the same for the same transfer. */
export function transferId(rail: string, key: string): string {
  return hash('sha256', JSON.stringify([rail, key]));
}

/**
 * A payer is known by one payment only, so its id is the payment's with another version (UUID
 * version 8 instead of 7), which no payment has.
 */
export function payerId(paymentId: string): string {
  return `${paymentId.slice(0, VERSION_AT)}8${paymentId.slice(VERSION_AT + 1)}`;
}

/** The id of one event in the vendor's generic webhook form. */
export function eventId(paymentId: string, seq: number): string {
  return uuidFrom(`event ${seq} of ${paymentId}`);
}

function uuidFrom(name: string): string {
  const bytes = hash('sha256', name, 'buffer').subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}
