// Sending what the lanes hold, and having it written down how each attempt ended.

import { createBatcher } from '../db/batch.ts';
import type { Database } from '../db/database.ts';
import type { Vault } from '../merchants/vault.ts';
import { giveBack } from './claims.ts';
import type { Claimed } from './claims.ts';
import { complete } from './completions.ts';
import type { Completion, Written } from './completions.ts';
import type { Lane } from './lane.ts';
import type { Lanes } from './lanes.ts';
import type { RequestResult, WebhookClient } from './request.ts';
import { houseSchedule, judge } from './schedules.ts';
import type { Outcome, Verdict } from './schedules.ts';
import { openHeaders } from './sealed-headers.ts';
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

export type SendLog = {
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
};

export type SendDeps = {
  readonly db: Database;
  /** By dialect; one that is missing here follows the house schedule. */
  readonly schedules: ReadonlyMap<string, Schedule>;
  readonly request: WebhookClient['request'];
  /** Opens the headers that hold a secret. */
  readonly vault: Pick<Vault, 'open'>;
  readonly now: () => Date;
  readonly log: SendLog;
  readonly onAttempt?: ((report: AttemptReport) => void) | undefined;
};

export type Sender = {
  /** Sends whatever may be sent now. */
  pump(): void;
  /** Waits up to `limitMs` for what is under way, then gives every lease back. */
  settle(limitMs: number): Promise<void>;
  /** Answers that came after somebody else had taken the delivery over. */
  lost(): number;
};

/** What a lease must still cover when a request begins, beyond the request itself. */
export const sendMarginMs = 5_000;
const completionsPerBatch = 200;
const completionBatchesInFlight = 2;
const maxUnwritten = 5 * completionsPerBatch;
const completionTries = 5;
const pauseAfterErrorMs = 500;

/** `changed` is called when the lanes have room again or something new became due in them. */
export function createSender(deps: SendDeps & { lanes: Lanes; changed: () => void }): Sender {
  const { db, lanes, now, log, changed } = deps;
  const completions = createBatcher<Completion, Written>({
    run: (batch) => complete(db, batch),
    maxSize: completionsPerBatch,
    maxInFlight: completionBatchesInFlight,
    maxWaiting: Infinity,
  });
  const underWay = new Map<Claimed, Promise<void>>();
  let settling = false;
  let abandoned = false;
  let unwritten = 0;
  let lost = 0;

  function pump(): void {
    // A database that cannot keep up with writing down must not be run away from.
    while (!settling && unwritten < maxUnwritten) {
      const next = lanes.next();
      if (next === null) return;
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
    if (leaseLeftMs < schedule.timeoutMs + sendMarginMs) return decline(lane, delivery);
    const began = performance.now();
    const result = await attempt(delivery, schedule.timeoutMs);
    // The lease is given back: whatever came of it is no longer ours to write.
    if (abandoned) return;
    const tookMs = performance.now() - began;
    const endedAt = now();
    const verdict = judge(result, schedule, delivery.attempts + 1, endedAt);
    const surplus = lanes.done(lane, { good: verdict.status === 'delivered', tookMs });
    pump();
    changed();
    const completion = { delivery, verdict, startedAt, endedAt };
    await Promise.all([handBack(surplus), record(lane, completion, tookMs)]);
  }

  /** It waited here for so long that the answer might come after the lease. */
  async function decline(lane: Lane, delivery: Claimed): Promise<void> {
    const surplus = lanes.done(lane, null);
    await handBack([delivery, ...surplus]);
    lanes.expect(lane.url, now().getTime());
    changed();
  }

  /** A row that cannot even be tried must not take the others with it. */
  async function attempt(delivery: Claimed, timeoutMs: number): Promise<RequestResult> {
    try {
      const { id, url, body } = delivery;
      const headers = openHeaders(deps.vault, id, delivery.headers);
      return await deps.request({ url, headers, body }, timeoutMs);
    } catch (error) {
      log.error({ err: error, delivery: delivery.id }, 'a webhook could not be sent');
      const detail = String(error).replaceAll('\0', '\ufffd');
      return { kind: 'refused', reason: 'message_refused', detail, forGood: true };
    }
  }

  async function record(lane: Lane, completion: Completion, tookMs: number): Promise<void> {
    const { delivery, verdict, startedAt } = completion;
    unwritten += 1;
    const written = await persist(completion).finally(() => {
      unwritten -= 1;
    });
    pump();
    if (written === 'lost') {
      lost += 1;
      return;
    }
    if (verdict.nextAt !== null) lanes.expect(lane.url, verdict.nextAt.getTime());
    if (written === 'released') lanes.expect(lane.url, now().getTime());
    changed();
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
        if (tries >= completionTries || settling) {
          const id = completion.delivery.id;
          log.error({ err: error, delivery: id }, 'a webhook attempt could not be written down');
          return 'lost';
        }
        await new Promise((resolve) => setTimeout(resolve, pauseAfterErrorMs * tries));
      }
    }
  }

  async function settle(limitMs: number): Promise<void> {
    settling = true;
    await handBack(lanes.takeQueued());
    await within(limitMs, Promise.all(underWay.values()));
    // What is still out there may arrive twice: better than late.
    abandoned = true;
    await handBack([...underWay.keys()]);
    await within(limitMs, completions.drain());
  }

  async function handBack(deliveries: readonly Claimed[]): Promise<void> {
    await giveBack(db, deliveries).catch((error: unknown) => {
      log.warn({ err: error }, 'webhook leases were not given back and will run out');
    });
  }

  return { pump, settle, lost: () => lost };
}

/** Resolves when `work` has ended, however it ended, or when the time is up. */
async function within(limitMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([work.catch(() => undefined), late]).finally(() => clearTimeout(timer));
}
