// Paths on the wire: who owns one, and what a parameter in it says.

import type { FastifyRequest } from 'fastify';

type Owner = { readonly prefixes: readonly string[] };

/**
 * The owner of the longest prefix that the path stands under, whole segments only; undefined when
 * nobody owns it. Header names never decide: several vendors use the same ones.
 */
export function ownerOf<O extends Owner>(owners: readonly O[], path: string): O | undefined {
  let found: O | undefined;
  let length = 0;
  for (const owner of owners) {
    for (const prefix of owner.prefixes) {
      if (prefix.length > length && isUnder(path, prefix)) {
        found = owner;
        length = prefix.length;
      }
    }
  }
  return found;
}

export function isUnder(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

/** The path of a request target, without query; also of the absolute form that proxies may send. */
export function pathOf(target: string): string {
  const start = target.startsWith('/') ? 0 : startOfPath(target);
  const end = target.slice(start).search(/[?#]/);
  return end < 0 ? target.slice(start) : target.slice(start, start + end);
}

function startOfPath(target: string): number {
  const host = target.indexOf('://');
  const path = host < 0 ? -1 : target.indexOf('/', host + '://'.length);
  return path < 0 ? target.length : path;
}

/**
 * Hides every `%` of the path from the router, which would decode before it matches: an encoded
 * slash or an encoded literal then stays what it is, inside its own segment.
 */
export function hideEscapes(target: string): string {
  if (!target.includes('%')) return target;
  const end = target.search(/[?#]/);
  const path = end < 0 ? target : target.slice(0, end);
  return path.replaceAll('%', '%25') + target.slice(path.length);
}

/** Whether two slashes stand together in the path: never collapsed, so nothing lives there. */
export function hasEmptySegment(target: string): boolean {
  return target.includes('//') && pathOf(target).includes('//');
}

/** One parameter of the path, percent-decoded; null when an escape in it is broken. */
export function pathParameter(request: FastifyRequest, name: string): string | null {
  const raw = (request.params as Record<string, string>)[name] ?? '';
  if (!raw.includes('%')) return raw;
  try {
    return decodeURIComponent(raw);
  } catch {
    return null;
  }
}
