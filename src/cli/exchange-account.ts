// `dragoman exchange account set`, `list` and `remove`: a merchant's own keys on an exchange.

import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import type { App } from '../app.ts';
import { loadConfig } from '../config.ts';
import { abilityOf } from '../exchanges/abilities.ts';
import { MAX_LIMIT_BASIS_POINTS } from '../exchanges/accounts.ts';
import type { AccountKey } from '../exchanges/connector.ts';
import { cannotSell } from '../exchanges/connectors.ts';
import { record, shell } from '../merchants/staff-log.ts';
import type { ExchangeKeys, ExchangeSettings } from '../rates/exchange.ts';
import { withApp } from './app.ts';
import {
  type Command,
  type Options,
  UsageError,
  columns,
  readOptions,
  required,
} from './command.ts';
import { modeOf } from './key.ts';
import { findMerchant } from './merchant.ts';

const longestSecret = 10_000;

export const exchangeAccountSet: Command = {
  usage:
    'exchange account set --merchant <id or name> --mode live --exchange <id> --api-key <key> ' +
    '--secret-file <file, or - for standard input> | --secret <secret> [--password <password>] ' +
    '[--uid <uid>] [--type market|limit] [--limit-basis-points <n>]',
  summary:
    'Stores a merchant’s keys on an exchange, sealed; from then on the wanted share of each ' +
    'payment is sold there. The keys need the right to trade, and must not be allowed to withdraw.',
  async run(words, terminal) {
    const names = ['api-key', 'secret', 'secret-file', 'password', 'uid', 'type'];
    const options = readOptions(words, [...keyNames, ...names, 'limit-basis-points']);
    const terms = termsOf(options);
    const config = loadConfig();
    const one = settingsOf(config.exchanges, options);
    const mode = modeOf(required(options, 'mode'));
    if (mode === 'test') {
      throw new UsageError('test mode sells on its own sandbox exchange, which needs no keys');
    }
    if (!abilityOf(one.exchange)) throw new UsageError(cannotSell(one.exchange));
    const keys = await keysOf(options);
    await withApp(config, terminal, async (app) => {
      const key = { merchantId: await merchantIdOf(app, options), mode, exchange: one.id };
      await app.db.transaction(async (tx) => {
        await app.exchanges.accounts.set(tx, { ...key, ...terms }, keys);
        const details = { mode, exchange: one.id, name: one.exchange, ...terms };
        await record(tx, act(key, 'exchange_account.set', details));
      });
      terminal.say(`Stored. "exchange check" asks ${one.exchange} whether the keys are right.`);
    });
    return 0;
  },
};

export const exchangeAccountList: Command = {
  usage: 'exchange account list [--merchant <id or name>]',
  summary: 'Lists which merchants sell on which exchange, and how; never their keys.',
  async run(words, terminal) {
    const options = readOptions(words, ['merchant']);
    const config = loadConfig();
    const nameOf = (id: number): string =>
      config.exchanges.find((one) => one.id === id)?.exchange ?? 'not configured';
    await withApp(config, terminal, async (app) => {
      const merchantId = options.merchant ? await merchantIdOf(app, options) : undefined;
      const accounts = await app.exchanges.accounts.list(merchantId);
      const rows = accounts.map((account) => [
        account.merchantId,
        account.mode,
        `${account.exchange} ${nameOf(account.exchange)}`,
        account.orderType,
        account.orderType === 'limit' ? String(account.limitBasisPoints) : '',
        account.active ? 'active' : 'removed',
        account.createdAt.toISOString(),
      ]);
      const header = ['merchant', 'mode', 'exchange', 'orders', 'basis points', '', 'since'];
      for (const row of columns([header, ...rows])) terminal.out(row);
    });
    return 0;
  },
};

export const exchangeAccountRemove: Command = {
  usage: 'exchange account remove --merchant <id or name> --mode live --exchange <id>',
  summary: 'Nothing new is sold there any more; orders under way are still followed.',
  async run(words, terminal) {
    const options = readOptions(words, keyNames);
    return withApp(loadConfig(), terminal, async (app) => {
      const key = await accountKeyOf(app, options);
      const removed = await app.db.transaction(async (tx) => {
        if (!(await app.exchanges.accounts.remove(tx, key))) return false;
        const { mode, exchange } = key;
        await record(tx, act(key, 'exchange_account.removed', { mode, exchange }));
        return true;
      });
      terminal.say(removed ? 'The account is removed.' : 'There is no active account of it there.');
      return removed ? 0 : 1;
    });
  },
};

export const keyNames: readonly string[] = ['merchant', 'mode', 'exchange'];

export async function accountKeyOf(app: App, options: Options): Promise<AccountKey> {
  return {
    merchantId: await merchantIdOf(app, options),
    mode: modeOf(required(options, 'mode')),
    exchange: exchangeIdOf(options),
  };
}

async function merchantIdOf({ db }: App, options: Options): Promise<string> {
  return (await findMerchant(db, required(options, 'merchant'))).id;
}

function exchangeIdOf(options: Options): number {
  const text = required(options, 'exchange');
  if (!/^\d{1,9}$/.test(text)) throw new UsageError('--exchange is a number of EXCHANGES');
  return parseInt(text, 10);
}

function settingsOf(all: readonly ExchangeSettings[], options: Options): ExchangeSettings {
  const id = exchangeIdOf(options);
  const found = all.find((one) => one.id === id);
  if (found) return found;
  const known = all.map((one) => `${one.id} (${one.exchange})`).join(', ') || 'none';
  throw new UsageError(`EXCHANGES names no exchange ${id}; it names ${known}`);
}

function termsOf(options: Options): { orderType: 'market' | 'limit'; limitBasisPoints: number } {
  const orderType = options.type ?? 'market';
  if (orderType !== 'market' && orderType !== 'limit') {
    throw new UsageError('--type must be market or limit');
  }
  const text = options['limit-basis-points'] ?? '100';
  const limitBasisPoints = /^\d{1,4}$/.test(text) ? parseInt(text, 10) : -1;
  if (limitBasisPoints < 0 || limitBasisPoints > MAX_LIMIT_BASIS_POINTS) {
    throw new UsageError(`--limit-basis-points must be 0 to ${MAX_LIMIT_BASIS_POINTS}`);
  }
  return { orderType, limitBasisPoints };
}

async function keysOf(options: Options): Promise<ExchangeKeys> {
  const { password, uid } = options;
  return {
    apiKey: required(options, 'api-key'),
    secret: await secretOf(options),
    ...(password ? { password } : {}),
    ...(uid ? { uid } : {}),
  };
}

/** From a file or a pipe, so that it stands in no shell's history and in no list of processes. */
async function secretOf(options: Options): Promise<string> {
  const file = options['secret-file'];
  if ((file === undefined) === (options.secret === undefined)) {
    throw new UsageError('give --secret-file or --secret');
  }
  if (file === undefined) return required(options, 'secret');
  const secret = (
    file === '-' ? await readAll(process.stdin) : await readFile(file, 'utf8')
  ).trim();
  if (secret === '' || secret.length > longestSecret) throw new UsageError('that is no secret');
  return secret;
}

function act(
  { merchantId, exchange }: AccountKey,
  action: string,
  details: Readonly<Record<string, unknown>>,
): Parameters<typeof record>[1] {
  const subject = `exchange ${exchange}`;
  return { ...shell, at: new Date(), merchantId, action, subject, details };
}
