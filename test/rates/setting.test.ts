// The setting EXCHANGES: what is read, what is refused with which words, what is dangerous.

import { expect, test } from 'vitest';
import { type Config, loadConfig, shownConfig } from '../../src/config.ts';
import { cautions } from '../../src/dangers.ts';

test('an exchange is read with its defaults', () => {
  const config = load('[{"id": 1, "exchange": "kraken"}]');
  expect(config.exchanges).toEqual([
    { id: 1, exchange: 'kraken', sandbox: false, url: null, pollMs: null },
  ]);
  expect(load('[]').exchanges).toEqual([]);
});

test('all members, also of a settings file', () => {
  const one = { id: 7, exchange: 'binance', sandbox: true, url: 'https://a.example/', pollMs: 500 };
  const config = load(JSON.stringify([one]));
  expect(config.exchanges).toEqual([{ ...one, url: 'https://a.example' }]);
  const shown = shownConfig(config).find(({ name }) => name === 'EXCHANGES');
  expect(shown?.value).toBe('7: binance (test environment) at https://a.example');
});

test.each([
  ['{', 'is not valid JSON'],
  ['{}', 'must be a JSON list'],
  ['[1]', 'entry 1: must be an object'],
  ['[{"id": 1}]', 'entry 1: lacks exchange'],
  ['[{"id": 1, "exchange": "mtgox"}]', '"mtgox" is no exchange that ccxt knows'],
  ['[{"id": 1, "exchange": "../kraken"}]', 'is no exchange that ccxt knows'],
  ['[{"exchange": "kraken"}]', 'id must be a whole number from 1'],
  ['[{"id": 0, "exchange": "kraken"}]', 'id must be a whole number from 1'],
  ['[{"id": "1", "exchange": "kraken"}]', 'id must be a whole number from 1'],
  ['[{"id": 1, "exchange": "kraken", "pollMs": 99}]', 'pollMs must be a whole number from 100'],
  ['[{"id": 1, "exchange": "kraken", "pollMs": 60000}]', 'to 30000'],
  ['[{"id": 1, "exchange": "kraken", "sandbox": "yes"}]', 'sandbox must be true or false'],
  ['[{"id": 1, "exchange": "kraken", "url": "kraken"}]', 'url must be scheme and host alone'],
  ['[{"id": 1, "exchange": "kraken", "url": "https://a.example/x"}]', 'scheme and host alone'],
  ['[{"id": 1, "exchange": "kraken", "url": "https://u:p@a.example"}]', 'scheme and host alone'],
  ['[{"id": 1, "exchange": "kraken", "url": "http://a.example"}]', 'url must be https'],
  ['[{"id": 1, "exchange": "kraken", "url": "http://127.evil.example"}]', 'url must be https'],
  ['[{"id": 1, "exchange": "kraken", "apiKey": "x"}]', 'unknown member "apiKey"'],
  ['[{"id":1,"exchange":"kraken"},{"id":1,"exchange":"bitstamp"}]', 'names the id 1 twice'],
  ['[{"id":1,"exchange":"kraken"},{"id":2,"exchange":"kraken"}]', 'exchange kraken twice'],
])('%s is refused', (text, words) => {
  expect(() => load(text)).toThrow(words);
});

test('invented prices never meet a main network', () => {
  const sandbox = '[{"id": 1, "exchange": "binance", "sandbox": true}]';
  expect(() => load(sandbox, mainnet)).toThrow('its invented prices would settle real money');
  expect(load(sandbox).exchanges).toHaveLength(1);
});

test('what deserves a second look', () => {
  expect(cautions(load('[]', mainnet)).join()).toContain('RATES is empty and EXCHANGES names none');
  const one = load('[{"id": 1, "exchange": "kraken", "url": "https://a.example"}]', mainnet);
  expect(cautions(one).join()).toContain('names one exchange');
  expect(cautions(one).join()).toContain('believes https://a.example to be kraken');
  expect(cautions(one).join()).not.toContain('RATES is empty');
});

// BIP 84, test vector.
const mainnet = JSON.stringify([
  {
    chain: 'bitcoin',
    rpcUrl: 'http://127.0.0.1:8332',
    rpcUser: 'u',
    rpcPassword: 'p',
    xpub:
      'zpub6rFR7y4Q2AijBEqTUquhVz398htDFrtymD9xYYfG1m4wAcvPhXNfE3EfH1r1ADqtfSdVCToUG868RvUUk' +
      'gDKf31mGDtKsAYz2oz2AGutZYs',
  },
]);

function load(exchanges: string, chains = '[]'): Config {
  const environment = { EXCHANGES: exchanges, CHAINS: chains };
  return loadConfig({ environment, folder: '/nowhere' });
}
