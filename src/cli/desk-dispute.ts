// `dragoman desk dispute …`: what is disputed, as operators see and decide it from a shell.

import type { Dispute, DisputePerson, DisputeView } from '../desk/disputes/dispute.ts';
import type { Verdict } from '../desk/disputes/disputes.ts';
import { disputeStatuses } from '../desk/disputes/machine.ts';
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
import { atDesk, idOf } from './desk-app.ts';
import { unitsOf } from './desk-work.ts';
import { findMerchant } from './merchant.ts';

const MAX_LISTED = 1_000;
/** Whoever holds the shell is an operator, of every merchant and in both worlds. */
const operator: DisputePerson = { ...shell, role: 'operator', merchantId: null, mode: null };

export const deskDisputeList: Command = {
  usage: `desk dispute list [--merchant <id or name>] [--status ${disputeStatuses.join('|')}]`,
  summary: 'Lists disputes, newest first: those that wait for you, unless said otherwise.',
  async run(words, terminal) {
    const options = readOptions(words, ['merchant', 'status']);
    const status = disputeStatuses.find((one) => one === (options.status ?? 'escalated'));
    if (!status) throw new UsageError(`--status must be one of ${disputeStatuses.join(', ')}`);
    await atDesk(terminal, async ({ db, desk }) => {
      const merchantId =
        options.merchant === undefined ? null : (await findMerchant(db, options.merchant)).id;
      const filter = { status, after: null, limit: MAX_LISTED };
      const rows = (await desk.disputes.list({ ...operator, merchantId }, filter)).map(rowOf);
      const head = ['id', 'kind', 'contested', 'opened by', 'opened at', 'payment'];
      for (const line of columns([head, ...rows])) terminal.out(line);
    });
    return 0;
  },
};

export const deskDisputeShow: Command = {
  usage: 'desk dispute show --id <id>',
  summary: 'Shows one dispute with all that was said and shown.',
  async run(words, terminal) {
    const id = disputeOf(readOptions(words, ['id']));
    await atDesk(terminal, async ({ desk }) => {
      for (const line of linesOf(await desk.disputes.find(operator, id))) terminal.out(line);
    });
    return 0;
  },
};

export const deskDisputeDecide: Command = {
  usage:
    'desk dispute decide --id <id> --outcome merchant|trader|split [--merchant-amount 12.50] ' +
    '[--trader-amount 12.50] --note <why>',
  summary:
    'Decides: all that is contested to one side, or two amounts that sum up to it. The money ' +
    'moves at once.',
  async run(words, terminal) {
    const names = ['id', 'outcome', 'merchant-amount', 'trader-amount', 'note'];
    const options = readOptions(words, names);
    const [id, note] = [disputeOf(options), required(options, 'note')];
    await atDesk(terminal, async ({ desk }) => {
      const { dispute } = await desk.disputes.find(operator, id);
      const verdict = verdictOf(options, dispute.asset);
      const { dispute: after } = await desk.disputes.decide(operator, id, verdict, note);
      terminal.say(`Dispute ${id} is ${after.status}.`);
    });
    return 0;
  },
};

function disputeOf(options: Options): string {
  return idOf(required(options, 'id'), '--id must be the id of a dispute');
}

function verdictOf(options: Options, asset: string): Verdict {
  const outcome = required(options, 'outcome');
  if (outcome === 'merchant' || outcome === 'trader') {
    if (options['merchant-amount'] === undefined && options['trader-amount'] === undefined) {
      return outcome;
    }
    throw new UsageError('amounts belong to --outcome split only');
  }
  if (outcome !== 'split') throw new UsageError('--outcome must be merchant, trader or split');
  const units = (name: string): bigint => unitsOf(name, required(options, name), asset);
  return { merchantUnits: units('merchant-amount'), traderUnits: units('trader-amount') };
}

function rowOf(dispute: Dispute): string[] {
  const { id, kind, contestedUnits, asset, opener, openedAt, paymentId } = dispute;
  return [
    id,
    kind,
    amountText({ units: contestedUnits, asset }),
    opener,
    openedAt.toISOString(),
    paymentId,
  ];
}

function linesOf({ dispute, contested, held, timeline, evidence }: DisputeView): string[] {
  const { asset, shares, missingUnits } = dispute;
  const sum = (units: bigint): string => amountText({ units, asset });
  const facts = [
    ['kind', dispute.kind],
    ['status', dispute.status],
    ['payment', dispute.paymentId],
    ['contested', sum(contested.units)],
    ['if the opener is right, to the', dispute.less ? 'trader' : 'merchant'],
    ['held of the deposit', sum(held.units)],
    ['waits', waiting(dispute)],
    ...(shares ? [['to the merchant', sum(shares.merchantUnits)]] : []),
    ...(shares ? [['to the trader', sum(shares.traderUnits)]] : []),
    ...(missingUnits > 0n ? [['missing', sum(missingUnits)]] : []),
  ];
  const acts = timeline.map(({ at, party, act, note, file }) => [
    at.toISOString(),
    party,
    act,
    [file?.name, note?.replaceAll(/\s+/g, ' ')].filter(Boolean).join(': '),
  ]);
  const files = evidence.map(({ hash, type, name, alsoIn }) => {
    const flag = alsoIn.length > 0 ? `also in ${alsoIn.join(', ')}` : '';
    return [hash, type, name, flag];
  });
  return [facts, acts, files].filter((rows) => rows.length > 0).flatMap((rows) => columns(rows));
}

function waiting({ status, dueAt, opener, respondent }: Dispute): string {
  if (dueAt === null) return status === 'escalated' ? 'for your decision' : 'no more';
  const who = status === 'open' ? respondent : opener;
  return `for the ${who} until ${dueAt.toISOString()}`;
}
