// The routes: what each address shows, what forms do, what is refused, and the headers on it all.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createScriptedRail } from '../harness/scripted-rail.ts';
import { form, mount, type Mounted } from './mounted.ts';

let page: Mounted;

beforeAll(async () => {
  page = await mount();
});
afterAll(() => page.close());

const get = (url: string) => page.server.inject({ method: 'GET', url });

function kindOf(body: string): string | undefined {
  return /data-kind="(\w+)"/.exec(body)?.[1];
}

describe('addresses', () => {
  test('all three open the same page', async () => {
    const { id, reference } = await page.core.create();
    const bodies = await Promise.all(
      [
        `/link/${reference}`,
        `/link/${id}`,
        `/link/${id.toUpperCase()}`,
        `/payment_link?payment_id=${id}`,
      ].map(async (url) => {
        const answer = await get(url);
        expect(answer.statusCode).toBe(200);
        expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
        return answer.body;
      }),
    );
    expect(new Set(bodies).size).toBe(1);
    expect(bodies[0]).toContain(reference);
  });

  test.each([
    '/link/AAA-000000-PMT',
    '/link/00000000-0000-7000-8000-000000000000',
    '/link/x',
    '/link/%00',
    `/link/${'a'.repeat(90)}`,
    '/link/%3Cscript%3Ealert(1)%3C%2Fscript%3E',
    "/link/' or 1=1 --",
    '/payment_link',
    '/payment_link?payment_id=',
    '/payment_link?payment_id=a&payment_id=b',
    '/payment_link?payment_id[$ne]=1',
  ])('%s leads nowhere, in a friendly way', async (url) => {
    const answer = await get(encodeURI(url).replaceAll('%25', '%'));
    expect(answer.statusCode).toBe(404);
    expect(answer.body).toContain('This link leads nowhere');
    expect(answer.body).not.toContain('alert(1)');
  });

  const ended = ['failed', 'expired'] as const;
  test.each(ended)('a %s payment still shows how it ended', async (kind) => {
    const { id } = await page.core.create();
    await page.play(id, kind === 'failed' ? 'fail' : 'expire');
    const answer = await get(`/link/${id}`);
    expect(answer.statusCode).toBe(200);
    expect(kindOf(answer.body)).toBe(kind);
  });
});

describe('choosing', () => {
  test('leads to the page with that method, and a second press to the same address', async () => {
    const { id, reference } = await page.core.create();
    for (let press = 0; press < 2; press += 1) {
      const answer = await page.server.inject({
        url: `/p/${id}/choose`,
        ...form({ method: 'sandbox-litecoin' }),
      });
      expect(answer.statusCode).toBe(303);
      expect(answer.headers.location).toBe(`/link/${reference}?method=sandbox-litecoin`);
    }
    const { instructions } = await page.core.view(id);
    expect(instructions).toHaveLength(1);
    const shown = await get(`/link/${reference}?method=sandbox-litecoin`);
    expect(kindOf(shown.body)).toBe('pay');
    expect(shown.body).toContain(`data-copy="${instructions[0]?.target}"`);
  });

  test('looking never makes an instruction', async () => {
    const { id } = await page.core.create();
    const shown = await get(`/link/${id}?method=sandbox-litecoin`);
    expect(kindOf(shown.body)).toBe('choose');
    expect((await page.core.view(id)).instructions).toHaveLength(0);
  });

  const strange = ['litecoin', '', '../x', 'a\r\nX-Evil: 1', '__proto__'];
  test.each(strange)('method %j', async (method) => {
    const { id, reference } = await page.core.create();
    const answer = await page.server.inject({ url: `/p/${id}/choose`, ...form({ method }) });
    expect(answer.statusCode).toBe(303);
    expect(answer.headers.location).toBe(`/link/${reference}?notice=unavailable`);
    expect(answer.headers['x-evil']).toBeUndefined();
    const shown = await get(answer.headers.location ?? '');
    expect(shown.body).toContain('not available right now');
  });

  test('a closed payment takes no choice and shows its result', async () => {
    const { id, reference } = await page.core.create();
    await page.play(id, 'expire');
    const answer = await page.server.inject({
      url: `/p/${id}/choose`,
      ...form({ method: 'sandbox' }),
    });
    expect(answer.headers.location).toBe(`/link/${reference}?notice=unavailable`);
    expect(kindOf((await get(`/link/${id}`)).body)).toBe('expired');
  });

  test('a paused payment takes no new payers', async () => {
    const { id } = await page.core.create();
    await page.core.payments.close(page.core.scope, id, 'pause');
    expect(kindOf((await get(`/link/${id}`)).body)).toBe('paused');
    await page.server.inject({ url: `/p/${id}/choose`, ...form({ method: 'sandbox' }) });
    expect((await page.core.view(id)).instructions).toHaveLength(0);
  });

  test('of several uses, the address remembers which one', async () => {
    const { id, reference } = await page.core.create({ maxUses: 2 });
    const answer = await page.server.inject({
      url: `/p/${id}/choose`,
      ...form({ method: 'sandbox' }),
    });
    const back = answer.headers.location ?? '';
    expect(back).toBe(`/link/${reference}?method=sandbox&use=1`);
    await page.play(id, 'pay');
    await page.play(id, 'confirm');
    await expect.poll(async () => kindOf((await get(back)).body)).toBe('used');
    expect(kindOf((await get(`/link/${reference}`)).body)).toBe('choose');
  });
});

