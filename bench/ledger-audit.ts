// How fast the ledger is proved: every transfer read again from zero.

import { audit } from '../src/ledger/audit.ts';
import type { Scene } from './scene.ts';

const MERCHANTS = 200;
const TURNS = 3;

export async function measureAudit({ beside, series, plan }: Scene): Promise<void> {
  await fillLedger(beside, plan.ledgerTransfers);
  for (let turn = 0; turn < TURNS; turn += 1) {
    const startedAt = performance.now();
    const report = await audit(beside);
    if (!report.ok) throw new Error('the ledger of the bench does not add up');
    const seconds = (performance.now() - startedAt) / 1_000;
    series.add('transfers proved/s', report.transfers / seconds);
  }
}

async function fillLedger(db: Scene['beside'], count: number): Promise<void> {
  await db.query(
    `insert into ledger_transfers (merchant_id, id, debit_account, credit_account, asset, units,
       payment_id, reason, at)
     select md5((n % $2::int)::text)::uuid, n::text, 'test/outside/LTC/sandbox',
       'test/available/LTC', 'LTC', 1000 + n, null, 'bench', now()
     from generate_series(1, $1::int) as n`,
    [count, MERCHANTS],
  );
  await db.query(
    `insert into ledger_accounts (merchant_id, id, asset, debits, credits, created_at)
     select merchant_id, 'test/outside/LTC/sandbox', 'LTC', sum(units), 0, now()
       from ledger_transfers group by 1
     union all
     select merchant_id, 'test/available/LTC', 'LTC', 0, sum(units), now()
       from ledger_transfers group by 1`,
  );
  await db.query('analyze ledger_transfers');
}
