// `dragoman desk requisite add`, `list` and `set`: the accounts and cards that receive transfers.

import type { Usage } from '../desk/limits.ts';
import type { Requisite } from '../desk/requisite-rows.ts';
import { type RequisiteKind, requisiteKinds } from '../desk/requisite-number.ts';
import type { NewRequisite } from '../desk/requisites.ts';
import { type Hours, parseSchedule } from '../desk/schedule.ts';
import { shell } from '../merchants/staff-log.ts';
import { amountText } from '../money/amount-text.ts';
import {
  type Command,
  type Options,
  UsageError,
  columns,
  readOptions,
  required,
} from './command.ts';
import { countOf, currencyOf, traderOf, uniqueModeOf, unitsOf, withDesk } from './desk-work.ts';
import { modeOf } from './key.ts';
import { findMerchant } from './merchant.ts';
import { onOff } from './user-work.ts';

type Terms = Partial<Requisite['terms']>;

/** What `none` lifts. */
const unitLimits = {
  min: 'minUnits',
  max: 'maxUnits',
  'day-volume': 'dayUnits',
  'month-volume': 'monthUnits',
} as const;
const countLimits = {
  'day-count': 'dayCount',
  'month-count': 'monthCount',
  open: 'openLimit',
} as const;
const termNames = [
  ...Object.keys(unitLimits),
  ...Object.keys(countLimits),
  'cool-down',
  'hours',
  'time-zone',
  'unique',
  'unique-bound',
  'active',
];
const termUsage =
  '[--min <amount>] [--max <amount>] [--day-volume <amount>] [--day-count <n>] ' +
  '[--month-volume <amount>] [--month-count <n>] [--open <n>] [--cool-down <seconds>] ' +
  '[--hours "mo-fr 09:00-18:00, sa 10:00-14:00"] [--time-zone Europe/Berlin] ' +
  '[--unique none|whole|decimals] [--unique-bound <n>] [--active on|off]';
const ownNames = ['merchant', 'mode', 'trader', 'kind', 'number', 'holder', 'currency'];
const detailNames = ['bank', 'bank-code', 'country', 'city', 'expires'];

export const deskRequisiteAdd: Command = {
  usage:
    'desk requisite add --merchant <id or name> --mode test|live --currency EUR ' +
    `--kind ${requisiteKinds.join('|')} --number <number> --holder <name> ` +
    '[--trader <e-mail>] [--bank <name>] [--bank-code <BIC>] [--country DE] [--city <name>] ' +
    `[--expires 12/29] ${termUsage}`,
  summary:
    'Adds an account or a card that receives transfers: a trader’s, or the merchant’s own. It is ' +
    'leased to payments in turn, within its limits.',
  async run(words, terminal) {
    const options = readOptions(words, [...ownNames, ...detailNames, ...termNames]);
    const mode = modeOf(required(options, 'mode'));
    const kind = kindOf(required(options, 'kind'));
    const currency = currencyOf(required(options, 'currency'));
    const [number, holder] = [required(options, 'number'), required(options, 'holder')];
    const terms = termsOf(options, currency);
    await withDesk(terminal, async ({ db, requisites }) => {
      const { id: merchantId } = await findMerchant(db, required(options, 'merchant'));
      const traderId = options.trader ? await traderOf(db, options.trader) : null;
      const own = { merchantId, mode, traderId, kind, number, holder, currency };
      const added = await requisites.add({ ...own, ...detailsOf(options), ...terms }, shell);
      terminal.out(added.id);
    });
    return 0;
  },
};

export const deskRequisiteList: Command = {
  usage: 'desk requisite list --merchant <id or name> [--mode test|live] [--trader <e-mail>]',
  summary: 'Lists requisites with what they were used for today and this month; numbers masked.',
  async run(words, terminal) {
    const options = readOptions(words, ['merchant', 'mode', 'trader']);
    await withDesk(terminal, async ({ db, requisites }) => {
      const { id: merchantId } = await findMerchant(db, required(options, 'merchant'));
      const found = await requisites.list({
        merchantId,
        ...(options.mode ? { mode: modeOf(options.mode) } : {}),
        ...(options.trader ? { traderId: await traderOf(db, options.trader) } : {}),
      });
      const header = ['id', 'mode', 'kind', 'number', 'owner', 'open', 'today', 'month', ''];
      for (const row of columns([header, ...found.map(rowOf)])) terminal.out(row);
    });
    return 0;
  },
};

