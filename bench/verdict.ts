// Whether the run counts: what was acknowledged is there once, and the ledger adds up.

import { setTimeout as pause } from 'node:timers/promises';
import { audit } from '../src/ledger/audit.ts';
import { payRequest } from './requests.ts';
import type { Scene } from './scene.ts';

const PAID = 300;
const COMPLETED_LIMIT_MS = 60_000;
const POLL_MS = 200;

/** Sentences that say why the figures mean nothing; empty when all is well. */
export async function verdictOf(scene: Scene): Promise<string[]> {
  await payAndWait(scene);
  const { db, acknowledged, mishaps } = scene;
  const { id: merchantId } = scene.gateway.demo.merchant;
  const complaints = [...mishaps];
  for (const [what, statement] of counted) {
    const [row] = await db.query<{ rows: number }>(statement, [merchantId]);
    if (row?.rows !== acknowledged) {
      complaints.push(
        `${acknowledged} creates were acknowledged, and there are ${row?.rows} ${what}`,
      );
    }
  }
  const report = await audit(db);
  if (!report.ok) complaints.push('the ledger does not add up');
  if (report.transfers < PAID) complaints.push(`only ${report.transfers} transfers were posted`);
  return complaints;
}

/** Of the merchant for whom they were made; other merchants' were written by the bench itself. */
const counted: readonly (readonly [string, string])[] = [
  ['payments', 'select count(*) as rows from payments where merchant_id = $1'],
  [
    'different references',
    'select count(distinct reference) as rows from payments where merchant_id = $1',
  ],
  [
    'events of their making',
    `select count(*) as rows from events where merchant_id = $1 and kind = 'created'`,
  ],
  [
    'idempotency rows, and tills that send no key',
    `select (select count(*) from idempotency where merchant_id = $1)
          + (select count(*) from payments where merchant_id = $1 and dialect = 'xpay') as rows`,
  ],
];

/** Some payments are paid, so that there is a ledger to look at. */
async function payAndWait(scene: Scene): Promise<void> {
  const { db, real, series } = scene;
  const { id: merchantId } = scene.gateway.demo.merchant;
  const rows = await db.query<{ id: string }>(
    `select id from payments
      where merchant_id = $2 and dialect = 'bitxpay' and callback_url is null
        and status = 'awaiting'
      limit $1`,
    [PAID, merchantId],
  );
  const requests = rows.map(({ id }) => payRequest(real.shop, id));
  const load = { port: real.port, connections: 8, requests, atMost: PAID, warmUpSeconds: 0 };
  const paid = await scene.send({ ...load, seconds: COMPLETED_LIMIT_MS / 1_000 });
  series.add('sandbox payments paid/s', paid.perSecond);
  if (paid.acknowledged !== PAID) scene.mishaps.push(`only ${paid.acknowledged} could be paid`);
  const limit = performance.now() + COMPLETED_LIMIT_MS;
  while (performance.now() < limit) {
    const [row] = await db.query<{ rows: number }>(
      `select count(*) as rows from payments where merchant_id = $1 and status = 'completed'`,
      [merchantId],
    );
    if (row?.rows === PAID) return;
    await pause(POLL_MS);
  }
  scene.mishaps.push('payments that were paid did not complete');
}
