// `dragoman desk payout …`: the queue of payouts as operators see and settle it from a shell.

import type { App } from '../app.ts';
import {
  type DeskPerson,
  type PayoutOrder,
  type PayoutTerms,
  payoutStatuses,
} from '../desk/payouts/order.ts';
import { DeskRefused } from '../desk/refused.ts';
import { maskNumber } from '../desk/requisite-number.ts';
import { uuidPattern } from '../merchants/ids.ts';
import { shell } from '../merchants/staff-log.ts';
import { amountText } from '../money/amount-text.ts';
import {
  type Command,
  type Options,
  type Terminal,
  UsageError,
  columns,
  readOptions,
  required,
} from './command.ts';
import { atDesk } from './desk-app.ts';
import { countOf, currencyOf, traderOf } from './desk-work.ts';
import { modeOf } from './key.ts';
import { findMerchant } from './merchant.ts';

const MAX_LISTED = 1_000;

export const deskPayoutList: Command = {
  usage:
    'desk payout list --merchant <id or name> --mode test|live ' +
    `[--status ${payoutStatuses.join('|')}] [--currency EUR]`,
  summary: 'Lists payouts of one status: what waits, unless said otherwise.',
  async run(words, terminal) {
    const options = readOptions(words, ['merchant', 'mode', 'status', 'currency']);
    const status = payoutStatuses.find((one) => one === (options.status ?? 'waiting'));
    if (!status) throw new UsageError(`--status must be one of ${payoutStatuses.join(', ')}`);
    const currency = options.currency === undefined ? null : currencyOf(options.currency);
    await atDesk(terminal, async (app) => {
      const person = await personAt(app, options);
      const filter = { status, currency, after: null, limit: MAX_LISTED };
      const rows = (await app.desk.payouts.list(person, filter)).map(rowOf);
      const head = ['id', 'reference', 'amount', 'to', 'status', 'taken by'];
      for (const line of columns([head, ...rows])) terminal.out(line);
    });
    return 0;
  },
};

export const deskPayoutTake: Command = {
  usage: 'desk payout take --trader <e-mail> [--id <id or reference>] [--currency EUR]',
  summary: 'Gives a payout to a trader: the one that is named, or the oldest that he can have.',
  async run(words, terminal) {
    const options = readOptions(words, ['trader', 'id', 'currency']);
    const currency = options.currency === undefined ? null : currencyOf(options.currency);
    await atDesk(terminal, async (app) => {
      const trader = await traderAt(app, required(options, 'trader'));
      const { payouts } = app.desk;
      const order =
        options.id === undefined
          ? await payouts.takeNext(trader, currency)
          : await payouts.take(trader, (await payoutAt(app, options.id)).id);
      if (!order) throw new DeskRefused('no payout waits that this trader can have');
      say(terminal, order);
    });
    return 0;
  },
};

export const deskPayoutConfirm: Command = {
  usage: 'desk payout confirm --id <id or reference>',
  summary: 'Says that a payout which somebody took was sent: it is completed.',
  async run(words, terminal) {
    const id = required(readOptions(words, ['id']), 'id');
    await atDesk(terminal, async (app) => {
      const { person, id: payout } = await payoutAt(app, id);
      say(terminal, await app.desk.payouts.confirm(person, payout));
    });
    return 0;
  },
};

export const deskPayoutReject: Command = {
  usage: 'desk payout reject --id <id or reference> --reason <text>',
  summary: 'Says that a payout will not be sent: its money is the merchant’s again.',
  async run(words, terminal) {
    const options = readOptions(words, ['id', 'reason']);
    const [id, reason] = [required(options, 'id'), required(options, 'reason')];
    await atDesk(terminal, async (app) => {
      const { person, id: payout } = await payoutAt(app, id);
      say(terminal, await app.desk.payouts.reject(person, payout, reason));
    });
    return 0;
  },
};

