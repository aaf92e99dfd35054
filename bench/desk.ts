// Sessions that lease a requisite: how many a second, and whether any limit was broken by them.

import { testMethodIds } from '../src/dialects/xlink/methods.ts';
import { createReal, note } from './creates.ts';
import { currency, mode, openDesk } from './desk-house.ts';
import { counterMark, post } from './requests.ts';
import type { Scene } from './scene.ts';
import { countingStolen } from './stolen.ts';

const CONNECTIONS = 64;
const AMOUNTS = ['100.00', '45.50', '180.00', '20.00', '250.00'];

/** What the checks compare with: what was brought, and what was acknowledged. */
type Opened = { readonly deposits: ReadonlyMap<string, bigint>; sessions: number };

const opened = new WeakMap<Scene, Opened>();

export async function measureDesk(scene: Scene): Promise<void> {
  const desk = opened.get(scene) ?? { deposits: await openDesk(scene), sessions: 0 };
  opened.set(scene, desk);
  const { port } = scene.real;
  const links = await createReal(scene, CONNECTIONS);
  scene.series.add('create@64 beside the desk/s', links.perSecond);
  await scene.db.query('checkpoint');
  const requests = AMOUNTS.map((amount) => sessionRequest(scene, amount));
  const { done: made, stolenPercent } = await countingStolen(() =>
    scene.send({ port, connections: CONNECTIONS, requests }),
  );
  for (const [what, count] of Object.entries(made.failures)) {
    scene.mishaps.push(`${count} sessions were answered with ${what}`);
  }
  scene.acknowledged += made.acknowledged;
  desk.sessions += made.acknowledged;
  note(scene, 'session with a requisite@64', made);
  if (stolenPercent !== null) scene.series.add('stolen during sessions, %', stolenPercent);
}

function sessionRequest({ gateway }: Scene, amount: string): string {
  const { api_key: apiKey, shop_id: shopId } = gateway.demo.xlink;
  const body = JSON.stringify({
    shop_id: shopId,
    payment_method_type_id: testMethodIds.bankUsd,
    operation_type: 'PAYIN',
    operation_number: `ORDER-${counterMark}`,
    payer_id: 'customer-123',
    amount,
    currency,
    callback_url: 'https://shop.example.com/callback',
    return_url: 'https://shop.example.com/done',
    metadata: { customer_name: 'Example', customer_lastname: 'Holder' },
  });
  return post('/api/v1/p2p/sessions', body, [`X-API-KEY: ${apiKey}`]);
}

/** Sentences that say which limit was broken, or what does not add up. */
export async function deskComplaints(scene: Scene): Promise<string[]> {
  const desk = opened.get(scene);
  if (!desk) return ['nothing was leased'];
  const { db, gateway } = scene;
  const complaints: string[] = [];
  for (const [what, statement] of broken) {
    const [row] = await db.query<{ rows: number }>(statement, [gateway.demo.merchant.id, mode]);
    if (row?.rows !== 0) complaints.push(`${row?.rows} ${what}`);
  }
  const [leases] = await db.query<{ rows: number }>('select count(*) as rows from leases');
  if (leases?.rows !== desk.sessions) {
    complaints.push(`${desk.sessions} sessions were made, and there are ${leases?.rows} leases`);
  }
  return [...complaints, ...(await depositComplaints(scene, desk))];
}

/** What a lease counts for: all of it while it is open, then only what has come. */
const counted = `select lease.*,
    case status when 'open' then greatest(units, received_units) else received_units end as used,
    (status = 'open' or received_units > 0)::int as operation
  from leases lease where lease.merchant_id = $1 and lease.mode = $2`;

const byPeriod = (period: 'day' | 'month'): string =>
  `select requisite_id, date_trunc('${period}', day)::date as starts, sum(used) as units,
          sum(operation) as operations from (${counted}) counted group by 1, 2`;

