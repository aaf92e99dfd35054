// Jobs: what happens later. They are enqueued inside the transaction that wants them done.

import {
  Logger,
  type Runner,
  type TaskList,
  parseCronItems,
  run,
  runMigrations,
} from 'graphile-worker';
import type { Database, Tx } from '../db/database.ts';
import { patientPool } from './patience.ts';

export type NewJob = {
  readonly name: string;
  /** JSON; at most a few names and ids. */
  readonly payload: unknown;
  readonly runAt: Date;
};

export type Enqueue = (tx: Tx, jobs: readonly NewJob[]) => Promise<void>;

/** A job must be harmless to repeat: after a crash it runs again. */
export type Job = {
  readonly name: string;
  readonly run: (payload: unknown) => Promise<void>;
  /** Five cron fields, UTC; absent for jobs that are only enqueued. */
  readonly cron?: string;
};

export type JobLog = (level: 'error' | 'warning' | 'info' | 'debug', message: string) => void;

const CONCURRENT_JOBS = 4;
const POLL_MS = 1_000;

export const enqueue: Enqueue = async (tx, jobs) => {
  const rows = jobs.map(({ name, payload, runAt }) => ({ name, payload, run_at: runAt }));
  await tx.query(
    `select graphile_worker.add_job(j.name, j.payload, run_at := j.run_at)
       from json_to_recordset($1) as j (name text, payload json, run_at timestamptz)`,
    [JSON.stringify(rows)],
  );
};

/** Creates or updates the job runner's own tables (schema `graphile_worker`). */
export async function migrateJobs(db: Database): Promise<void> {
  await runMigrations({ pgPool: db.pool });
}

/**
 * Takes jobs back from a runner that died with them, once they have been its for so long; answers
 * how many. The job runner by itself waits four hours. A job that is taken back from a runner that
 * lives runs twice, which every job must bear.
 */
export async function takeBackJobs(db: Tx, olderThanMs: number): Promise<number> {
  const rows = await db.query(
    `update graphile_worker._private_jobs
        set locked_at = null, locked_by = null, run_at = greatest(run_at, now())
      where locked_at <= now() - make_interval(secs => $1 / 1000.0)
      returning id`,
    [olderThanMs],
  );
  return rows.length;
}

/** Starts running jobs; `stop` waits for those that run and returns the rest to the queue. */
export async function startJobs(db: Database, jobs: readonly Job[], log: JobLog): Promise<Runner> {
  const taskList: TaskList = {};
  for (const job of jobs) taskList[job.name] = async (payload) => job.run(payload);
  return run({
    pgPool: patientPool(db.pool),
    taskList,
    concurrency: CONCURRENT_JOBS,
    pollInterval: POLL_MS,
    noHandleSignals: true,
    parsedCronItems: parseCronItems(
      jobs.flatMap(({ name, cron }) => (cron ? [{ task: name, match: cron }] : [])),
    ),
    logger: new Logger(() => (level, message) => log(level, message)),
  });
}