export const deskRequisiteSet: Command = {
  usage: `desk requisite set --merchant <id or name> --id <requisite> ${termUsage}`,
  summary: 'Changes limits, hours or amounts of a requisite; "none" lifts a limit.',
  async run(words, terminal) {
    const options = readOptions(words, ['merchant', 'id', ...termNames]);
    const id = required(options, 'id');
    await withDesk(terminal, async ({ db, requisites }) => {
      const { id: merchantId } = await findMerchant(db, required(options, 'merchant'));
      const [known] = /^[0-9a-f-]{36}$/.test(id) ? await requisites.list({ merchantId, id }) : [];
      if (!known) throw new UsageError(`the merchant has no requisite ${id}`);
      const patch = termsOf(options, known.currency);
      const { terms } = await requisites.change({ merchantId, id }, patch, shell);
      terminal.out(JSON.stringify(terms, printUnits, 2));
    });
    return 0;
  },
};

function kindOf(word: string): RequisiteKind {
  const kind = requisiteKinds.find((one) => one === word);
  if (!kind) throw new UsageError(`--kind must be one of ${requisiteKinds.join(', ')}`);
  return kind;
}

function detailsOf(options: Options): Partial<NewRequisite> {
  const { bank, 'bank-code': bankCode, country, city, expires } = options;
  return {
    ...(bank === undefined ? {} : { bank }),
    ...(bankCode === undefined ? {} : { bankCode }),
    ...(country === undefined ? {} : { country }),
    ...(city === undefined ? {} : { city }),
    ...(expires === undefined ? {} : { expires }),
  };
}

function termsOf(options: Options, currency: string): Terms {
  const { 'cool-down': pause, hours, 'time-zone': timeZone, unique, active } = options;
  const bound = options['unique-bound'];
  return {
    ...limitsOf(options, unitLimits, (name, text) => unitsOf(name, text, currency)),
    ...limitsOf(options, countLimits, countOf),
    ...(pause === undefined ? {} : { coolDownSeconds: countOf('cool-down', pause) }),
    ...(hours === undefined ? {} : { schedule: hoursOf(hours) }),
    ...(timeZone === undefined ? {} : { timeZone }),
    ...(unique === undefined ? {} : { uniqueAmounts: uniqueModeOf(unique) }),
    ...(bound === undefined ? {} : { uniqueBound: countOf('unique-bound', bound) }),
    ...(active === undefined ? {} : { active: onOff('active', active) }),
  };
}

function limitsOf<T>(
  options: Options,
  limits: Readonly<Record<string, string>>,
  read: (name: string, text: string) => T,
): Readonly<Record<string, T | null>> {
  const given = Object.entries(limits).flatMap(([name, term]) => {
    const text = options[name];
    return text === undefined ? [] : [[term, text === 'none' ? null : read(name, text)] as const];
  });
  return Object.fromEntries(given);
}

function hoursOf(text: string): readonly Hours[] | null {
  if (text === 'none') return null;
  const schedule = parseSchedule(text);
  if (!schedule) throw new UsageError('--hours must look like "mo-fr 09:00-18:00, sa 10:00-14:00"');
  return schedule;
}

function rowOf(one: Requisite): string[] {
  const { currency, day, month, terms } = one;
  const used = ({ units, operations }: Usage): string =>
    `${operations} for ${amountText({ units, asset: currency })}`;
  return [
    one.id,
    one.mode,
    one.kind,
    one.masked,
    one.traderId ?? 'merchant',
    String(one.openCount),
    used(day),
    used(month),
    terms.active ? '' : 'off',
  ];
}

function printUnits(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
