// Metrics: what this process counts, in Prometheus' words, for GET /metrics.

import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Database } from './db/database.ts';
import type { SourceHealth } from './rates/rates.ts';
import type { AttemptReport } from './webhooks/send.ts';

export type Metrics = {
  readonly registry: Registry;
  attempted(report: AttemptReport): void;
  /** A sale on an exchange has ended for good. */
  converted(conversion: { readonly exchange: number; readonly status: string }): void;
  /** null: the last turn of the rail's watcher went well. */
  railReported(rail: string, problem: string | null): void;
  /** From now on the exchanges that prices come from are shown too. */
  showRates(health: () => readonly SourceHealth[], now: () => Date): void;
};

const SECOND_MS = 1_000;
const LAG_BUCKETS_SECONDS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5, 30];

export function createMetrics(db: Database): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  databaseGauges(registry, db);
  const attempts = new Counter({
    name: 'dragoman_webhook_attempts_total',
    help: 'Attempts to deliver a webhook, by dialect and outcome.',
    labelNames: ['dialect', 'outcome'],
    registers: [registry],
  });
  const lag = new Histogram({
    name: 'dragoman_webhook_lag_seconds',
    help: 'From an event to the first attempt to deliver it.',
    buckets: LAG_BUCKETS_SECONDS,
    registers: [registry],
  });
  const healthy = new Gauge({
    name: 'dragoman_rail_healthy',
    help: 'Whether the last look at the rail went well, for the process that watches it.',
    labelNames: ['rail'],
    registers: [registry],
  });
  const conversions = new Counter({
    name: 'dragoman_conversions_total',
    help: 'Sales on exchanges that have ended, by exchange and how they ended.',
    labelNames: ['exchange', 'status'],
    registers: [registry],
  });
  return {
    registry,
    converted: ({ exchange, status }) => conversions.inc({ exchange, status }),
    attempted({ dialect, outcome, lagMs }) {
      attempts.inc({ dialect, outcome });
      if (lagMs !== null) lag.observe(lagMs / SECOND_MS);
    },
    railReported: (rail, problem) => healthy.set({ rail }, problem === null ? 1 : 0),
    showRates: (health, now) => rateGauges(registry, health, now),
  };
}

/** What this process knows of the sources, whichever process asks them. */
function rateGauges(
  registry: Registry,
  health: () => readonly SourceHealth[],
  now: () => Date,
): void {
  const shown: readonly [string, string, (source: SourceHealth) => number][] = [
    [
      'dragoman_rate_source_age_seconds',
      'How long ago an exchange last told its prices; infinite when it never did.',
      ({ succeededAt }) => (succeededAt ? (+now() - +succeededAt) / SECOND_MS : Infinity),
    ],
    [
      'dragoman_rate_source_open',
      'Whether an exchange is left alone for now because it failed too often.',
      ({ open }) => (open ? 1 : 0),
    ],
    [
      'dragoman_rate_source_failures',
      'Failures of an exchange in a row; 0 after a success.',
      ({ failures }) => failures,
    ],
  ];
  for (const [name, help, valueOf] of shown) {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames: ['source'],
      registers: [],
      collect() {
        for (const source of health()) gauge.set({ source: source.source }, valueOf(source));
      },
    });
    registry.registerMetric(gauge);
  }
}

/** Asked when somebody looks, not kept up to date all the time. */
function databaseGauges(registry: Registry, db: Database): void {
  const waiting: Gauge = new Gauge({
    name: 'dragoman_webhooks_waiting',
    help: 'Deliveries that are not delivered and not given up.',
    registers: [],
    async collect() {
      const [row] = await db.query<{ waiting: number }>(
        `select count(*) as waiting from deliveries where status = 'pending'`,
      );
      waiting.set(row?.waiting ?? 0);
    },
  });
  const connections: Gauge = new Gauge({
    name: 'dragoman_database_connections',
    help: 'Connections of this process to the database, by state.',
    labelNames: ['state'],
    registers: [],
    collect() {
      const { totalCount, idleCount, waitingCount } = db.pool;
      connections.set({ state: 'open' }, totalCount);
      connections.set({ state: 'idle' }, idleCount);
      connections.set({ state: 'wanted' }, waitingCount);
    },
  });
  registry.registerMetric(waiting);
  registry.registerMetric(connections);
}