describe('a short payment', () => {
  test('shows the rest as a new exact amount without another press, once', async () => {
    const { id, reference } = await page.core.create();
    const url = `/link/${reference}?method=sandbox-litecoin`;
    await page.server.inject({ url: `/p/${id}/choose`, ...form({ method: 'sandbox-litecoin' }) });
    await page.play(id, 'underpay');
    const three = () => Promise.all([get(url), get(url), get(url)]);
    await expect.poll(async () => kindOf((await three())[0].body)).toBe('short');
    const { instructions } = await page.core.view(id);
    expect(instructions).toHaveLength(2);
    expect(instructions[1]?.priceUnits).toBe(625n);
    const shown = await get(url);
    expect(shown.body).toContain(`data-copy="${instructions[1]?.target}"`);
    expect(shown.body).toContain('6.25 USD');
    await page.play(id, 'pay');
    await expect.poll(async () => kindOf((await get(url)).body)).toBe('confirming');
  });

  test('without a chosen method offers the ways to pay the rest', async () => {
    const { id } = await page.core.create();
    await page.play(id, 'underpay');
    const shown = await get(`/link/${id}`);
    expect(kindOf(shown.body)).toBe('short');
    expect(shown.body).toContain('Pay the rest');
    expect((await page.core.view(id)).instructions).toHaveLength(1);
  });
});

describe('test controls', () => {
  test.each([
    ['pay', 'confirming'],
    ['underpay', 'short'],
    ['overpay', 'confirming'],
    ['fail', 'failed'],
    ['expire', 'expired'],
  ])('%s leads to %s', async (event, kind) => {
    const { id } = await page.core.create();
    const answer = await page.server.inject({ url: `/p/${id}/sandbox`, ...form({ event }) });
    expect(answer.statusCode).toBe(303);
    expect(kindOf((await get(answer.headers.location ?? '')).body)).toBe(kind);
  });

  test('confirm completes, reverse takes it back', async () => {
    const { id } = await page.core.create();
    const press = (event: string) =>
      page.server.inject({ url: `/p/${id}/sandbox`, ...form({ event }) });
    await press('pay');
    await press('confirm');
    expect(kindOf((await get(`/link/${id}`)).body)).toBe('completed');
    await press('reverse');
    const shown = await get(`/link/${id}`);
    expect(kindOf(shown.body)).toBe('choose');
    expect(shown.body).toContain('gone again');
  });

  test('what cannot be is said, not thrown', async () => {
    const { id } = await page.core.create();
    const answer = await page.server.inject({
      url: `/p/${id}/sandbox`,
      ...form({ event: 'confirm' }),
    });
    expect(answer.statusCode).toBe(303);
    expect((await get(answer.headers.location ?? '')).body).toContain('does nothing in this state');
  });

  test.each(['', 'refund', 'toString', '__proto__'])('event %j is refused', async (event) => {
    const { id } = await page.core.create();
    const answer = await page.server.inject({ url: `/p/${id}/sandbox`, ...form({ event }) });
    expect(answer.statusCode).toBe(400);
    expect((await page.core.view(id)).payment.status).toBe('awaiting');
  });
});

