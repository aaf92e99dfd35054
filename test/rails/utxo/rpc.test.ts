// JSON-RPC: three outcomes, batches, cookies, and secrets that stay secret.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRpc, type Rpc, type RpcOptions } from '../../../src/rails/utxo/rpc.ts';
import { createTestDatabase } from '../../harness/database.ts';

let server: Server;
let listener: RequestListener;
const open: Rpc[] = [];

beforeEach(async () => {
  listener = (_request, response) => void response.writeHead(500).end('');
  server = createServer((request, response) => listener(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  for (const rpc of open.splice(0)) await rpc.close();
  await new Promise((resolve) => server.close(resolve));
});

function connect(options: Partial<RpcOptions> = {}): Rpc {
  const { port } = server.address() as AddressInfo;
  const url = `http://alice:s3cret%21@127.0.0.1:${port}/`;
  const rpc = createRpc({ url, timeoutMs: 300, ...options });
  open.push(rpc);
  return rpc;
}

function answerWith(status: number, text: string): void {
  listener = (request, response) => {
    request.resume().on('end', () => response.writeHead(status).end(text));
  };
}

describe('outcomes', () => {
  test('answer: null is an answer too', async () => {
    answerWith(200, '{"id":0,"result":null,"error":null}');
    expect(await connect().call('gettxout')).toEqual({ kind: 'answer', value: null });
  });

  test('refused: status 500 with an error object', async () => {
    answerWith(500, '{"id":0,"result":null,"error":{"code":-28,"message":"Loading block index…"}}');
    expect(await connect().call('getblockchaininfo')).toEqual({
      kind: 'refused',
      code: -28,
      reason: 'Loading block index…',
    });
  });

  test.each([
    [401, ''],
    [403, ''],
    [503, 'Work queue depth exceeded'],
    [429, 'slow down'],
    [200, 'null'],
    [200, '[]'],
    [200, '{"id":7,"result":1}'],
    [200, '{"id":0}'],
    [200, '{"id":0,"result":'],
    [200, '<html>'],
  ])('unknown: HTTP %i %s', async (status, text) => {
    answerWith(status, text);
    expect((await connect().call('getblockcount')).kind).toBe('unknown');
  });

  test('unknown: silence, a cut connection, nobody listening; no password is said', async () => {
    const rpc = connect();
    listener = (request) => void request.resume();
    const silence = await rpc.call('getblockcount');
    listener = (request) => void request.socket.destroy();
    const dropped = await rpc.call('getblockcount');
    const nobody = await connect({ url: 'http://alice:s3cret!@127.0.0.1:1' }).call('getblockcount');
    for (const outcome of [silence, dropped, nobody]) {
      expect(outcome.kind).toBe('unknown');
      expect(JSON.stringify(outcome)).not.toMatch(/s3cret|alice/);
    }
  });

  test('an address that is none is refused without repeating it', () => {
    expect(() => createRpc({ url: 'alice:s3cret@node' })).toThrow(/^(?!.*s3cret).*URL/);
    expect(() => createRpc({ url: '' })).toThrow('not a URL that begins');
  });
});

describe('batches', () => {
  test('are answered in the order of asking, however disordered the answers come', async () => {
    answerWith(
      200,
      '[{"id":2,"result":"c"},{"id":0,"result":"a"},{"id":1,"error":{"code":-5,"message":"no"}}]',
    );
    const calls = ['x', 'y', 'z'].map((method) => ({ method, params: [] }));
    const outcomes = await connect().batch(calls);
    expect(outcomes.map((each) => each.kind)).toEqual(['answer', 'refused', 'answer']);
  });

  test('with answers missing say which', async () => {
    answerWith(200, '[{"id":1,"result":"b"}]');
    const outcomes = await connect().batch(['x', 'y'].map((method) => ({ method, params: [] })));
    expect(outcomes.map((each) => each.kind)).toEqual(['unknown', 'answer']);
  });

  test('are not attempted inside a transaction', async () => {
    const { db, drop } = await createTestDatabase();
    const attempt = db.transaction(() => connect().call('getblockcount'));
    await expect(attempt).rejects.toThrow('inside a database transaction');
    await drop();
  });
});

test('user and password are sent decoded; a changed cookie is read again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cookie-'));
  const cookieFile = join(folder, '.cookie');
  await writeFile(cookieFile, '__cookie__:first\n');
  const seen: string[] = [];
  let good = '__cookie__:first';
  listener = (request, response) => {
    const [, encoded = ''] = (request.headers.authorization ?? '').split(' ');
    const pair = Buffer.from(encoded, 'base64').toString();
    seen.push(pair);
    const status = pair === good || pair.startsWith('alice') ? 200 : 401;
    request.resume().on('end', () => response.writeHead(status).end('{"id":0,"result":1}'));
  };
  await connect().call('getblockcount');
  const rpc = connect({ cookieFile });
  expect((await rpc.call('getblockcount')).kind).toBe('answer');
  good = '__cookie__:second';
  await writeFile(cookieFile, good);
  expect((await rpc.call('getblockcount')).kind).toBe('answer');
  expect(seen).toEqual(['alice:s3cret!', '__cookie__:first', '__cookie__:first', good]);
  await rm(folder, { recursive: true });
});
