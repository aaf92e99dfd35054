// One lane per URL: what waits in it, how well its receiver does, and how much it may hold at once.
// Nothing here is written down; a restart begins with empty lanes.

import type { Claim, Claimed, WaitingUrl } from './claims.ts';

export type Lane = {
  readonly url: string;
  /** URLs of one origin share what is known of it: some merchants' URLs differ per payment. */
  readonly origin: string;
  /** Epoch milliseconds at which its first delivery is due, as far as we know; Infinity for none. */
  dueAt: number;
  /** The turn at which this process last noted something about `dueAt`. */
  notedTurn: number;
  /** Claimed and not yet sent, in order. */
  queue: Claimed[];
  inFlight: number;
  /** null until its first answer, then whether its receiver does its work. */
  proven: boolean | null;
  failuresInARow: number;
  latencyMs: number;
};

export type LaneLimits = {
  /** Requests under way, all URLs together. */
  readonly concurrency: number;
  /** Requests under way to one URL. */
  readonly perUrl: number;
};

export type Wanted = { readonly lane: Lane; readonly url: string; readonly room: number };
export type Lanes = ReturnType<typeof createLanes>;

/** Requests at once to a URL that is unknown or fails: enough to find out, too few to hurt. */
const trialsPerUrl = 2;
const trialsPerOrigin = 8;
/** One failure among successes is no reason to slow a receiver down. */
const failuresUntilUnproven = 3;
/** A lane claims what its receiver takes in about this time, so that no lease runs out in it. */
const claimAheadMs = 1_000;
const maxClaimAhead = 256;
const maxQueued = 2_048;
const maxLanesPerClaim = 100;
const maxRemembered = 2_000;
const latencyWeight = 0.2;

/**
 * Receivers that answer get room to be quick. Those that are unknown or fail are on trial: few
 * requests each, and at most half of all together, so that no number of dead ones takes the room
 * that the living need.
 */
