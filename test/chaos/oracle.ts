// The oracle: what must be true once everything has come to rest, however it was killed before.

import { createHmac } from 'node:crypto';
import type { Database } from '../../src/db/database.ts';
import { renderWebhook } from '../../src/dialects/bitxpay/webhook.ts';
import type { MerchantSettings } from '../../src/merchants/settings.ts';
import { type Input, type Status, decide } from '../../src/payments/machine.ts';
import type { PaymentEvent } from '../../src/payments/nouns.ts';
import type { Journal, Link, Wish } from './journal.ts';
import { isInOrder } from './order.ts';
import type { Delivery, PaymentRecord } from './records.ts';
import type { Arrival } from './receiver.ts';
import type { Check } from './snapshot.ts';

export type Evidence = {
  readonly db: Database;
  readonly journal: Journal;
  readonly records: ReadonlyMap<string, PaymentRecord>;
  readonly arrivals: ReadonlyMap<string, readonly Arrival[]>;
  /** Settings of the merchant in test mode, the same during the whole run. */
  readonly settings: MerchantSettings;
  readonly openSecret: Parameters<typeof renderWebhook>[2];
};

export function finalChecks(evidence: Evidence): Check[] {
  const { journal } = evidence;
  const each = (name: string, look: (record: PaymentRecord) => string[]): Check => ({
    name,
    find: async () => [...evidence.records.values()].flatMap(look),
  });
  return [
    each('every move between statuses is in the machine', illegalMoves),
    each('the payment says what its last event says', lastWord),
    each('paid is available or a fee, and only what is paid', unpaidMoney),
    each('one delivery for each event that is told', (one) => untold(evidence, one)),
    each('every delivery was delivered', ({ deliveries }) => undelivered(deliveries)),
    each('webhooks arrived in order, the same bytes each time', (one) => disorder(evidence, one)),
    { name: 'signatures verify', find: async () => badSignatures(evidence) },
    { name: 'a key made one link and one answer', find: async () => brokenKeys(evidence) },
    { name: 'what was done to a link was done once', find: async () => brokenDeeds(evidence) },
    { name: 'magic amounts did what they say', find: async () => brokenMagic(evidence) },
    { name: 'every link is a wish of the shop', find: async () => strangers(evidence, journal) },
  ];
}

const commands: readonly (Input | null)[] = [null, 'expire', 'cancel', 'fail', 'refund'];
const amounts: readonly Input[] = ['short', 'covered', 'settled'];

function illegalMoves({ payment, events }: PaymentRecord): string[] {
  return events.flatMap((event, index) => {
    const before = events[index - 1];
    if (!before) return event.status === 'awaiting' ? [] : [`${payment.id} began ${event.status}`];
    const from = event.previousStatus;
    const continues = from === before.status || isSameStep(before, event);
    if (!continues || from === null || !isLegal(from, event.status)) {
      return [`${payment.id} event ${event.seq}: ${before.status}, then ${from}->${event.status}`];
    }
    return [];
  });
}

/** Several uses paid at once are told by several events of one change. */
function isSameStep(before: PaymentEvent, event: PaymentEvent): boolean {
  return (
    before.kind === 'used' &&
    before.previousStatus === event.previousStatus &&
    before.status === event.status
  );
}

/** A person's input and then what the money says, by the machine; after the deadline it lapses. */
function isLegal(from: Status, to: Status): boolean {
  return commands.some((command) => {
    const commanded = command === null ? from : decide(from, command);
    if (commanded === 'refuse') return false;
    return amounts.some((input) => {
      const next = decide(commanded, input);
      return next === to || (next === 'awaiting' && decide(next, 'expire') === to);
    });
  });
}

function lastWord({ payment, events }: PaymentRecord): string[] {
  const last = events.at(-1);
  if (last?.status === payment.status && last.seq === payment.eventSeq) return [];
  return [`${payment.id} is ${payment.status}, its last event ${last?.seq} says ${last?.status}`];
}

function unpaidMoney({ payment, observations }: PaymentRecord): string[] {
  const available = observations.reduce(
    (sum, one) => sum + BigInt(one.available_units) + BigInt(one.fees_units),
    0n,
  );
  const { units } = payment.price;
  const needed = units * BigInt(payment.maxUses);
  if (payment.status === 'completed') {
    return available >= needed ? [] : [`${payment.id} completed with ${available} of ${needed}`];
  }
  const isFree = payment.uses > 0 || available === 0n;
  return isFree ? [] : [`${payment.id} is ${payment.status} with ${available} and no use`];
}

function untold({ settings, openSecret }: Evidence, record: PaymentRecord): string[] {
  const { payment, events, deliveries } = record;
  const problems: string[] = [];
  let paused = false;
  for (const event of events) {
    paused ||= event.kind === 'changed';
    const then = { ...payment, status: event.status, paused };
    const rendered = renderWebhook({ event, payment: then, moment: null }, settings, openSecret);
    const rows = deliveries.filter((one) => one.event_seq === event.seq);
    if (rows.length !== (rendered ? 1 : 0)) {
      problems.push(`${payment.id} event ${event.seq} (${event.kind}): ${rows.length} deliveries`);
    } else if (rendered && (rows[0]?.body !== rendered.body || rows[0].url !== rendered.url)) {
      problems.push(`${payment.id} event ${event.seq}: ${rows[0]?.body}, not ${rendered.body}`);
    }
  }
  return problems;
}

