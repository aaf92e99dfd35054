// Combinations of settings that are dangerous together: refused, or warned of.

import type { ChainSetting } from './chain-setting.ts';
import { findChain } from './rails/utxo/chains.ts';
import type { ExchangeSettings } from './rates/exchange.ts';

/** The settings that can be dangerous together. */
type Settings = {
  readonly host: string;
  readonly publicOrigin: string | null;
  readonly trustProxy: readonly string[] | false;
  readonly roles: readonly string[];
  readonly databaseUrl: string | null;
  readonly databaseConnections: number;
  readonly secretKey: Buffer | null;
  readonly rateLimits: boolean;
  readonly webhookAllowedNetworks: readonly string[];
  readonly rates: { readonly size: number };
  readonly exchanges: readonly ExchangeSettings[];
  readonly chains: readonly ChainSetting[];
};

/** The embedded server allows 60 connections, of which its own needs and the shell take some. */
const embeddedConnectionLimit = 48;

/** A sentence for each combination with which we do not start; empty when all is well. */
export function dangers(config: Settings): string[] {
  return [
    ...twoNetworksOfOneCoin(config),
    ...liveMoneyInTheClear(config),
    ...inventedPrices(config),
    ...openGuards(config),
    ...embeddedForMany(config),
    ...weakKey(config),
  ];
}

/** A sentence for each combination that is allowed and deserves a second look. */
export function cautions(config: Settings): string[] {
  const found: string[] = [];
  if (!isLoopbackHost(config.host) && config.publicOrigin === null) {
    found.push(
      'PUBLIC_ORIGIN is not set while HOST is open to the network: links are printed with ' +
        'whatever host name a caller sends',
    );
  }
  if (!config.rateLimits && !isLoopbackHost(config.host)) {
    found.push('RATE_LIMITS is off while HOST is open to the network');
  }
  found.push(...aboutPrices(config));
  if (config.databaseUrl !== null && crossesNetworkInClear(config.databaseUrl)) {
    found.push('DATABASE_URL crosses a network without TLS: add sslmode=verify-full');
  }
  return found;
}

function aboutPrices(config: Settings): string[] {
  const { exchanges, rates } = config;
  const found: string[] = [];
  if (livesOnMainnet(config) && rates.size === 0 && exchanges.length === 0) {
    found.push(
      'RATES is empty and EXCHANGES names none: payments priced in money cannot be paid on the ' +
        'chains of CHAINS',
    );
  }
  if (exchanges.length === 1) {
    found.push('EXCHANGES names one exchange: nothing contradicts it when its prices are wrong');
  }
  for (const { exchange, url } of exchanges) {
    if (url !== null) found.push(`EXCHANGES believes ${url} to be ${exchange}`);
  }
  return found;
}

function twoNetworksOfOneCoin(config: Settings): string[] {
  const complaints: string[] = [];
  const seen = new Map<string, string>();
  for (const { chain: name } of config.chains) {
    const asset = findChain(name)?.asset ?? name;
    const other = seen.get(asset);
    if (other !== undefined) {
      complaints.push(
        `CHAINS names ${other} and ${name}: one server watches one network of a coin, or ` +
          'worthless test coins would settle real prices',
      );
    }
    seen.set(asset, name);
  }
  return complaints;
}

function liveMoneyInTheClear(config: Settings): string[] {
  if (!livesOnMainnet(config) || config.publicOrigin === null) return [];
  const url = new URL(config.publicOrigin);
  if (url.protocol === 'https:' || isLoopbackHost(url.hostname)) return [];
  return [
    `PUBLIC_ORIGIN ${config.publicOrigin} is not https while CHAINS names a main network: ` +
      'anybody on the way could replace the address that a payer pays to',
  ];
}

function inventedPrices(config: Settings): string[] {
  if (!livesOnMainnet(config)) return [];
  return config.exchanges
    .filter(({ sandbox }) => sandbox)
    .map(
      ({ exchange }) =>
        `EXCHANGES takes the test environment of ${exchange} while CHAINS names a main network: ` +
        'its invented prices would settle real money',
    );
}

function openGuards(config: Settings): string[] {
  const complaints: string[] = [];
  if (config.webhookAllowedNetworks.some(isEverything)) {
    complaints.push(
      'WEBHOOK_ALLOWED_NETWORKS allows every address: name only the networks of your own shops, ' +
        'or strangers could reach what only this server can reach',
    );
  }
  if (config.trustProxy !== false && config.trustProxy.some(isEverything)) {
    complaints.push(
      'TRUST_PROXY trusts every address: name only your proxies, or callers could claim any one',
    );
  }
  return complaints;
}

function embeddedForMany(config: Settings): string[] {
  if (config.databaseUrl !== null) return [];
  const complaints: string[] = [];
  if (config.roles.length < 2) {
    complaints.push(
      'ROLES names one role, but the embedded database serves one process, which must then do ' +
        'both: set DATABASE_URL to share the work, or leave ROLES alone',
    );
  }
  if (config.databaseConnections > embeddedConnectionLimit) {
    complaints.push(
      `DATABASE_CONNECTIONS must be at most ${embeddedConnectionLimit} with the embedded database`,
    );
  }
  return complaints;
}

function weakKey(config: Settings): string[] {
  if (config.secretKey === null || new Set(config.secretKey).size > 8) return [];
  return ['SECRET_KEY is not random: make one with "openssl rand -hex 32"'];
}

function livesOnMainnet(config: Pick<Settings, 'chains'>): boolean {
  return config.chains.some(({ chain }) => findChain(chain)?.world === 'main');
}

function isEverything(network: string): boolean {
  return network.endsWith('/0');
}

function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host === '::1' || host.startsWith('127.');
}

function crossesNetworkInClear(address: string): boolean {
  const url = new URL(address);
  // No host, or a folder as host, is a socket on this machine.
  const host = url.searchParams.get('host') ?? decodeURIComponent(url.hostname);
  if (host === '' || host.startsWith('/') || isLoopbackHost(host)) return false;
  return !['require', 'verify-ca', 'verify-full'].includes(url.searchParams.get('sslmode') ?? '');
}
