// The cycles: load, a kill at a random moment, a return, quick checks; at the end the whole oracle.

import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '../../src/db/database.ts';
import { createMerchants } from '../../src/merchants/merchants.ts';
import { createVault } from '../../src/merchants/vault.ts';
import { loadSecretKey } from '../../src/secret.ts';
import type { Gateway } from './gateway.ts';
import { createJournal } from './journal.ts';
import { createLoad } from './load.ts';
import { finalChecks } from './oracle.ts';
import type { Random } from './random.ts';
import { openRecords, readRecords } from './records.ts';
import type { Receiver } from './receiver.ts';
import type { Report } from './report.ts';
import { openShop } from './shop.ts';
import { type Check, snapshotChecks } from './snapshot.ts';

type Run = {
  readonly kills: number;
  readonly random: Random;
  readonly gateway: Gateway;
  readonly receiver: Receiver;
  readonly report: Report;
};

const kinds = ['both', 'gateway', 'database', 'recovery', 'backend'] as const;
type Kind = (typeof kinds)[number];

const WORKERS = 12;
const LOAD_MS = { least: 150, most: 2_000 };
const RECOVERY_MS = { least: 20, most: 1_000 };
const JOBS_LIMIT_MS = 20_000;
const REST_LIMIT_MS = 60_000;
const STEP_MS = 50;
/** Retries that are due in minutes are made due at once; the last ones are kept for the end. */
const ATTEMPTS_UNDER_CHAOS = 3;
const ALL_ATTEMPTS = 1_000;

export async function runCycles(run: Run): Promise<void> {
  const { gateway, receiver, report, random } = run;
  const journal = createJournal();
  gateway.launch();
  await gateway.ready();
  const shop = openShop(gateway.origin, gateway.dataDir);
  let db = await openRecords(gateway.dataDir);
  await tellEverything(db);
  await shop.setWebhookUrl(receiver.url);
  const load = createLoad({ shop, journal, random, workers: WORKERS });
  report.header(['kill', 'what', 'after ms', 'back ms', 'acked', 'in doubt', 'webhooks', 'wrong']);
  for (let cycle = 1; cycle <= run.kills; cycle += 1) {
    const kind = kindOf(cycle, random);
    const afterMs = random.between(LOAD_MS.least, LOAD_MS.most);
    load.start();
    await pause(afterMs);
    const backMs = await strike(run, kind);
    await db.close();
    db = await openRecords(gateway.dataDir);
    const bad = await report.judge(`after kill ${cycle} (${kind})`, [
      ...snapshotChecks(db, journal),
      { name: 'jobs go on', find: () => overdueJobs(db, new Date()) },
      { name: 'nothing ended by itself', find: async () => gateway.surprises.splice(0) },
    ]);
    await hurryRetries(db, ATTEMPTS_UNDER_CHAOS);
    const { acknowledged, doubts } = journal.counts;
    report.row([cycle, kind, afterMs, backMs, acknowledged, doubts, receiver.count(), bad]);
    await load.rest();
  }
  await load.settleDoubts();
  await conclude(run, db, journal);
  await shop.close();
}

/** Each kind comes once in every five kills, in a new order each time. */
let order: Kind[] = [];
function kindOf(cycle: number, random: Random): Kind {
  if (order.length === 0) {
    const ofThis = cycle === 1 ? kinds.slice(0, -1) : kinds;
    order = random.shuffled(ofThis);
  }
  return order.shift() ?? 'both';
}

/** Kills, starts again what does not come back by itself, and answers how long the return took. */
async function strike({ gateway, random }: Run, kind: Kind): Promise<number> {
  switch (kind) {
    case 'database':
      gateway.killDatabase();
      return backByItself(gateway);
    case 'backend':
      gateway.killBackend((pids) => random.pick(pids));
      return backByItself(gateway);
    case 'gateway':
      await gateway.killGateway();
      break;
    case 'both':
      await gateway.killBoth(random.chance(50));
      break;
    case 'recovery':
      await gateway.killBoth(random.chance(50));
      gateway.launch();
      await pause(random.between(RECOVERY_MS.least, RECOVERY_MS.most));
      await gateway.killBoth(random.chance(50));
  }
  gateway.launch();
  return gateway.ready();
}

