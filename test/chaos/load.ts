// The load: shop workers that create, pay, close and read links at once, and retry in doubt.

import { setTimeout as pause } from 'node:timers/promises';
import { type Deed, type Journal, type Link, type Wish, acknowledged } from './journal.ts';
import type { Random } from './random.ts';
import type { Outcome, Shop } from './shop.ts';

export type Load = {
  /** Lets the workers work until `rest`. */
  start(): void;
  /** Resolves when no call is under way. */
  rest(): Promise<void>;
  /** Asks again, with its key, for everything that is still in doubt; needs a gateway that runs. */
  settleDoubts(): Promise<void>;
};

type LoadOptions = {
  readonly shop: Shop;
  readonly journal: Journal;
  readonly random: Random;
  readonly workers: number;
};

/** Workers meet on these: the newest links, so that several act on one at the same time. */
const NEWEST = 40;
/** How long a worker waits after it got no proper answer. */
const REFUSED_PAUSE_MS = 50;
const SETTLE_TRIES = 20;
const payEvents = ['pay', 'pay', 'pay', 'underpay', 'overpay'] as const;
const otherEvents = ['confirm', 'confirm', 'reverse', 'reverse', 'fail', 'expire'] as const;
const words = ['expired', 'cancelled', 'inactive'] as const;

export function createLoad({ shop, journal, random, workers }: LoadOptions): Load {
  let running = false;
  let busy: Promise<unknown> = Promise.resolve();
  const inDoubt: Wish[] = [];

  function start(): void {
    running = true;
    busy = Promise.all(Array.from({ length: workers }, work));
  }

  async function work(): Promise<void> {
    while (running) await step();
  }

  async function step(): Promise<void> {
    const wish = inDoubt.shift();
    if (wish) return ask(wish);
    const dice = random.below(100);
    if (dice < 45 || journal.links.length === 0) return ask(newWish());
    const link = random.pick(journal.links.slice(-NEWEST));
    if (dice < 50) return again(link);
    if (dice < 78) return deed(link, random.pick(payEvents), shop.play);
    if (dice < 90) return deed(link, random.pick(otherEvents), shop.play);
    if (dice < 95) return deed(link, random.pick(words), shop.patch);
    return look(link);
  }

  function newWish(): Wish {
    const name = `wish-${journal.wishes.length}`;
    const { amount, script } = newAmount(random);
    const body = JSON.stringify({
      merchant_key: shop.merchantKey,
      order_currency: 'USD',
      order_amount: amount,
      payment_name: name,
      payer_email: 'payer@example.com',
      success_url: 'https://shop.example.com/thanks',
      cancel_url: 'https://shop.example.com/cart',
      max_uses: random.chance(8) ? 2 : 1,
      webhook_data: { name },
    });
    const key = random.chance(60) ? `key-${name}` : null;
    const wish = { name, key, body, script, answers: [], doubts: 0, link: null };
    journal.wishes.push(wish);
    return wish;
  }

  /** With a key, some are sent twice at once, as an impatient client does. */
  async function ask(wish: Wish): Promise<void> {
    const once = async (): Promise<void> => heard(wish, await shop.create(wish.body, wish.key));
    await Promise.all(wish.key !== null && random.chance(10) ? [once(), once()] : [once()]);
  }

  async function heard(wish: Wish, outcome: Outcome): Promise<void> {
    if (outcome.kind === 'answered' && outcome.status === 200) {
      acknowledged(journal, wish, outcome.text);
      return;
    }
    const said = outcome.kind === 'answered' ? `${outcome.status} ${outcome.text}` : '';
    if (said !== '' && !said.startsWith('503')) journal.wrong.push(`create: ${said}`);
    if (outcome.kind === 'doubt') {
      wish.doubts += 1;
      journal.counts.doubts += 1;
    }
    const unsure = wish.key !== null && wish.answers.length === 0;
    if (unsure && !inDoubt.includes(wish)) inDoubt.push(wish);
    await breath(outcome);
  }

  /** The same key once more, long after the first answer. */
  async function again({ wish }: Link): Promise<void> {
    if (wish.key !== null) await ask(wish);
  }

  async function deed(
    link: Link,
    what: string,
    act: (id: string, what: string) => Promise<Outcome>,
  ): Promise<void> {
    if (link.wish.script !== null) return look(link);
    const outcome = await act(link.id, what);
    link.deeds.push({ what, done: doneBy(outcome) });
    journal.counts.deeds += 1;
    if (outcome.kind === 'doubt') journal.counts.doubts += 1;
    if (outcome.kind === 'answered' && ![200, 409, 422, 503].includes(outcome.status)) {
      journal.wrong.push(`${what} of ${link.id}: ${outcome.status} ${outcome.text}`);
    }
    await breath(outcome);
  }

  async function look(link: Link): Promise<void> {
    const outcome = await shop.read(link.id);
    if (outcome.kind === 'answered' && outcome.status !== 200 && outcome.status !== 503) {
      journal.wrong.push(`read of ${link.id}: ${outcome.status} ${outcome.text}`);
    }
    await breath(outcome);
  }

  async function settleDoubts(): Promise<void> {
    for (let tries = 0; inDoubt.length > 0; tries += 1) {
      if (tries > SETTLE_TRIES) throw new Error(`${inDoubt.length} doubts cannot be settled`);
      await Promise.all(inDoubt.splice(0).map(ask));
    }
  }

  return {
    start,
    rest: async () => {
      running = false;
      await busy;
    },
    settleDoubts,
  };
}

function newAmount(random: Random): { amount: number; script: Wish['script'] } {
  const dice = random.below(100);
  if (dice < 12) return { amount: 10, script: 'completes' };
  if (dice < 16) return { amount: 20, script: 'fails' };
  // Never a whole number, so that the sandbox waits to be told.
  const cents = random.between(1, 400) * 100 + random.between(1, 99);
  return { amount: cents / 100, script: null };
}

function doneBy(outcome: Outcome): Deed['done'] {
  if (outcome.kind === 'doubt') return 'doubt';
  return outcome.kind === 'answered' && outcome.status === 200 ? 'yes' : 'no';
}

// A port that nobody listens on answers at once: without a pause that would only heat the room.
async function breath(outcome: Outcome): Promise<void> {
  if (outcome.kind !== 'answered') await pause(REFUSED_PAUSE_MS);
}
