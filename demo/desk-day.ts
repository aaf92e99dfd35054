// The course of the day: hours of pay-ins, payouts from noon on, disputes, and the books at night.

import { playDisputes } from './desk-disputes.ts';
import { proveNight } from './desk-night.ts';
import { type PayIn, openLeases, playHour } from './desk-payins.ts';
import { type Payout, overdraw, planPayouts, playPayouts } from './desk-payouts.ts';
import { createRandom, planPayIns } from './desk-plan.ts';
import { buildDeskStage } from './desk-stage.ts';
import { type Day, createTally } from './desk-tally.ts';
import type { Cleanup } from './stage.ts';
import { say, until } from './timeline.ts';

const hours = 8;
/** The shops have earned something by then. */
const noon = 4;

export async function playDay(seed: number, later: Cleanup): Promise<void> {
  const stage = await buildDeskStage(later);
  const random = createRandom(seed);
  const day: Day = { stage, tally: createTally(stage), random };
  const payIns: PayIn[] = [];
  const payouts: Payout[] = [];
  const [allPayIns, allPayouts] = [planPayIns(random), planPayouts(random)];
  for (let hour = 0; hour < hours; hour += 1) {
    payIns.push(...(await playHour(day, slice(allPayIns, hour, hours))));
    const afternoon = hour - noon;
    if (afternoon === 0) say('overdraft', await overdraw(day));
    if (afternoon >= 0) {
      payouts.push(...(await playPayouts(day, slice(allPayouts, afternoon, hours - noon))));
    }
    say(`hour ${hour + 1} of ${hours}`, `${payIns.length} pay-ins, ${payouts.length} payouts`);
  }
  await expireAll(day, payIns);
  for (const outcome of await playDisputes(day, { payIns, payouts })) say('dispute', outcome);
  await proveNight(day, { payIns, payouts });
}

function slice<T>(items: readonly T[], at: number, parts: number): readonly T[] {
  const size = items.length / parts;
  return items.slice(Math.round(at * size), Math.round((at + 1) * size));
}

async function expireAll({ stage }: Day, payIns: readonly PayIn[]): Promise<void> {
  const open = payIns.filter(({ fate }) => fate === 'open').length;
  await until('what nobody paid to expire', async () => {
    return (await openLeases(stage)).size === open ? true : null;
  });
}
