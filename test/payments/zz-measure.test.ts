// temporary
import { test } from 'vitest';
import { basicCommand, createCore } from '../harness/core.ts';

async function seed(core: any, merchantId: string, count: number, from: number) {
  await core.db.unhurried((tx: any) =>
    tx.query(
      `
   insert into payments (merchant_id,id,mode,direction,number,reference,dialect,merchant_reference,name,price_units,price_asset,price_value,status,touched,cause,created_at,updated_at,expires_at)
   select $1, ('0199' || lpad(to_hex(at),8,'0') || substr(md5(at::text),1,20))::uuid, 'test', case when at % 10 = 0 then 'out' else 'in' end, at, 'R'||at, 'scripted', 'ORDER-'||md5(at::text), 'x', (hash % 100000)+1, (array['KRW','KRW','USD'])[1+at%3], (hash % 100000)+1,
     s, s in ('confirming','completed','refunded'), null, now() - interval '100 days' + at * interval '1 second', case when s <> 'awaiting' then now() - interval '100 days' + (at+300) * interval '1 second' end, now()
   from (select at, abs(hashint4(at)) as hash, (array['completed','completed','completed','completed','completed','expired','expired','failed','awaiting','confirming','cancelled'])[1+abs(hashint4(at+7))%11] as s from generate_series($2::int,$3::int) at) q`,
      [merchantId, from, from + count - 1],
    ),
  );
}
const any = { touched: null, cause: null };
const pages: Record<string, any> = {
  plain: {},
  payin: { direction: 'in' },
  'payin success': { direction: 'in', states: [{ status: 'completed', ...any }] },
  pending: { states: [{ status: 'awaiting', touched: false, cause: null }] },
  'usd success': { currency: 'USD', states: [{ status: 'completed', ...any }] },
  asc: { sort: { by: 'created_at', descending: false } },
  updated: { sort: { by: 'updated_at', descending: true } },
  amount: { sort: { by: 'amount', descending: true } },
  'amount payin failed': {
    direction: 'in',
    states: [{ status: 'failed', ...any }],
    sort: { by: 'amount', descending: true },
  },
  status: { sort: { by: 'status', descending: false } },
  reference: { sort: { by: 'reference', descending: false } },
  'page 40': { page: 40 },
  'page last': { page: 'last' },
  'page middle': { page: 'middle' },
};
async function look(core: any, merchantId: string, n: number) {
  const out: string[] = [];
  for (const [name, change] of Object.entries(pages)) {
    const times: number[] = [];
    const page =
      change.page === 'last' ? n / 20 : change.page === 'middle' ? n / 40 : (change.page ?? 1);
    for (let i = 0; i < 120; i += 1) {
      const t = performance.now();
      await core.payments.operations(
        { merchantId, mode: 'test' },
        {
          direction: null,
          states: null,
          currency: null,
          size: 20,
          sort: { by: 'created_at', descending: true },
          ...change,
          page,
        },
      );
      times.push(performance.now() - t);
      if (i > 10 && name.startsWith('page')) break;
    }
    times.sort((a, b) => a - b);
    out.push(
      `${name}: p50 ${times[Math.floor(times.length / 2)]!.toFixed(1)} p95 ${times[Math.floor(times.length * 0.95)]!.toFixed(1)}`,
    );
  }
  console.log(n, out.join('\n  '));
}

import { readFileSync } from 'node:fs';
import { v7 } from 'uuid';
import { insertPayments } from '../../src/payments/insert.ts';
let number = 1;
async function creates(core: any, label: string) {
  const { payment } = await core.payments.create(basicCommand(core.merchant.id));
  const client = await core.db.pool.connect();
  const pid = (await client.query('select pg_backend_pid() as pid')).rows[0].pid;
  const cpu = () => {
    const f = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ');
    return Number(f[13]) + Number(f[14]);
  };
  const tx = {
    query: async (text: string, values: any, name: string) =>
      (await client.query({ text, values, name })).rows,
  };
  const run = async (batches: number) => {
    for (let b = 0; b < batches; b += 1) {
      const drafts = Array.from({ length: 50 }, () => {
        number += 1;
        const at = new Date();
        return {
          payment: {
            ...payment,
            id: v7(),
            number,
            reference: `X${number}`,
            createdAt: at,
            updatedAt: at,
            price: { units: BigInt(1 + Math.floor(Math.random() * 100000)), asset: 'USD' },
          },
          idempotency: null,
        };
      });
      await insertPayments(tx as any, drafts as any, new Date());
    }
  };
  await run(20);
  const before = cpu();
  await run(400);
  console.log(
    label,
    (((cpu() - before) * 10_000) / 20000).toFixed(1),
    'us/s of backend cpu per create',
  );
  client.release();
}

test('measure', { timeout: 1_000_000 }, async () => {
  const core = await createCore();
  if (process.env.WHAT === 'create') {
    await creates(core, 'warm');
    for (let r = 0; r < 3; r += 1) {
      await creates(core, 'as is');
      await core.db.query('alter table payments disable trigger payments_added');
      await creates(core, 'no trigger');
      await core.db.query('alter table payments enable trigger payments_added');
      await core.db.query('drop index payments_by_value');
      await creates(core, 'no value');
      await core.db.query('drop index payments_by_merchant_reference');
      await creates(core, 'no value, no reference');
      await core.db.query('drop index payments_by_state');
      await core.db.query(
        'create index payments_by_time on payments (merchant_id, mode, created_at, id)',
      );
      await core.db.query('alter table payments disable trigger payments_added');
      await creates(core, 'as before');
      await core.db.query('drop index payments_by_time');
      await core.db.query(
        'create index payments_by_state on payments (merchant_id, mode, direction, price_asset, status, touched, created_at, id)',
      );
      await core.db.query(
        'create index payments_by_merchant_reference on payments (merchant_id, mode, merchant_reference, id)',
      );
      await core.db.query(
        'create index payments_by_value on payments (merchant_id, mode, price_value, id)',
      );
      await core.db.query('alter table payments enable trigger payments_added');
    }
  } else {
    const big = (await core.merchants.create('big')).id;
    for (let i = 0; i < 1; i += 1) await seed(core, big, 30000, 20000 + i * 100000);
    await core.db.query('vacuum analyze payments');
    const real = core.db.query;
    
    const { Client } = (await import('pg')).default as any;
    const original = Client.prototype.query;
    Client.prototype.query = async function (q: any, ...rest: any[]) {
      if (q?.text?.includes('union all') && q.text.includes('found.created_at')) {
        const plan = await original.call(this, { text: 'explain (analyze, costs off) ' + q.text, values: q.values });
        console.log(plan.rows.map((r: any) => r['QUERY PLAN']).filter((l: string) => !l.includes('Index Cond')).slice(0, 30).join('\n'));
      }
      return original.call(this, q, ...rest);
    };
    await core.payments.operations({ merchantId: big, mode: 'test' }, { direction: null, states: null, currency: null, size: 20, sort: { by: 'created_at', descending: true }, page: 700 });
  }
  await core.close();
});
