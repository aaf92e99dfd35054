// The till's callback receiver: reads id and status of each, and where it was sent.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DemoFailed, say, until } from './timeline.ts';

export type TillCallback = { readonly id: number; readonly status: string };

export type TillReceiver = {
  readonly url: string;
  /** The next callback; fails when its word is another. */
  next(status: string): Promise<TillCallback>;
  close(): Promise<void>;
};

export async function startTillReceiver(): Promise<TillReceiver> {
  const arrived: { target: string; body: string }[] = [];
  let taken = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      arrived.push({ target: request.url ?? '', body: Buffer.concat(chunks).toString('utf8') });
      response.writeHead(200).end('Recibido');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const path = '/ipn?order=A-1001';

  async function next(status: string): Promise<TillCallback> {
    const { target, body } = await until(`the callback ${status}`, async () => {
      return arrived[taken] ?? null;
    });
    taken += 1;
    const callback = JSON.parse(body) as TillCallback;
    if (target !== path) throw new DemoFailed(`the callback went to ${target}`);
    if (callback.status !== status) {
      throw new DemoFailed(`expected the callback ${status}, got ${callback.status}`);
    }
    say('callback delivered', `${callback.status}, transaction ${callback.id}`);
    return callback;
  }

  return {
    url: `http://127.0.0.1:${port}${path}`,
    next,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
