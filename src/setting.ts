// Kinds of settings: how the text that an operator wrote becomes a checked value and is shown.

import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ipaddr from 'ipaddr.js';

export type Kind<T> = {
  /** What the value is, in the words of the documentation. */
  readonly word: string;
  /** Reads environment text or a member of the settings file; throws a sentence about the value. */
  read(raw: unknown): T;
  /** For logs and `doctor`; never shows a secret. */
  show(value: T): string;
};

export type Setting<T> = {
  readonly name: string;
  readonly kind: Kind<T>;
  /** As an operator would write it; empty means none. */
  readonly fallback: string;
  readonly meaning: string;
};

const projectFolder = fileURLToPath(new URL('..', import.meta.url));
const decimalBase = 10;

export const text: Kind<string> = {
  word: 'text',
  read: textOf,
  show: (value) => value,
};

/** A folder; relative ones are taken from the project's folder. */
export const folder: Kind<string> = {
  word: 'folder',
  read(raw) {
    const path = textOf(raw);
    return isAbsolute(path) ? path : resolve(projectFolder, path);
  },
  show: (value) => value,
};

export const onOff: Kind<boolean> = {
  word: '`on` or `off`',
  read(raw) {
    if (raw === true || raw === 'on') return true;
    if (raw === false || raw === 'off') return false;
    throw new Error('must be on or off');
  },
  show: (value) => (value ? 'on' : 'off'),
};

export const origin: Kind<string> = {
  word: 'origin, like `https://pay.example.com`',
  read(raw) {
    const given = textOf(raw);
    const url = URL.canParse(given) ? new URL(given) : null;
    if (!url || !['http:', 'https:'].includes(url.protocol)) {
      throw new Error('must be an origin like https://pay.example.com');
    }
    if (url.pathname !== '/' || url.search || url.hash || url.username || url.password) {
      throw new Error('must be an origin only, without path, query or user');
    }
    return url.origin;
  },
  show: (value) => value,
};

export const databaseUrl: Kind<string> = {
  word: 'URL, like `postgres://user:password@host:5432/name`',
  read(raw) {
    const given = textOf(raw);
    const url = URL.canParse(given) ? new URL(given) : null;
    if (!url || !['postgres:', 'postgresql:'].includes(url.protocol)) {
      throw new Error('must be a URL like postgres://user:password@host:5432/name');
    }
    return given;
  },
  show: withoutPassword,
};

export const hexKey: Kind<Buffer> = {
  word: '64 hexadecimal digits',
  read(raw) {
    const given = textOf(raw);
    if (!/^[0-9a-fA-F]{64}$/.test(given)) throw new Error('must be 64 hexadecimal digits');
    return Buffer.from(given, 'hex');
  },
  show: () => '(hidden)',
};

/** Networks in CIDR notation, or single addresses. */
export const networks: Kind<readonly string[]> = {
  word: 'list of networks, like `10.0.0.0/8, fd00::/8`',
  read: (raw) => Object.freeze(listOf(raw).map(networkOf)),
  show: (value) => value.join(', '),
};

export function integer(lowest: number, highest: number): Kind<number> {
  return {
    word: `number from ${lowest} to ${highest}`,
    read(raw) {
      const given = typeof raw === 'number' ? String(raw) : textOf(raw);
      const value = Number.parseInt(given, decimalBase);
      if (!/^\d{1,10}$/.test(given) || value < lowest || value > highest) {
        throw new Error(`must be a whole number from ${lowest} to ${highest}`);
      }
      return value;
    },
    show: String,
  };
}

export function oneOf<T extends string>(choices: readonly T[]): Kind<T> {
  return {
    word: choices.map((choice) => `\`${choice}\``).join(', '),
    read(raw) {
      const found = choices.find((choice) => choice === raw);
      if (found === undefined) throw new Error(`must be one of ${choices.join(', ')}`);
      return found;
    },
    show: (value) => value,
  };
}

export function someOf<T extends string>(choices: readonly T[]): Kind<readonly T[]> {
  const one = oneOf(choices);
  return {
    word: `list of ${one.word}`,
    read(raw) {
      const values = [...new Set(listOf(raw).map((item) => one.read(item)))];
      if (values.length === 0) throw new Error('must name at least one');
      return Object.freeze(values);
    },
    show: (value) => value.join(', '),
  };
}

/** `off` is false; otherwise the kind's own value. */
export function offOr<T>(kind: Kind<T>): Kind<T | false> {
  return {
    word: `\`off\`, or ${kind.word}`,
    read: (raw) => (raw === 'off' || raw === false ? false : kind.read(raw)),
    show: (value) => (value === false ? 'off' : kind.show(value)),
  };
}

export function optional<T>(kind: Kind<T>): Kind<T | null> {
  return {
    word: kind.word,
    read: (raw) => (raw === '' || raw === null ? null : kind.read(raw)),
    show: (value) => (value === null ? '(not set)' : kind.show(value)),
  };
}

/** A database's or a node's address as it may be printed. */
export function withoutPassword(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (!url) return '(hidden)';
  if (url.password) url.password = '***';
  // A password may also stand in the query, where libpq allows it.
  if (url.searchParams.has('password')) url.searchParams.set('password', '***');
  return url.href;
}

function textOf(raw: unknown): string {
  if (typeof raw !== 'string') throw new Error('must be text');
  return raw.trim();
}

function listOf(raw: unknown): string[] {
  if (Array.isArray(raw)) return raw.map(textOf);
  return textOf(raw)
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function networkOf(given: string): string {
  if (ipaddr.isValid(given)) return `${given}/${ipaddr.parse(given).kind() === 'ipv4' ? 32 : 128}`;
  try {
    ipaddr.parseCIDR(given);
  } catch {
    throw new Error(`${given} is not a network like 10.0.0.0/8`);
  }
  return given;
}
