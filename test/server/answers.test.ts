// Who answers what: prefixes, methods, errors and request ids. wire/README.md sections 3 and 4.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unownedBody } from '../../src/dialects/mount.ts';
import { serve } from './parrot.ts';

const { app, lines, log } = serve();
beforeAll(async () => {
  await app.ready();
});
afterAll(() => app.close());

const get = (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers });

describe('the owner answers', () => {
  it.each([
    ['/api/v1/parrot/hello', 200, 'none'],
    ['/api/v1/parrot/hello/', 200, 'none'],
    ['/api/v1/parrot/a%2Fb', 200, 'none'],
    ['/api/v1/parrot/%zz', 400, 'none'],
    ['/api/v1/parrot/%ff', 400, 'none'],
    ['/api/v1/parrot/a/b', 404, 'parrot'],
    ['/api/v1/parrot//', 404, 'parrot'],
    ['/api/v1/parrot//hello', 404, 'parrot'],
    ['/api/v1/parrot/small/a/b', 404, 'small'],
    ['/api/v1/parrot/smaller/a', 404, 'parrot'],
    ['/api/v1/parrot?a=//', 405, 'parrot'],
    ['/api/v1/parrot/small', 405, 'small'],
    ['/api/v1/parrot/bug', 500, 'parrot'],
    ['/api/v1/parrot/teapot', 500, 'parrot'],
    ['/api/v1/parrot/refusal', 422, 'parrot'],
    ['/api/v1/parrot/busy', 503, 'parrot'],
    ['/api/v1/parrot/full', 503, 'parrot'],
    ['/api/v1/parrot/away', 503, 'parrot'],
    // Only of what certainly did not happen is it said that it may be asked for again.
    ['/api/v1/parrot/doubt', 500, 'parrot'],
  ])('%s: %i by %s', async (url, status, owner) => {
    const answer = await get(url);
    expect([answer.statusCode, answer.headers['x-parrot'] ?? 'none']).toEqual([status, owner]);
    expect(answer.headers.location).toBeUndefined();
    expect(answer.headers['content-type']).toContain('application/json');
    expect(answer.body).not.toContain('secret');
    if (status >= 400) expect(answer.json()).toEqual({ parrot: status });
    if (status === 503) expect(answer.headers['retry-after']).toBe('1');
  });

  it('decodes parameters once, after routing', async () => {
    expect((await get('/api/v1/parrot/a%2Fb')).json()).toEqual({ word: 'a/b' });
    expect((await get('/api/v1/parrot/a%252Fb')).json()).toEqual({ word: 'a%2Fb' });
    expect((await get('/api/v1/parrot/%E2%82%AC')).json()).toEqual({ word: '€' });
    expect((await get('/api/v1/p%61rrot/hello')).statusCode).toBe(404);
  });

  it.each([
    '/',
    '/api/v1',
    '/api/v1/parrots/x',
    '/api/v1/other',
    '/api/v1/PARROT',
    '/api/v2/parrot',
    '/api',
  ])('nobody owns %s', async (url) => {
    const methods = [
      'GET',
      'POST',
      'PUT',
      'DELETE',
      'OPTIONS',
      'PATCH',
      'PURGE',
      'PROPFIND',
    ] as const;
    for (const method of methods) {
      const headers = {
        'x-api-key': 'key',
        authorization: 'Basic eA==',
        'content-type': 'application/json',
      };
      const answer = await app.inject({ url, method: method as 'GET', headers, payload: '{' });
      expect([method, answer.statusCode]).toEqual([method, 404]);
      expect(answer.json()).toEqual(unownedBody);
      expect(answer.headers['www-authenticate']).toBeUndefined();
    }
  });

  it('a wrong method is 405 with Allow, whatever the method and the body', async () => {
    const methods = [
      'PUT',
      'PATCH',
      'DELETE',
      'OPTIONS',
      'TRACE',
      'PROPFIND',
      'PURGE',
      'QUERY',
      'M-SEARCH',
    ];
    for (const method of methods) {
      for (const [url, allow] of [
        ['/api/v1/parrot', 'POST'],
        ['/api/v1/parrot/x', 'GET, HEAD'],
      ]) {
        const answer = await app.inject({
          url: url as string,
          method: method as 'PUT',
          headers: { 'content-type': 'application/json' },
          payload: method === 'TRACE' ? undefined : '{',
        });
        expect([method, url, answer.statusCode]).toEqual([method, url, 405]);
        expect(answer.headers.allow).toBe(allow);
      }
    }
  });

  it('what the framework refuses is told in the owner’s words', async () => {
    const post = (payload: string | Buffer, type: string) =>
      app.inject({
        url: '/api/v1/parrot',
        method: 'POST',
        payload,
        headers: { 'content-type': type },
      });
    expect((await post('{', 'application/json')).json()).toEqual({ parrot: 400 });
    expect((await post('x', 'image/png')).json()).toEqual({ parrot: 415 });
    expect((await post('x', ';;;')).json()).toEqual({ parrot: 415 });
    const large = await post(Buffer.alloc(1024 * 1024 + 1, 0x20), 'application/json');
    expect(large.json()).toEqual({ parrot: 413 });
    expect((await post('{"a":1}', 'application/json')).json()).toEqual({ body: { a: 1 } });
  });

  it('HEAD answers where GET does, without a body', async () => {
    const answer = await app.inject({ url: '/api/v1/parrot/hello', method: 'HEAD' });
    expect([answer.statusCode, answer.body]).toEqual([200, '']);
  });
});

describe('request ids', () => {
  it('takes a harmless one and makes its own otherwise', async () => {
    const given = await get('/healthz', { 'x-request-id': 'shop-42:a.b_c' });
    expect(given.headers['x-request-id']).toBe('shop-42:a.b_c');
    const bad = ['', 'a b', 'x'.repeat(65), '<script>', 'a"b', 'é'];
    const made = await Promise.all(bad.map((id) => get('/healthz', { 'x-request-id': id })));
    const ids = made.map(({ headers }) => headers['x-request-id'] as string);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{12}-[0-9a-z]+$/);
    expect(new Set(ids).size).toBe(bad.length);
  });

  it('stands in the log beside path and status; neither query, headers nor bodies do', async () => {
    const headers = {
      'x-request-id': 'find-me',
      'x-api-key': 'hush-1',
      authorization: 'Bearer hush-2',
    };
    await get('/api/v1/parrot/bug?token=hush-3', headers);
    const found = lines.filter(({ reqId }) => reqId === 'find-me');
    expect(found.map(({ msg }) => msg)).toEqual(['request failed', 'request']);
    expect(found[1]).toMatchObject({
      method: 'GET',
      path: '/api/v1/parrot/bug',
      status: 500,
      level: 50,
    });
    expect(JSON.stringify(found)).not.toContain('hush');
  });

  it('masks secrets when headers are logged after all', () => {
    const names = ['authorization', 'cookie', 'x-api-key', 'x-api-signature'];
    const headers = Object.fromEntries(names.map((name) => [name, 'hush']));
    log.info({ headers, req: { headers }, ...headers }, 'whole');
    const line = JSON.stringify(lines.find(({ msg }) => msg === 'whole'));
    expect(line).not.toContain('hush');
    expect(line).toContain('[Redacted]');
  });
});

describe('security headers', () => {
  it('stand on every answer; the API’s are not to be stored', async () => {
    for (const url of ['/healthz', '/api/v1/parrot/hello', '/api/v1/none', '/none']) {
      const { headers } = await get(url);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'x-request-id': expect.any(String),
      });
      if (url.startsWith('/api/')) expect(headers['cache-control']).toBe('no-store');
    }
  });
});