export const deskPayoutReverse: Command = {
  usage: 'desk payout reverse --id <id or reference> --at-cost-of trader|house --reason <text>',
  summary: 'Books a completed payout as come back: the trader who was believed pays, or the house.',
  async run(words, terminal) {
    const options = readOptions(words, ['id', 'at-cost-of', 'reason']);
    const [id, reason] = [required(options, 'id'), required(options, 'reason')];
    const atCostOf = required(options, 'at-cost-of');
    if (atCostOf !== 'trader' && atCostOf !== 'house') {
      throw new UsageError('--at-cost-of must be trader or house');
    }
    await atDesk(terminal, async (app) => {
      const { person, id: payout } = await payoutAt(app, id);
      say(terminal, await app.desk.payouts.reverse(person, payout, { atCostOf, reason }));
    });
    return 0;
  },
};

export const deskPayoutSet: Command = {
  usage:
    'desk payout set --merchant <id or name> --mode test|live [--traders-confirm yes|no] ' +
    '[--pledged yes|no] [--open-limit <n>] [--take-minutes <n>]',
  summary:
    'Says whether a trader’s own word completes a payout, whether his deposit stands for what he ' +
    'has taken, how many one person may have open, and for how long before it goes back.',
  async run(words, terminal) {
    const names = ['traders-confirm', 'pledged', 'open-limit', 'take-minutes'];
    const options = readOptions(words, ['merchant', 'mode', ...names]);
    const patch = patchOf(options);
    await atDesk(terminal, async (app) => {
      const terms = await app.desk.payouts.changeTerms(await personAt(app, options), patch);
      for (const line of columns(Object.entries(terms).map(([name, value]) => [name, `${value}`])))
        terminal.out(line);
    });
    return 0;
  },
};

/** Whoever holds the shell is an operator, at the desk that is named. */
async function personAt({ db }: App, options: Options): Promise<DeskPerson> {
  const mode = modeOf(required(options, 'mode'));
  const { id: merchantId } = await findMerchant(db, required(options, 'merchant'));
  return { ...shell, role: 'operator', merchantId, mode };
}

async function traderAt({ db, users }: App, email: string): Promise<DeskPerson> {
  const user = await users.byId(await traderOf(db, email));
  if (!user || user.merchantId === null) throw new UsageError(`${email} works for no merchant`);
  const { id: userId, merchantId, mode } = user;
  return { userId, address: null, role: 'trader', merchantId, mode };
}

async function payoutAt(
  { db }: App,
  name: string,
): Promise<{ readonly id: string; readonly person: DeskPerson }> {
  const [row] = await db.query<Pick<DeskPerson, 'merchantId' | 'mode'> & { readonly id: string }>(
    `select merchant_id as "merchantId", id, mode from payments
      where ${uuidPattern.test(name) ? 'id' : 'reference'} = $1 and direction = 'out'`,
    [name],
  );
  if (!row) throw new UsageError(`there is no payout "${name}"`);
  const { id, ...desk } = row;
  return { id, person: { ...shell, role: 'operator', ...desk } };
}

function patchOf(options: Options): Partial<PayoutTerms> {
  const yes = (name: string): boolean | undefined => {
    const word = options[name];
    if (word === undefined) return undefined;
    if (word !== 'yes' && word !== 'no') throw new UsageError(`--${name} must be yes or no`);
    return word === 'yes';
  };
  const count = (name: string): number | undefined => {
    const word = options[name];
    return word === undefined ? undefined : countOf(name, word);
  };
  const members = {
    tradersConfirm: yes('traders-confirm'),
    pledged: yes('pledged'),
    openLimit: count('open-limit'),
    takeMinutes: count('take-minutes'),
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function rowOf(order: PayoutOrder): string[] {
  const { id, reference, amount, lastFour, status, takenBy } = order;
  return [id, reference, amountText(amount), maskNumber(lastFour), status, takenBy ?? ''];
}

function say(terminal: Terminal, order: PayoutOrder): void {
  terminal.say(`Payout ${order.reference} of ${amountText(order.amount)} is ${order.status}.`);
}
