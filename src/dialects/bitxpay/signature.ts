// Request signatures: wire/bitxpay.md section 2.1.

import { type KeyObject, constants, createPublicKey, verify } from 'node:crypto';

/** What was sent, as it stood on the wire. */
export type SignedRequest = {
  readonly method: string;
  /** The raw request target, query included. */
  readonly target: string;
  readonly timestamp: string;
  readonly body: Buffer;
};

const TOLERANCE_MS = 300_000;
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** No signature of a key that anybody uses is longer. */
const MAX_SIGNATURE_LENGTH = 4_096;
const basePath = /^(?:\/api)?\/v1(?=\/)/;
const ed25519Prefix = 'Ed25519:';
const base64 = /^[A-Za-z0-9+/]+={0,2}$/;
const isoInstant =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):?(\d\d))$/;

/** A key as merchants register it: PEM, or `Ed25519:` and base64 DER. Null for any other. */
export function readPublicKey(text: string): KeyObject | null {
  try {
    const key = text.startsWith(ed25519Prefix)
      ? createPublicKey({ key: derOf(text), format: 'der', type: 'spki' })
      : createPublicKey(text);
    return key.asymmetricKeyType !== undefined && key.asymmetricKeyType in verifiers ? key : null;
  } catch {
    return null;
  }
}

/**
 * Whether any of the keys signed any accepted spelling of the request. The vendor's own samples
 * disagree on the path and on the last byte of the body, so each combination of path with and
 * without base, with and without query, body with and without one last newline counts.
 */
export function isSignedBy(
  keys: readonly KeyObject[],
  request: SignedRequest,
  signatureText: string,
): boolean {
  if (signatureText.length > MAX_SIGNATURE_LENGTH || !base64.test(signatureText)) return false;
  const signature = Buffer.from(signatureText, 'base64');
  for (const text of spellings(request)) {
    for (const key of keys) {
      if (verifies(key, text, signature)) return true;
    }
  }
  return false;
}

/**
 * ISO 8601 with `Z` or an offset and up to nine fractional digits, at most 300 s from now. Unix
 * time and dates that no calendar has are refused.
 */
export function isFresh(timestamp: string, now: Date): boolean {
  const at = instantOf(timestamp);
  return at !== null && Math.abs(at - now.getTime()) <= TOLERANCE_MS;
}

function instantOf(text: string): number | null {
  const match = isoInstant.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, fraction = '', sign, hours, minutes] = match;
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const at = Date.parse(`${local}.${fraction.padEnd(3, '0').slice(0, 3)}Z`);
  // Date.parse takes the 30th of February for the 2nd of March.
  if (Number.isNaN(at) || !new Date(at).toISOString().startsWith(local)) return null;
  if (sign === undefined) return at;
  const offset = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return sign === '+' ? at - offset : at + offset;
}

function* spellings({ method, target, timestamp, body }: SignedRequest): Generator<Buffer> {
  const query = target.indexOf('?');
  const full = [target, query < 0 ? target : target.slice(0, query)];
  for (const path of new Set(full.flatMap((one) => [one, one.replace(basePath, '')]))) {
    const head = Buffer.from(`${method}${path}${timestamp}`);
    yield Buffer.concat([head, body]);
    if (body.at(-1) === NEWLINE) yield Buffer.concat([head, withoutNewline(body)]);
  }
}

function withoutNewline(body: Buffer): Buffer {
  return body.subarray(0, body.at(-2) === CARRIAGE_RETURN ? -2 : -1);
}

type Verifier = (text: Buffer, key: KeyObject, signature: Buffer) => boolean;

const pss: Verifier = (text, key, signature) => {
  const saltLength = constants.RSA_PSS_SALTLEN_AUTO;
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return verify('sha256', text, { key, padding, saltLength }, signature);
};

const verifiers: Readonly<Record<string, Verifier>> = {
  rsa: pss,
  'rsa-pss': pss,
  ed25519: (text, key, signature) => verify(null, text, key, signature),
  dsa: (text, key, signature) => verify('sha256', text, { key, dsaEncoding: 'der' }, signature),
};

function verifies(key: KeyObject, text: Buffer, signature: Buffer): boolean {
  try {
    return verifiers[key.asymmetricKeyType ?? '']?.(text, key, signature) ?? false;
  } catch {
    return false;
  }
}

function derOf(text: string): Buffer {
  return Buffer.from(text.slice(ed25519Prefix.length), 'base64');
}
