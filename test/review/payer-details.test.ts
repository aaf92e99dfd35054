// What is said of a payer call after call does not grow without end.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Shop, openShop } from '../dialects/xlink/shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const KIBIBYTE = 1_024;

test('ten calls with other names each', async () => {
  const { session_id: id } = await shop.made();
  for (let turn = 0; turn < 10; turn += 1) {
    const details = { [`${turn}${'x'.repeat(4 * KIBIBYTE)}`]: '4242424242424242' };
    const { status } = await shop.post('operations', { session_id: id, payer_requisites: details });
    expect(status).toBe(200);
  }
  const [row] = await shop.db.query<{ size: number }>(
    'select length(dialect_data) as size from payments where id = $1',
    [id],
  );
  expect(row?.size).toBeLessThan(16 * KIBIBYTE);
  const small = { card_number: '4242424242424242' };
  await shop.post('operations', { session_id: id, payer_requisites: small });
  const again = await shop.post('operations', {
    session_id: id,
    payer_requisites: { name: 'Ada' },
  });
  expect(again.json.payer_requisites).toMatchObject({ card_number: '****4242', name: '****' });
});
