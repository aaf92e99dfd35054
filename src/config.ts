// Every setting, once: name, kind, default, meaning. The only reader of the environment.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { chainList } from './chain-setting.ts';
import { dangers } from './dangers.ts';
import { exchangeList } from './exchange-setting.ts';
import { parseRateTable, type RateTable } from './rates/table.ts';
import {
  databaseUrl,
  folder,
  hexKey,
  integer,
  networks,
  offOr,
  onOff,
  oneOf,
  optional,
  origin,
  someOf,
  text,
  type Kind,
  type Setting,
} from './setting.ts';

export const settings = {
  host: setting(
    'HOST',
    text,
    '127.0.0.1',
    'The address to listen on. `0.0.0.0` or `::` opens it to the network.',
  ),
  port: setting('PORT', integer(0, 65_535), '3000', 'The port to listen on; 0 takes any free one.'),
  publicOrigin: setting(
    'PUBLIC_ORIGIN',
    optional(origin),
    '',
    'Where payers and shops reach this server; printed into payment links. Unset: taken from ' +
      'each request, which is right for a try-out and wrong behind a proxy.',
  ),
  trustProxy: setting(
    'TRUST_PROXY',
    offOr(networks),
    'off',
    'The networks of your reverse proxies, whose `X-Forwarded-*` count. `off`: nobody’s.',
  ),
  roles: setting(
    'ROLES',
    someOf(['api', 'worker']),
    'api,worker',
    'What this process does: `api` answers requests, `worker` watches chains, closes payments ' +
      'that are due and delivers webhooks. Several processes need `DATABASE_URL`.',
  ),
  dataDir: setting(
    'DATA_DIR',
    folder,
    './data',
    'The embedded database, the secret key and the demo credentials. Back it up.',
  ),
  databaseUrl: setting(
    'DATABASE_URL',
    optional(databaseUrl),
    '',
    'A PostgreSQL server, 15 or newer. Unset: the embedded server on `DATA_DIR`.',
  ),
  databaseConnections: setting(
    'DATABASE_CONNECTIONS',
    integer(4, 500),
    '16',
    'The most connections that this process opens for its requests and jobs.',
  ),
  secretKey: setting(
    'SECRET_KEY',
    optional(hexKey),
    '',
    'Seals the secrets that the database holds. Unset: made at the first start and kept in ' +
      '`DATA_DIR/secret.key`. Back it up apart from the data: without it, they are lost.',
  ),
  logLevel: setting(
    'LOG_LEVEL',
    oneOf(['debug', 'info', 'warn', 'error', 'silent']),
    'info',
    'The least level that is logged.',
  ),
  rateLimits: setting(
    'RATE_LIMITS',
    onOff,
    'on',
    'Whether each API key may only send as many requests a minute as its vendor allows.',
  ),
  maxWaitingCreates: setting(
    'MAX_WAITING_CREATES',
    integer(1, 100_000),
    '2000',
    'How many payments may wait to be written; above that callers are told to come back.',
  ),
  webhookAllowedNetworks: setting(
    'WEBHOOK_ALLOWED_NETWORKS',
    networks,
    '',
    'Private networks to which webhooks may be sent, for shops inside your own network. All ' +
      'others that are not public are refused.',
  ),
  rates: setting(
    'RATES',
    rateTable(),
    '{}',
    'Fixed rates for live payments: what one unit of the first is worth in the second, as in ' +
      '`{"LTC/USD": "85.20"}`. They win over the exchanges of EXCHANGES.',
  ),
  exchanges: setting(
    'EXCHANGES',
    exchangeList,
    '[]',
    'The exchanges whose prices count for live payments, and where merchants may have accounts: ' +
      '`[{"id": 1, "exchange": "kraken"}, {"id": 2, "exchange": "bitstamp"}]`. `id` is what an ' +
      'API calls it, `exchange` its name in ccxt; `sandbox`: true takes the exchange’s test ' +
      'environment; `url` is a proxy that replaces scheme and host; `pollMs` is optional.',
  ),
  chains: setting(
    'CHAINS',
    chainList,
    '[]',
    'The chains to watch: `[{"chain": "litecoin", "rpcUrl": "http://127.0.0.1:9332", "rpcUser": ' +
      '"…", "rpcPassword": "…", "xpub": "zpub…"}]`. `chain` is `litecoin`, `bitcoin` or ' +
      '`bitcoin-cash`, alone or with `-testnet` or `-regtest`; `xpub` is an account’s extended ' +
      'public key; ' +
      '`rpcCookieFile` may replace user and password; `pollMs` is optional.',
  ),
  sandboxDelayMs: setting(
    'SANDBOX_DELAY_MS',
    integer(0, 3_600_000),
    '3000',
    'How long the sandbox waits before it acts on a magic amount, in milliseconds.',
  ),
  bitxpayShortPrefix: setting(
    'BITXPAY_SHORT_PREFIX',
    onOff,
    'off',
    'Also serves the BitXPay API without the first part of its path.',
  ),
  bitxpayExtraMagic: setting(
    'BITXPAY_EXTRA_MAGIC',
    onOff,
    'off',
    'Also obeys the magic amounts 1 to 4 of another BitXPay page in test mode.',
  ),
} as const;

