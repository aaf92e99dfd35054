// Server-side request forgery: every way we know to lead the webhook client where it must not go.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGuard } from '../../src/webhooks/addresses.ts';
import { createWebhookClient } from '../../src/webhooks/request.ts';
import type { WebhookClient } from '../../src/webhooks/request.ts';

const timeoutMs = 5_000;

/** What each name resolves to; a stranger's name server may say anything. */
const names: Readonly<Record<string, readonly string[]>> = {
  'loopback.example': ['127.0.0.1'],
  'loopback6.example': ['::1'],
  'private.example': ['10.1.2.3'],
  'metadata.example': ['169.254.169.254'],
  'both.example': ['192.168.0.1', 'fd00::1'],
  'mapped.example': ['::ffff:127.0.0.1'],
  'nat64.example': ['64:ff9b::7f00:1'],
  'teredo.example': ['2001::1'],
  'nonsense.example': ['not an address'],
  localhost: ['127.0.0.1', '::1'],
  'xn--loclhost-2za.example': ['127.0.0.1'],
};

let client: WebhookClient;

beforeAll(() => {
  client = createWebhookClient({
    guard: createGuard([]),
    version: 'test',
    resolveName: async (name) => {
      const addresses = names[name.replace(/\.$/, '')];
      if (addresses === undefined) throw new Error(`${name} is unknown`);
      return addresses;
    },
  });
});

afterAll(() => client.close());

