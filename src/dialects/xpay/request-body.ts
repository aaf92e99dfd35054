// Request bodies: JSON, URL-encoded and multipart, all as one object of members.

import type { FastifyRequest } from 'fastify';
import { type JsonObject, readJsonObject } from '../body.ts';

/** The longest form here has six short fields; reading a long one would hold up everybody else. */
const MAX_FORM_BYTES = 64 * 1024;
const form = /^\s*application\/x-www-form-urlencoded\s*(?:;|$)/i;
const multipart = /^\s*multipart\/form-data\s*;/i;

/**
 * The members of the body; null when it cannot be read. No body is the empty object, whatever its
 * content type. A type that is none of the three is read as JSON. Of repeated form fields the last
 * counts; a file is no text, and no field here is a file.
 */
export async function readMembers(request: FastifyRequest): Promise<JsonObject | null> {
  const { body } = request;
  if (!(body instanceof Buffer) || body.length === 0) return {};
  const type = request.headers['content-type'] ?? '';
  if (form.test(type)) {
    return body.length > MAX_FORM_BYTES ? null : fromPairs(new URLSearchParams(body.toString()));
  }
  if (!multipart.test(type)) return readJsonObject(body);
  return body.length > MAX_FORM_BYTES ? null : readMultipart(body, type);
}

// The runtime's own reader of RFC 7578; it throws for whatever it cannot read.
async function readMultipart(body: Buffer, type: string): Promise<JsonObject | null> {
  try {
    const response = new Response(new Uint8Array(body), { headers: { 'content-type': type } });
    return fromPairs(await response.formData());
  } catch {
    return null;
  }
}

function fromPairs(pairs: Iterable<[string, unknown]>): JsonObject {
  const members: Record<string, unknown> = Object.create(null);
  for (const [name, value] of pairs) members[name] = typeof value === 'string' ? value : {};
  return members;
}
