// Webhooks: what they cost the create, how fast they leave, how soon, and whether the dead delay
// the living.

import { setTimeout as pause } from 'node:timers/promises';
import { create, createReal, note } from './creates.ts';
import { createRequest, freshKey } from './requests.ts';
import type { Scene } from './scene.ts';

const URLS = 16;
const LOOP_AT_ONCE = 128;
const HEALTHY_URLS = 18;
const ISOLATION_PER_SECOND = 200;
const IDLE_PER_SECOND = 25;
/** Rows that were not made by an event of a payment. */
const WAITING_SEQ = 1_000;
const DRAIN_LIMIT_MS = 120_000;
const POLL_MS = 50;

export async function measureWebhooks(scene: Scene): Promise<void> {
  const { good } = await scene.receiver.ask('ports');
  const urls = Array.from({ length: URLS }, (_, at) => `http://127.0.0.1:${good}/hook/${at}`);
  const off = await create(scene, scene.outbox, 64);
  const on = await create(scene, scene.outbox, 64, urls);
  scene.series.add('create@64 without webhooks, no worker/s', off.perSecond);
  scene.series.add('create@64 with webhooks, no worker/s', on.perSecond);
  const delivering = await createReal(scene, 64, urls);
  note(scene, 'create@64 while delivering', delivering);
  await untilDelivered(scene, good);
  await measureIdle(scene, urls);
  await measureDispatch(scene, good, urls);
  await measureIsolation(scene);
}

/** From an event to the start of its first attempt, while nothing else happens. */
async function measureIdle(scene: Scene, urls: readonly string[]): Promise<void> {
  const since = new Date();
  await paced(scene, urls, 1, IDLE_PER_SECOND);
  await untilDelivered(scene, (await scene.receiver.ask('ports')).good);
  const [row] = await scene.db.query<{ p50: string; p99: string }>(
    `select percentile_cont(0.5) within group (order by lag) as p50,
            percentile_cont(0.99) within group (order by lag) as p99
       from (select 1000 * extract(epoch from a.at - d.created_at) as lag
               from deliveries d join delivery_attempts a
                 on a.merchant_id = d.merchant_id and a.delivery_id = d.id and a.attempt = 1
              where d.created_at >= $1 and d.event_seq < $2) as lags`,
    [since, WAITING_SEQ],
  );
  scene.series.add('event to first attempt p50 ms', Number(row?.p50));
  scene.series.add('event to first attempt p99 ms', Number(row?.p99));
}

/** The rate at which waiting deliveries leave, every attempt written down, beside the bare loop. */
async function measureDispatch(scene: Scene, good: number, urls: readonly string[]): Promise<void> {
  const { db, plan, series, webhookLoop } = scene;
  const { seconds } = plan;
  series.add('bare webhook loop/s', await webhookLoop.ask({ urls, atOnce: LOOP_AT_ONCE, seconds }));
  const [last] = await db.query<{ seq: number }>('select max(event_seq) as seq from deliveries');
  const seq = Math.max(WAITING_SEQ, (last?.seq ?? 0) + 1);
  await scene.receiver.ask('count');
  await db.query(
    `insert into deliveries (merchant_id, id, payment_id, event_seq, dialect, url, headers, body,
       status, next_at, created_at)
     select p.merchant_id, uuidv7(), p.id, $1::int, 'bitxpay', $2 || p.at % $3::int, t.headers,
       t.body, 'pending', now(), now()
     from (select merchant_id, id, row_number() over () as at from payments limit $4) p
     cross join (select headers, body from deliveries where status = 'delivered' limit 1) t`,
    [seq, `http://127.0.0.1:${good}/hook/`, URLS, plan.deliveries],
  );
  await untilDelivered(scene, good);
  const { received } = await scene.receiver.ask('count');
  const [row] = await db.query<{ seconds: string; count: number }>(
    `select extract(epoch from max(d.finished_at) - min(a.at)) as seconds, count(*) as count
       from deliveries d join delivery_attempts a
         on a.merchant_id = d.merchant_id and a.delivery_id = d.id
      where d.event_seq = $1 and d.status = 'delivered'`,
    [seq],
  );
  series.add('deliveries/s', (row?.count ?? 0) / Number(row?.seconds));
  if (received < (row?.count ?? 0)) scene.mishaps.push('webhooks are delivered that never arrived');
}

/** The time from event to delivery at healthy shops, without and with a tenth of dead ones. */
async function measureIsolation(scene: Scene): Promise<void> {
  const { good, silent } = await scene.receiver.ask('ports');
  const shops = (count: number): string[] =>
    Array.from({ length: count }, (_, at) => `http://127.0.0.1:${good}/shop/${at}`);
  const dead = [`http://127.0.0.1:${silent}/shop/never`, 'http://127.0.0.1:1022/shop/closed'];
  for (const [name, urls] of [
    ['all alive', shops(HEALTHY_URLS + dead.length)],
    ['a tenth dead', [...shops(HEALTHY_URLS), ...dead]],
  ] as const) {
    const since = new Date();
    await paced(scene, urls, 16, ISOLATION_PER_SECOND);
    await untilDelivered(scene, good);
    const [row] = await scene.db.query<{ p99: string }>(
      `select percentile_cont(0.99) within group (
                order by 1000 * extract(epoch from finished_at - created_at)) as p99
         from deliveries where created_at >= $1 and status = 'delivered'`,
      [since],
    );
    scene.series.add(`delivered p99 ms, ${name}`, Number(row?.p99));
  }
}

async function paced(
  scene: Scene,
  urls: readonly string[],
  connections: number,
  perSecond: number,
): Promise<void> {
  const { port, shop } = scene.real;
  const requests = urls.map((webhookUrl) => createRequest(shop, { key: freshKey(), webhookUrl }));
  const result = await scene.send({ port, connections, requests, perSecond });
  scene.acknowledged += result.acknowledged;
}

/** Waits until nothing waits for the receiver that takes everything. */
export async function untilDelivered({ db }: Scene, good: number): Promise<void> {
  const limit = performance.now() + DRAIN_LIMIT_MS;
  while (performance.now() < limit) {
    const [row] = await db.query(
      `select 1 from deliveries where status = 'pending' and url like $1 limit 1`,
      [`http://127.0.0.1:${good}/%`],
    );
    if (!row) return;
    await pause(POLL_MS);
  }
  throw new Error('webhooks were not delivered in time');
}