// For a moment the old connections still look alive: ready means ready twice, a moment apart.
async function backByItself(gateway: Gateway): Promise<number> {
  const startedAt = performance.now();
  await pause(STEP_MS);
  await gateway.ready();
  return Math.round(performance.now() - startedAt);
}

/** The last start, then peace until nothing is left to do, then everything is proved. */
async function conclude(
  run: Run,
  db: Database,
  journal: ReturnType<typeof createJournal>,
): Promise<void> {
  const { gateway, receiver, report } = run;
  receiver.calm();
  await db.close();
  await gateway.killBoth(true);
  gateway.launch();
  await gateway.ready();
  const last = await openRecords(gateway.dataDir);
  try {
    const rest = await report.judge('at the end', [
      { name: 'everything comes to rest', find: () => untilRest(last) },
    ]);
    if (rest > 0) console.log(await leftovers(last));
    const merchants = createMerchants({ db: last, now: () => new Date() });
    const [merchant] = await merchants.list();
    if (!merchant) throw new Error('there is no merchant');
    const vault = createVault(await loadSecretKey({ secretKey: null, dataDir: gateway.dataDir }));
    await report.judge('at the end', [
      ...snapshotChecks(last, journal),
      ...finalChecks({
        db: last,
        journal,
        records: await readRecords(last),
        arrivals: receiver.arrivals,
        settings: merchant.settings.test,
        openSecret: ({ id, callbackSecret }) =>
          callbackSecret === null ? null : vault.open(callbackSecret, id),
      }),
    ]);
  } finally {
    await last.close();
  }
  const stops: Check = {
    name: 'it stops cleanly',
    find: async () => {
      const code = await gateway.stop();
      return code === 0 ? [] : [`exit code ${code}`];
    },
  };
  await report.judge('at the end', [stops]);
  const { replays, deeds } = journal.counts;
  console.log(
    `${journal.wishes.length} links asked for, ${replays} answers repeated, ${deeds} deeds, ` +
      `${receiver.count()} webhooks received`,
  );
}

/** Creation is told as well, so that the hot path writes deliveries. */
async function tellEverything(db: Database): Promise<void> {
  await db.query(
    `update merchants set settings = jsonb_set(settings, '{test,dialects,bitxpay,createdEvent}',
       'true')`,
  );
}

// Time passes: what would be retried in five minutes is retried now.
async function hurryRetries(db: Database, attempts: number): Promise<void> {
  await db.query(
    `update deliveries set next_at = now()
      where status = 'pending' and attempts between 1 and $1 and next_at > now()`,
    [attempts],
  );
}

/** Of what was due when the gateway was back, some must be done soon, if not all under load. */
async function overdueJobs(db: Database, dueAt: Date): Promise<string[]> {
  const count = async (): Promise<number> => {
    const [row] = await db.query<{ count: number }>(
      `select count(*) from graphile_worker._private_jobs
        where run_at < $1 and locked_at is null and attempts < max_attempts`,
      [dueAt],
    );
    return row?.count ?? 0;
  };
  const first = await count();
  const until = performance.now() + JOBS_LIMIT_MS;
  for (let left = first; left > 0 && left >= first; left = await count()) {
    if (performance.now() > until) {
      return [`${left} jobs were due and nobody began them`, await leftovers(db)];
    }
    await pause(STEP_MS);
  }
  return [];
}

const LEFT = `
  select (select count(*) from deliveries where status = 'pending') as deliveries,
         (select count(*) from graphile_worker._private_jobs j
            join graphile_worker._private_tasks t on t.id = j.task_id
           where t.identifier = 'payments.rehearse' and j.attempts < j.max_attempts) as jobs`;

async function untilRest(db: Database): Promise<string[]> {
  const until = performance.now() + REST_LIMIT_MS;
  for (;;) {
    await hurryRetries(db, ALL_ATTEMPTS);
    const [left] = await db.query<{ deliveries: number; jobs: number }>(LEFT);
    if (left?.deliveries === 0 && left.jobs === 0) return [];
    if (performance.now() > until) {
      return [`${left?.deliveries} deliveries and ${left?.jobs} jobs are left`];
    }
    await pause(STEP_MS);
  }
}

async function leftovers(db: Database): Promise<string> {
  const rows = await db.query(
    `select id, payload, run_at, attempts, last_error, locked_at, locked_by
       from graphile_worker._private_jobs order by run_at limit 3`,
  );
  return JSON.stringify(rows, null, 2);
}
