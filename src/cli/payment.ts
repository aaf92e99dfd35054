// `dragoman payment show` and `payment refund`: one payment, looked at and given back by a person.

import type { App } from '../app.ts';
import { loadConfig } from '../config.ts';
import { amountText } from '../money/amount-text.ts';
import { record, shell } from '../merchants/staff-log.ts';
import type { PaymentView } from '../payments/nouns.ts';
import { withApp } from './app.ts';
import { evidenceText } from '../rates/evidence-text.ts';
import { columns, readOptions, required, type Command } from './command.ts';

const number = /^\d{1,15}$/;
const decimalBase = 10;

export const paymentShow: Command = {
  usage: 'payment show --id <id, reference or number>',
  summary: 'Shows a payment: what was asked, at which rates, what came, what is held.',
  async run(words, terminal) {
    const name = required(readOptions(words, ['id']), 'id');
    await withApp(loadConfig(), terminal, async (app) => {
      const view = await find(app, name);
      for (const line of await linesOf(app, view)) terminal.out(line);
    });
    return 0;
  },
};

export const paymentRefund: Command = {
  usage: 'payment refund --id <id, reference or number> --note <how it was sent back>',
  summary: 'Books all that a payment brought as given back to its payer. It sends no money.',
  async run(words, terminal) {
    const options = readOptions(words, ['id', 'note']);
    const name = required(options, 'id');
    const note = required(options, 'note');
    await withApp(loadConfig(), terminal, async (app) => {
      const { payment } = await find(app, name);
      const { merchantId, id: subject } = payment;
      const act = { merchantId, action: 'payment.refunded', subject, details: { note } };
      const refunded = await app.payments.close(payment, payment.id, 'refund', (tx) =>
        record(tx, { ...shell, ...act, at: new Date() }),
      );
      terminal.say(`Payment ${payment.reference} is ${refunded.status}.`);
    });
    return 0;
  },
};

async function find({ payments }: App, name: string): Promise<PaymentView> {
  const view = number.test(name)
    ? await payments.findByNumber(Number.parseInt(name, decimalBase))
    : await payments.findForPayer(name);
  if (!view) throw new Error(`there is no payment "${name}"`);
  return view;
}

async function linesOf(app: App, view: PaymentView): Promise<string[]> {
  const { payment, instructions, sightings } = view;
  const facts = await app.payments.facts(view);
  const priced = (units: bigint): string => amountText({ units, asset: payment.price.asset });
  const head = [
    ['payment', `${payment.reference}, number ${payment.number}, ${payment.id}`],
    ['merchant', payment.merchantId],
    ['made', `${payment.createdAt.toISOString()} by ${payment.dialect}, ${payment.mode}`],
    ['status', `${payment.status}${payment.paused ? ' (paused)' : ''}`],
    ['price', amountText(payment.price)],
    ...(payment.feeUnits === null ? [] : [['fee', priced(payment.feeUnits)]]),
    ['counted', `${priced(facts.seenUnits)}, of it final ${priced(facts.settledUnits)}`],
    ['held', priced(facts.heldUnits)],
    ['pay until', payment.expiresAt.toISOString()],
  ];
  const asked = instructions.flatMap((one) => [
    '',
    `asked ${amountText(one.expected)} at ${one.target} (${one.method})`,
    ...evidenceText(one.quote).map((line) => `  ${line}`),
  ]);
  const came = sightings.map((one) => {
    const depth = one.present ? `${one.confirmations} of ${one.needed} deep` : 'gone again';
    return `came  ${amountText(one.amount)} in ${one.transactionId}, ${depth}`;
  });
  const sold = (await app.exchanges.conversionsOf(payment)).map(({ conversion: one }) => {
    const what = { units: one.soldUnits, asset: one.asset };
    const gain = { units: one.receivedUnits, asset: one.quoteAsset };
    const deal = `${amountText(what)} for ${amountText(gain)}`;
    return `sold  ${deal} on exchange ${one.exchange}, ${one.status}`;
  });
  return [...columns(head), ...asked, '', ...came, ...sold];
}
