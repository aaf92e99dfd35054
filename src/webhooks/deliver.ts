// The dispatcher: finds deliveries that are due, sends them, and writes down how it went.

import { createBatcher } from '../db/batch.ts';
import type { Database } from '../db/database.ts';
import { claim, giveBack, waitingUrls } from './claims.ts';
import type { Claimed } from './claims.ts';
import { complete } from './completions.ts';
import type { Completion, Written } from './completions.ts';
import { createLanes } from './lanes.ts';
import type { Lane, LaneLimits } from './lanes.ts';
import type { RequestResult, WebhookClient } from './request.ts';
import { houseSchedule, judge } from './schedules.ts';
import type { Outcome, Verdict } from './schedules.ts';
import type { Schedule } from './webhook.ts';

/** One attempt, once it is written down: what metrics are made of. */
export type AttemptReport = {
  readonly dialect: string;
  readonly outcome: Outcome;
  readonly status: Verdict['status'];
  readonly durationMs: number;
  /** From the event to its first attempt; null for everything that was tried or waited before. */
  readonly lagMs: number | null;
};

export type DispatcherStats = {
  readonly inFlight: number;
  /** Leased and waiting in this process. */
  readonly queued: number;
  /** URLs that this process knows of. */
  readonly urls: number;
  /** Attempts by outcome, since the start. */
  readonly attempts: Readonly<Partial<Record<Outcome, number>>>;
  readonly dead: number;
  /** Answers that came after somebody else had taken the delivery over. */
  readonly lost: number;
};

export type Dispatcher = {
  start(): void;
  /** Something may be due: called right after the commit that wrote it. */
  wake(): void;
  /** Sends nothing new, waits up to `limitMs` for answers under way, gives every lease back. */
  stop(limitMs?: number): Promise<void>;
  stats(): DispatcherStats;
};

type Log = {
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
};

type Deps = {
  readonly db: Database;
  /** By dialect; one that is missing here follows the house schedule. */
  readonly schedules: ReadonlyMap<string, Schedule>;
  readonly request: WebhookClient['request'];
  readonly now: () => Date;
  readonly log: Log;
  readonly onAttempt?: (report: AttemptReport) => void;
} & Partial<LaneLimits> & { readonly pollMs?: number };

const defaultConcurrency = 256;
const defaultPerUrl = 16;
const defaultPollMs = 1_000;
const defaultStopMs = 15_000;
/** Beyond the longest timeout: a while in the queue, and the way to the database and back. */
const leaseMarginMs = 20_000;
const sendMarginMs = 5_000;
const pauseAfterErrorMs = 500;
const pauseBehindOthersMs = 100;
const urlsPerPage = 1_000;
const pagesPerScan = 5;
/** Scans take at most about a fifth of the time, however many URLs wait. */
const scanRest = 4;
const completionsPerBatch = 200;
const completionBatchesInFlight = 2;
const maxCompletionsWaiting = 10_000;
const completionTries = 5;

