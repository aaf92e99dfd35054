// Settings: where they come from, what is refused, and that no secret is ever shown.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConfigError, loadConfig, shownConfig, type Config } from '../src/config.ts';
import { cautions } from '../src/dangers.ts';

// The account of BIP 84's own test vector, and the same branch as a private key.
const zpub =
  'zpub6rFR7y4Q2AijBEqTUquhVz398htDFrtymD9xYYfG1m4wAcvPhXNfE3EfH1r1ADqtfSdVCToUG868RvUUk' +
  'gDKf31mGDtKsAYz2oz2AGutZYs';
const zprv =
  'zprvAdG4iTXWBoARxkkzNpNh8r6Qag3irQB8PzEMkAFeTRXxHpbF9z4QgEvBRmfvqWvGp42t42nvgGpNgYSJ' +
  'A9iefm1yYNZKEm7z6qUWCroSQnE';
const node = { rpcUrl: 'http://127.0.0.1:8332', rpcUser: 'u', rpcPassword: 'hunter2' };
const bitcoin = { chain: 'bitcoin', xpub: zpub, ...node };

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dragoman-config-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('nothing set gives the defaults, complete and frozen', () => {
  const config = load({});
  expect(config).toMatchObject({
    host: '127.0.0.1',
    port: 3000,
    publicOrigin: null,
    databaseUrl: null,
    trustProxy: false,
    roles: ['api', 'worker'],
    webhookAllowedNetworks: [],
    chains: [],
    rateLimits: true,
    sandboxDelayMs: 3000,
    bitxpayShortPrefix: false,
  });
  expect(config.dataDir).toMatch(/^\/.*\/data$/);
  expect(Object.isFrozen(config)).toBe(true);
  expect(cautions(config)).toEqual([]);
});

test('the environment wins over .env, .env over the file; empty means not set', async () => {
  const content = { PORT: 1, HOST: '::1', LOG_LEVEL: 'warn' };
  await writeFile(join(folder, 'dragoman.config.json'), JSON.stringify(content));
  await writeFile(join(folder, '.env'), 'PORT=2\nHOST=127.0.0.2\n');
  expect(load({ PORT: '3', HOST: '' })).toMatchObject({
    port: 3,
    host: '127.0.0.2',
    logLevel: 'warn',
  });
});

test('the file may hold lists and objects as JSON', async () => {
  const content = { CHAINS: [bitcoin], RATES: { 'BTC/USD': '60000' }, RATE_LIMITS: false };
  await writeFile(join(folder, 'dragoman.config.json'), JSON.stringify(content));
  const config = load({});
  expect(config.chains[0]?.rpcUrl).toBe('http://u:hunter2@127.0.0.1:8332/');
  expect(config.rates.size).toBe(1);
  expect(config.rateLimits).toBe(false);
});

test('every complaint is told at once, each by the name of its setting', () => {
  const message = refusal({ PORT: '70000', ROLES: 'api,cook', SECRET_KEY: 'abc' });
  expect(message.split('\n')).toEqual([
    'PORT must be a whole number from 0 to 65535',
    'ROLES must be one of api, worker',
    'SECRET_KEY must be 64 hexadecimal digits',
  ]);
});

