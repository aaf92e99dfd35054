// The acceptance list of wire/xpay.md: cancelling and what HTTP asks for, lines 27 to 33.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Till, createBody, openTill } from './till.ts';

let till: Till;
beforeAll(async () => {
  till = await openTill();
});
afterAll(() => till.close());

const json = { 'content-type': 'application/json' };
const cancel = async (id: number | string, as = till.manager.token) => {
  const answer = await till.post(`transactions/cancel/${id}/`, undefined, { as, headers: json });
  return { ...answer, said: [answer.status, answer.json.code, answer.json.field] };
};

describe('cancelling', () => {
  it('acceptance 27: in the spelling of the path that created it', async () => {
    const older = await till.sell();
    const cancelled = await cancel(older.id);
    expect(cancelled.status).toBe(200);
    const word = { status: 'canceled', transaction_status_code: 6 };
    expect(cancelled.json).toEqual({ ...older, ...word });
    expect(await till.read(older.id)).toEqual({ ...older, ...word });
    const newer = await till.sell({}, { path: 'transactions/create/' });
    expect((await cancel(newer.id)).json).toMatchObject({ ...word, status: 'cancelled' });
    await till.set({ cancelledSpelling: 'cancelled' });
    expect((await till.read(older.id)).status).toBe('cancelled');
    await till.set({ cancelledSpelling: 'auto' });
    expect((await till.read(older.id)).status).toBe('canceled');
  });

  it('acceptance 28: twice, unknown, another terminal’s, after money was seen', async () => {
    const { id } = await till.sell({}, { as: till.terminal.token });
    expect((await cancel(id, till.colleague.token)).said).toEqual([401, 3028, 'all']);
    expect((await cancel(id, till.stranger.token)).said).toEqual([401, 3028, 'all']);
    expect((await cancel(id, till.terminal.token)).status).toBe(200);
    expect((await cancel(id)).said).toEqual([400, 3027, 'id']);
    expect((await cancel(999_999)).said).toEqual([400, 3026, 'id']);
    expect((await cancel('abc')).said).toEqual([400, 3026, 'id']);
    const seen = await till.sell();
    await till.play(seen.id, 'underpay', 100n);
    expect((await cancel(seen.id)).said).toEqual([400, 3027, 'id']);
    await till.play(seen.id, 'reverse');
    expect((await till.read(seen.id)).status).toBe('sending');
    expect((await cancel(seen.id)).said).toEqual([400, 3027, 'id']);
  });
});

describe('methods, types and sizes', () => {
  it('acceptance 29: 405 with Allow, without asking for a token', async () => {
    const wrong = [
      ['GET', 'transactions/create/', 'POST'],
      ['GET', 'transactions/cancel/1/', 'POST'],
      ['DELETE', 'users/', 'GET'],
      ['POST', 'countries/', 'GET'],
      ['GET', 'auth/login', 'POST'],
      ['PUT', 'transactions/1/', 'GET'],
    ];
    for (const [method = '', path = '', allowed] of wrong) {
      const { status, headers, json: body } = await till.call(method, path, { as: null });
      expect([path, status, body.code]).toEqual([path, 405, 405]);
      expect(headers.allow).toContain(allowed);
      expect(headers['www-authenticate']).toBeUndefined();
    }
  });

  it('acceptance 30: countries without a token', async () => {
    const { status, json: body } = await till.get('countries/', { as: null });
    const countries = body as unknown as { code: string; name: string }[];
    expect(status).toBe(200);
    expect(countries).toContainEqual({ code: 'AR', name: 'Argentina' });
    expect(countries).toContainEqual({ code: 'CO', name: 'Colombia' });
    expect(countries).toContainEqual({ code: 'VE', name: 'Venezuela' });
    const codes = countries.map(({ code }) => code);
    expect(codes).toEqual(codes.toSorted());
    expect(countries.every((one) => Object.keys(one).join() === 'code,name')).toBe(true);
    expect(codes).not.toContain('AF');
    const ignored = await till.get('countries/', { as: 'nonsense' });
    expect(ignored.status).toBe(200);
  });

  it('acceptance 31: Accept', async () => {
    const asked = (accept: string) => till.get('users/', { headers: { accept } });
    const refused = await asked('text/html');
    expect([refused.status, refused.json.code, refused.json.field]).toEqual([406, 406, 'all']);
    expect((await asked('application/json;q=0')).status).toBe(406);
    expect((await asked('text/html, application/json; q=0.0')).status).toBe(406);
    expect((await till.get('users/')).status).toBe(200);
    const fine = ['*/*', 'application/*', 'text/html, application/json;q=0.1', 'APPLICATION/JSON'];
    for (const accept of [...fine, 'text/html,*/*;q=0.8', 'application/json; charset=utf-8']) {
      expect([accept, (await asked(accept)).status]).toEqual([accept, 200]);
    }
    const stranger = await till.get('users/', { as: null, headers: { accept: 'text/html' } });
    expect(stranger.status).toBe(406);
  });

  it('acceptance 32: OPTIONS on every path', async () => {
    const paths = [
      ['auth/login/', 'POST, OPTIONS'],
      ['users/', 'GET, HEAD, OPTIONS'],
      ['password', 'POST, PUT, PATCH, OPTIONS'],
      ['transactions/', 'GET, HEAD, POST, OPTIONS'],
      ['transactions/create/', 'POST, OPTIONS'],
      ['transactions/1/', 'GET, HEAD, OPTIONS'],
      ['transactions/cancel/1/', 'POST, OPTIONS'],
      ['transactions/available/currencies/1/COC/', 'GET, HEAD, OPTIONS'],
      ['countries/', 'GET, HEAD, OPTIONS'],
    ];
    for (const [path = '', allow] of paths) {
      const { status, headers, text } = await till.call('OPTIONS', path, { as: null });
      expect([path, status, headers.allow, text]).toEqual([path, 200, allow, '{}']);
    }
  });

  it('acceptance 33: malformed JSON, a body above 1 MiB', async () => {
    const broken = await till.post('transactions/', undefined, {
      raw: '{"amount":',
      headers: json,
    });
    expect([broken.status, broken.json.code, broken.json.field]).toEqual([400, 2002, 'all']);
    const raw = JSON.stringify({ ...createBody, padding: 'x'.repeat(1024 * 1024) });
    for (const as of [till.manager.token, null, 'nonsense']) {
      const large = await till.post('transactions/', undefined, { raw, headers: json, as });
      expect([large.status, large.json.code]).toEqual([413, 413]);
    }
  });
});
