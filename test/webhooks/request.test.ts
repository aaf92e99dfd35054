// The paranoid client against real listeners: what comes back, what is cut, what is never followed.

import { readFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGuard } from '../../src/webhooks/addresses.ts';
import { createWebhookClient } from '../../src/webhooks/request.ts';
import type { WebhookClient } from '../../src/webhooks/request.ts';
import { startReceiver, status } from './receiver.ts';
import type { Receiver } from './receiver.ts';

const plentyMs = 10_000;
const shortMs = 300;

let receiver: Receiver;
let client: WebhookClient;
let addresses: string[];
let looked: string[];
const servers: Server[] = [];

beforeEach(async () => {
  receiver = await startReceiver();
  addresses = ['127.0.0.1'];
  looked = [];
  client = createWebhookClient({
    guard: createGuard(['127.0.0.0/8']),
    version: '1.2.3',
    resolveName: async (name) => {
      looked.push(name);
      return addresses;
    },
  });
});

afterEach(async () => {
  await client.close();
  await receiver.close();
  for (const server of servers.splice(0)) server.close();
});

function post(url: string, timeoutMs = plentyMs, headers: Record<string, string> = {}) {
  return client.request({ url, headers, body: '{"ä":1}' }, timeoutMs);
}

function hook(path = '/hook'): string {
  return receiver.origin + path;
}

/** A TCP server that says whatever `speak` writes; answers its port. */
async function startTcp(speak: (socket: Socket) => void): Promise<number> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => speak(socket));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

describe('what is sent', () => {
  test('a POST with the very bytes, our name and the given headers', async () => {
    const headers = { 'Content-Type': 'application/json', 'X-Signature': 'abc' };
    const result = await post(hook('/a/b?c=d%20e#f'), plentyMs, headers);
    expect(result).toEqual({ kind: 'answered', status: 200, body: 'thanks', retryAfter: null });
    expect(receiver.received[0]).toMatchObject({
      method: 'POST',
      path: '/a/b?c=d%20e',
      body: '{"ä":1}',
      headers: {
        host: `127.0.0.1:${receiver.port}`,
        'user-agent': 'Dragoman-Webhooks/1.2.3',
        'content-type': 'application/json',
        'content-length': '8',
        'x-signature': 'abc',
      },
    });
  });

  test('a connection is kept for the next message', async () => {
    const ports = new Set<number | undefined>();
    receiver.answerWith((_request, response) => {
      ports.add(response.socket?.remotePort);
      response.end();
    });
    for (let turn = 0; turn < 9; turn += 1) await post(hook());
    // The pool may open a second one while the first is just about to be free.
    expect(ports.size).toBeLessThanOrEqual(2);
  });

  test.each([
    ['a line break', { 'X-A': 'a\r\nX-B: b' }],
    ['a NUL', { 'X-A': 'a\0b' }],
    ['a letter beyond Latin 1', { 'X-A': 'ш' }],
    ['a bad name', { 'X A': 'a' }],
    ['an empty name', { '': 'a' }],
    ['our own Host', { Host: 'metadata.example' }],
    ['our own Content-Length', { 'content-length': '1' }],
    ['a Transfer-Encoding', { 'Transfer-Encoding': 'chunked' }],
  ])('a header with %s is refused for good', async (_name, headers) => {
    const result = await post(hook(), plentyMs, headers as Record<string, string>);
    expect(result).toMatchObject({ kind: 'refused', reason: 'message_refused', forGood: true });
    expect(receiver.received).toEqual([]);
  });
});

