// The dispatcher: finds deliveries that are due, leases them, and has them sent.

import { claim, maxPerClaim } from './claims.ts';
import { createLanes } from './lanes.ts';
import type { LaneLimits } from './lanes.ts';
import { createScan } from './scan.ts';
import { houseSchedule } from './schedules.ts';
import type { Outcome } from './schedules.ts';
import { createSender, sendMarginMs } from './send.ts';
import type { AttemptReport, SendDeps } from './send.ts';

export type DispatcherStats = {
  readonly inFlight: number;
  /** Leased and waiting in this process. */
  readonly queued: number;
  /** URLs that this process knows of. */
  readonly urls: number;
  /** Attempts by outcome, since the start. */
  readonly attempts: Readonly<Partial<Record<Outcome, number>>>;
  /** Deliveries given up, since the start. */
  readonly dead: number;
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

type DispatcherDeps = SendDeps &
  Partial<LaneLimits> & {
    readonly pollMs?: number;
    /** Whether somebody waits for this process who cannot be served later. */
    readonly isCrowded?: () => boolean;
    /** How long others go first. */
    readonly patienceMs?: number;
  };

const defaultConcurrency = 256;
const defaultPerUrl = 16;
const defaultPollMs = 1_000;
const defaultStopMs = 15_000;
/** Beyond the longest timeout: a while in the queue, and the way to the database and back. */
const leaseMarginMs = 4 * sendMarginMs;
const pauseAfterErrorMs = 500;
const pauseBehindOthersMs = 100;
/** In a crowd: 160 deliveries a second, a twentieth of what two processors can do. */
const claimInCrowd = 16;
const pauseInCrowdMs = 100;
/** A burst is let by; a crowd that stays has to share. */
const patienceMs = 10_000;

export function createDispatcher(deps: DispatcherDeps): Dispatcher {
  const { db, now, log } = deps;
  const lanes = createLanes({
    concurrency: deps.concurrency ?? defaultConcurrency,
    perUrl: deps.perUrl ?? defaultPerUrl,
  });
  const bell = createBell();
  const counts = createCounts(deps.onAttempt);
  const scan = createScan({ db, lanes, now, pollMs: deps.pollMs ?? defaultPollMs });
  const sender = createSender({ ...deps, onAttempt: counts.add, lanes, changed: bell.ring });
  const timeouts = [houseSchedule, ...deps.schedules.values()].map((one) => one.timeoutMs);
  const leaseMs = Math.max(...timeouts) + leaseMarginMs;
  let loop: Promise<void> | null = null;
  let stopping = false;
  let crowdedSince: number | null = null;

  function givesWay(): boolean {
    const at = performance.now();
    crowdedSince = deps.isCrowded?.() ? (crowdedSince ?? at) : null;
    return crowdedSince !== null && at - crowdedSince < (deps.patienceMs ?? patienceMs);
  }

  async function run(): Promise<void> {
    while (!stopping) {
      try {
        bell.reset();
        await scan.runIfDue();
        const isSlow = givesWay();
        const more = await claimDue(isSlow ? claimInCrowd : maxPerClaim);
        // A webhook can wait, a shop that creates a payment cannot; but none waits for ever.
        if (isSlow) await pause(pauseInCrowdMs);
        else if (!more) await bell.wait(pauseMs());
      } catch (error) {
        // Whatever it was, the next round may go better; the loop itself never ends.
        log.error({ err: error }, 'webhooks cannot be claimed');
        scan.ask();
        await pause(pauseAfterErrorMs);
      }
    }
  }

  /** Answers whether anything was asked for, so that there may be more. */
  async function claimDue(limit: number): Promise<boolean> {
    const at = now();
    const wanted = lanes.wanted(at.getTime(), limit);
    if (wanted.length === 0) return false;
    const sinceTurn = lanes.turn();
    const leasedUntil = new Date(at.getTime() + leaseMs);
    const got = await claim(db, wanted, { now: at, leasedUntil });
    lanes.fill(wanted, got, { sinceTurn, againAt: at.getTime() + pauseBehindOthersMs });
    sender.pump();
    return true;
  }

  function pauseMs(): number {
    const at = now().getTime();
    return Math.min(scan.pauseMs(), lanes.nextDueAt(at) - at);
  }

  return {
    start: () => {
      loop ??= run();
    },
    wake: () => {
      scan.ask();
      bell.ring();
    },
    stop: async (limitMs = defaultStopMs) => {
      stopping = true;
      bell.ring();
      await loop;
      await sender.settle(limitMs);
    },
    stats: () => ({ ...lanes.counts(), ...counts.read(), lost: sender.lost() }),
  };
}

function createCounts(onAttempt: DispatcherDeps['onAttempt']) {
  const attempts: Partial<Record<Outcome, number>> = {};
  let dead = 0;

  function add(report: AttemptReport): void {
    attempts[report.outcome] = (attempts[report.outcome] ?? 0) + 1;
    if (report.status === 'dead') dead += 1;
    onAttempt?.(report);
  }

  return { add, read: () => ({ attempts: { ...attempts }, dead }) };
}

/** A sleep that anybody can end. A ring between `reset` and `wait` is not lost. */
function createBell() {
  let rung = false;
  let waiter: (() => void) | null = null;

  function ring(): void {
    rung = true;
    waiter?.();
  }

  async function wait(ms: number): Promise<void> {
    if (rung || ms <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      waiter = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    waiter = null;
  }

  function reset(): void {
    rung = false;
  }

  return { ring, wait, reset };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
