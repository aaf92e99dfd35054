// Role "worker": the rails' watchers, the clock of deadlines, webhook deliveries and jobs. No HTTP.

import pg from 'pg';
import type { Logger } from 'pino';
import type { App } from './app.ts';
import { type Job, startJobs, takeBackJobs } from './jobs/jobs.ts';
import { audit } from './ledger/audit.ts';
import type { Rail } from './rails/rail.ts';
import { createRefresher } from './rates/refresh.ts';
import { releaseAll } from './webhooks/claims.ts';

export type Loop = { stop(): Promise<void> };

const EXPIRE_EVERY_MS = 1_000;
/** A job takes seconds; one that has run for so long belongs to a process that is gone. */
const JOB_LIMIT_MS = 5 * 60_000;
const TAKE_BACK_EVERY_MS = 60_000;
/** Nightly, UTC. */
const AUDIT_CRON = '23 3 * * *';

/**
 * Starts everything that happens by itself; `stop` lets what is under way finish. `alone`: no other
 * process can be working on this database.
 */
export async function startWorker(app: App, alone: boolean): Promise<Loop> {
  const { db, payments, rails, dispatcher, options } = app;
  const { log, connection } = options;
  const pull = payments.pull;
  const report = app.metrics.railReported;
  const watched = rails.filter((rail) => rail.observe);
  const loops = watched.map((rail) => watchRail({ connection, pull, log, report }, rail));
  if (options.config.exchanges.length > 0) loops.push(watchMarket(app));
  loops.push(every(EXPIRE_EVERY_MS, log, payments.expireDue));
  loops.push(every(TAKE_BACK_EVERY_MS, log, () => takeBackJobs(db, JOB_LIMIT_MS)));
  // What is locked before we begin, nobody works on when there is nobody else.
  loops.push(runJobs(app, alone ? 0 : JOB_LIMIT_MS));
  if (alone) await releaseAll(db);
  dispatcher.start();
  return {
    stop: async () => {
      await Promise.all([dispatcher.stop(), ...loops.map((loop) => loop.stop())]);
    },
  };
}

/** The job runner gives up when the database is away at a bad moment: then there is a new one. */
function runJobs(app: App, abandonedAfterMs: number): Loop {
  const { db, jobs, options } = app;
  const { log } = options;
  return startLoop(async (signal) => {
    await takeBackJobs(db, abandonedAfterMs);
    const runner = await startJobs(db, [...jobs, auditJob(app)], (level, message) => {
      if (level === 'error') log.error({}, message);
      else if (level === 'warning') log.warn({}, message);
      else log.debug({}, message);
    });
    let stopped: Promise<void> | null = null;
    const stop = (): void => {
      stopped = runner.stop().catch(() => undefined);
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      await runner.promise;
      await stopped;
    } finally {
      signal.removeEventListener('abort', stop);
    }
    if (!signal.aborted) throw new Error('the job runner ended');
  }, log);
}

/** Proves every night that the ledger is right; a difference is the loudest thing we can log. */
function auditJob({ db, options: { log } }: App): Job {
  return {
    name: 'ledger.audit',
    cron: AUDIT_CRON,
    run: async () => {
      // It reads the whole ledger: the limit for requests does not fit.
      const report = await db.unhurried(audit);
      if (!report.ok) log.fatal({ report }, 'THE LEDGER DOES NOT ADD UP');
      else log.info({ report }, 'the ledger adds up');
    },
  };
}

export type WatcherDeps = {
  readonly connection: pg.ClientConfig;
  readonly pull: (rail: Rail) => Promise<boolean>;
  readonly log: Logger;
  /** Told after every turn: null when it went well. */
  readonly report: (rail: string, problem: string | null) => void;
};

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
const LOCK_RETRY_MS = 2_000;
const UPKEEP_EVERY_MS = 15_000;