describe('what comes back', () => {
  test.each([200, 201, 204, 400, 401, 404, 410, 418, 429, 500, 503])('status %i', async (code) => {
    receiver.answerWith(status(code));
    const result = await post(hook());
    expect(result).toMatchObject({ kind: 'answered', status: code });
  });

  test.each([301, 302, 303, 307, 308])('redirect %i is not followed', async (code) => {
    receiver.answerWith(status(code, { location: '/elsewhere' }));
    expect(await post(hook())).toMatchObject({ kind: 'answered', status: code });
    expect(receiver.received).toHaveLength(1);
  });

  test('Retry-After is handed on', async () => {
    receiver.answerWith(status(429, { 'retry-after': '120' }));
    expect(await post(hook())).toMatchObject({ status: 429, retryAfter: '120' });
  });

  test('informational answers are not the answer', async () => {
    receiver.answerWith((_request, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      response.end('done');
    });
    expect(await post(hook())).toMatchObject({ kind: 'answered', status: 200, body: 'done' });
  });

  test('bytes that are no text become text that can be kept', async () => {
    receiver.answerWith((_request, response) => {
      response.end(Buffer.from([0x61, 0x00, 0xff, 0x62]));
    });
    expect(await post(hook())).toMatchObject({ body: 'a\ufffd\ufffdb' });
  });
});