test.each([
  ['PORT', '3000.5', 'whole number'],
  ['PORT', '-1', 'whole number'],
  ['PORT', '1e3', 'whole number'],
  ['ROLES', ',', 'at least one'],
  ['PUBLIC_ORIGIN', 'pay.example.com', 'origin'],
  ['PUBLIC_ORIGIN', 'https://pay.example.com/shop', 'origin only'],
  ['PUBLIC_ORIGIN', 'https://u:p@pay.example.com', 'origin only'],
  ['DATABASE_URL', 'mysql://u@h/d', 'postgres://'],
  ['LOG_LEVEL', 'loud', 'one of'],
  ['RATE_LIMITS', 'yes', 'on or off'],
  ['WEBHOOK_ALLOWED_NETWORKS', '10.0.0.0/33', 'not a network'],
  ['WEBHOOK_ALLOWED_NETWORKS', 'example.com', 'not a network'],
  ['TRUST_PROXY', 'true', 'not a network'],
  ['SANDBOX_DELAY_MS', '-1', 'whole number'],
  ['RATES', '{"BTC/USD": 60000}', 'quotes'],
  ['CHAINS', 'bitcoin', 'not valid JSON'],
  ['CHAINS', '{}', 'JSON list'],
  ['CHAINS', '[{"chain": "dogecoin"}]', 'no chain'],
  ['CHAINS', JSON.stringify([{ ...bitcoin, xpub: zprv }]), 'PRIVATE'],
  ['CHAINS', JSON.stringify([{ ...bitcoin, xpub: 'zpub' }]), 'not an extended public key'],
  ['CHAINS', JSON.stringify([{ ...bitcoin, chain: 'bitcoin-regtest' }]), 'another network'],
  ['CHAINS', JSON.stringify([{ ...bitcoin, rpcPassword: '' }]), 'needs rpcUser and rpcPassword'],
  ['CHAINS', JSON.stringify([{ ...bitcoin, rpcUrl: 'node:1' }]), 'rpcUrl'],
  ['CHAINS', JSON.stringify([{ ...bitcoin, pollMs: 1 }]), 'pollMs'],
  ['CHAINS', JSON.stringify([{ ...bitcoin, rpcPasword: 'x' }]), 'unknown member "rpcPasword"'],
])('%s = %s is refused', (name, value, expected) => {
  const message = refusal({ [name]: value });
  expect(message).toContain(expected);
  expect(message).toMatch(new RegExp(`^${name} `));
  expect(message).not.toContain('hunter2');
});

test('a settings file that cannot be read is named, and none of it is quoted', async () => {
  const file = join(folder, 'dragoman.config.json');
  await writeFile(file, '{"SECRET_KEY": "hunter2", }');
  expect(refusal({})).toBe('dragoman.config.json is not valid JSON');
  await writeFile(file, '{"PROT": 1}');
  expect(refusal({})).toBe('PROT in dragoman.config.json is no setting');
  await writeFile(file, '[]');
  expect(refusal({})).toContain('one JSON object');
});

test.each([
  ['two networks of one coin', { CHAINS: [bitcoin, { ...bitcoin }] }, 'one network of a coin'],
  ['real coins, plain http', { CHAINS: [bitcoin], PUBLIC_ORIGIN: 'http://a.example' }, 'not https'],
  ['webhooks to anywhere', { WEBHOOK_ALLOWED_NETWORKS: '0.0.0.0/0' }, 'allows every address'],
  ['webhooks to anywhere in IPv6', { WEBHOOK_ALLOWED_NETWORKS: '::/0' }, 'allows every address'],
  ['any proxy trusted', { TRUST_PROXY: '0.0.0.0/0' }, 'trusts every address'],
  ['half a gateway on the embedded database', { ROLES: 'api' }, 'serves one process'],
  ['more connections than the embedded server has', { DATABASE_CONNECTIONS: 60 }, 'at most'],
  ['a key made by hand', { SECRET_KEY: '01'.repeat(32) }, 'not random'],
])('dangerous together: %s', async (_, content, expected) => {
  await writeFile(join(folder, 'dragoman.config.json'), JSON.stringify(content));
  expect(refusal({})).toContain(expected);
});

test.each([
  [{ HOST: '0.0.0.0' }, 'PUBLIC_ORIGIN is not set'],
  [{ HOST: '::', PUBLIC_ORIGIN: 'https://a.example', RATE_LIMITS: 'off' }, 'RATE_LIMITS is off'],
  [{ CHAINS: JSON.stringify([bitcoin]) }, 'RATES is empty'],
  [{ DATABASE_URL: 'postgres://u:p@db.example/x' }, 'without TLS'],
])('allowed with a caution: %o', (environment, expected) => {
  expect(cautions(load(environment)).join()).toContain(expected);
});

test('no secret is shown', () => {
  const config = load({
    SECRET_KEY: '00112233445566778899aabbccddeeff0123456789abcdef0123456789abcdef',
    DATABASE_URL: 'postgres://u:hunter2@127.0.0.1/x?password=hunter2',
    CHAINS: JSON.stringify([bitcoin]),
  });
  const shown = JSON.stringify(shownConfig(config));
  expect(shown).not.toMatch(/hunter2|00112233/);
  expect(shown).toContain('bitcoin at http://u:***@127.0.0.1:8332/');
});

function load(environment: Record<string, string>): Config {
  return loadConfig({ environment, folder });
}

function refusal(environment: Record<string, string>): string {
  try {
    load(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error('it was accepted');
}
