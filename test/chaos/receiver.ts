// The merchant's server: outlives every kill, is in a bad mood now and then, and forgets nothing.

import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Random } from './random.ts';

export type Arrival = {
  readonly body: string;
  readonly signature: string;
  /** Whether it was answered with 200, as far as the receiver knows. */
  readonly accepted: boolean;
};

export type Receiver = {
  readonly url: string;
  /** By payment id, in the order of arrival. */
  readonly arrivals: ReadonlyMap<string, readonly Arrival[]>;
  count(): number;
  /** From now on everything is answered with 200. */
  calm(): void;
  close(): Promise<void>;
};

const REFUSES_PERCENT = 10;
const HANGS_UP_PERCENT = 6;

export async function startReceiver(random: Random): Promise<Receiver> {
  const arrivals = new Map<string, Arrival[]>();
  let isCalm = false;
  let total = 0;

  function keep(body: string, request: IncomingMessage, accepted: boolean): void {
    const { payment_id: id } = JSON.parse(body) as { payment_id: string };
    const signature = String(request.headers['x-bitxpay-signature']);
    const known = arrivals.get(id);
    if (known) known.push({ body, signature, accepted });
    else arrivals.set(id, [{ body, signature, accepted }]);
    total += 1;
  }

  function take(body: string, request: IncomingMessage, response: ServerResponse): void {
    const mood = isCalm ? 100 : random.below(100);
    const accepted = mood >= REFUSES_PERCENT + HANGS_UP_PERCENT;
    keep(body, request, accepted);
    if (accepted) response.end('ok');
    else if (mood < HANGS_UP_PERCENT) response.socket?.destroy();
    else response.writeHead(500).end('not today');
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => undefined);
    request.on('end', () => take(Buffer.concat(chunks).toString(), request, response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/webhooks`,
    arrivals,
    count: () => total,
    calm: () => {
      isCalm = true;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
