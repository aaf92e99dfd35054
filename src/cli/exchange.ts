// `dragoman exchange check` and `conversions`: what lies at an exchange, and what was sold there.

import { loadConfig } from '../config.ts';
import { type ConversionView, listConversions } from '../exchanges/rows.ts';
import type { Amount } from '../money/amount.ts';
import { decimalsOf } from '../money/assets.ts';
import { formatDecimal, trimDecimal } from '../money/decimal.ts';
import { withApp } from './app.ts';
import { type Command, columns, readOptions } from './command.ts';
import { accountKeyOf, keyNames } from './exchange-account.ts';
import { findMerchant } from './merchant.ts';

const mostShown = 200;

export const exchangeCheck: Command = {
  usage: 'exchange check --merchant <id or name> --mode live --exchange <id>',
  summary: 'Asks the exchange for the balance, with the keys that are stored.',
  async run(words, terminal) {
    const options = readOptions(words, keyNames);
    return withApp(loadConfig(), terminal, async (app) => {
      const connector = await app.exchanges.connectorOf(await accountKeyOf(app, options));
      const answer = 'kind' in connector ? connector : await connector.balances();
      if (answer.kind !== 'balances') {
        const refused = answer.kind === 'refused';
        terminal.say(`${refused ? 'The exchange refuses' : 'It cannot be said'}: ${answer.reason}`);
        return 1;
      }
      const rows = answer.held.map(({ asset, free, total }) => [asset, free, total]);
      for (const row of columns([['asset', 'free', 'total'], ...rows])) terminal.out(row);
      terminal.say('The exchange takes the keys.');
      return 0;
    });
  },
};

export const exchangeConversions: Command = {
  usage: 'exchange conversions [--merchant <id or name>] [--unfinished yes]',
  summary: `Shows what was sold, for what and at which fees: the newest ${mostShown}.`,
  async run(words, terminal) {
    // A word without a value, as people type it.
    const bare = words.filter((word, at) => word !== '--unfinished' || words[at + 1] === 'yes');
    const options = readOptions(bare, ['merchant', 'unfinished']);
    const unfinished = words.includes('--unfinished');
    await withApp(loadConfig(), terminal, async ({ db }) => {
      const merchant = options.merchant ? await findMerchant(db, options.merchant) : null;
      const filter = { merchantId: merchant?.id ?? null, unfinished, limit: mostShown };
      const rows = (await listConversions(db, filter)).map(rowOf);
      for (const row of columns([header, ...rows])) terminal.out(row);
    });
    return 0;
  },
};

const header = [
  'made',
  'mode',
  'exchange',
  'payment',
  'to sell',
  'sold',
  'brought',
  'fees',
  'state',
  'order',
  'reason',
];

function rowOf({ conversion, fills }: ConversionView): string[] {
  const { asset, quoteAsset, units, soldUnits, receivedUnits } = conversion;
  const sold = soldUnits > 0n;
  return [
    conversion.createdAt.toISOString(),
    conversion.mode,
    String(conversion.exchange),
    conversion.paymentId,
    shown({ units, asset }),
    sold ? shown({ units: soldUnits, asset }) : '-',
    sold ? shown({ units: receivedUnits, asset: quoteAsset }) : '-',
    feesOf(fills) || '-',
    conversion.status,
    conversion.clientOrderId,
    conversion.reason ?? '',
  ];
}

function feesOf(fills: ConversionView['fills']): string {
  const sums = new Map<string, bigint>();
  for (const { feeAsset, feeUnits } of fills) {
    if (feeAsset !== null) sums.set(feeAsset, (sums.get(feeAsset) ?? 0n) + feeUnits);
  }
  return [...sums].map(([asset, units]) => shown({ units, asset })).join(' + ');
}

function shown({ units, asset }: Amount): string {
  return `${trimDecimal(formatDecimal(units, decimalsOf(asset)))} ${asset}`;
}
