// The acceptance list of wire/bitxpay.md: request signatures, lines 26 to 29.

import {
  type KeyObject,
  type KeyPairKeyObjectResult,
  constants,
  generateKeyPairSync,
  sign,
} from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, type Shop, createBody, merchantKey, openShop } from './shop.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ed25519 = generateKeyPairSync('ed25519');
const dsa: KeyPairKeyObjectResult = generateKeyPairSync('dsa', {
  modulusLength: 2048,
  divisorLength: 256,
});
const body = JSON.stringify(createBody);
const time = '2026-01-31T12:00:00Z';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

function pem(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }) as string;
}

function pss(text: string, saltLength = 32): string {
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  const key = { key: rsa.privateKey, padding, saltLength };
  return sign('sha256', Buffer.from(text), key).toString('base64');
}

async function register(change: Json): Promise<void> {
  await shop.set({ merchantKey, publicKeys: [], requireSignature: false, ...change });
}

function signed(signature: string, timestamp = time) {
  return { headers: { 'x-api-timestamp': timestamp, 'x-api-signature': signature } };
}

describe('request signatures', () => {
  it('acceptance 26: the path with and without base, with and without query', async () => {
    await register({ publicKeys: [pem(rsa.publicKey)] });
    for (const path of ['/payments/links', '/api/v1/payments/links']) {
      expect((await shop.post(body, signed(pss(`POST${path}${time}${body}`)))).status).toBe(200);
    }
    const url = '/api/v1/payments/links?page=1&statuses=active%2Cprocessing';
    const paths = [url, url.slice('/api/v1'.length), '/payments/links', '/api/v1/payments/links'];
    for (const path of paths) {
      expect((await shop.get(url, signed(pss(`GET${path}${time}`)))).status).toBe(200);
    }
  });

  it('acceptance 26: any length of salt', async () => {
    await register({ publicKeys: [pem(rsa.publicKey)] });
    for (const salt of [0, 20, 32, 64, 222]) {
      const signature = pss(`POST/payments/links${time}${body}`, salt);
      expect((await shop.post(body, signed(signature))).status).toBe(200);
    }
  });

  it('acceptance 27: ISO 8601 within five minutes, nothing else', async () => {
    await register({ publicKeys: [pem(rsa.publicKey)] });
    const good = [
      time,
      '2026-01-31T12:00:00.123Z',
      '2026-01-31T12:00:00.123456Z',
      '2026-01-31T12:00:00.123456789Z',
      '2026-01-31T13:00:00+01:00',
      '2026-01-31T12:05:00Z',
      '2026-01-31T11:55:00Z',
    ];
    for (const timestamp of good) {
      const signature = pss(`POST/payments/links${timestamp}${body}`);
      expect((await shop.post(body, signed(signature, timestamp))).status).toBe(200);
    }
    const bad = [
      '2026-01-31T11:54:00Z',
      '2026-01-31T12:05:01Z',
      '1769860800',
      '2026-01-31 12:00:00',
      '2026-01-31T12:00:00',
      '2026-01-31T12:00:00.1234567890Z',
      '2026-01-32T12:00:00Z',
    ];
    for (const timestamp of bad) {
      const signature = pss(`POST/payments/links${timestamp}${body}`);
      const { status, json } = await shop.post(body, signed(signature, timestamp));
      expect([timestamp, status]).toEqual([timestamp, 401]);
      expect(json).toEqual({
        error: 'unauthorized',
        message: 'Request timestamp is too old or invalid',
        code: 401,
      });
    }
  });

  it('acceptance 28: a wrong or half signature is 401; a last newline is forgiven', async () => {
    await register({ publicKeys: [pem(rsa.publicKey)] });
    const signature = pss(`POST/payments/links${time}${body}`);
    const wrong = [
      await shop.post(JSON.stringify({ ...createBody, order_amount: 13 }), signed(signature)),
      await shop.post(body, signed('bm8gc2lnbmF0dXJl')),
      await shop.post(body, signed('!')),
      await shop.post(body, { headers: { 'x-api-timestamp': time } }),
      await shop.post('{', signed(signature)),
    ];
    for (const { status, json } of wrong) {
      expect(status).toBe(401);
      expect(json.message).toBe('Invalid signature');
    }
    const half = await shop.post(body, { headers: { 'x-api-signature': signature } });
    expect(half.status).toBe(401);
    expect((await shop.post(`${body}\n`, signed(signature))).status).toBe(200);
  });

  it('acceptance 28: Ed25519 and DSA keys verify', async () => {
    const text = Buffer.from(`POST/payments/links${time}${body}`);
    const der = ed25519.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    await register({ publicKeys: [`Ed25519:${der}`, pem(dsa.publicKey)] });
    const edwards = sign(null, text, ed25519.privateKey).toString('base64');
    expect((await shop.post(body, signed(edwards))).status).toBe(200);
    const der2 = sign('sha256', text, { key: dsa.privateKey, dsaEncoding: 'der' });
    expect((await shop.post(body, signed(der2.toString('base64')))).status).toBe(200);
    expect((await shop.post(body, signed(pss(text.toString())))).status).toBe(401);
  });

  it('acceptance 29: asked for and absent is 401; without a key junk is ignored', async () => {
    await register({ publicKeys: [pem(rsa.publicKey)], requireSignature: true });
    expect((await shop.post(body)).status).toBe(401);
    expect((await shop.get('')).status).toBe(401);
    await register({ requireSignature: false });
    expect((await shop.post(body, signed('junk', 'junk'))).status).toBe(200);
    await register({ requireSignature: true });
    expect((await shop.post(body, signed(pss(`POST/payments/links${time}${body}`)))).status).toBe(
      401,
    );
  });

  it('does not switch checking off because a registered key is unreadable', async () => {
    await register({ publicKeys: ['-----BEGIN PUBLIC KEY-----\nbroken'] });
    expect((await shop.post(body, signed('junk'))).status).toBe(401);
    expect((await shop.post(body)).status).toBe(200);
  });
});
