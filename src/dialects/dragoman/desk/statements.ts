// Statements over HTTP: a bank's file as the body, and how a bank writes its CSV.

import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { type CsvMapping, csvMappingSchema } from '../../../desk/statements/csv-mapping.ts';
import type { Statements } from '../../../desk/statements/import.ts';
import { maxFileBytes } from '../../../desk/statements/statement.ts';
import { keepBytes } from '../../instance.ts';
import { pathParameter } from '../../path.ts';
import { type DeskRoutes, merchantQuery, pageMembers } from './door.ts';
import { Problem, unknown } from './problem.ts';
import { answers, workerOf } from './work.ts';

export type StatementNeeds = { readonly statements: Statements };

const importQuery = Type.Object({
  merchant: pageMembers.merchant,
  requisite: Type.String({ format: 'uuid', description: 'Whose account it is.' }),
  mapping: Type.Optional(
    Type.String({ maxLength: 60, description: 'The file is CSV, written like this.' }),
  ),
});
const importedSchema = Type.Object({
  format: Type.String(),
  entries: Type.Integer(),
  fresh: Type.Integer({ description: 'Money that came in and was not known before.' }),
  payouts: Type.Integer({ description: 'Payouts that the statement confirmed.' }),
});
const mappingsSchema = Type.Object({
  items: Type.Array(Type.Object({ name: Type.String(), mapping: Type.Any() })),
});
const nameForm = /^[\w.-]{1,60}$/;

export function statementRoutes({ statements }: StatementNeeds): DeskRoutes {
  return (instance: FastifyInstance, door) => {
    // A file is bytes, whatever its sender says it is.
    void instance.register(async (files) => {
      keepBytes(files);
      files.post<{ Querystring: Static<typeof importQuery>; Body: Buffer | undefined }>(
        '/desk/v1/statements',
        {
          bodyLimit: maxFileBytes,
          schema: {
            querystring: importQuery,
            description: 'The body is the file: camt.053, camt.052, MT940, or CSV with a mapping.',
            response: answers(importedSchema),
          },
        },
        async (request) => {
          const { requisite, mapping = null } = request.query;
          const content = request.body;
          if (!content?.length) throw new Problem(400, 'empty_file', 'The body is the file.');
          const file = { requisiteId: requisite.toLowerCase(), content, mapping };
          const done = await statements.import(workerOf(door, request), file);
          if (!done) throw unknown('requisite');
          return done;
        },
      );
    });
    instance.get(
      '/desk/v1/statement-mappings',
      { schema: { querystring: merchantQuery, response: answers(mappingsSchema) } },
      async (request) => ({ items: await statements.mappings(workerOf(door, request)) }),
    );
    instance.put<{ Body: CsvMapping }>(
      '/desk/v1/statement-mappings/:name',
      {
        schema: {
          querystring: merchantQuery,
          body: csvMappingSchema,
          response: answers(Type.Object({ name: Type.String() })),
        },
      },
      async (request) => {
        const name = pathParameter(request, 'name') ?? '';
        if (!nameForm.test(name)) {
          throw new Problem(422, 'invalid_name', 'A name has letters, digits, dots and dashes.');
        }
        const worker = workerOf(door, request);
        // By it other people's files are read, too.
        if (worker.traderId !== null) {
          throw new Problem(
            403,
            'forbidden',
            'Those who look after the desk say how files are read.',
          );
        }
        await statements.setMapping(worker, name, request.body);
        return { name };
      },
    );
  };
}
