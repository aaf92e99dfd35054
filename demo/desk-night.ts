// The night: nothing waits that should not, everybody was told, and every account is right.

import { columns } from '../src/cli/command.ts';
import { together } from './desk-http.ts';
import { type PayIn, allLeases, openLeases, waitingInbox } from './desk-payins.ts';
import { type Payout, proveQueue } from './desk-payouts.ts';
import { currencies } from './desk-plan.ts';
import { deposits } from './desk-stage.ts';
import { type Day, printMoney } from './desk-tally.ts';
import { check, say } from './timeline.ts';

export type Done = { readonly payIns: readonly PayIn[]; readonly payouts: readonly Payout[] };

/** Money of nobody, in won: the first is dismissed, the second still waits at night. */
const [gift, riddle] = ['1001', '1003'];

export async function proveNight(day: Day, done: Done): Promise<void> {
  const { stage, tally } = day;
  await sortOut(day);
  await proveQueue(day);
  await proveWitnesses(day, done);
  await proveReading(day, done);
  say('operations', 'each says in X-Link’s list how it ended, whichever dialect made it');
  const webhooks = await stage.receiver.prove(tally.words);
  say('webhooks', `${webhooks} verified: each word of each payment, once`);
  say('books', await tally.prove());
  for (const line of table(day, done)) console.log(`           ${line}`);
}

/** Money that is nobody's is never dropped: it waits, or somebody says why it does not. */
async function sortOut({ stage }: Day): Promise<void> {
  const { traders, devices } = stage;
  const before = await waitingInbox(stage);
  check(before.length === 0, `${before.length} moneys wait in the inbox`);
  for (const amount of [gift, riddle]) await devices.min.tell('KRW', BigInt(amount ?? ''));
  const found = (await waitingInbox(stage)).find(({ amount }) => amount === gift);
  const reason = 'A gift from my aunt';
  await traders.min.call(`inbox/${found?.id}/dismiss`, { body: { reason } });
  const after = (await waitingInbox(stage)).map(({ amount }) => amount);
  check(after.join() === riddle, `the inbox holds ${after.join()}`);
  await together(Object.values(devices), (device) => device.beat());
}

/** Whoever said it, it is one money; two who said it are two witnesses of that one. */
async function proveWitnesses({ stage }: Day, { payIns }: Done): Promise<void> {
  const leases = await allLeases(stage);
  check(leases.size === payIns.length, `there are ${leases.size} leases`);
  for (const { id, fate } of payIns.filter((one) => one.fate.includes(' '))) {
    const moneys = leases.get(id)?.moneys ?? [];
    const said = moneys.map(({ witnesses }) => witnesses.toSorted().join(' ')).join(', ');
    const wanted = fate.split(' ').toSorted().join(' ');
    check(said === wanted, `of money by ${wanted} the desk knows ${said}`);
  }
  const open = await openLeases(stage);
  const left = payIns.filter(({ fate }) => fate === 'open');
  check(left.every(({ id }) => open.has(id)) && open.size === left.length, 'other leases are open');
}

/** In X-Link's words, whoever made it; and one of them in the words of all the others. */
async function proveReading({ stage, tally }: Day, { payIns, payouts }: Done): Promise<void> {
  const { shops } = stage;
  const words = await shops.listWords();
  check(words.size === payIns.length + payouts.length, `there are ${words.size} operations`);
  for (const { id, fate } of [...payIns, ...payouts]) {
    const told = tally.words.get(id)?.at(-1) ?? 'PENDING';
    const [word, wanted] = [words.get(id), xlinkWords[told] ?? told];
    check(word === wanted, `an operation planned for ${fate} is ${word} instead of ${wanted}`);
  }
  const [one] = payIns.filter(({ fate }) => fate === 'word');
  const read = await shops.readElsewhere(one?.id ?? '');
  check(read.join(' ') === 'completed completed', `other dialects read ${read.join(' ')}`);
}

const xlinkWords: Readonly<Record<string, string>> = {
  completed: 'SUCCESS',
  rejected: 'EXPIRED',
  expired: 'EXPIRED',
};

function table({ tally }: Day, { payIns, payouts }: Done): string[] {
  const rows = currencies.map((currency) => {
    const own = payIns.filter((one) => one.currency === currency);
    const count = (...words: string[]): string =>
      String(own.filter(({ fate }) => words.includes(fate)).length);
    const [trader] = Object.entries(deposits).filter(([, one]) => one.currency === currency);
    const [name, { units }] = trader ?? ['', { units: 0n }];
    const now = tally.deposit(name as keyof typeof deposits);
    return [
      currency,
      String(own.length),
      count('word'),
      count('statement'),
      count('message', 'first'),
      String(own.filter(({ fate }) => fate.includes(' ')).length),
      count('short', 'over'),
      count('expires'),
      count('open'),
      String(payouts.filter((one) => one.currency === currency).length),
      printMoney(tally.available(currency), currency),
      `${name}: ${printMoney(units, currency)} -> ${printMoney(now, currency)}`,
    ];
  });
  const header = [
    '',
    'pay-ins',
    'word',
    'statement',
    'message',
    'both',
    'wrong',
    'expired',
    'open',
    'payouts',
    'available',
    'deposit',
  ];
  return columns([header, ...rows]);
}