export function createDispatcher(deps: Deps): Dispatcher {
  const { db, now, log } = deps;
  const pollMs = deps.pollMs ?? defaultPollMs;
  const lanes = createLanes({
    concurrency: deps.concurrency ?? defaultConcurrency,
    perUrl: deps.perUrl ?? defaultPerUrl,
  });
  const timeouts = [houseSchedule, ...deps.schedules.values()].map((one) => one.timeoutMs);
  const leaseMs = Math.max(...timeouts) + leaseMarginMs;
  const completions = createBatcher<Completion, Written>({
    run: (batch) => complete(db, batch),
    maxSize: completionsPerBatch,
    maxInFlight: completionBatchesInFlight,
    maxWaiting: maxCompletionsWaiting,
  });
  const underWay = new Map<Claimed, Promise<void>>();
  const attempts: Partial<Record<Outcome, number>> = {};
  let dead = 0;
  let lost = 0;
  let loop: Promise<void> | null = null;
  let stopping = false;
  let scanAsked = true;
  let scanAt = 0;
  let scanAfter = '';
  let alarm: (() => void) | null = null;

  function start(): void {
    loop ??= run();
  }

  function wake(): void {
    scanAsked = true;
    alarm?.();
  }

  async function stop(limitMs = defaultStopMs): Promise<void> {
    stopping = true;
    alarm?.();
    await loop;
    await handBack(lanes.takeQueued());
    await within(limitMs, Promise.all(underWay.values()));
    // What is still out there may arrive twice: better than an hour late.
    await handBack([...underWay.keys()]);
    await within(limitMs, completions.drain());
  }

  async function run(): Promise<void> {
    while (!stopping) {
      try {
        await sleep((await round()) ? 0 : pauseMs());
      } catch (error) {
        log.error({ err: error }, 'webhooks cannot be claimed');
        scanAsked = true;
        await sleep(pauseAfterErrorMs, false);
      }
    }
  }

  /** Answers whether there may be more to do at once. */
  async function round(): Promise<boolean> {
    if (performance.now() >= scanAt && scanAsked) await scan();
    const at = now();
    const wanted = lanes.wanted(at.getTime());
    if (wanted.length === 0) return false;
    const sinceTurn = lanes.turn();
    const leasedUntil = new Date(at.getTime() + leaseMs);
    const got = await claim(db, wanted, { now: at, leasedUntil });
    lanes.fill(wanted, got, { sinceTurn, againAt: at.getTime() + pauseBehindOthersMs });
    pump();
    return true;
  }

  async function scan(): Promise<void> {
    scanAsked = false;
    const startedAt = performance.now();
    const sinceTurn = lanes.turn();
    const from = scanAfter;
    const waiting = [];
    let complete = false;
    for (let page = 0; page < pagesPerScan && !complete; page += 1) {
      const options = { now: now(), after: scanAfter, limit: urlsPerPage };
      const found = await waitingUrls(db, options);
      waiting.push(...found);
      complete = found.length < urlsPerPage;
      scanAfter = complete ? '' : (found.at(-1)?.url ?? '');
    }
    lanes.learn(waiting, sinceTurn, complete && from === '');
    const tookMs = performance.now() - startedAt;
    scanAt = performance.now() + tookMs * scanRest;
    // A list that was cut short goes on where it stopped.
    if (!complete) scanAsked = true;
  }

  function pump(): void {
    for (let next = lanes.next(); next !== null; next = lanes.next()) {
      const { lane, delivery } = next;
      const work = send(lane, delivery).catch((error: unknown) => {
        log.error({ err: error, delivery: delivery.id }, 'a webhook attempt broke');
      });
      underWay.set(delivery, work);
      void work.finally(() => underWay.delete(delivery));
    }
  }

  async function send(lane: Lane, delivery: Claimed): Promise<void> {
    const schedule = deps.schedules.get(delivery.dialect) ?? houseSchedule;
    const startedAt = now();
    const leaseLeftMs = delivery.leasedUntil.getTime() - startedAt.getTime();
    if (leaseLeftMs < schedule.timeoutMs + sendMarginMs) {
      const surplus = lanes.done(lane, null);
      lanes.expect(lane.url, 0);
      return handBack([delivery, ...surplus]).finally(next);
    }
    const began = performance.now();
    const result = await attempt(delivery, schedule.timeoutMs);
    const tookMs = performance.now() - began;
    const endedAt = now();
    const verdict = judge(result, schedule, delivery.attempts + 1, endedAt);
    const surplus = lanes.done(lane, { good: verdict.status === 'delivered', tookMs });
    next();
    const completion = { delivery, verdict, startedAt, endedAt };
    await Promise.all([handBack(surplus), record(lane, completion, tookMs)]);
  }

  /** A row that cannot even be tried must not take the loop with it. */
  async function attempt(delivery: Claimed, timeoutMs: number): Promise<RequestResult> {
    try {
      return await deps.request(delivery, timeoutMs);
    } catch (error) {
      log.error({ err: error, delivery: delivery.id }, 'a webhook could not be sent');
      const detail = String(error).replaceAll('\0', '\ufffd');
      return { kind: 'refused', reason: 'message_refused', detail, forGood: true };
    }
  }

  /** A place is free: fill it, and claim on when the lane runs dry. */
  function next(): void {
    if (stopping) return;
    pump();
    alarm?.();
  }

  async function record(lane: Lane, completion: Completion, tookMs: number): Promise<void> {
    const { delivery, verdict, startedAt } = completion;
    const written = await persist(completion);
    if (written === 'lost') {
      lost += 1;
      return;
    }
    attempts[verdict.outcome] = (attempts[verdict.outcome] ?? 0) + 1;
    if (verdict.status === 'dead') dead += 1;
    if (verdict.nextAt !== null) lanes.expect(lane.url, verdict.nextAt.getTime());
    if (written === 'released') lanes.expect(lane.url, 0);
    alarm?.();
    const lagMs = delivery.fresh ? startedAt.getTime() - delivery.createdAt.getTime() : null;
    const { outcome, status } = verdict;
    deps.onAttempt?.({ dialect: delivery.dialect, outcome, status, durationMs: tookMs, lagMs });
  }

  /** The database may be away for a moment; when it stays away, the lease runs out by itself. */
  async function persist(completion: Completion): Promise<Written> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await completions.submit(completion);
      } catch (error) {
        log.warn({ err: error, delivery: completion.delivery.id }, 'an attempt is not written yet');
        if (tries >= completionTries) return 'lost';
        await new Promise((resolve) => setTimeout(resolve, pauseAfterErrorMs * tries));
      }
    }
  }

  async function handBack(deliveries: readonly Claimed[]): Promise<void> {
    await giveBack(db, deliveries).catch((error: unknown) => {
      log.warn({ err: error }, 'webhook leases were not given back and will run out');
    });
  }

  function pauseMs(): number {
    if (scanAsked) return Math.max(0, scanAt - performance.now());
    const at = now().getTime();
    return Math.min(pollMs, Math.max(0, lanes.nextDueAt(at) - at));
  }

  /** Sleeps until the time is up or somebody rings; a full poll interval ends with a scan. */
  async function sleep(ms: number, mayRing = true): Promise<void> {
    if (ms <= 0 || stopping) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => resolve(), ms);
      alarm = () => {
        if (!mayRing && !stopping) return;
        clearTimeout(timer);
        resolve();
      };
    });
    alarm = null;
    if (ms >= pollMs) scanAsked = true;
  }

  const stats = (): DispatcherStats => ({ ...lanes.counts(), attempts: { ...attempts }, dead, lost });

  return { start, wake, stop, stats };
}

/** Resolves when `work` has ended, however it ended, or when the time is up. */
async function within(limitMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([work.catch(() => undefined), late]).finally(() => clearTimeout(timer));
}