export function createLanes(limits: LaneLimits) {
  const lanes = new Map<string, Lane>();
  /** Whether the last answer of anything at the origin was a good one. */
  const provenOrigins = new Map<string, boolean>();
  /** Lanes that hold something. */
  const active = new Set<Lane>();
  let turn = 0;
  let inFlight = 0;
  let queued = 0;

  /** Something of this URL is due at `at`. */
  function expect(url: string, at: number): void {
    const lane = laneOf(url);
    lane.dueAt = Math.min(lane.dueAt, at);
    lane.notedTurn = ++turn;
  }

  /**
   * Takes over what the database says is waiting. What this process noted after `sinceTurn`, when
   * the question was asked, is newer than that. A `complete` list also says who has nothing.
   */
  function learn(waiting: readonly WaitingUrl[], sinceTurn: number, complete: boolean): void {
    const times = new Map(waiting.map((one) => [one.url, one.nextAt.getTime()]));
    for (const url of times.keys()) laneOf(url);
    for (const lane of lanes.values()) {
      const at = times.get(lane.url) ?? (complete ? Infinity : lane.dueAt);
      lane.dueAt = lane.notedTurn > sinceTurn ? Math.min(lane.dueAt, at) : at;
    }
    if (lanes.size > maxRemembered) forgetIdle();
  }

  /** The lanes to claim for, the longest unserved first, and how many deliveries for each. */
  function wanted(now: number): Wanted[] {
    const trials = countTrials();
    const result: Wanted[] = [];
    let free = maxQueued - queued;
    for (const lane of lanes.values()) {
      if (result.length >= maxLanesPerClaim || free <= 0) break;
      if (lane.dueAt > now) continue;
      const room = Math.min(free, onTrial(lane) ? trials.room(lane) : provenRoom(lane));
      if (room <= 0) continue;
      free -= room;
      result.push({ lane, url: lane.url, room });
    }
    return result;
  }

  function countTrials() {
    const perOrigin = new Map<string, number>();
    let left = Math.max(1, Math.floor(limits.concurrency / 2));
    const add = (lane: Lane, count: number): void => {
      perOrigin.set(lane.origin, (perOrigin.get(lane.origin) ?? 0) + count);
      left -= count;
    };
    for (const lane of active) if (onTrial(lane)) add(lane, held(lane));
    function room(lane: Lane): number {
      const ofOrigin = trialsPerOrigin - (perOrigin.get(lane.origin) ?? 0);
      const count = Math.max(0, Math.min(atOnce(lane) - held(lane), ofOrigin, left));
      add(lane, count);
      return count;
    }
    return { room };
  }

  /** Nothing while half of its share is still there: claims are better large than many. */
  function provenRoom(lane: Lane): number {
    const ahead = Math.floor((limits.perUrl * claimAheadMs) / Math.max(1, lane.latencyMs));
    const share = limits.perUrl + Math.min(maxClaimAhead, ahead);
    return held(lane) > share / 2 ? 0 : share - held(lane);
  }

  /**
   * Puts claimed deliveries in their lanes. A lane that yielded less than was asked for has no more
   * that is due; one that yielded some that wait for an earlier event is looked at again soon.
   */
  function fill(
    asked: readonly Wanted[],
    claim: Claim,
    options: { sinceTurn: number; againAt: number },
  ): void {
    const taken = new Map<string, number>();
    for (const delivery of claim.claimed) {
      const lane = laneOf(delivery.url);
      lane.queue.push(delivery);
      queued += 1;
      active.add(lane);
      taken.set(lane.url, (taken.get(lane.url) ?? 0) + 1);
    }
    for (const { lane, url, room } of asked) {
      // To the end of the row of lanes, so that everybody's turn comes.
      lanes.delete(url);
      lanes.set(url, lane);
      if (lane.notedTurn > options.sinceTurn) continue;
      const found = claim.found.get(url) ?? 0;
      if (found > (taken.get(url) ?? 0)) lane.dueAt = options.againAt;
      else if (found < room) lane.dueAt = Infinity;
    }
  }

  /** The next delivery that may be sent now; it counts as under way until `done`. */
  function next(): { lane: Lane; delivery: Claimed } | null {
    if (inFlight >= limits.concurrency) return null;
    for (const lane of active) {
      if (lane.inFlight >= atOnce(lane)) continue;
      const delivery = lane.queue.shift();
      if (delivery === undefined) continue;
      queued -= 1;
      inFlight += 1;
      lane.inFlight += 1;
      // To the end, so that a long queue shares the free places with the others.
      active.delete(lane);
      active.add(lane);
      return { lane, delivery };
    }
    return null;
  }

  /** Ends what `next` began. Answers deliveries that the lane should not hold any longer. */
  function done(lane: Lane, answer: { good: boolean; tookMs: number } | null): Claimed[] {
    lane.inFlight -= 1;
    inFlight -= 1;
    if (answer !== null) remember(lane, answer);
    const surplus = onTrial(lane) ? lane.queue.splice(0) : [];
    queued -= surplus.length;
    if (surplus.length > 0) expect(lane.url, 0);
    if (held(lane) === 0) active.delete(lane);
    return surplus;
  }

  function remember(lane: Lane, answer: { good: boolean; tookMs: number }): void {
    lane.failuresInARow = answer.good ? 0 : lane.failuresInARow + 1;
    if (answer.good) lane.proven = true;
    else if (!lane.proven || lane.failuresInARow >= failuresUntilUnproven) lane.proven = false;
    lane.latencyMs += (answer.tookMs - lane.latencyMs) * latencyWeight;
    provenOrigins.set(lane.origin, answer.good);
  }

  function onTrial(lane: Lane): boolean {
    return !(lane.proven ?? provenOrigins.get(lane.origin) ?? false);
  }

  function atOnce(lane: Lane): number {
    return onTrial(lane) ? Math.min(trialsPerUrl, limits.perUrl) : limits.perUrl;
  }

  /** When the next lane is due after `now`. Those due already wait for room, not for time. */
  function nextDueAt(now: number): number {
    let earliest = Infinity;
    for (const { dueAt } of lanes.values()) if (dueAt > now) earliest = Math.min(earliest, dueAt);
    return earliest;
  }

  /** Empties every queue, for a stop. */
  function takeQueued(): Claimed[] {
    queued = 0;
    return [...active].flatMap((lane) => lane.queue.splice(0));
  }

  function laneOf(url: string): Lane {
    const known = lanes.get(url);
    if (known !== undefined) return known;
    const lane = newLane(url);
    lanes.set(url, lane);
    return lane;
  }

  function forgetIdle(): void {
    const kept = new Set<string>();
    for (const [url, lane] of lanes) {
      if (lane.dueAt === Infinity && held(lane) === 0) lanes.delete(url);
      else kept.add(lane.origin);
    }
    for (const origin of provenOrigins.keys()) if (!kept.has(origin)) provenOrigins.delete(origin);
  }

  return {
    expect,
    learn,
    wanted,
    fill,
    next,
    done,
    nextDueAt,
    takeQueued,
    turn: () => turn,
    counts: () => ({ inFlight, queued, urls: lanes.size }),
  };
}

function held(lane: Lane): number {
  return lane.queue.length + lane.inFlight;
}

function newLane(url: string): Lane {
  return {
    url,
    origin: URL.canParse(url) ? new URL(url).origin : url,
    dueAt: Infinity,
    notedTurn: 0,
    queue: [],
    inFlight: 0,
    proven: null,
    failuresInARow: 0,
    latencyMs: 0,
  };
}
