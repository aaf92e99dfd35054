// The origin under which a client sees this server.

import type { FastifyRequest } from 'fastify';

const plainHost = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/**
 * Scheme and host as the request used them. Forwarded headers count only from a trusted proxy (the
 * server's own setting decides that); a host that is no host name falls back to our own address.
 */
export function externalOrigin(request: FastifyRequest): string {
  const host = request.host;
  if (plainHost.test(host)) return `${request.protocol}://${host}`;
  const { localAddress = '127.0.0.1', localPort = 80 } = request.socket;
  const address = localAddress.includes(':') ? `[${localAddress}]` : localAddress;
  return `${request.protocol}://${address}:${localPort}`;
}
