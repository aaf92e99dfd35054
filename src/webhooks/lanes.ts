// All lanes, one per URL: which may claim, which may send, and how the living are kept from waiting
// for the dead. Nothing here is written down; a restart begins with empty lanes.

import type { Claim, Claimed, WaitingUrl } from './claims.ts';
import { held, newLane, remember, roomToClaim } from './lane.ts';
import type { Answer, Lane } from './lane.ts';

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
const maxQueued = 2_048;
const shareOfUnknown = 1 / 2;
const shareOfFailing = 1 / 4;
const maxLanesPerClaim = 100;
const maxRemembered = 2_000;

/**
 * Receivers that answer get room to be quick. The others are on trial, few requests each, and have
 * only a part of the room all together: so no number of dead ones can take what the living need,
 * nor what those need of whom nothing is known yet.
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
    for (const { url, failing } of waiting) {
      const lane = laneOf(url);
      // After a restart, what others have found out is better than nothing.
      if (failing) lane.proven ??= false;
    }
    for (const lane of lanes.values()) {
      const at = times.get(lane.url) ?? (complete ? Infinity : lane.dueAt);
      lane.dueAt = lane.notedTurn > sinceTurn ? Math.min(lane.dueAt, at) : at;
    }
    if (lanes.size > maxRemembered) forgetIdle();
  }

  /** The lanes to claim for, the longest unserved first, and how many deliveries for each. */
  function wanted(now: number, limit: number): Wanted[] {
    const trials = countTrials();
    const result: Wanted[] = [];
    let free = Math.min(limit, maxQueued - queued);
    for (const lane of lanes.values()) {
      if (result.length >= maxLanesPerClaim || free <= 0) break;
      if (lane.dueAt > now) continue;
      const standing = standingOf(lane);
      const share =
        standing === 'proven' ? roomToClaim(lane, limits.perUrl) : trials.room(lane, standing);
      const room = Math.min(free, share);
      if (room <= 0) continue;
      free -= room;
      result.push({ lane, url: lane.url, room });
    }
    return result;
  }

  function countTrials() {
    const perOrigin = new Map<string, number>();
    const left = { unknown: places(shareOfUnknown), failing: places(shareOfFailing) };
    const add = (lane: Lane, standing: 'unknown' | 'failing', count: number): void => {
      perOrigin.set(lane.origin, (perOrigin.get(lane.origin) ?? 0) + count);
      left[standing] -= count;
    };
    for (const lane of active) {
      const standing = standingOf(lane);
      if (standing !== 'proven') add(lane, standing, held(lane));
    }
    function room(lane: Lane, standing: 'unknown' | 'failing'): number {
      const ofOrigin = trialsPerOrigin - (perOrigin.get(lane.origin) ?? 0);
      const count = Math.max(0, Math.min(atOnce(lane) - held(lane), ofOrigin, left[standing]));
      add(lane, standing, count);
      return count;
    }
    return { room };
  }

  function places(share: number): number {
    return Math.max(1, Math.floor(limits.concurrency * share));
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
  function done(lane: Lane, answer: Answer | null): Claimed[] {
    lane.inFlight -= 1;
    inFlight -= 1;
    if (answer !== null) {
      remember(lane, answer);
      provenOrigins.set(lane.origin, answer.good);
    }
    const surplus = onTrial(lane) ? lane.queue.splice(0) : [];
    queued -= surplus.length;
    if (surplus.length > 0) expect(lane.url, 0);
    if (held(lane) === 0) active.delete(lane);
    return surplus;
  }

  function standingOf(lane: Lane): 'proven' | 'unknown' | 'failing' {
    const proven = lane.proven ?? provenOrigins.get(lane.origin);
    if (proven === undefined) return 'unknown';
    return proven ? 'proven' : 'failing';
  }

  function onTrial(lane: Lane): boolean {
    return standingOf(lane) !== 'proven';
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