describe('limits', () => {
  test('a large answer is cut at 64 KiB, and the connection with it', async () => {
    const closed = new Promise<void>((resolve) => {
      receiver.answerWith((_request, response) => {
        response.on('close', resolve);
        response.writeHead(200);
        const more = (): void => {
          while (response.write('x'.repeat(16_384)));
        };
        response.on('drain', more);
        more();
      });
    });
    const result = await post(hook());
    expect(result).toMatchObject({ kind: 'answered', status: 200 });
    expect('body' in result && result.body.length).toBe(65_536);
    await closed;
  });

  test('an answer of exactly 64 KiB is whole', async () => {
    receiver.answerWith((_request, response) => void response.end('x'.repeat(65_536)));
    const result = await post(hook());
    expect('body' in result && result.body.length).toBe(65_536);
  });

  test('silence ends by the total timeout', async () => {
    receiver.answerWith(() => undefined);
    expect(await post(hook(), shortMs)).toMatchObject({ kind: 'failed', reason: 'timed_out' });
  });

  test('headers that drip end by the total timeout', async () => {
    const port = await startTcp((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const drip = setInterval(() => socket.write('x-a: b\r\n'), 20);
      socket.on('close', () => clearInterval(drip));
    });
    const result = await post(`http://127.0.0.1:${port}/`, shortMs);
    expect(result).toMatchObject({ kind: 'failed', reason: 'timed_out' });
  });

  test('headers without an end are not read without an end', async () => {
    const port = await startTcp((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nx-a: ${'a'.repeat(64_000)}\r\n\r\n`);
    });
    const result = await post(`http://127.0.0.1:${port}/`);
    expect(result).toMatchObject({ kind: 'failed', reason: 'broken_answer' });
  });

  test('a body that drips is kept as far as it came: the status was heard', async () => {
    receiver.answerWith((_request, response) => {
      response.writeHead(202);
      const drip = setInterval(() => response.write('z'), 20);
      response.on('close', () => clearInterval(drip));
    });
    const result = await post(hook(), shortMs);
    expect(result).toMatchObject({ kind: 'answered', status: 202 });
    expect('body' in result && result.body).toMatch(/^z+$/);
  });

  test('a body that is cut short is kept as far as it came', async () => {
    const port = await startTcp((socket) => {
      socket.end('HTTP/1.1 500 Oh\r\ncontent-length: 100\r\n\r\nhalf');
    });
    const result = await post(`http://127.0.0.1:${port}/`);
    expect(result).toMatchObject({ kind: 'answered', status: 500, body: 'half' });
  });
});

describe('receivers that are not there', () => {
  test('nobody listens', async () => {
    const gone = await startReceiver();
    await gone.close();
    const result = await post(gone.origin);
    expect(result).toMatchObject({ kind: 'failed', reason: 'unreachable' });
  });

  test('the connection is closed without an answer', async () => {
    const port = await startTcp((socket) => socket.destroy());
    const result = await post(`http://127.0.0.1:${port}/`);
    expect(result).toMatchObject({ kind: 'failed', reason: 'unreachable' });
  });

  test('something answers that is not HTTP', async () => {
    const port = await startTcp((socket) => socket.write('220 mail.example ESMTP\r\n'));
    const result = await post(`http://127.0.0.1:${port}/`);
    expect(result).toMatchObject({ kind: 'failed', reason: 'broken_answer' });
  });

  test('the name has no address', async () => {
    addresses = [];
    const result = await post('http://nobody.example/');
    expect(result).toMatchObject({ kind: 'failed', reason: 'name_not_found' });
  });

  test('the name server never answers', async () => {
    const silent = createWebhookClient({
      guard: createGuard([]),
      version: 'test',
      resolveName: () => new Promise(() => undefined),
    });
    const message = { url: 'http://slow.example/', headers: {}, body: '' };
    const result = await silent.request(message, shortMs);
    expect(result).toMatchObject({ kind: 'failed', reason: 'timed_out' });
    await silent.close();
  });
});

describe('names', () => {
  test('are looked up once per connection, which goes to what was checked', async () => {
    // A name server that answers something else the second time (DNS rebinding).
    let turn = 0;
    const rebound = createWebhookClient({
      guard: createGuard(['127.0.0.1/32']),
      version: 'test',
      resolveName: async () => (turn++ === 0 ? ['127.0.0.1'] : ['127.0.0.2']),
    });
    const url = `http://shop.example:${receiver.port}/`;
    const first = await rebound.request({ url, headers: {}, body: '' }, plentyMs);
    expect(first).toMatchObject({ kind: 'answered', status: 200 });
    expect(turn).toBe(1);
    expect(receiver.received[0]?.headers.host).toBe(`shop.example:${receiver.port}`);
    receiver.answerWith((_request, response) => void response.socket?.destroy());
    await rebound.request({ url, headers: {}, body: '' }, plentyMs);
    const third = await rebound.request({ url, headers: {}, body: '' }, plentyMs);
    expect(third).toMatchObject({ kind: 'refused', reason: 'address_refused' });
    await rebound.close();
  });

  test('with good and bad addresses lead to the good ones only', async () => {
    addresses = ['10.0.0.1', '127.0.0.1', '::1'];
    const result = await post(`http://shop.example:${receiver.port}/`);
    expect(result).toMatchObject({ kind: 'answered', status: 200 });
    expect(looked).toEqual(['shop.example']);
  });
});

describe('TLS', () => {
  const key = readFileSync(new URL('fixtures/self-signed.key.pem', import.meta.url));
  const cert = readFileSync(new URL('fixtures/self-signed.cert.pem', import.meta.url), 'utf8');

  async function startTls(): Promise<number> {
    const server = createTlsServer({ key, cert }, (_request, response) => response.end('safe'));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  async function trusting<T>(work: () => Promise<T>): Promise<T> {
    const before = getCACertificates('default');
    setDefaultCACertificates([...before, cert]);
    return work().finally(() => setDefaultCACertificates(before));
  }

  test('a certificate that nobody vouches for is refused', async () => {
    const result = await post(`https://shop.example:${await startTls()}/`);
    expect(result).toMatchObject({ kind: 'failed', reason: 'tls_failed' });
  });

  test('a certificate for the name of the URL is accepted, at the checked address', async () => {
    const port = await startTls();
    const result = await trusting(() => post(`https://shop.example:${port}/`));
    expect(result).toMatchObject({ kind: 'answered', status: 200, body: 'safe' });
  });

  test('a certificate for another name is refused', async () => {
    const port = await startTls();
    const result = await trusting(() => post(`https://other.example:${port}/`));
    expect(result).toMatchObject({ kind: 'failed', reason: 'tls_failed' });
  });

  test('a server without TLS is refused', async () => {
    const result = await post(`https://127.0.0.1:${receiver.port}/`);
    expect(result).toMatchObject({ kind: 'failed', reason: 'tls_failed' });
  });
});
