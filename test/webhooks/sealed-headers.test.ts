// Headers that hold a secret: nowhere in the clear but on the wire, and open for one delivery only.

import { createVault } from '../../src/merchants/vault.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keepHeaders, openHeaders } from '../../src/webhooks/sealed-headers.ts';
import { replay } from '../../src/webhooks/replay.ts';
import { type Mailroom, openMailroom, vault } from './mailroom.ts';
import { type Receiver, startReceiver } from './receiver.ts';

let room: Mailroom;
let receiver: Receiver;
beforeAll(async () => {
  room = await openMailroom();
  receiver = await startReceiver();
});
afterAll(async () => {
  await room.close();
  await receiver.close();
});

const secret = 'Basic bWVyY2hhbnQ6c2VjcmV0';

test('the receiver reads the header and the table does not', async () => {
  const { paymentId } = await room.write({
    url: `${receiver.origin}/sealed`,
    headers: { 'Content-Type': 'application/json' },
    secretHeaders: { Authorization: secret },
  });
  const [row] = await room.db.query<{ id: string; text: string }>(
    'select id, d::text as text from deliveries d where payment_id = $1',
    [paymentId],
  );
  expect(row?.text).not.toContain('bWVyY2hhbnQ6c2VjcmV0');
  room.dispatcher().start();
  await receiver.until((received) => received.length === 1);
  expect(receiver.received[0]?.headers).toMatchObject({
    authorization: secret,
    'content-type': 'application/json',
  });
  await room.attempted((reports) => reports.length === 1);
  await replay(room.db, { id: row?.id ?? '' }, room.now());
  await receiver.until((received) => received.length === 2);
  expect(receiver.received[1]?.headers.authorization).toBe(secret);
  await room.attempted((reports) => reports.length === 2);
});

test('another delivery cannot open it, nor can another key', () => {
  const message = { url: '', body: '', headers: { a: 'b' }, secretHeaders: { c: secret } };
  const kept = keepHeaders(vault, 'one', message);
  expect(openHeaders(vault, 'one', kept)).toEqual({ a: 'b', c: secret });
  expect(() => openHeaders(vault, 'other', kept)).toThrow('cannot be opened');
  const stranger = createVault(Buffer.alloc(32, 9));
  expect(() => openHeaders(stranger, 'one', kept)).toThrow('cannot be opened');
});

test('a delivery whose header was altered is dead at once and sends nothing', async () => {
  const { paymentId } = await room.write({
    url: `${receiver.origin}/altered`,
    secretHeaders: { Authorization: secret },
  });
  await room.db.query(
    `update deliveries set headers = '{"Authorization": {"sealed": "AAAA"}}' where payment_id = $1`,
    [paymentId],
  );
  room.dispatcher().start();
  await room.attempted((reports) => reports.some(({ status }) => status === 'dead'));
  const [delivery] = await room.deliveries(paymentId);
  expect(delivery).toMatchObject({ status: 'dead' });
  expect(delivery?.attempts[0]).toMatchObject({
    outcome: 'message_refused',
    answer: expect.stringContaining('cannot be opened'),
  });
  expect(receiver.received.some(({ path }) => path === '/altered')).toBe(false);
});
