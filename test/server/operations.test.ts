// Alive, ready, measured and documented.

import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { serve } from './parrot.ts';

describe('operations', () => {
  it('is alive, whatever the checks say', async () => {
    const { app } = serve({ checks: [{ name: 'database', check: async () => 'gone' }] });
    const answer = await app.inject('/healthz');
    expect([answer.statusCode, answer.json()]).toEqual([200, { status: 'ok' }]);
    await app.close();
  });

  it('is ready when every check is content', async () => {
    let problem: string | null = null;
    const { app } = serve({
      checks: [
        { name: 'database', check: async () => null },
        { name: 'rails', check: async () => problem },
        {
          name: 'broken',
          check: () => (problem ? Promise.reject(new Error('secret')) : Promise.resolve(null)),
        },
      ],
    });
    const ready = await app.inject('/readyz');
    expect(ready.statusCode).toBe(200);
    expect(ready.json()).toEqual({
      status: 'ready',
      checks: { database: 'ok', rails: 'ok', broken: 'ok' },
    });
    problem = 'the node is three blocks behind';
    const not = await app.inject('/readyz');
    expect(not.statusCode).toBe(503);
    expect(not.json()).toMatchObject({ status: 'not ready', checks: { rails: problem } });
    expect(not.body).not.toContain('secret');
    await app.close();
  });

  it('counts requests by method, route and status, not by path', async () => {
    const metrics = new Registry();
    const { app } = serve({ metrics });
    for (const word of ['a', 'b', 'bug']) await app.inject(`/api/v1/parrot/${word}`);
    await app.inject('/somewhere/else');
    const answer = await app.inject('/metrics');
    expect(answer.headers['content-type']).toContain('text/plain');
    const name = 'dragoman_http_request_seconds_count';
    expect(answer.body).toContain(
      `${name}{method="GET",route="/api/v1/parrot/:word",status="200"} 2`,
    );
    expect(answer.body).toContain(
      `${name}{method="GET",route="/api/v1/parrot/:word",status="500"} 1`,
    );
    expect(answer.body).toContain(`${name}{method="GET",route="unknown",status="404"} 1`);
    await app.close();
  });

  it('serves plugins beside the dialects, with their own answers', async () => {
    const { app } = serve({
      plugins: [
        async (instance) => {
          instance.get('/link/:id', async (request) => request.params);
        },
      ],
    });
    expect((await app.inject('/link/a')).json()).toEqual({ id: 'a' });
    expect((await app.inject('/link/a/')).statusCode).toBe(200);
    await app.close();
  });
});

describe('/docs', () => {
  it('has a document for each dialect and a reader that loads nothing else', async () => {
    const { app } = serve();
    const document = await app.inject('/docs/parrot.json');
    expect(document.json()).toMatchObject({ openapi: '3.1.0', info: { title: 'parrot' } });
    expect(Object.keys((document.json() as { paths: object }).paths)).toEqual([
      '/api/v1/parrot',
      '/api/v1/parrot/{word}',
    ]);
    for (const url of ['/docs', '/docs/']) {
      const page = await app.inject(url);
      expect(page.statusCode).toBe(200);
      expect(page.headers['content-type']).toContain('text/html');
      expect(page.headers['content-security-policy']).toContain("default-src 'self'");
      expect(page.body).toContain('/docs/small.json');
      expect(page.body).not.toMatch(/(?:src|href)="https?:/);
    }
    const script = await app.inject('/docs/js/scalar.js');
    expect(script.headers['content-type']).toContain('javascript');
    expect(script.rawPayload.length).toBeGreaterThan(1_000_000);
    await app.close();
  });
});
