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
    if (checked.Check(value)) return { value };
    const faults = [...checked.Errors(value)];
    // What is wrong with a member says more than that the whole does not fit.
    const [fault] = faults.filter(({ keyword }) => keyword !== 'boolean');
    const { instancePath = '', message = 'does not fit' } = fault ?? {};
    const place = `${httpPart ?? 'request'}${instancePath}`;
    return { error: new Problem(400, 'invalid_request', `${place} ${message}${namesOf(fault)}.`) };
  };
};

function namesOf(fault: { readonly params?: object } | undefined): string {
  const names = (fault?.params as { additionalProperties?: unknown } | undefined)
    ?.additionalProperties;
  return Array.isArray(names) ? `: ${names.join(', ').slice(0, 200)}` : '';
}
