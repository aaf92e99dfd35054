// Lists of operations: the same pages when there are ten thousand, and when there are a million.

import { randomUUID } from 'node:crypto';
import { testMethodIds } from '../src/dialects/xlink/methods.ts';
import { createCredentials } from '../src/merchants/credentials.ts';
import { createMerchants } from '../src/merchants/merchants.ts';
import { get } from './requests.ts';
import type { Scene } from './scene.ts';

const SMALL = 10_000;
const LARGE = 1_000_000;
const AT_ONCE = 100_000;
const CONNECTIONS = 4;
const SECONDS = 0.3;
const SLICES = 6;
const MIXED_SECONDS = 1;
const LIST = '/api/v1/p2p/operations';
const LINKS = '/api/v1/payments/links';

/** The last is that of another dialect. */
const pages: Readonly<Record<string, string>> = {
  newest: LIST,
  'pay-ins, by 100': `${LIST}?operation_type=PAYIN&size=100`,
  'payouts, page 3': `${LIST}?operation_type=PAYOUT&page=3`,
  pending: `${LIST}?status=PENDING`,
  'paid in KRW, page 5': `${LIST}?status=SUCCESS&currency=KRW&page=5`,
  'payouts that failed': `${LIST}?status=FAILED,DECLINED&operation_type=PAYOUT`,
  oldest: `${LIST}?sort_by=created_at&sort_type=asc`,
  'last changed': `${LIST}?sort_by=updated_at`,
  'pending, last changed': `${LIST}?sort_by=updated_at&status=PENDING`,
  'paid, largest': `${LIST}?sort_by=amount&status=SUCCESS`,
  'pay-ins by status': `${LIST}?sort_by=status&operation_type=PAYIN`,
  'by number': `${LIST}?sort_by=operation_number`,
  links: `${LINKS}?statuses=active,completed&page_size=50`,
};

/** A shop of its own: nobody else's payments are counted with its. */
export async function measureLists(scene: Scene): Promise<void> {
  const { db } = scene;
  const now = (): Date => new Date();
  const { id: merchantId } = await createMerchants({ db, now }).create('Lists');
  const key = await keysFor(scene, merchantId);
  const p95s: (readonly number[])[] = [];
  let made = 0;
  for (const count of [SMALL, LARGE]) {
    await withoutIndexes(scene, async () => {
      for (; made < count; made = Math.min(count, made + AT_ONCE)) {
        await insertOperations(scene, merchantId, made, Math.min(count, made + AT_ONCE));
      }
    });
    await db.query('vacuum analyze payments, instructions');
    await db.query('checkpoint');
    await checkTotal(scene, key, count);
    p95s.push(await measurePages(scene, key, count));
  }
  const [small = [], large = []] = p95s;
  const growth = large.map((value, at) => value / (small[at] ?? 0));
  scene.series.add('most growth of one list, p95', Math.max(...growth));
}

async function keysFor({ db }: Scene, merchantId: string): Promise<string> {
  const credentials = createCredentials({ db, now: () => new Date() });
  const secret = `bench_lists_${randomUUID()}`;
  await credentials.issue({ merchantId, dialect: 'xlink', mode: 'test', label: 'bench', secret });
  const bitxpay = { merchantId, dialect: 'bitxpay', mode: 'test', label: 'bench' } as const;
  await credentials.issue({ ...bitxpay, secret: `${secret}-links` });
  return secret;
}

/** The p95 of each page; the machine's own hiccups are left out. */
async function measurePages(scene: Scene, key: string, count: number): Promise<number[]> {
  const requests = Object.values(pages).map((page) => request(page, key));
  const least = requests.map(() => Infinity);
  // Slice by slice, so that one bad second does not meet all slices of one page.
  for (let slice = 0; slice < SLICES; slice += 1) {
    const mixed = await listed(scene, requests, MIXED_SECONDS);
    scene.series.add(`lists of ${count} p95 ms`, mixed);
    for (const [at, one] of requests.entries()) {
      least[at] = Math.min(least[at] ?? Infinity, await listed(scene, [one], SECONDS));
    }
  }
  for (const [at, name] of Object.keys(pages).entries()) {
    scene.series.add(`list of ${count}, ${name}, p95 ms`, least[at] ?? Infinity);
  }
  return least;
}