describe('refusals', () => {
  test('a form that another site sends is refused', async () => {
    const { id } = await page.core.create();
    const request = form({ event: 'fail' });
    const answer = await page.server.inject({
      url: `/p/${id}/sandbox`,
      ...request,
      headers: { ...request.headers, 'sec-fetch-site': 'cross-site' },
    });
    expect(answer.statusCode).toBe(403);
    expect((await page.core.view(id)).payment.status).toBe('awaiting');
  });

  test.each([
    ['application/json', '{"method":"sandbox"}', 415],
    ['text/plain', 'method=sandbox', 415],
    ['application/x-www-form-urlencoded', `method=${'a'.repeat(5_000)}`, 413],
  ])('%s of the wrong kind or size', async (type, payload, status) => {
    const { id } = await page.core.create();
    const answer = await page.server.inject({
      method: 'POST',
      url: `/p/${id}/choose`,
      payload,
      headers: { 'content-type': type },
    });
    expect(answer.statusCode).toBe(status);
    expect(answer.body).toContain('That did not work');
  });

  test('forms and statuses of unknown payments are 404', async () => {
    const id = '00000000-0000-7000-8000-000000000000';
    for (const url of [`/p/${id}/choose`, `/p/${id}/sandbox`, '/p/x/choose']) {
      expect((await page.server.inject({ url, ...form({ method: 'x' }) })).statusCode).toBe(404);
    }
    for (const url of [`/p/${id}/status`, `/p/${id}/events`]) {
      expect((await get(url)).statusCode).toBe(404);
    }
  });
});

describe('headers', () => {
  const answers = ['page', '404', '403', '415', 'status'];
  test.each(answers)('%s: locked down and not stored', async (what) => {
    const { id } = await page.core.create();
    const answer = await {
      page: () => get(`/link/${id}`),
      '404': () => get('/link/x'),
      '403': () =>
        page.server.inject({
          url: `/p/${id}/choose`,
          method: 'POST',
          headers: { 'sec-fetch-site': 'cross-site' },
        }),
      '415': () =>
        page.server.inject({ url: `/p/${id}/choose`, method: 'POST', payload: { a: 1 } }),
      status: () => get(`/p/${id}/status`),
    }[what]!();
    const policy = String(answer.headers['content-security-policy']);
    expect(policy).toContain(`default-src 'none'`);
    expect(policy).toContain(`frame-ancestors 'none'`);
    expect(policy).toContain(`form-action 'self'`);
    expect(policy).not.toContain('unsafe');
    expect(answer.headers['referrer-policy']).toBe('same-origin');
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  test('style, script and icon are named by content, kept for a year, and small', async () => {
    const { id } = await page.core.create();
    const { body } = await get(`/link/${id}`);
    const links = body.matchAll(/(?:href|src)="(\/checkout\/[^"]+)"/g);
    const paths = [...links].map((match) => match[1]!);
    expect(paths).toHaveLength(3);
    for (const url of paths) {
      expect(url).toMatch(/^\/checkout\/[a-z]+-[0-9a-f]{12}\.(css|js|svg)$/);
      const encoded = await page.server.inject({ url, headers: { 'accept-encoding': 'gzip, br' } });
      expect(encoded.statusCode).toBe(200);
      expect(encoded.headers['cache-control']).toBe('public, max-age=31536000, immutable');
      expect(encoded.headers['content-encoding']).toBe('br');
      expect(encoded.rawPayload.length).toBeLessThan(5_000);
      expect((await get(url)).headers['content-encoding']).toBeUndefined();
    }
    expect((await get('/checkout/page-000000000000.css')).statusCode).toBe(404);
  });
});

describe('live mode', () => {
  test('has neither banner nor test controls, and refuses them by hand', async () => {
    const rail = { ...createScriptedRail(), mode: 'live' as const };
    const live = await mount({ core: { rails: [rail] } });
    const { id } = await live.core.create({ mode: 'live' });
    const { body } = await live.server.inject(`/link/${id}`);
    expect(kindOf(body)).toBe('choose');
    expect(body).not.toContain('Test mode');
    expect(body).not.toContain('/sandbox');
    const answer = await live.server.inject({ url: `/p/${id}/sandbox`, ...form({ event: 'pay' }) });
    expect(answer.statusCode).toBe(403);
    expect((await live.core.view(id, 'live')).sightings).toHaveLength(0);
    await live.close();
  });

  test('without the buttons, test mode refuses them too', async () => {
    const bare = await mount({ deps: () => ({ testButtons: false }) });
    const { id } = await bare.core.create();
    const { body } = await bare.server.inject(`/link/${id}`);
    expect(body).toContain('Test mode');
    expect(body).not.toContain('/sandbox');
    const answer = await bare.server.inject({ url: `/p/${id}/sandbox`, ...form({ event: 'pay' }) });
    expect(answer.statusCode).toBe(403);
    await bare.close();
  });
});