function undelivered(deliveries: readonly Delivery[]): string[] {
  return deliveries
    .filter((one) => one.status !== 'delivered')
    .map((one) => `${one.payment_id} event ${one.event_seq} is ${one.status} (${one.attempts})`);
}

function disorder({ arrivals }: Evidence, { payment, deliveries }: PaymentRecord): string[] {
  const arrived = arrivals.get(payment.id) ?? [];
  const bodies = deliveries.map((one) => one.body);
  if (isInOrder(bodies, arrived)) return [];
  const signs = arrived.map(({ accepted }) => (accepted ? '+' : '-'));
  const seen = arrived.map(({ body }, at) => `${bodies.indexOf(body)}${signs[at]}`);
  return [`${payment.id}: of ${bodies.length} deliveries arrived ${seen.join(' ') || 'none'}`];
}

function badSignatures({ journal, arrivals }: Evidence): string[] {
  return journal.links.flatMap(({ id, secret }) =>
    (arrivals.get(id) ?? [])
      .filter(({ body, signature }) => !isSigned(body, signature, secret))
      .map(({ body }) => `${id}: ${body}`),
  );
}

/** Both rules of the vendor: the header over the bytes, the member over all before it. */
function isSigned(body: string, header: string, secret: string): boolean {
  const digest = (text: string): string => createHmac('sha256', secret).update(text).digest('hex');
  const { signature, ...rest } = JSON.parse(body) as { signature: string };
  return header === digest(body) && signature === digest(JSON.stringify(rest));
}

function brokenKeys({ journal, records }: Evidence): string[] {
  const made = byName(records);
  return journal.wishes.flatMap((wish) => {
    const { name, key, answers, doubts } = wish;
    const found = made.get(name) ?? [];
    const answered = answers.length > 0;
    if (key !== null && !answered && doubts > 0) return [`${name} was never answered`];
    if (key !== null && new Set(answers).size > 1) return [`${name}: its key has several answers`];
    const most = answered || doubts > 0 ? 1 : 0;
    const least = answered ? 1 : 0;
    const { length: times } = found;
    if (times < least || times > most) return [`${name} exists ${times} times`];
    if (answered && found[0] !== wish.link?.id) return [`${name} is not the one of its answer`];
    return [];
  });
}

/** Money that was played with success came once; a word that was set stands in the history. */
function brokenDeeds({ journal, records }: Evidence): string[] {
  return journal.links.flatMap((link) => {
    const record = records.get(link.id);
    if (!record) return [`${link.id} is not there`];
    return [...moneyProblems(link, record), ...wordProblems(link, record)];
  });
}

const paying = new Set(['pay', 'underpay', 'overpay']);

function moneyProblems({ id, deeds, wish }: Link, { observations }: PaymentRecord): string[] {
  const played = deeds.filter((one) => paying.has(one.what));
  const least = played.filter((one) => one.done === 'yes').length;
  const most = played.filter((one) => one.done !== 'no').length;
  const count = observations.length - (wish.script === 'completes' ? 1 : 0);
  if (count >= least && count <= most) return [];
  return [`${id}: money came ${count} times, acknowledged ${least}, in doubt ${most - least}`];
}

const wordOf: Readonly<Record<string, Status>> = {
  expired: 'expired',
  cancelled: 'cancelled',
  expire: 'expired',
  fail: 'failed',
};

function wordProblems({ id, deeds }: Link, { payment, events }: PaymentRecord): string[] {
  return deeds.flatMap(({ what, done }) => {
    if (done !== 'yes') return [];
    if (what === 'inactive' && !payment.paused) return [`${id} was paused and is not`];
    const status = wordOf[what];
    if (status === undefined || events.some((one) => one.status === status)) return [];
    return [`${id}: ${what} was acknowledged and never happened`];
  });
}

function brokenMagic({ journal, records }: Evidence): string[] {
  return journal.links.flatMap(({ id, wish }) => {
    const record = records.get(id);
    if (wish.script === null || !record) return [];
    const { payment, observations } = record;
    const wanted = wish.script === 'completes' ? 'completed' : 'failed';
    const uses = observations.length;
    const enough = payment.maxUses > 1 || payment.status === wanted;
    if (enough && uses === (wish.script === 'completes' ? 1 : 0)) return [];
    return [`${id} should have ${wanted}: ${payment.status}, money came ${uses} times`];
  });
}

function strangers({ records }: Evidence, { wishes }: Journal): string[] {
  const names = new Set(wishes.map((wish: Wish) => wish.name));
  return [...byName(records).keys()].filter((name) => !names.has(name));
}

function byName(records: ReadonlyMap<string, PaymentRecord>): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { payment } of records.values()) {
    const { name } = JSON.parse(payment.metadata ?? '{}') as { name: string };
    found.set(name, [...(found.get(name) ?? []), payment.id]);
  }
  return found;
}
