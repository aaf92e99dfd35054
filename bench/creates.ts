// Creating, repeating and reading payments, beside the limits of the same round.

import { setTimeout as pause } from 'node:timers/promises';
import { fsyncsPerSecond } from './limits.ts';
import type { LoadResult } from './load.ts';
import { counterMark, createRequest, freshKey, get, post, readRequest } from './requests.ts';
import type { Scene, Target } from './scene.ts';

const READ_PAYMENTS = 5_000;
/** The framework alone swings by half from second to second: it is asked more than once. */
const READ_SLICES = 3;
const REPLAYED_KEYS = 256;
const INSERT_CLIENTS = 32;
const BATCH_ROWS = 100;
const BATCH_CLIENTS = 4;
const FSYNC_SECONDS = 1;
const FEW_CONNECTIONS = 24;
/** A connection's counts become visible at the end of its first statement after this time. */
const COUNTED_AFTER_MS = 1_100;
const BURST_SECONDS = 0.25;

/** Requests until every server has been compiled; nothing is recorded. */
export async function warmUp(scene: Scene): Promise<void> {
  for (const target of [scene.stubbed, scene.naive, scene.outbox]) await create(scene, target, 64);
  await createReal(scene, 64);
  for (const request of [get('/tiny'), echoRequest(scene)]) await bare(scene, request);
}

export async function measureLimits(scene: Scene): Promise<void> {
  const { series, plan, inserts, dataDir } = scene;
  const { seconds } = plan;
  const fsyncs = fsyncsPerSecond(dataDir, Math.min(seconds, FSYNC_SECONDS));
  series.add('fsync/s', fsyncs);
  series.add('fsync ms', 1_000 / fsyncs);
  series.add('echo POST/s', await bare(scene, echoRequest(scene)));
  await untilFewConnections(scene);
  await checkpoint(scene);
  const single = { rows: 1, clients: INSERT_CLIENTS, seconds };
  series.add('inserts/s', await inserts.rowsPerSecond(single));
  await checkpoint(scene);
  const batched = { rows: BATCH_ROWS, clients: BATCH_CLIENTS, seconds };
  series.add('batched rows/s', await inserts.rowsPerSecond(batched));
  await scene.beside.query('truncate payments, events, idempotency');
}

export async function measureCreates(scene: Scene): Promise<void> {
  for (const connections of [64, 256]) {
    const stubbed = await create(scene, scene.stubbed, connections);
    note(scene, `stubbed@${connections}`, stubbed);
    note(scene, `create@${connections}`, await createReal(scene, connections));
    await checkpoint(scene);
    note(scene, `naive@${connections}`, await create(scene, scene.naive, connections));
  }
  for (const connections of [16, 1]) {
    note(scene, `create@${connections}`, await createReal(scene, connections));
  }
  await measureCommits(scene);
}

/** Also repeats: the same keys and bodies again and again. */
export async function measureReads(scene: Scene): Promise<void> {
  const { real, db, series } = scene;
  const rows = await db.query<{ id: string; reference: string }>(
    'select id, reference from payments limit $1',
    [READ_PAYMENTS],
  );
  const reads = rows.map(({ id }) => readRequest(real.shop, id));
  const pages = rows.map(({ reference }) => get(`/link/${reference}`));
  for (let slice = 0; slice < READ_SLICES; slice += 1) {
    series.add('tiny GET/s', await bare(scene, get('/tiny')));
    note(scene, 'read@64', await asked(scene, reads));
    note(scene, 'page@64', await asked(scene, pages));
  }
  const keys = Array.from({ length: REPLAYED_KEYS }, (_, at) => `replay-${at}-${Date.now()}`);
  const requests = keys.map((key) => createRequest(real.shop, { key }));
  const first = { port: real.port, connections: 1, requests, atMost: REPLAYED_KEYS };
  scene.acknowledged += (await scene.send(first)).acknowledged;
  const before = await transactions(scene);
  const replayed = await asked(scene, requests);
  note(scene, 'replay@64', replayed);
  const written = (await transactions(scene)) - before;
  series.add('transactions per replay', written / replayed.acknowledged);
}