describe('addresses that are refused', () => {
  const cases: [name: string, url: string, word: string][] = [
    ['loopback', 'http://127.0.0.1/', 'loopback'],
    ['loopback, last of its network', 'http://127.255.255.254/', 'loopback'],
    ['loopback in octal', 'http://0177.0.0.1/', 'loopback'],
    ['loopback in octal with many zeros', 'http://00000177.0.0.1/', 'loopback'],
    ['loopback in hexadecimal', 'http://0x7f.0x0.0x0.0x1/', 'loopback'],
    ['loopback as one hexadecimal number', 'http://0x7f000001/', 'loopback'],
    ['loopback as one decimal number', 'http://2130706433/', 'loopback'],
    ['loopback in two parts', 'http://127.1/', 'loopback'],
    ['loopback in three parts', 'http://127.0.1/', 'loopback'],
    ['loopback with a dot at the end', 'http://127.0.0.1./', 'loopback'],
    ['loopback in full-width digits', 'http://１２７.０.０.１/', 'loopback'],
    ['loopback in circled digits', 'http://①②⑦.⓪.⓪.①/', 'loopback'],
    ['loopback with ideographic dots', 'http://127。0。0。1/', 'loopback'],
    ['loopback, percent-encoded', 'http://%31%32%37.0.0.1/', 'loopback'],
    ['loopback over TLS', 'https://127.0.0.1/', 'loopback'],
    ['this network', 'http://0.0.0.0/', 'unspecified'],
    ['this network, written 0', 'http://0/', 'unspecified'],
    ['another of 0.0.0.0/8', 'http://0.1.2.3/', 'unspecified'],
    ['private 10/8', 'http://10.0.0.1/', 'private'],
    ['private 172.16/12, first', 'http://172.16.0.1/', 'private'],
    ['private 172.16/12, last', 'http://172.31.255.255/', 'private'],
    ['private 192.168/16', 'http://192.168.1.1/', 'private'],
    ['private in hexadecimal', 'http://0xC0A80101/', 'private'],
    ['carrier-grade NAT, first', 'http://100.64.0.1/', 'carrier-grade NAT'],
    ['carrier-grade NAT, last', 'http://100.127.255.254/', 'carrier-grade NAT'],
    ['link-local', 'http://169.254.1.1/', 'link-local'],
    ['metadata of most clouds', 'http://169.254.169.254/latest', 'cloud metadata'],
    ['metadata as one decimal number', 'http://2852039166/', 'cloud metadata'],
    ['metadata of Alibaba Cloud', 'http://100.100.100.200/', 'cloud metadata'],
    ['the wire server of Azure', 'http://168.63.129.16/', 'cloud metadata'],
    ['metadata of Oracle Cloud', 'http://192.0.0.192/', 'reserved'],
    ['IETF assignments', 'http://192.0.0.1/', 'reserved'],
    ['documentation 1', 'http://192.0.2.1/', 'documentation'],
    ['documentation 2', 'http://198.51.100.1/', 'documentation'],
    ['documentation 3', 'http://203.0.113.1/', 'documentation'],
    ['6to4 relay', 'http://192.88.99.1/', '6to4 relay'],
    ['multicast relay', 'http://192.52.193.1/', 'multicast relay'],
    ['benchmarking', 'http://198.19.255.255/', 'benchmarking'],
    ['multicast, first', 'http://224.0.0.1/', 'multicast'],
    ['multicast, last', 'http://239.255.255.255/', 'multicast'],
    ['reserved for the future', 'http://240.0.0.1/', 'reserved for the future'],
    ['broadcast', 'http://255.255.255.255/', 'broadcast'],
    ['IPv6 unspecified', 'http://[::]/', 'unspecified'],
    ['IPv6 loopback', 'http://[::1]/', 'loopback'],
    ['IPv6 loopback in full', 'http://[0:0:0:0:0:0:0:1]/', 'loopback'],
    ['IPv4-mapped loopback', 'http://[::ffff:127.0.0.1]/', 'IPv4-mapped'],
    ['IPv4-mapped loopback, hexadecimal', 'http://[::ffff:7f00:1]/', 'IPv4-mapped'],
    ['IPv4-mapped metadata', 'http://[::ffff:169.254.169.254]/', 'IPv4-mapped'],
    ['IPv4-mapped public', 'http://[::ffff:8.8.8.8]/', 'IPv4-mapped'],
    ['IPv4-translated', 'http://[::ffff:0:127.0.0.1]/', 'IPv4-translated'],
    ['IPv4-compatible loopback', 'http://[::127.0.0.1]/', 'IPv4-compatible'],
    ['NAT64 of loopback', 'http://[64:ff9b::127.0.0.1]/', 'NAT64'],
    ['NAT64 of a private address', 'http://[64:ff9b::a00:1]/', 'NAT64'],
    ['local NAT64', 'http://[64:ff9b:1::1]/', 'NAT64'],
    ['discard-only', 'http://[100::1]/', 'discard-only'],
    ['Teredo', 'http://[2001::7f00:1]/', 'Teredo'],
    ['ORCHID', 'http://[2001:20::1]/', 'protocol assignment'],
    ['IPv6 benchmarking', 'http://[2001:2::1]/', 'protocol assignment'],
    ['IPv6 documentation', 'http://[2001:db8::1]/', 'documentation'],
    ['newer IPv6 documentation', 'http://[3fff::1]/', 'documentation'],
    ['6to4 of loopback', 'http://[2002:7f00:1::]/', '6to4'],
    ['6to4 of a private address', 'http://[2002:a00:1::1]/', '6to4'],
    ['metadata of AWS over IPv6', 'http://[fd00:ec2::254]/', 'cloud metadata'],
    ['unique local', 'http://[fc00::1]/', 'unique local'],
    ['unique local, other half', 'http://[fdff::1]/', 'unique local'],
    ['IPv6 link-local', 'http://[fe80::1]/', 'link-local'],
    ['IPv6 site-local', 'http://[fec0::1]/', 'site-local'],
    ['IPv6 multicast', 'http://[ff02::1]/', 'multicast'],
    ['segment routing', 'http://[5f00::1]/', 'not global unicast'],
    ['unassigned IPv6', 'http://[4000::1]/', 'not global unicast'],
    ['a name for loopback', 'http://loopback.example/', 'loopback'],
    ['a name for loopback, with a dot at the end', 'http://loopback.example./', 'loopback'],
    ['a name for IPv6 loopback', 'http://loopback6.example/', 'loopback'],
    ['a name for a private address', 'https://private.example/', 'private'],
    ['a name for cloud metadata', 'http://metadata.example/', 'cloud metadata'],
    ['a name with two bad addresses', 'http://both.example/', 'private'],
    ['a name for a mapped address', 'http://mapped.example/', 'IPv4-mapped'],
    ['a name for NAT64', 'http://nat64.example/', 'NAT64'],
    ['a name for Teredo', 'http://teredo.example/', 'Teredo'],
    ['a name for nonsense', 'http://nonsense.example/', 'no address'],
    ['localhost', 'http://localhost/', 'loopback'],
    ['localhost in circled letters', 'http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/', 'loopback'],
    ['an international name', 'http://locälhost.example/', 'loopback'],
  ];
  test.each(cases)('%s: %s', async (_name, url, word) => {
    const result = await client.request({ url, headers: {}, body: '' }, timeoutMs);
    expect(result).toMatchObject({ kind: 'refused', reason: 'address_refused', forGood: false });
    expect('detail' in result && result.detail).toMatch(new RegExp(`\\b(is|to .*is) ${word}`));
  });
});