type Settings = typeof settings;
export type Config = {
  readonly [K in keyof Settings]: Settings[K] extends Setting<infer T> ? T : never;
};

/** Nothing starts with these settings. One line for each complaint, each naming its setting. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

export type ConfigSources = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where `dragoman.config.json` and `.env` lie. */
  readonly folder: string;
};

const projectFolder = fileURLToPath(new URL('..', import.meta.url));
const FILE = 'dragoman.config.json';

/**
 * Reads the settings: the environment first, then `.env`, then `dragoman.config.json`, then the
 * default. The result is complete, checked and frozen. Throws ConfigError with every complaint.
 */
export function loadConfig(
  sources: ConfigSources = { environment: process.env, folder: projectFolder },
): Config {
  const complaints: string[] = [];
  const layers = [
    sources.environment,
    readDotEnv(join(sources.folder, '.env')),
    readFile(join(sources.folder, FILE), complaints),
  ];
  const values: Record<string, unknown> = {};
  for (const [key, one] of Object.entries(settings) as [string, Setting<unknown>][]) {
    const given = layers.map((layer) => layer[one.name]).find(isGiven);
    try {
      values[key] = one.kind.read(given ?? one.fallback);
    } catch (error) {
      complaints.push(`${one.name} ${(error as Error).message}`);
    }
  }
  if (complaints.length === 0) complaints.push(...dangers(values as Config));
  if (complaints.length > 0) throw new ConfigError(complaints.join('\n'));
  return Object.freeze(values) as Config;
}

/** Every setting with its value as it may be printed: secrets are hidden. */
export function shownConfig(config: Config): { name: string; value: string }[] {
  return (Object.keys(settings) as (keyof Settings)[]).map((key) => {
    const { name, kind } = settings[key] as Setting<unknown>;
    return { name, value: kind.show(config[key]) };
  });
}

function setting<T>(name: string, kind: Kind<T>, fallback: string, meaning: string): Setting<T> {
  return { name, kind, fallback, meaning };
}

function rateTable(): Kind<RateTable> {
  return {
    word: 'JSON object',
    read: (raw) => parseRateTable(typeof raw === 'string' ? raw : JSON.stringify(raw)),
    show: (value) => [...value.keys()].join(', ') || 'none',
  };
}

function readDotEnv(path: string): Record<string, unknown> {
  return existsSync(path) ? parseEnv(readFileSync(path, 'utf8')) : {};
}

function readFile(path: string, complaints: string[]): Record<string, unknown> {
  if (!existsSync(path)) return {};
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    // The parser's own message would quote the file, and the file holds passwords.
    complaints.push(`${FILE} is not valid JSON`);
    return {};
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    complaints.push(`${FILE} must hold one JSON object`);
    return {};
  }
  const names: string[] = Object.values(settings).map((one) => one.name);
  for (const name of Object.keys(content)) {
    if (!names.includes(name)) complaints.push(`${name} in ${FILE} is no setting`);
  }
  return content as Record<string, unknown>;
}

/** An empty variable counts as not set, as compose files write it. */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== '';
}
