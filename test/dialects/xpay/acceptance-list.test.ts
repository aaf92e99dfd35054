// The acceptance list of wire/xpay.md: the list and its filters, lines 23 to 26.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, type Till, openTill } from './till.ts';

let till: Till;
const ids: Record<'older' | 'newer' | 'terminal' | 'colleague', number> = {
  older: 0,
  newer: 0,
  terminal: 0,
  colleague: 0,
};
beforeAll(async () => {
  till = await openTill();
  till.clock.at = new Date('2018-09-29T23:59:59.000Z');
  ids.older = (await till.sell()).id;
  ids.newer = (await till.sell({}, { path: 'transactions/create/' })).id;
  till.clock.at = new Date('2018-09-30T00:00:00.000Z');
  ids.terminal = (await till.sell({}, { as: till.terminal.token })).id;
  ids.colleague = (await till.sell({}, { as: till.colleague.token })).id;
  await till.sell({}, { as: till.stranger.token });
  await till.post(`transactions/cancel/${ids.older}/`);
  await till.post(`transactions/cancel/${ids.newer}/`);
});
afterAll(() => till.close());

async function list(query = '', as = till.manager.token): Promise<Json[]> {
  const { status, json, text } = await till.get(`transactions/${query}`, { as });
  if (status !== 200) throw new Error(text);
  return json as unknown as Json[];
}
const idsOf = async (query = '', as?: string) => (await list(query, as)).map(({ id }) => id);
const fault = async (query: string, as = till.manager.token) => {
  const { status, json } = await till.get(`transactions/${query}`, { as });
  return [status, json.code, json.field];
};

describe('the list', () => {
  it('acceptance 23: ascending ids; a terminal sees its own, a manager all', async () => {
    const all = await idsOf();
    expect(all).toEqual([ids.older, ids.newer, ids.terminal, ids.colleague]);
    expect(all).toEqual(all.toSorted((a, b) => Number(a) - Number(b)));
    expect(await idsOf('', till.terminal.token)).toEqual([ids.terminal]);
    expect((await list('', till.terminal.token))[0]).not.toHaveProperty('user');
    expect((await list())[2]).toHaveProperty('user.id', till.terminal.user.number);
    expect(await idsOf('', (await till.person({ role: 'terminal' })).token)).toEqual([]);
  });

  it('acceptance 24: both spellings match both', async () => {
    const one = await till.get('transactions/?status=canceled');
    const other = await till.get('transactions/?status=cancelled');
    expect(one.text).toBe(other.text);
    const words = (one.json as unknown as Json[]).map(({ status }) => status);
    expect(words).toEqual(['canceled', 'cancelled']);
    expect(await fault('?status=bad')).toEqual([400, 3006, 'status']);
    expect(await fault('?status=sending,bad')).toEqual([400, 3006, 'status']);
    expect(await idsOf('?status=')).toEqual(await idsOf());
    expect(await idsOf('?status=%20SENDING%20,%20approved')).toEqual([ids.terminal, ids.colleague]);
    expect(await idsOf('?status=initial')).toEqual([]);
  });

  it('acceptance 25: days with offsets', async () => {
    expect(await idsOf('?from=2018-09-29&to=2018-09-29')).toEqual([ids.older, ids.newer]);
    expect(await idsOf('?from=2018-09-30')).toEqual([ids.terminal, ids.colleague]);
    expect(await idsOf('?from=2018-09-29+05:00')).toEqual(await idsOf());
    expect(await idsOf('?to=2018-09-29%2B05:00')).toEqual([]);
    expect(await idsOf('?to=2018-09-29-00:01')).toEqual(await idsOf());
    for (const day of ['2018-13-01', '2018-02-30', '2018-09-29T00:00', '2018-9-1', '+']) {
      expect(await fault(`?from=${day}`)).toEqual([400, 3007, 'from']);
    }
    expect(await fault('?to=x')).toEqual([400, 3008, 'to']);
    expect(await fault('?from=2018-09-29%2B24:00')).toEqual([400, 3007, 'from']);
    expect(await fault('?from=2018-09-30&to=2018-09-29')).toEqual([400, 3009, 'from, to']);
    expect(await fault('?from=2018-09-29-12:00&to=2018-09-29%2B12:00')).toEqual([
      400,
      3009,
      'from, to',
    ]);
  });

  it('acceptance 26: by user', async () => {
    expect(await fault('?user=', till.terminal.token)).toEqual([401, 3002, 'user']);
    const { number } = till.terminal.user;
    expect(await fault(`?user=${number}`, till.terminal.token)).toEqual([401, 3002, 'user']);
    expect(await fault('?user=999999')).toEqual([400, 3005, 'user']);
    expect(await fault('?user=x')).toEqual([400, 3005, 'user']);
    expect(await fault(`?user=${till.stranger.user.number}`)).toEqual([401, 3004, 'user']);
    expect(await idsOf(`?user=${number}`)).toEqual([ids.terminal]);
  });

  it('tells the first fault of several, in the documented order', async () => {
    const worse = ['?user=x', 'status=bad', 'from=x', 'to=x'].join('&');
    const { token } = await till.person({ role: 'accountant' });
    expect(await fault(worse, token)).toEqual([401, 3003, 'all']);
    expect(await fault(worse, till.terminal.token)).toEqual([401, 3002, 'user']);
    expect(await fault(worse)).toEqual([400, 3005, 'user']);
    expect(await fault('?status=bad&from=x&to=x')).toEqual([400, 3006, 'status']);
    expect(await fault('?from=x&to=x')).toEqual([400, 3007, 'from']);
  });

  it('pages only where the commerce asked for it', async () => {
    expect(await idsOf('?limit=1&offset=1')).toHaveLength(4);
    await till.set({ listPaging: true });
    expect(await idsOf('?limit=2&offset=1')).toEqual([ids.newer, ids.terminal]);
    expect(await idsOf('?limit=x&offset=-1')).toHaveLength(4);
    await till.set({ listPaging: false });
  });
});
