// Devices and their messages over HTTP: made by people, then signed by themselves.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import type { Device, Devices } from '../../../desk/messages/devices.ts';
import type { Messages, Received } from '../../../desk/messages/receive.ts';
import { keepBytes } from '../../instance.ts';
import { type DeskRoutes, idOf, merchantQuery, pageMembers, pageOf, printPage } from './door.ts';
import { Problem, unknown } from './problem.ts';
import { answers, printTime, timeOf, workerOf } from './work.ts';

export type MessageNeeds = { readonly devices: Devices; readonly messages: Messages };

const listQuery = Type.Object(pageMembers);
const createBody = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100 }),
    trader: Type.Optional(
      Type.Union([Type.Null(), Type.String({ format: 'uuid' })], {
        description: 'Whose requisites its messages are about; none: the merchant’s own.',
      }),
    ),
  },
  { additionalProperties: false },
);
const changeBody = Type.Object({ active: Type.Boolean() }, { additionalProperties: false });
const nullable = Type.Union([Type.Null(), Type.String()]);
const deviceMembers = {
  id: Type.String(),
  name: Type.String(),
  trader: nullable,
  active: Type.Boolean(),
  last_counter: Type.Integer(),
  missing: Type.Integer({ description: 'Messages that it counted and that have not come.' }),
  heard_at: nullable,
  silent: Type.Boolean({ description: 'Nothing has been heard of it for five minutes.' }),
};
const deviceSchema = Type.Object(deviceMembers);
const createdSchema = Type.Object({ ...deviceMembers, secret: Type.String() });
const pageSchema = Type.Object({ items: Type.Array(deviceSchema), next: nullable });

/** The body of a signed request; `type` is `message` or `heartbeat`. */
const signedBody = Type.Union([
  Type.Object({
    type: Type.Literal('message'),
    sender: Type.String({ minLength: 1, maxLength: 320 }),
    text: Type.String({ minLength: 1, maxLength: 10_240 }),
    received_at: Type.String({ minLength: 10, maxLength: 40 }),
  }),
  Type.Object({ type: Type.Literal('heartbeat') }),
]);
const receivedSchema = Type.Object({
  result: Type.String({ description: 'taken, unread or repeated' }),
  template: nullable,
  last_counter: Type.Integer(),
  missing: Type.Integer(),
});
const signedHeaders = Type.Object({
  'x-device': Type.Optional(Type.String()),
  'x-counter': Type.Optional(
    Type.String({ description: 'Its messages counted from 1; of a heartbeat: sent so far.' }),
  ),
  'x-timestamp': Type.Optional(Type.String({ description: 'Unix seconds.' })),
  'x-signature': Type.Optional(
    Type.String({
      description: 'Hex HMAC-SHA-256 of `<device>.<counter>.<timestamp>.` and the body.',
    }),
  ),
});
const MAX_BODY_BYTES = 64 * 1024;
const SECOND_MS = 1_000;

export function messageRoutes({ devices, messages }: MessageNeeds): DeskRoutes {
  return (instance: FastifyInstance, door) => {
    instance.get<{ Querystring: Static<typeof listQuery> }>(
      '/desk/v1/devices',
      { schema: { querystring: listQuery, response: answers(pageSchema) } },
      async (request) => {
        const page = pageOf(request.query);
        return printPage(await devices.list(workerOf(door, request), page), page, printDevice);
      },
    );
    instance.post<{ Body: Static<typeof createBody> }>(
      '/desk/v1/devices',
      {
        schema: {
          querystring: merchantQuery,
          body: createBody,
          response: answers(createdSchema, 201),
        },
      },
      async (request, reply) => {
        const { name, trader = null } = request.body;
        const traderId = trader?.toLowerCase() ?? null;
        const made = await devices.create(workerOf(door, request), { name, traderId });
        return reply.code(201).send({ ...printDevice(made.device), secret: made.secret });
      },
    );
    instance.patch<{ Body: Static<typeof changeBody> }>(
      '/desk/v1/devices/:id',
      { schema: { querystring: merchantQuery, body: changeBody, response: answers(deviceSchema) } },
      async (request) => {
        const id = idOf(request, 'device');
        const device = await devices.setActive(workerOf(door, request), id, request.body.active);
        if (!device) throw unknown('device');
        return printDevice(device);
      },
    );
    void instance.register(async (signed) => receives(signed, messages));
  };
}

function receives(instance: FastifyInstance, messages: Messages): void {
  // The signature is about bytes, so bytes are kept until it is checked.
  keepBytes(instance);
  instance.post<{ Body: Buffer | undefined }>(
    '/desk/v1/messages',
    {
      config: { byDevice: true },
      bodyLimit: MAX_BODY_BYTES,
      schema: {
        security: [],
        headers: signedHeaders,
        description: `The body, as JSON: ${JSON.stringify({
          type: 'message',
          sender: 'BANK',
          text: '…',
          received_at: '2026-01-31T12:00:00Z',
        })} or {"type":"heartbeat"}.`,
        response: answers(receivedSchema),
      },
    },
    async (request) => printReceived(await takes(messages, request, request.body)),
  );
}

async function takes(
  messages: Messages,
  request: FastifyRequest,
  body: Buffer = Buffer.alloc(0),
): Promise<Received> {
  const timestamp = headerOf(request, 'x-timestamp');
  const signer = await messages.verify({
    deviceId: headerOf(request, 'x-device').toLowerCase(),
    counter: headerOf(request, 'x-counter'),
    timestamp,
    signature: headerOf(request, 'x-signature').toLowerCase(),
    body,
  });
  if (!signer) throw new Problem(401, 'unauthorized', 'This is signed by no device of ours.');
  const said = readBody(body);
  if (said.type === 'heartbeat') {
    const at = new Date(Number.parseInt(timestamp, 10) * SECOND_MS);
    const done = await messages.beat(signer, at);
    if (done !== 'stale') return done;
    throw new Problem(409, 'stale', 'This was signed too long ago, or before the last one.');
  }
  if (signer.counter === 0) throw new Problem(400, 'invalid_request', 'Messages count from 1.');
  const { sender, text, received_at: at } = said;
  const message = { sender, text, receivedAt: timeOf(at, 'received_at') };
  const done = await messages.receive(signer, body, message);
  if (done !== 'conflict') return done;
  throw new Problem(409, 'counter_reused', 'This counter stood on another message.');
}

function readBody(body: Buffer): Static<typeof signedBody> {
  try {
    const read: unknown = JSON.parse(body.toString('utf8'));
    if (Value.Check(signedBody, read)) return read;
  } catch {
    // Answered as what it is: no message.
  }
  throw new Problem(400, 'invalid_request', 'The body is neither a message nor a heartbeat.');
}

function headerOf(request: FastifyRequest, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}

function printDevice(device: Device): Static<typeof deviceSchema> {
  return {
    id: device.id,
    name: device.name,
    trader: device.traderId,
    active: device.active,
    last_counter: device.lastCounter,
    missing: device.missing,
    heard_at: printTime(device.heardAt),
    silent: device.silent,
  };
}

function printReceived(received: Received): Static<typeof receivedSchema> {
  const { result, template, lastCounter, missing } = received;
  return { result, template, last_counter: lastCounter, missing };
}
