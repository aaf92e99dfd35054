// `dragoman desk set` and `desk trader deposit`: what a merchant's desk decides, and what backs it.

import { shell } from '../merchants/staff-log.ts';
import { amountText } from '../money/amount-text.ts';
import type { Amount } from '../money/amount.ts';
import { type Command, UsageError, readOptions, required } from './command.ts';
import { countOf, currencyOf, traderOf, uniqueModeOf, unitsOf, withDesk } from './desk-work.ts';
import { modeOf } from './key.ts';
import { findMerchant } from './merchant.ts';

export const deskSet: Command = {
  usage:
    'desk set --merchant <id or name> --mode test|live --unique none|whole|decimals ' +
    '[--unique-bound <n>]',
  summary:
    'Says how equal amounts that are open on one requisite are told apart: by at most so many ' +
    'whole units, or smallest units, that the payer pays more.',
  async run(words, terminal) {
    const options = readOptions(words, ['merchant', 'mode', 'unique', 'unique-bound']);
    const mode = modeOf(required(options, 'mode'));
    const unique = uniqueModeOf(required(options, 'unique'));
    const bound =
      unique === 'none' ? 0 : countOf('unique-bound', required(options, 'unique-bound'));
    await withDesk(terminal, async ({ db, requisites }) => {
      const { id: merchantId } = await findMerchant(db, required(options, 'merchant'));
      await requisites.setUnique({ merchantId, mode }, { mode: unique, bound }, shell);
    });
    return 0;
  },
};

export const deskTraderDeposit: Command = {
  usage:
    'desk trader deposit --trader <e-mail> --amount "100.00 EUR" --reference <yours> ' +
    '[--direction in|out]',
  summary:
    'Books what a trader leaves with you, or takes home: he receives no more than that. ' +
    'The same reference is booked once.',
  async run(words, terminal) {
    const options = readOptions(words, ['trader', 'amount', 'reference', 'direction']);
    const direction = options.direction ?? 'in';
    if (direction !== 'in' && direction !== 'out') {
      throw new UsageError('--direction must be in or out');
    }
    const amount = amountOf(required(options, 'amount'));
    const reference = required(options, 'reference');
    await withDesk(terminal, async ({ db, traders }) => {
      const traderId = await traderOf(db, required(options, 'trader'));
      const change = { traderId, amount, direction, reference } as const;
      const { deposit, reserved } = await traders.changeDeposit(change, shell);
      terminal.out(`deposit ${amountText(deposit)}, reserved ${amountText(reserved)}`);
    });
    return 0;
  },
};

function amountOf(text: string): Amount {
  const [number = '', code = '', ...rest] = text.split(' ');
  if (rest.length > 0 || code === '') throw new UsageError('--amount must look like "100.00 EUR"');
  const asset = currencyOf(code);
  return { units: unitsOf('amount', number, asset), asset };
}
