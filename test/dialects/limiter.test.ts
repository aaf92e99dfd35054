// The rate limiter: exact in parallel, a fixed window, bounded memory.

import { describe, expect, it } from 'vitest';
import { addressKey, createLimiter } from '../../src/dialects/limiter.ts';

function limiterAt(iso: string, options: { lifted?: boolean; maxKeys?: number } = {}) {
  const clock = { at: new Date(iso) };
  return { clock, ...createLimiter({ now: () => clock.at, ...options }) };
}

describe('the limiter', () => {
  it.each([1, 2, 7, 60, 100, 600, 1_000])(
    'lets exactly %i of twice as many pass',
    async (limit) => {
      const { take } = limiterAt('2026-01-31T12:00:00.500Z');
      const taken = await Promise.all(
        Array.from({ length: 2 * limit }, async () => take('key', limit).allowed),
      );
      expect(taken.filter(Boolean)).toHaveLength(limit);
    },
  );

  it('counts a window of 60 s that ends on a whole second', () => {
    const { take, clock } = limiterAt('2026-01-31T12:00:00.500Z');
    const end = Date.parse('2026-01-31T12:01:00Z') / 1_000;
    expect(take('key', 2)).toEqual({ allowed: true, limit: 2, remaining: 1, resetSeconds: end });
    clock.at = new Date('2026-01-31T12:00:59.999Z');
    expect(take('key', 2)).toMatchObject({ allowed: true, remaining: 0, resetSeconds: end });
    expect(take('key', 2)).toMatchObject({ allowed: false, remaining: 0, resetSeconds: end });
    clock.at = new Date('2026-01-31T12:01:00.000Z');
    expect(take('key', 2)).toMatchObject({ allowed: true, remaining: 1, resetSeconds: end + 60 });
  });

  it('peeks without counting, and keeps keys apart', () => {
    const { take, peek } = limiterAt('2026-01-31T12:00:00Z');
    expect(peek('key', 1)).toMatchObject({ allowed: true, remaining: 1 });
    expect(take('key', 1).allowed).toBe(true);
    expect(peek('key', 1)).toMatchObject({ allowed: false, remaining: 0 });
    expect(take('other', 1).allowed).toBe(true);
  });

  it('counts and refuses nothing when lifted', () => {
    const { take } = limiterAt('2026-01-31T12:00:00Z', { lifted: true });
    const last = Array.from({ length: 5 }, () => take('key', 2)).at(-1);
    expect(last).toMatchObject({ allowed: true, limit: 2, remaining: 0 });
  });

  it('forgets the oldest when there are too many keys, ended ones first', () => {
    const { take, peek, clock } = limiterAt('2026-01-31T12:00:00Z', { maxKeys: 3 });
    for (const key of ['a', 'b', 'c', 'd']) take(key, 9);
    expect(['a', 'b', 'c', 'd'].map((key) => peek(key, 9).remaining)).toEqual([9, 8, 8, 8]);
    clock.at = new Date('2026-01-31T12:01:01Z');
    take('e', 9);
    clock.at = new Date('2026-01-31T12:01:00Z');
    expect(peek('b', 9).remaining).toBe(9);
  });
});

describe('addresses', () => {
  it('counts IPv4 whole and IPv6 by its /64', () => {
    expect(addressKey('203.0.113.5')).toBe('address:203.0.113.5');
    expect(addressKey('::ffff:203.0.113.5')).toBe('address:203.0.113.5');
    expect(addressKey('2001:db8:1:2::5')).toBe(addressKey('2001:db8:1:2:ffff::1'));
    expect(addressKey('2001:db8:1:2::5')).not.toBe(addressKey('2001:db8:1:3::5'));
    expect(addressKey('')).toBe('address:');
  });
});
