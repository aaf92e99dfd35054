// What `doctor` finds out about live prices: which exchanges answered, and what has no price.

import type { ChainSetting } from '../chain-setting.ts';
import type { Config } from '../config.ts';
import { createDatabase } from '../db/database.ts';
import { pendingMigrations } from '../db/migrate.ts';
import { findChain } from '../rails/utxo/chains.ts';
import { createMarket } from '../rates/market.ts';
import { type Rates, type SourceHealth, createRates } from '../rates/rates.ts';
import { createTableSource } from '../rates/table.ts';
import { createTestSource } from '../rates/test-table.ts';
import type { Terminal } from './command.ts';
import { reachDatabase } from './database.ts';
import { reasonOf, type Finding } from './finding.ts';

const maxConnections = 1;
const statementTimeoutMs = 10_000;
const oldAfterMs = 60_000;
const priceCurrency = 'USD';

/** From what is stored: asking the exchanges is the running gateway's work, not ours. */
export async function* checkRates(config: Config, terminal: Terminal): AsyncGenerator<Finding> {
  if (config.exchanges.length === 0 && config.chains.length === 0) return;
  if (config.exchanges.length === 0) {
    yield {
      state: 'note',
      sentence: 'EXCHANGES is empty: live payments are priced by the fixed rates of RATES alone.',
    };
  }
  try {
    const { rates, stop } = await storedRates(config, terminal);
    try {
      for (const source of rates.health()) yield aboutSource(source, new Date());
      for (const chain of config.chains) yield aboutCoin(rates, chain, config);
    } finally {
      await stop();
    }
  } catch (error) {
    // The check of the database says what is wrong with it, and what to do.
    yield { state: 'note', sentence: `The stored prices cannot be read: ${reasonOf(error)}.` };
  }
}

async function storedRates(config: Config, terminal: Terminal) {
  const now = (): Date => new Date();
  const live = createTableSource(config.rates, { name: 'settings', testOnly: false, now });
  const test = createTestSource(now);
  if (config.exchanges.length === 0) {
    return { rates: createRates({ test, live, now }), stop: async () => undefined };
  }
  const reached = await reachDatabase(config, terminal);
  const pending = await pendingMigrations(reached.connection);
  const onError = (error: Error): void => terminal.say(error.message);
  const { connection } = reached;
  const db = createDatabase({ connection, maxConnections, statementTimeoutMs, onError });
  const stop = async (): Promise<void> => {
    await db.close();
    await reached.stop();
  };
  try {
    if (pending.length > 0) throw new Error('the database is of an older release');
    const market = createMarket({ db, exchanges: config.exchanges, now, onError });
    await market.reload();
    return { rates: createRates({ test, live, market, now }), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function aboutSource(health: SourceHealth, now: Date): Finding {
  const { source, succeededAt, failures, lastError, open, retryAt } = health;
  const trouble = failures > 0 && lastError !== null ? ` It said: ${lastError}` : '';
  if (succeededAt === null) {
    if (failures === 0) {
      return { state: 'note', sentence: `${source} has not been asked for its prices yet.` };
    }
    const advice = 'Check EXCHANGES, and that this machine may reach the exchange.';
    return { state: 'bad', sentence: `${source} never told its prices.${trouble}`, advice };
  }
  const told = `${source} told its prices at ${succeededAt.toISOString()}.`;
  if (now.getTime() - succeededAt.getTime() <= oldAfterMs) {
    return { state: 'good', sentence: told };
  }
  const until = open && retryAt ? ` It is asked again at ${retryAt.toISOString()}.` : '';
  return {
    state: failures > 0 ? 'bad' : 'note',
    sentence: `${told}${trouble}${until}`,
    advice: 'Prices are fetched while a process with the role worker runs.',
  };
}

function aboutCoin(rates: Rates, { chain }: ChainSetting, config: Config): Finding {
  const asset = findChain(chain)?.asset ?? chain;
  const pairs = [...config.rates.keys()].filter((pair) => pair.split('/').includes(asset));
  if (pairs.length > 0) {
    return { state: 'good', sentence: `RATES knows ${asset}: ${pairs.join(', ')}.` };
  }
  const quote = rates.quote('live', asset, priceCurrency);
  if (quote) {
    const at = quote.at.toISOString();
    return { state: 'good', sentence: `${asset}/${priceCurrency} has a rate, learned ${at}.` };
  }
  if (config.exchanges.length === 0) {
    return {
      state: 'bad',
      sentence: `RATES has no rate for ${asset}: nothing priced in money can be paid with it.`,
      advice: `Name exchanges in EXCHANGES, or add one, as in {"${asset}/${priceCurrency}": "…"}.`,
    };
  }
  const why = rates.whyNot('live', asset, priceCurrency);
  return {
    state: 'bad',
    sentence: `A price in ${priceCurrency} cannot be paid in ${asset} now: ${why}.`,
    advice: `Name more exchanges in EXCHANGES, or a rate in RATES.`,
  };
}
