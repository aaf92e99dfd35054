// The shop's webhook receiver: verifies both signatures of every callback before it believes it.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { check, DemoFailed, say, until } from './timeline.ts';

export type Callback = { readonly event_type: string; readonly status: string };

export type Receiver = {
  readonly url: string;
  /** The key of the link whose callbacks are awaited. */
  expect(secret: string): void;
  /** The next callback of this type after those already taken, verified. */
  next(eventType: string): Promise<Callback>;
  close(): Promise<void>;
};

export async function startReceiver(): Promise<Receiver> {
  const arrived: { body: string; signature: string }[] = [];
  const bodies = new Set<string>();
  let secret = '';
  let taken = 0;
  const server = createServer((request, response) => {
    void read(request).then((body) => {
      arrived.push({ body, signature: String(request.headers['x-bitxpay-signature']) });
      response.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  async function next(eventType: string): Promise<Callback> {
    const { body, signature } = await until(`the webhook ${eventType}`, async () => {
      // Delivered at least once: a gateway killed before it noted our answer sends the same again.
      // The same bytes are not always a repetition: within one second a payment may complete twice.
      const head = arrived[taken];
      if (!head || !bodies.has(head.body) || typeOf(head.body) === eventType) return head ?? null;
      say('webhook delivered again', `${typeOf(head.body)}, the same bytes as before, ignored`);
      taken += 1;
      return null;
    });
    taken += 1;
    bodies.add(body);
    const callback = JSON.parse(body) as Callback & { signature: string };
    const unsigned = body.replace(/,"signature":"[0-9a-f]{64}"}$/, '}');
    check(same(signature, digest(secret, body)), 'the signature header does not verify');
    check(same(callback.signature, digest(secret, unsigned)), 'the inner signature is wrong');
    if (callback.event_type !== eventType) {
      throw new DemoFailed(`expected the webhook ${eventType}, got ${callback.event_type}`);
    }
    say('webhook delivered and verified', `${callback.event_type} (${callback.status})`);
    return callback;
  }

  return {
    url: `http://127.0.0.1:${port}/callback`,
    expect: (key) => {
      secret = key;
    },
    next,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function typeOf(body: string): string {
  return (JSON.parse(body) as Callback).event_type;
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function digest(secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest('hex');
}

function same(left: string, right: string): boolean {
  return left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right));
}