export async function createReal(
  scene: Scene,
  connections: number,
  webhookUrls: readonly string[] = [],
): Promise<LoadResult> {
  await checkpoint(scene);
  const result = await create(scene, scene.real, connections, webhookUrls);
  scene.acknowledged += result.acknowledged;
  return result;
}

export async function create(
  scene: Scene,
  { port, shop }: Target,
  connections: number,
  webhookUrls: readonly string[] = [],
): Promise<LoadResult> {
  const key = freshKey();
  const requests =
    webhookUrls.length === 0
      ? [createRequest(shop, { key })]
      : webhookUrls.map((webhookUrl) => createRequest(shop, { key, webhookUrl }));
  const result = await scene.send({ port, connections, requests });
  for (const [what, count] of Object.entries(result.failures)) {
    scene.mishaps.push(`${count} creates, ${connections} at once, were answered with ${what}`);
  }
  return result;
}

/** What the framework alone answers in a second. */
async function bare(scene: Scene, request: string): Promise<number> {
  const load = { port: scene.barePort, connections: 64, requests: [request] };
  return (await scene.send(load)).perSecond;
}

/** The bare limit: a create's body, validated and sent back. */
export function echoRequest({ real }: Scene): string {
  const [, body = ''] = createRequest(real.shop, { key: 'none' }).split('\r\n\r\n');
  return post('/echo', body);
}

async function asked(scene: Scene, requests: readonly string[]): Promise<LoadResult> {
  const result = await scene.send({ port: scene.real.port, connections: 64, requests });
  for (const [what, count] of Object.entries(result.failures)) {
    scene.mishaps.push(`${count} reads or repetitions were answered with ${what}`);
  }
  return result;
}

export function note({ series }: Scene, name: string, result: LoadResult): void {
  series.add(`${name}/s`, result.perSecond);
  series.add(`${name} p50 ms`, result.latencyMs.p50);
  series.add(`${name} p95 ms`, result.latencyMs.p95);
  series.add(`${name} p99 ms`, result.latencyMs.p99);
}

// A write behind one measurement must not fall into the next.
async function checkpoint({ db }: Scene): Promise<void> {
  await db.query('checkpoint');
}

async function measureCommits(scene: Scene): Promise<void> {
  const burst = async (): Promise<number> => {
    await pause(COUNTED_AFTER_MS);
    const request = createRequest(scene.real.shop, { key: `burst-${counterMark}` });
    const load = { port: scene.real.port, connections: 64, requests: [request], warmUpSeconds: 0 };
    const { acknowledged } = await scene.send({ ...load, seconds: BURST_SECONDS });
    scene.acknowledged += acknowledged;
    return acknowledged;
  };
  await burst();
  const [commits, written] = [await commitsOf(scene), await transactions(scene)];
  const { acknowledged } = await createReal(scene, 64);
  const created = acknowledged + (await burst());
  const { series } = scene;
  series.add('commits per payment', ((await commitsOf(scene)) - commits) / created);
  series.add('writing commits per payment', ((await transactions(scene)) - written) / created);
}

async function commitsOf({ db }: Scene): Promise<number> {
  const [row] = await db.query<{ commits: number }>(
    'select xact_commit as commits from pg_stat_database where datname = current_database()',
  );
  return row?.commits ?? 0;
}

/** Transactions that wrote something, ever: only those are given a number. */
async function transactions({ db }: Scene): Promise<number> {
  const [row] = await db.query<{ next: number }>(
    'select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as next',
  );
  return row?.next ?? 0;
}

// Idle pools close their connections after a while, and the server has not many.
async function untilFewConnections({ db }: Scene): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const [row] = await db.query<{ open: number }>(
      `select count(*) as open from pg_stat_activity where backend_type = 'client backend'`,
    );
    if ((row?.open ?? 0) <= FEW_CONNECTIONS) return;
    await pause(200);
  }
}
