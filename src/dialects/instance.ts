// How a part of the server is set up that reads its bodies itself.

import type { FastifyInstance } from 'fastify';

/** Bodies stay the bytes that came, whatever their sender calls them. */
export function keepBytes(instance: FastifyInstance): void {
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
}

/** What comes is checked, and what goes is printed, by the dialect: its schemas are for /docs. */
export function describeOnly(instance: FastifyInstance): void {
  instance.setValidatorCompiler(() => () => true);
  instance.setSerializerCompiler(() => JSON.stringify);
}
