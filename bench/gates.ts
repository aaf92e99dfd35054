// The goals: which figure, against which limit of the same run, must reach what.

import { median } from './statistics.ts';
import type { Series } from './series.ts';

export type Goal = {
  readonly id: string;
  readonly what: string;
  /** The name of a series. */
  readonly figure: string;
  /** The series that each round's figure is divided by; null: the figure stands for itself. */
  readonly limit: string | null;
  readonly better: 'higher' | 'lower';
  readonly gate: number;
  readonly target: number;
};

export type Reached = Goal & {
  readonly values: readonly number[];
  readonly median: number;
  readonly figureMedian: number;
  readonly limitMedian: number | null;
  readonly verdict: 'target' | 'gate' | 'missed';
};

const atLeast = goalMaker('higher');
const atMost = goalMaker('lower');

export const goals: readonly Goal[] = [
  atLeast(
    'G1',
    'create, 64 connections / storage stubbed',
    'create@64/s',
    'stubbed@64/s',
    0.4,
    0.6,
  ),
  atLeast(
    'G2',
    'create, 256 connections / storage stubbed',
    'create@256/s',
    'stubbed@256/s',
    0.5,
    0.75,
  ),
  atLeast('G3', 'create, 64 connections / single inserts', 'create@64/s', 'inserts/s', 0.5, 0.75),
  atLeast('G3', 'create, 256 connections / single inserts', 'create@256/s', 'inserts/s', 0.65, 0.9),
  atLeast(
    'G4',
    'create, 64 connections / batched inserts',
    'create@64/s',
    'batched rows/s',
    0.1,
    0.2,
  ),
  atLeast(
    'G4',
    'create, 256 connections / batched inserts',
    'create@256/s',
    'batched rows/s',
    0.1,
    0.2,
  ),
  atLeast('G5', 'create, 64 connections / a transaction each', 'create@64/s', 'naive@64/s', 2.5, 4),
  atLeast(
    'G5',
    'create, 256 connections / a transaction each',
    'create@256/s',
    'naive@256/s',
    2.5,
    4,
  ),
  atMost(
    'G6',
    'commits per created payment, 64 connections',
    'commits per payment',
    null,
    0.1,
    0.03,
  ),
  atMost(
    'G7',
    'p99 of create / of storage stubbed, 64',
    'create@64 p99 ms',
    'stubbed@64 p99 ms',
    4,
    2,
  ),
  atMost(
    'G7',
    'p99 of create / of storage stubbed, 256',
    'create@256 p99 ms',
    'stubbed@256 p99 ms',
    4,
    2,
  ),
  atMost('G8', 'one create at a time, p50 / one fsync', 'create@1 p50 ms', 'fsync ms', 8, 3),
  atLeast('G12', 'repeated create / create, 64 connections', 'replay@64/s', 'create@64/s', 1.5, 2),
  atMost(
    'G12',
    'writing transactions per repeated create',
    'transactions per replay',
    null,
    0.001,
    0.001,
  ),
  atLeast(
    'G13',
    'create with webhook / without, outbox written',
    'create@64 with webhooks, no worker/s',
    'create@64 without webhooks, no worker/s',
    0.85,
    0.95,
  ),
  atLeast(
    'G13',
    'the same while this process also delivers them',
    'create@64 while delivering/s',
    'create@64/s',
    0.85,
    0.95,
  ),
  atLeast(
    'G14',
    'deliveries, all kept / bare signed loop',
    'deliveries/s',
    'bare webhook loop/s',
    0.15,
    0.3,
  ),
  atMost(
    'G15',
    'p99 of living shops, a tenth dead / all alive',
    'delivered p99 ms, a tenth dead',
    'delivered p99 ms, all alive',
    1.5,
    1.1,
  ),
  atMost(
    'G16',
    'event to first attempt, idle, p99, ms',
    'event to first attempt p99 ms',
    null,
    100,
    20,
  ),
  atLeast('G17', 'read one payment / framework alone', 'read@64/s', 'tiny GET/s', 0.35, 0.6),
  atLeast('G18', 'hosted page / framework alone', 'page@64/s', 'tiny GET/s', 0.25, 0.5),
  atLeast(
    'xpay',
    'list of ten coins / bare echo',
    'currencies@64/s',
    'echo POST beside currencies/s',
    0.6,
    0.8,
  ),
  atLeast(
    'xpay',
    'create with an address / BitXPay create',
    'xpay create@64/s',
    'create@64 beside xpay/s',
    0.6,
    0.8,
  ),
  atMost(
    'xpay',
    'p99 of reads beside 50 sign-ins / alone',
    'busy reads beside sign-ins p99 ms',
    'busy reads alone p99 ms',
    1.2,
    1.1,
  ),
  atLeast(
    'desk',
    'session with a requisite, 64 connections, per second',
    'session with a requisite@64/s',
    null,
    2_000,
    3_000,
  ),
  atLeast(
    'desk',
    'session with a requisite / BitXPay create',
    'session with a requisite@64/s',
    'create@64 beside the desk/s',
    0.4,
    0.6,
  ),
  atMost(
    'desk',
    'statement of 10,000 lines, 10,000 open payments, s',
    'statement matched s',
    null,
    2,
    1,
  ),
  atMost('desk', 'the same imported over HTTP and settled, s', 'statement imported s', null, 10, 6),
  atMost(
    'lists',
    'p95 of all lists in turn, 1,000,000 / 10,000',
    'lists of 1000000 p95 ms',
    'lists of 10000 p95 ms',
    1.3,
    1.1,
  ),
  atMost(
    'lists',
    'p95 of the list that grew most, 1,000,000 / 10,000',
    'most growth of one list, p95',
    null,
    1.3,
    1.1,
  ),
  atLeast(
    'G24',
    'ledger transfers proved per second',
    'transfers proved/s',
    null,
    100_000,
    500_000,
  ),
  atMost('match', '10,000 outputs against 1,000,000 addresses, s', 'block matched s', null, 1, 1),
  atMost('memory', 'most resident memory of the gateway, MB', 'memory MB', null, 350, 350),
  atMost('start', 'npm start to first answer, fresh folder, s', 'fresh start s', null, 5, 5),
  atMost(
    'start',
    'npm start to first answer, folder of this run, s',
    'existing start s',
    null,
    5,
    5,
  ),
];

export function reachedBy(series: Series): Reached[] {
  return goals.map((goal) => {
    const figures = series.values(goal.figure);
    const limits = goal.limit === null ? null : series.values(goal.limit);
    const values = figures.map((figure, round) => figure / (limits?.[round] ?? 1));
    const middle = median(values);
    return {
      ...goal,
      values,
      median: middle,
      figureMedian: median(figures),
      limitMedian: limits && median(limits),
      verdict: verdictOf(goal, middle),
    };
  });
}

function verdictOf({ better, gate, target }: Goal, value: number): Reached['verdict'] {
  const reaches = (bound: number): boolean =>
    better === 'higher' ? value >= bound : value <= bound;
  if (reaches(target)) return 'target';
  return reaches(gate) ? 'gate' : 'missed';
}

function goalMaker(better: Goal['better']) {
  return (
    id: string,
    what: string,
    figure: string,
    limit: string | null,
    gate: number,
    target: number,
  ): Goal => ({ id, what, figure, limit, better, gate, target });
}
