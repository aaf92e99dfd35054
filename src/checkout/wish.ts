// What a payer's address or form asks for. Strangers write both, so anything unexpected is nothing.

import type { FastifyRequest } from 'fastify';

export type Wish = {
  readonly method: string | null;
  /** Which use of several the payer set out to pay, 1 for the first. */
  readonly use: number | null;
};

const wordPattern = /^[a-z0-9][a-z0-9-]{0,63}$/;
const usePattern = /^[1-9][0-9]{0,8}$/;

export function wishOf(source: unknown): Wish {
  const use = textOf(source, 'use');
  return {
    method: wordOf(source, 'method'),
    use: use !== null && usePattern.test(use) ? parseInt(use, 10) : null,
  };
}

/** The payment's id in the path, in its own spelling. */
export function idOf(request: FastifyRequest): string {
  return (textOf(request.params, 'id') ?? '').toLowerCase();
}

/** One text member of something a stranger sent; repeated, missing or of another type is null. */
export function textOf(source: unknown, name: string): string | null {
  if (typeof source !== 'object' || source === null || !Object.hasOwn(source, name)) return null;
  const value = (source as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'string' ? value : null;
}

function wordOf(source: unknown, name: string): string | null {
  const text = textOf(source, name);
  return text !== null && wordPattern.test(text) ? text : null;
}
