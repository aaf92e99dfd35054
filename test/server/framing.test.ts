// HTTP framing on a real socket, catalogue group C4: broken requests end, and end alone.

import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serve } from './parrot.ts';

const { app } = serve();
let port = 0;
beforeAll(async () => {
  await app.listen({ port: 0, host: '127.0.0.1' });
  port = (app.server.address() as AddressInfo).port;
});
afterAll(() => app.close());

/** Sends bytes and answers everything that came until the server closed. */
function exchange(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'));
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

const host = 'Host: localhost\r\nConnection: close\r\n';
const post = `POST /api/v1/parrot HTTP/1.1\r\n${host}`;
const json = 'Content-Type: application/json\r\n';

describe('broken framing', () => {
  it.each([
    ['no HTTP at all', 'hello\r\n\r\n', 400],
    ['a bad method', `FETCH /healthz HTTP/1.1\r\n${host}\r\n`, 400],
    [
      'length and chunks',
      `${post}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ['two lengths', `${post}Content-Length: 4\r\nContent-Length: 5\r\n\r\n{}  `, 400],
    ['a negative length', `${post}Content-Length: -1\r\n\r\n`, 400],
    ['a bad chunk size', `${post}${json}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`, 400],
    ['a header with a NUL', `GET /healthz HTTP/1.1\r\n${host}X: a\0b\r\n\r\n`, 400],
    ['a space before the colon', `GET /healthz HTTP/1.1\r\n${host}X : a\r\n\r\n`, 400],
    ['no host', 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['20 KiB of headers', `GET /healthz HTTP/1.1\r\n${host}X: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['a 20 KiB path', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${host}\r\n`, 431],
    ['a good request', `GET /healthz HTTP/1.1\r\n${host}\r\n`, 200],
    ['an absolute target', `GET http://shop.example.com/healthz HTTP/1.1\r\n${host}\r\n`, 200],
    [
      'an absolute API target',
      `GET http://shop.example.com/api/v1/parrot/a/b HTTP/1.1\r\n${host}\r\n`,
      404,
    ],
  ])('%s is %i', async (_name, bytes, status) => {
    const answer = await exchange(bytes as string);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  it('a body that stops early, and a client that leaves, disturb nobody', async () => {
    const head = `${post}${json}Content-Length: 100\r\n\r\n{`;
    for (let round = 0; round < 20; round += 1) {
      const socket = connect(port, '127.0.0.1');
      await new Promise<void>((resolve) => socket.write(head, () => resolve()));
      socket.destroy();
    }
    expect(await exchange(`GET /healthz HTTP/1.1\r\n${host}\r\n`)).toContain('200 OK');
  });

  it('limits how long a request may take to arrive', () => {
    const { headersTimeout, requestTimeout, timeout } = app.server;
    expect(headersTimeout).toBe(10_000);
    expect(requestTimeout).toBe(30_000);
    expect(timeout).toBe(120_000);
  });
});

describe('stopping', () => {
  it('answers what is under way, then closes', async () => {
    let release = (): void => undefined;
    const reached = Promise.withResolvers<void>();
    const { app: stopping } = serve({
      plugins: [
        async (instance) => {
          instance.get('/slow', async () => {
            reached.resolve();
            await new Promise<void>((resolve) => {
              release = resolve;
            });
            return { done: true };
          });
        },
      ],
    });
    const origin = await stopping.listen({ port: 0, host: '127.0.0.1' });
    const answer = fetch(`${origin}/slow`);
    await reached.promise;
    const closed = stopping.close();
    release();
    expect(await (await answer).json()).toEqual({ done: true });
    await closed;
    await expect(fetch(`${origin}/healthz`)).rejects.toThrow();
  });
});
