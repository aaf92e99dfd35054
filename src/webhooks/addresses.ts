// Which addresses a stranger's URL may lead to: the public internet, and what the operator listed.

import ipaddr from 'ipaddr.js';

export type Guard = {
  /** null when we may connect to `address`, else what it is: `loopback`, `private` … */
  refusal(address: string): string | null;
};

type Network = [ipaddr.IPv4 | ipaddr.IPv6, number];

/**
 * IANA's special-purpose registries (RFC 6890 and its updates), and the addresses at which clouds
 * answer their guests. The first match names the refusal.
 */
const specialIpv4: Readonly<Record<string, readonly string[]>> = {
  'cloud metadata': ['169.254.169.254/32', '100.100.100.200/32', '168.63.129.16/32'],
  unspecified: ['0.0.0.0/8'],
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'],
  'carrier-grade NAT': ['100.64.0.0/10'],
  loopback: ['127.0.0.0/8'],
  'link-local': ['169.254.0.0/16'],
  reserved: ['192.0.0.0/24'],
  documentation: ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24'],
  '6to4 relay': ['192.88.99.0/24'],
  'multicast relay': ['192.52.193.0/24'],
  benchmarking: ['198.18.0.0/15'],
  multicast: ['224.0.0.0/4'],
  broadcast: ['255.255.255.255/32'],
  'reserved for the future': ['240.0.0.0/4'],
};

const specialIpv6: Readonly<Record<string, readonly string[]>> = {
  unspecified: ['::/128'],
  loopback: ['::1/128'],
  'IPv4-mapped': ['::ffff:0:0/96'],
  'IPv4-translated': ['::ffff:0:0:0/96'],
  'IPv4-compatible': ['::/96'],
  NAT64: ['64:ff9b::/96', '64:ff9b:1::/48'],
  'discard-only': ['100::/64'],
  Teredo: ['2001::/32'],
  documentation: ['2001:db8::/32', '3fff::/20'],
  'protocol assignment': ['2001::/23'],
  '6to4': ['2002::/16'],
  'cloud metadata': ['fd00:ec2::254/128'],
  'unique local': ['fc00::/7'],
  'link-local': ['fe80::/10'],
  'site-local': ['fec0::/10'],
  multicast: ['ff00::/8'],
};

/** The only part of IPv6 that is given out as global unicast; whatever lies outside is refused. */
const globalUnicast = network('2000::/3');

/** Throws when one of `allowedNetworks` is not a network in CIDR notation. */
export function createGuard(allowedNetworks: readonly string[]): Guard {
  const allowed = allowedNetworks.map(network);
  const ipv4 = named(specialIpv4);
  const ipv6 = named(specialIpv6);

  function refusal(text: string): string | null {
    if (!ipaddr.isValid(text)) return 'no address';
    const address = ipaddr.parse(text);
    if (allowed.some((network) => contains(network, address))) return null;
    const table = address.kind() === 'ipv4' ? ipv4 : ipv6;
    for (const [name, network] of table) if (contains(network, address)) return name;
    if (address.kind() === 'ipv6' && !contains(globalUnicast, address)) return 'not global unicast';
    return null;
  }

  return { refusal };
}

function named(table: Readonly<Record<string, readonly string[]>>): [string, Network][] {
  return Object.entries(table).flatMap(([name, networks]) =>
    networks.map((text): [string, Network] => [name, network(text)]),
  );
}

function network(text: string): Network {
  try {
    return ipaddr.parseCIDR(text.trim());
  } catch {
    throw new Error(`"${text}" is not a network in CIDR notation, such as 10.1.0.0/16`);
  }
}

function contains([base, bits]: Network, address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return base.kind() === address.kind() && address.match(base, bits);
}
