// The framework alone, as a limit: a tiny answer to GET, and a validated echo of the create's body.

import Fastify from 'fastify';
import { Type } from 'typebox';
import { serveParent } from './child.ts';

const text = Type.String();
const body = Type.Object({
  merchant_key: text,
  order_currency: text,
  order_amount: Type.Number(),
  payment_name: text,
  payer_email: text,
  success_url: text,
  cancel_url: text,
});

/** Answers the port it listens on. */
serveParent(async () => {
  const server = Fastify();
  server.get('/tiny', async () => ({ status: 'ok' }));
  server.post('/echo', { schema: { body } }, async (request) => request.body);
  return Number(new URL(await server.listen({ port: 0, host: '127.0.0.1' })).port);
});
