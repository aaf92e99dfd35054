// The rate limiter: so many requests in a fixed window for each key, in bounded memory.

import ipaddr from 'ipaddr.js';

export type Allowance = {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Epoch seconds, the exact end of the window. */
  readonly resetSeconds: number;
};

export type Limiter = {
  /** Counts one request and says whether it may go on. Synchronous, therefore exact in parallel. */
  take(key: string, limit: number): Allowance;
  /** What a request would find; counts nothing. */
  peek(key: string, limit: number): Allowance;
};

export type LimiterOptions = {
  readonly now: () => Date;
  /** True lifts the limits: everything is counted and nothing refused. */
  readonly lifted?: boolean;
  readonly maxKeys?: number;
  /** A minute, unless said otherwise. */
  readonly windowSeconds?: number;
};

const MINUTE_SECONDS = 60;
const MAX_KEYS = 100_000;
const SECOND_MS = 1_000;
/** Providers hand a home 2^64 IPv6 addresses: they share one allowance. */
const IPV6_SHARED_PARTS = 4;

type Window = { count: number; endsAtSeconds: number };

/**
 * A key's window starts with its first request and ends so many seconds after the second in which
 * that fell, so that its end is a whole number of seconds.
 */
export function createLimiter(options: LimiterOptions): Limiter {
  const { now, lifted = false, maxKeys = MAX_KEYS, windowSeconds = MINUTE_SECONDS } = options;
  const windows = new Map<string, Window>();

  function take(key: string, limit: number): Allowance {
    const seconds = Math.floor(now().getTime() / SECOND_MS);
    let window = windows.get(key);
    if (window === undefined || window.endsAtSeconds <= seconds) {
      // Set anew, so that the map stays in the order in which the windows end.
      windows.delete(key);
      if (windows.size >= maxKeys) makeRoom(seconds);
      window = { count: 0, endsAtSeconds: seconds + windowSeconds };
      windows.set(key, window);
    }
    window.count += 1;
    return allowance(window.count <= limit, limit, window.count, window.endsAtSeconds);
  }

  function peek(key: string, limit: number): Allowance {
    const seconds = Math.floor(now().getTime() / SECOND_MS);
    const window = windows.get(key);
    const fresh = window === undefined || window.endsAtSeconds <= seconds;
    const count = fresh ? 0 : window.count;
    const end = fresh ? seconds + windowSeconds : window.endsAtSeconds;
    return allowance(count < limit, limit, count, end);
  }

  // The oldest go, ended or not: memory is bounded even against a million addresses in a minute.
  function makeRoom(seconds: number): void {
    for (const [key, window] of windows) {
      if (window.endsAtSeconds > seconds && windows.size < maxKeys) return;
      windows.delete(key);
    }
  }

  function allowance(allowed: boolean, limit: number, count: number, end: number): Allowance {
    const remaining = Math.max(0, limit - count);
    return { allowed: allowed || lifted, limit, remaining, resetSeconds: end };
  }

  return { take, peek };
}

/** The key under which an address is counted: IPv4 whole, IPv6 by its /64. */
export function addressKey(address: string): string {
  if (!address.includes(':')) return `address:${address}`;
  if (!ipaddr.isValid(address)) return `address:${address}`;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return `address:${parsed.toString()}`;
  const network = (parsed as ipaddr.IPv6).parts.slice(0, IPV6_SHARED_PARTS);
  return `address:${network.map((part) => part.toString(16)).join(':')}`;
}
