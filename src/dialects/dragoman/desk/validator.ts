// What a request must look like: bodies are taken as they are, and every unknown word is refused.

import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Problem } from './problem.ts';

/**
 * For `setValidatorCompiler`. Only text of a query is read as numbers; a misspelt member of a body
 * is no member left out, since it may have said how much.
 */
export const validator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const checked = Compile(schema);
  const isText = httpPart !== 'body';
  return (data: unknown) => {
    const value = isText ? checked.Convert(data) : data;
    if (checked.Check(value)) {
      if (isStorable(value)) return { value };
      const what = 'has a character that cannot be kept: a NUL, or half of a surrogate pair';
      return { error: new Problem(400, 'invalid_request', `${httpPart ?? 'request'} ${what}.`) };
    }
    const faults = [...checked.Errors(value)];
    // What is wrong with a member says more than that the whole does not fit.
    const [fault] = faults.filter(({ keyword }) => keyword !== 'boolean');
    const { instancePath = '', message = 'does not fit' } = fault ?? {};
    const place = `${httpPart ?? 'request'}${instancePath}`;
    return { error: new Problem(400, 'invalid_request', `${place} ${message}${namesOf(fault)}.`) };
  };
};

/**
 * PostgreSQL's text holds no NUL, and half a surrogate pair has no UTF-8: looked for here, once for
 * every member of every body. No recursion: a member nobody asked for may be nested without end.
 */
function isStorable(given: unknown): boolean {
  const rest = [given];
  while (rest.length > 0) {
    const next = rest.pop();
    if (typeof next === 'string' && (next.includes('\0') || !next.isWellFormed())) return false;
    if (typeof next !== 'object' || next === null) continue;
    for (const [name, value] of Object.entries(next)) rest.push(name, value);
  }
  return true;
}

function namesOf(fault: { readonly params?: object } | undefined): string {
  const names = (fault?.params as { additionalProperties?: unknown } | undefined)
    ?.additionalProperties;
  return Array.isArray(names) ? `: ${names.join(', ').slice(0, 200)}` : '';
}