describe('URLs that are refused for good', () => {
  const cases: [name: string, url: string][] = [
    ['no URL', 'nope'],
    ['an empty text', ''],
    ['a relative URL', '/hook'],
    ['ftp', 'ftp://example.com/'],
    ['file', 'file:///etc/passwd'],
    ['gopher', 'gopher://example.com/'],
    ['data', 'data:text/plain,hello'],
    ['javascript', 'javascript:alert(1)'],
    ['WebSocket', 'wss://example.com/'],
    ['a user name', 'http://user@example.com/'],
    ['a password', 'http://:secret@example.com/'],
    ['an address disguised by a user name', 'http://example.com@127.0.0.1/'],
    ['a zone', 'http://[fe80::1%25eth0]/'],
    ['an address beyond its range', 'http://256.256.256.256/'],
    ['SSH', 'http://example.com:22/'],
    ['SMTP', 'http://example.com:25/'],
    ['LDAP', 'http://example.com:389/'],
    ['IRC', 'http://example.com:6667/'],
    ['X11', 'http://example.com:6000/'],
    ['port 0', 'http://example.com:0/'],
    ['a port beyond its range', 'http://example.com:65536/'],
    ['a URL without an end', `http://example.com/${'a'.repeat(2_000)}`],
  ];
  test.each(cases)('%s', async (_name, url) => {
    const result = await client.request({ url, headers: {}, body: '' }, timeoutMs);
    expect(result).toMatchObject({ kind: 'refused', reason: 'url_refused', forGood: true });
  });
});

describe('the guard', () => {
  const open = createGuard([]);

  test.each(['1.1.1.1', '100.63.255.255', '172.32.0.1', '192.0.1.1', '223.255.255.255'])(
    'lets %s pass',
    (address) => expect(open.refusal(address)).toBeNull(),
  );

  test.each(['2606:4700::1111', '2a00:1450::1', '2001:4860:4860::8888', '2400::1'])(
    'lets %s pass',
    (address) => expect(open.refusal(address)).toBeNull(),
  );

  test('lets listed networks pass, and only those', () => {
    const guard = createGuard(['10.1.0.0/16', 'fd12::/16']);
    expect(guard.refusal('10.1.2.3')).toBeNull();
    expect(guard.refusal('fd12::1')).toBeNull();
    expect(guard.refusal('10.2.0.1')).toBe('private');
    expect(guard.refusal('fd13::1')).toBe('unique local');
    expect(guard.refusal('::ffff:10.1.2.3')).toBe('IPv4-mapped');
  });

  test('refuses to be made from something that is no network', () => {
    expect(() => createGuard(['10.0.0.0'])).toThrow('not a network in CIDR notation');
  });
});
