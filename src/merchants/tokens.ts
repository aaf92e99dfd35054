// Tokens of users: made from the server's key, so that they can be told again without being stored.

import { createHmac, hash, hkdfSync } from 'node:crypto';

export type Tokens = {
  /** 40 hexadecimal digits, the same for the same user and generation for ever. */
  of(userId: string, generation: number): string;
};

const KEY_BYTES = 32;
const TOKEN_DIGITS = 40;

/** `secret` is the installation's key: whoever holds it can make every token. */
export function createTokens(secret: Buffer): Tokens {
  // A key for this purpose alone: what is known about a token says nothing about the vault.
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'dragoman user tokens', KEY_BYTES));
  return {
    of: (userId, generation) =>
      createHmac('sha256', key)
        .update(`${userId}:${generation}`)
        .digest('hex')
        .slice(0, TOKEN_DIGITS),
  };
}

/** 160 random bits need no slow hash; rows are found by it, so no comparison can be timed. */
export function tokenHash(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}

export function looksLikeToken(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}
