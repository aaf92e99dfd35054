// A merchant's server for tests: a real listener that keeps what it was sent and answers as told.

import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Received = {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
};

export type Answer = (request: Received, response: ServerResponse) => void;

export type Receiver = {
  readonly origin: string;
  readonly port: number;
  readonly received: readonly Received[];
  /** The highest number of requests that were open at once. */
  readonly mostAtOnce: () => number;
  answerWith(answer: Answer): void;
  /** Resolves when `condition` holds, looking again after each request; the test has a limit. */
  until(condition: (received: readonly Received[]) => boolean): Promise<void>;
  close(): Promise<void>;
};

export async function startReceiver(first: Answer = ok): Promise<Receiver> {
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  let answer = first;
  let open = 0;
  let mostAtOnce = 0;

  const listener: RequestListener = (request, response) => {
    open += 1;
    mostAtOnce = Math.max(mostAtOnce, open);
    response.once('close', () => {
      open -= 1;
    });
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      };
      received.push(one);
      answer(one, response);
      for (const look of waiting) look();
    });
  };
  const server = createServer(listener);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;

  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    received,
    mostAtOnce: () => mostAtOnce,
    answerWith: (next) => {
      answer = next;
    },
    until: (condition) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!condition(received)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const ok: Answer = (_request, response) => {
  response.end('thanks');
};

export function status(code: number, headers: Record<string, string> = {}): Answer {
  return (_request, response) => {
    response.writeHead(code, headers).end(`status ${code}`);
  };
}
