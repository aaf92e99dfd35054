// The hosted page inside the whole gateway: mounted beside the dialects, with its own rules.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { form } from './mounted.ts';

let house: TestApp;
let link: { readonly id: string; readonly payment_reference: string; readonly hosted_url: string };

beforeAll(async () => {
  house = await startTestApp();
  const answer = await house.server.inject({
    method: 'POST',
    url: '/api/v1/payments/links',
    headers: { 'x-api-key': house.test.key },
    payload: {
      merchant_key: house.test.merchantKey,
      order_currency: 'USD',
      order_amount: 12.5,
      payment_name: '<b>Coffee</b> & "beans"',
      payer_email: 'payer@example.com',
      success_url: 'https://shop.example.com/thanks?a=1&b=2',
      cancel_url: 'https://shop.example.com/cart',
    },
  });
  link = answer.json();
});
afterAll(() => house.close());

describe('in the whole gateway', () => {
  test('the link that a shop was given opens the page, under its own policy', async () => {
    const answer = await house.server.inject(new URL(link.hosted_url).pathname);
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain('&lt;b&gt;Coffee&lt;/b&gt; &amp; &quot;beans&quot;');
    expect(answer.body).toContain('href="https://shop.example.com/cart"');
    expect(answer.headers['referrer-policy']).toBe('same-origin');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['content-security-policy']).toContain(`default-src 'none'`);
  });

  test('its forms pay, and nothing is appended to the way back', async () => {
    const at = `/p/${link.id}`;
    await house.server.inject({ url: `${at}/choose`, ...form({ method: 'sandbox' }) });
    await house.server.inject({ url: `${at}/sandbox`, ...form({ event: 'pay' }) });
    await house.server.inject({ url: `${at}/sandbox`, ...form({ event: 'confirm' }) });
    const { body } = await house.server.inject(`/link/${link.payment_reference}`);
    expect(body).toContain('data-kind="completed"');
    expect(body).toContain('href="https://shop.example.com/thanks?a=1&amp;b=2"');
  });

  test('its own parsers and errors stay its own', async () => {
    const wrong = { method: 'POST', payload: '{', headers: { 'content-type': 'application/json' } };
    const url = `/p/${link.id}/choose`;
    const here = await house.server.inject({ ...wrong, method: 'POST', url });
    expect(here.statusCode).toBe(415);
    expect(here.headers['content-type']).toBe('text/html; charset=utf-8');
    const there = await house.server.inject({
      ...wrong,
      method: 'POST',
      url: '/api/v1/payments/links',
      headers: { ...wrong.headers, 'x-api-key': house.test.key },
    });
    expect(there.json()).toMatchObject({ error: 'invalid_request' });
  });
});
