// The sandbox's controls in the hands of people: a token opens what its owner's role opens.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Person, type Till, openTill } from '../dialects/xpay/till.ts';

let till: Till;
let people: Record<string, Person>;
beforeAll(async () => {
  till = await openTill();
  const { manager, terminal, colleague, stranger, person } = till;
  const accountant = await person({ role: 'accountant' });
  const support = await person({ role: 'support' });
  const trader = await person({ role: 'trader' });
  const live = await person({ mode: 'live' });
  people = { manager, terminal, colleague, stranger, accountant, support, trader, live };
});
afterAll(() => till.close());

const statuses: Record<string, { play: number; settings: number }> = {
  manager: { play: 200, settings: 200 },
  terminal: { play: 200, settings: 403 },
  colleague: { play: 404, settings: 403 },
  accountant: { play: 404, settings: 403 },
  support: { play: 404, settings: 403 },
  trader: { play: 404, settings: 403 },
  stranger: { play: 404, settings: 200 },
  live: { play: 401, settings: 401 },
};

test.each(Object.entries(statuses))(
  '%s: what a terminal sold, and the settings',
  async (name, may) => {
    const as = people[name]?.token ?? '';
    const { id } = await till.sell({}, { as: till.terminal.token });
    const { payment } = await till.viewOf(id);
    for (const known of [String(id), payment.id, payment.reference]) {
      const played = await till.post(`/sandbox/payments/${known}`, { event: 'underpay' }, { as });
      expect([known, played.status]).toEqual([known, may.play]);
    }
    const touched = (await till.viewOf(id)).sightings.length > 0;
    expect(touched).toBe(may.play === 200);
    const body = { bitxpay_webhook_url: `https://${name}.example.com/` };
    const changed = await till.call('PUT', '/sandbox/settings', { body, as });
    expect(changed.status).toBe(may.settings);
  },
);
