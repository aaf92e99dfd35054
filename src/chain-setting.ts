// The setting CHAINS: which blockchains this server watches, through which node, for which account.

import { chains, findChain } from './rails/utxo/chains.ts';
import { openAccount } from './rails/utxo/xpub.ts';
import { withoutPassword, type Kind } from './setting.ts';

export type ChainSetting = {
  readonly chain: string;
  /** The node's address, with user and password inside where they are needed. */
  readonly rpcUrl: string;
  /** The node's own password file, read instead of a user and password. */
  readonly cookieFile: string | null;
  readonly xpub: string;
  readonly pollMs: number | null;
};

const members = [
  'chain',
  'rpcUrl',
  'rpcUser',
  'rpcPassword',
  'rpcCookieFile',
  'xpub',
  'pollMs',
] as const;
type Member = (typeof members)[number];

const fastestPollMs = 100;
const slowestPollMs = 600_000;

export const chainList: Kind<readonly ChainSetting[]> = {
  word: 'JSON list of objects',
  read(raw) {
    const list = typeof raw === 'string' ? parse(raw) : raw;
    if (!Array.isArray(list)) throw new Error('must be a JSON list of objects');
    return Object.freeze(
      list.map((item, index) => {
        try {
          return read(item);
        } catch (error) {
          throw new Error(`entry ${index + 1}: ${(error as Error).message}`, { cause: error });
        }
      }),
    );
  },
  show: (value) =>
    value.map((item) => `${item.chain} at ${withoutPassword(item.rpcUrl)}`).join(', ') || 'none',
};

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message would quote the text, and the text holds passwords.
    throw new Error('is not valid JSON');
  }
}

function read(item: unknown): ChainSetting {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    throw new Error('must be an object');
  }
  for (const key of Object.keys(item)) {
    if (!members.includes(key as Member)) throw new Error(`has an unknown member "${key}"`);
  }
  const given = item as Partial<Record<Member, unknown>>;
  const name = required(given, 'chain');
  const chain = findChain(name);
  if (!chain) {
    const known = chains.map((one) => one.name).join(', ');
    throw new Error(`"${name}" is no chain; known are ${known}`);
  }
  const xpub = required(given, 'xpub').trim();
  openAccount(chain, xpub);
  return Object.freeze({
    chain: name,
    rpcUrl: nodeUrl(given),
    cookieFile: optionalText(given, 'rpcCookieFile'),
    xpub,
    pollMs: pollMsOf(given.pollMs),
  });
}

function nodeUrl(given: Partial<Record<Member, unknown>>): string {
  const address = required(given, 'rpcUrl');
  const url = URL.canParse(address) ? new URL(address) : null;
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new Error('rpcUrl must be an address like http://127.0.0.1:9332');
  }
  const user = optionalText(given, 'rpcUser');
  const password = optionalText(given, 'rpcPassword');
  if (user !== null) url.username = encodeURIComponent(user);
  if (password !== null) url.password = encodeURIComponent(password);
  if (optionalText(given, 'rpcCookieFile') === null && (!url.username || !url.password)) {
    throw new Error('needs rpcUser and rpcPassword, or rpcCookieFile');
  }
  return url.href;
}

function pollMsOf(value: unknown): number | null {
  if (value === undefined || value === null) return null;
  if (Number.isInteger(value)) {
    const pollMs = value as number;
    if (pollMs >= fastestPollMs && pollMs <= slowestPollMs) return pollMs;
  }
  throw new Error(`pollMs must be a whole number from ${fastestPollMs} to ${slowestPollMs}`);
}

function required(given: Partial<Record<Member, unknown>>, member: Member): string {
  const value = optionalText(given, member);
  if (value === null) throw new Error(`lacks ${member}`);
  return value;
}

function optionalText(given: Partial<Record<Member, unknown>>, member: Member): string | null {
  const value = given[member] ?? null;
  if (value === null || value === '') return null;
  if (typeof value !== 'string') throw new Error(`${member} must be text`);
  return value;
}