/** Limits against the leases themselves, then the counters against the leases. */
const broken: readonly (readonly [string, string])[] = [
  [
    'requisites have more open leases than they may',
    `select count(*) as rows from (
        select requisite_id, count(*) as leases from (${counted}) counted
         where status = 'open' group by 1) as open
       join requisites r on r.merchant_id = $1 and r.id = open.requisite_id
      where open.leases > r.open_limit`,
  ],
  ...(['day', 'month'] as const).map(
    (period) =>
      [
        `requisites are over the limits of a ${period}`,
        `select count(*) as rows from (${byPeriod(period)}) used
           join requisites r on r.merchant_id = $1 and r.id = used.requisite_id
          where used.units > r.${period}_units or used.operations > r.${period}_count`,
      ] as const,
  ),
  [
    'leases are outside the amounts of their requisites',
    `select count(*) as rows from leases lease
       join requisites r on r.merchant_id = lease.merchant_id and r.id = lease.requisite_id
      where r.merchant_id = $1 and r.mode = $2
        and (lease.units < r.min_units or lease.units > r.max_units)`,
  ],
  [
    'leases began before their requisites had cooled down',
    `select count(*) as rows from (
        select lease.leased_at - lag(lease.leased_at) over (
                 partition by r.id order by lease.leased_at) as pause, r.cool_down_seconds
          from leases lease
          join requisites r on r.merchant_id = lease.merchant_id and r.id = lease.requisite_id
         where r.merchant_id = $1 and r.mode = $2 and r.cool_down_seconds > 0) as pauses
      where pause < cool_down_seconds * interval '1 second'`,
  ],
  [
    'equal amounts are open on requisites that tell them apart',
    `select count(*) as rows from (
        select from (${counted}) counted where status = 'open' and apart
         group by requisite_id, units having count(*) > 1) as equal`,
  ],
  [
    'counters of days and months differ from the leases',
    `select count(*) as rows from requisites r
       left join (${byPeriod('day')}) days on days.requisite_id = r.id
        and days.starts = r.counted_day
       left join (${byPeriod('month')}) months on months.requisite_id = r.id
        and months.starts = date_trunc('month', r.counted_day)::date
      where r.merchant_id = $1 and r.mode = $2
        and (r.used_day_units, r.used_day_count, r.used_month_units, r.used_month_count)
          is distinct from (coalesce(days.units, 0), coalesce(days.operations, 0),
            coalesce(months.units, 0), coalesce(months.operations, 0))`,
  ],
  [
    'requisites count other open leases than there are',
    `select count(*) as rows from requisites r
       left join (select requisite_id, count(*) as leases from (${counted}) counted
                   where status = 'open' group by 1) as open on open.requisite_id = r.id
      where r.merchant_id = $1 and r.mode = $2 and r.open_count <> coalesce(open.leases, 0)`,
  ],
];

type Account = { readonly kind: string; readonly trader: string; readonly units: string };

/** Nobody's deposit is below zero, and what is missing of it is what stands for his leases. */
async function depositComplaints({ db, gateway }: Scene, { deposits }: Opened): Promise<string[]> {
  const { id: merchantId } = gateway.demo.merchant;
  const rows = await db.query<Account>(
    `select split_part(id, '/', 2) as kind, split_part(id, '/', 4) as trader,
            (credits - debits)::text as units
       from ledger_accounts
      where merchant_id = $1 and (id like $2 || '/deposit/%' or id like $2 || '/reserved/%')
      union all
     select 'leased', trader_id::text, sum(reserved_units)::text from leases
      where merchant_id = $1 and mode = $2 and trader_id is not null group by 2`,
    [merchantId, mode],
  );
  const found = new Map(
    rows.map(({ kind, trader, units }) => [`${kind} ${trader}`, BigInt(units)]),
  );
  const unitsOf = (kind: string, trader: string): bigint => found.get(`${kind} ${trader}`) ?? 0n;
  return [...deposits].flatMap(([trader, brought]) => {
    const [free, reserved] = [unitsOf('deposit', trader), unitsOf('reserved', trader)];
    const sound =
      free >= 0n && free + reserved === brought && reserved === unitsOf('leased', trader);
    return sound ? [] : [`the deposit of trader ${trader} does not add up: ${free} are free`];
  });
}
