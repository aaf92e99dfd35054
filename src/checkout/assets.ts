// The page's style, script and icon: read once, named by their content, served for a year.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** The addresses to put into a page. */
export type Assets = { readonly style: string; readonly script: string; readonly icon: string };

type Asset = {
  readonly path: string;
  readonly type: string;
  readonly plain: Buffer;
  readonly gzip: Buffer;
  readonly brotli: Buffer;
};

const YEAR_SECONDS = 31_536_000;
const HASH_LENGTH = 12;

const style = load('page.css', 'text/css; charset=utf-8');
const script = load('page.js', 'text/javascript; charset=utf-8');
const icon = load('icon.svg', 'image/svg+xml');

export const assets: Assets = { style: style.path, script: script.path, icon: icon.path };

export function assetRoutes(instance: FastifyInstance): void {
  for (const asset of [style, script, icon]) {
    instance.get(asset.path, (request, reply) => send(asset, request, reply));
  }
}

function send(asset: Asset, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const accepted = request.headers['accept-encoding'] ?? '';
  reply
    .type(asset.type)
    .header('cache-control', `public, max-age=${YEAR_SECONDS}, immutable`)
    .header('vary', 'accept-encoding')
    .header('x-content-type-options', 'nosniff');
  if (/\bbr\b/.test(accepted)) return reply.header('content-encoding', 'br').send(asset.brotli);
  if (/\bgzip\b/.test(accepted)) return reply.header('content-encoding', 'gzip').send(asset.gzip);
  return reply.send(asset.plain);
}

function load(name: string, type: string): Asset {
  const plain = readFileSync(new URL(`./assets/${name}`, import.meta.url));
  const hash = createHash('sha256').update(plain).digest('hex').slice(0, HASH_LENGTH);
  const [stem, ending] = name.split('.');
  return {
    path: `/checkout/${stem}-${hash}.${ending}`,
    type,
    plain,
    gzip: gzipSync(plain),
    brotli: brotliCompressSync(plain),
  };
}
