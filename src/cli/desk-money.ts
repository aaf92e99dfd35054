// `dragoman desk inbox`, `desk statement import` and `desk device create`: who saw which money.

import { readFile } from 'node:fs/promises';
import type { Database } from '../db/database.ts';
import type { Worker } from '../desk/person.ts';
import { shell } from '../merchants/staff-log.ts';
import { amountText } from '../money/amount-text.ts';
import type { App } from '../app.ts';
import {
  type Command,
  type Options,
  type Terminal,
  UsageError,
  columns,
  readOptions,
  required,
} from './command.ts';
import { atDesk, idOf } from './desk-app.ts';
import { traderOf } from './desk-work.ts';
import { modeOf } from './key.ts';
import { findMerchant } from './merchant.ts';

const PAGE = 200;

export const deskInbox: Command = {
  usage: 'desk inbox --merchant <id or name> --mode test|live [--trader <e-mail>]',
  summary: 'Shows money that came in and that nobody has put to a payment, the oldest first.',
  async run(words, terminal) {
    const options = readOptions(words, ['merchant', 'mode', 'trader']);
    await asWorker(options, terminal, async ({ desk }, worker) => {
      const rows = [['id', 'reported by', 'why', 'amount', 'at', 'payer', 'text']];
      let after: string | null = null;
      do {
        const page = { after, limit: PAGE, status: 'waiting' } as const;
        const items = await desk.inbox.list({ ...worker, ...page });
        for (const { id, source, why, incoming } of items) {
          const { amount, at, counterpartyName, text } = incoming;
          const time = at?.toISOString() ?? '';
          rows.push([
            id,
            source,
            why ?? '',
            amountText(amount),
            time,
            counterpartyName ?? '',
            text.slice(0, 60),
          ]);
        }
        after = items.length < PAGE ? null : (items.at(-1)?.id ?? null);
      } while (after !== null);
      for (const line of columns(rows)) terminal.out(line);
    });
    return 0;
  },
};

export const deskStatementImport: Command = {
  usage:
    'desk statement import --merchant <id or name> --mode test|live --requisite <id> ' +
    '--file <path> [--mapping <name>]',
  summary:
    'Reads a bank’s file: camt.053, camt.052, MT940, or CSV with a stored mapping. What came in ' +
    'is put to payments; the same file may be read again.',
  async run(words, terminal) {
    const options = readOptions(words, ['merchant', 'mode', 'requisite', 'file', 'mapping']);
    const requisiteId = idOf(
      required(options, 'requisite'),
      '--requisite must be an id, as `desk requisite list` shows it',
    );
    const path = required(options, 'file');
    const content = await readFile(path).catch((error: unknown) => {
      throw new UsageError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
    });
    await asWorker(options, terminal, async ({ desk }, worker) => {
      const file = { requisiteId, content, mapping: options.mapping ?? null };
      const done = await desk.statements.import(worker, file);
      if (!done) throw new UsageError('the merchant has no such requisite in this mode');
      const { format, entries, fresh, payouts } = done;
      terminal.out(`${format}: ${entries} entries, ${fresh} new, ${payouts} payouts confirmed`);
    });
    return 0;
  },
};

export const deskDeviceCreate: Command = {
  usage:
    'desk device create --merchant <id or name> --mode test|live --name <name> ' +
    '[--trader <e-mail>]',
  summary:
    'Lets a phone or a mailbox forward what banks write: prints its id, and once the key with ' +
    'which it signs.',
  async run(words, terminal) {
    const options = readOptions(words, ['merchant', 'mode', 'name', 'trader']);
    const name = required(options, 'name');
    await asWorker(options, terminal, async ({ desk }, worker) => {
      const given = { name, traderId: worker.traderId };
      const { device, secret } = await desk.devices.create(worker, given);
      terminal.out(JSON.stringify({ id: device.id, secret }));
    });
    return 0;
  },
};

async function asWorker(
  options: Options,
  terminal: Terminal,
  work: (app: App, worker: Worker) => Promise<void>,
): Promise<void> {
  const mode = modeOf(required(options, 'mode'));
  const merchant = required(options, 'merchant');
  await atDesk(terminal, async (app) => {
    const { id: merchantId } = await findMerchant(app.db, merchant);
    const traderId = await traderAt(app.db, options.trader);
    await work(app, { merchantId, mode, traderId, actor: shell });
  });
}

async function traderAt(db: Database, email: string | undefined): Promise<string | null> {
  return email === undefined ? null : traderOf(db, email);
}