async function listed(scene: Scene, requests: string[], seconds: number): Promise<number> {
  const { port } = scene.real;
  const load = { port, connections: CONNECTIONS, seconds, warmUpSeconds: 0.1, requests };
  const { latencyMs, failures } = await scene.send(load);
  for (const [what, times] of Object.entries(failures)) {
    scene.mishaps.push(`${times} lists were answered with ${what}`);
  }
  return latencyMs.p95;
}

function request(page: string, key: string): string {
  return get(page, [`X-API-KEY: ${page.startsWith(LINKS) ? `${key}-links` : key}`]);
}

/** What the list says of itself, against what is known to be there. */
async function checkTotal(scene: Scene, key: string, count: number): Promise<void> {
  const headers = { 'x-api-key': key };
  const answer = await fetch(`http://127.0.0.1:${scene.real.port}${LIST}?size=1`, { headers });
  const { total } = (await answer.json()) as { total?: number };
  if (total !== count) scene.mishaps.push(`a list of ${count} operations says it has ${total}`);
}

/** Indexes of many rows are made in a fifth of the time that it takes to let them grow. */
async function withoutIndexes({ db }: Scene, work: () => Promise<void>): Promise<void> {
  const indexes = await db.query<{ name: string; definition: string }>(
    `select indexname as name, indexdef as definition from pg_indexes
      where tablename = 'payments' and indexdef not like 'CREATE UNIQUE%'`,
  );
  for (const { name } of indexes) await db.query(`drop index ${name}`);
  await work();
  for (const { definition } of indexes) await db.query(definition);
}

/**
 * A tenth are payouts; the states of an ordinary shop, in three currencies. Nothing is due: the
 * gateway leaves them alone.
 */
async function insertOperations(
  { db }: Scene,
  merchantId: string,
  after: number,
  last: number,
): Promise<void> {
  await db.query(
    `with numbers as (
       select n, n * 7919 % 1000 as draw,
              case when n % 10 = 0 then 'out' else 'in' end as direction,
              (array['USD', 'USD', 'KRW', 'VND'])[1 + n * 31 % 4] as asset,
              10000 + n * 104729 % 2000000 as units,
              now() - make_interval(secs => $3::bigint - n) as created_at
         from generate_series($4::bigint + 1, $5::bigint) as n
     ), states as (
       select *, case when draw < 600 then 'completed' when draw < 760 then 'awaiting'
                      when draw < 790 then 'confirming' when draw < 900 then 'expired'
                      when draw < 940 then 'cancelled' when draw < 980 then 'failed'
                      else 'refunded' end as status
         from numbers
     ), made as (
       insert into payments (merchant_id, id, mode, direction, number, reference, dialect,
         merchant_reference, name, price_units, price_asset, price_value, status, cause, touched,
         uses, payer, metadata, dialect_data, event_seq, created_at, updated_at, expires_at)
       select $1, uuidv7(), 'test', direction, -n, 'ZZZ-' || lpad((n - 1)::text, 6, '0') || '-PMT',
              'xlink', 'ORDER-' || lpad((n * 7919 % $3::bigint)::text, 7, '0'), 'ORDER-' || n,
              units, asset,
              case asset when 'USD' then units / 100.0 else units end, status,
              case when status = 'failed' and direction = 'out' then 'declined' end,
              status in ('completed', 'confirming', 'refunded'),
              case status when 'completed' then 1 else 0 end, '{"id":"customer-123"}',
              '{"customer_name":"Example","customer_lastname":"Holder"}', $2, 3, created_at,
              case when status <> 'awaiting' then created_at + interval '5 minutes' end,
              now() + interval '1 day'
         from states returning merchant_id, id, price_asset, price_units, created_at
     )
     insert into instructions (merchant_id, payment_id, id, rail, method, asset, expected_units,
       price_units, target, quote, created_at)
     select merchant_id, id, uuidv7(), 'sandbox', 'sandbox', price_asset, price_units, price_units,
            'sandbox-0000000000000000', '{}', created_at from made`,
    [merchantId, marks, LARGE, after, last],
  );
}

/** What the dialect notes on an operation that it makes. */
const marks = JSON.stringify({
  methodId: testMethodIds.bankUsd,
  instrument: 'BANK_TRANSFER',
  payer: { account_name: '****lder' },
  called: false,
});