/** First half of the two-part advisory locks that watchers hold. */
const WATCHER_LOCKS = 0x64726167;

/** Watches one rail for as long as this process is the one that may. */
function watchRail(deps: WatcherDeps, rail: Rail): Loop {
  const log = deps.log.child({ rail: rail.name });
  const work = (signal: AbortSignal): Promise<void> => watch(deps, rail, signal);
  return oneForAll({ connection: deps.connection, name: rail.name, log }, work);
}

/** Asks the exchanges for their prices, one process for all. */
function watchMarket({ db, options }: App): Loop {
  const { config, log, connection, now } = options;
  const refresher = createRefresher({
    db,
    exchanges: config.exchanges,
    now,
    report: (source, problem) => {
      if (problem !== null) log.warn({ source, problem }, 'an exchange gave no prices');
    },
  });
  return oneForAll({ connection, name: 'rates', log }, refresher.run);
}

/**
 * Runs `work` in the one process that holds the lock of this name: the others wait for it, and the
 * database releases it when its holder dies. What the work writes must not rely on that alone: two
 * may believe for a moment that they hold it.
 */
function oneForAll(
  { connection, name, log }: Pick<WatcherDeps, 'connection' | 'log'> & { readonly name: string },
  work: (signal: AbortSignal) => Promise<void>,
): Loop {
  return startLoop(async (signal) => {
    const client = new pg.Client({ ...connection, keepAlive: true });
    const lost = new AbortController();
    client.on('error', () => lost.abort());
    client.on('end', () => lost.abort());
    try {
      await client.connect();
      while (!signal.aborted && !(await tryLock(client, name))) await pause(LOCK_RETRY_MS, signal);
      await work(AbortSignal.any([signal, lost.signal]));
    } finally {
      await client.end().catch(() => undefined);
    }
  }, log);
}

async function tryLock(client: pg.Client, name: string): Promise<boolean> {
  const { rows } = await client.query<{ held: boolean }>(
    'select pg_try_advisory_lock($1, hashtext($2)) as held',
    [WATCHER_LOCKS, name],
  );
  return rows[0]?.held === true;
}

async function watch(deps: WatcherDeps, rail: Rail, signal: AbortSignal): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS;
  let upkeepAt = 0;
  while (!signal.aborted) {
    try {
      if (performance.now() >= upkeepAt) {
        await rail.upkeep?.();
        upkeepAt = performance.now() + UPKEEP_EVERY_MS;
      }
      const more = await deps.pull(rail);
      deps.report(rail.name, null);
      pauseMs = FIRST_PAUSE_MS;
      if (!more) await rail.wait?.(signal);
    } catch (error) {
      if (signal.aborted) return;
      deps.report(rail.name, error instanceof Error ? error.message : String(error));
      deps.log.warn({ err: error, rail: rail.name }, 'the rail could not be read');
      await pause(pauseMs, signal);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }
}

/** Does `work` again and again with a pause between; a failure is logged and tried again later. */
function every(intervalMs: number, log: Logger, work: () => Promise<unknown>): Loop {
  return startLoop(async (signal) => {
    while (!signal.aborted) {
      await work();
      await pause(intervalMs, signal);
    }
  }, log);
}

function startLoop(run: (signal: AbortSignal) => Promise<void>, log: Logger): Loop {
  const controller = new AbortController();
  const finished = keepRunning(run, controller.signal, log);
  return {
    stop: async () => {
      controller.abort();
      await finished;
    },
  };
}

async function keepRunning(
  run: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
  log: Logger,
): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    const startedAt = performance.now();
    await run(signal).catch((error: unknown) => log.error({ err: error }, 'a loop broke off'));
    // It ran well for a while: a new trouble starts with a short pause again.
    const calm = performance.now() - startedAt > LONGEST_PAUSE_MS;
    pauseMs = calm ? FIRST_PAUSE_MS : Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    if (!signal.aborted) await pause(pauseMs, signal);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
