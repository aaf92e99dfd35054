// The contract of a dialect: one vendor's merchant API, served by us. It translates; it never
// touches a rail, the ledger or a table.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { MerchantSettings } from '../merchants/settings.ts';
import type { EventOfPayment } from '../payments/nouns.ts';
import type { RefusalCode } from '../payments/refusals.ts';
import type { RenderedWebhook, Schedule } from '../webhooks/webhook.ts';

/** What goes on the wire when something is wrong, in the vendor's own shape. */
export type WireError = {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The body's media type where it is not `application/json`. */
  readonly type?: string;
};

/** What `/docs` says beside the routes' own schemas. */
type DialectDocs = {
  readonly description: string;
  /** OpenAPI security schemes by name. */
  readonly securitySchemes: Readonly<Record<string, Readonly<Record<string, string>>>>;
};

/** Whatever has paths of its own: a dialect, or the desk's API, which calls nobody back. */
export type Api = {
  readonly name: string;
  readonly title: string;
  readonly docs: DialectDocs;
  /** Path prefixes this dialect owns; the longest owned prefix decides who answers. */
  readonly prefixes: readonly string[];
  /**
   * Registers the routes, with their full paths, on an encapsulated instance. Path parameters come
   * as they stood in the URL: read them with `pathParameter`.
   */
  routes(instance: FastifyInstance): void;
  readonly refusals: Readonly<Record<RefusalCode, WireError>>;
  notFound(request: FastifyRequest): WireError;
  methodNotAllowed(allow: readonly string[]): WireError;
  /** What Fastify itself refuses (too large a body, a header it cannot read), by its status. */
  malformed(status: number): WireError;
  /** Something of ours broke; nothing of it is leaked. */
  internal(): WireError;
  /** Runs before every answer that no route of the dialect gives (rate-limit headers on a 404). */
  decorate?(request: FastifyRequest, reply: FastifyReply): void;
};

export type Dialect = Api & {
  /**
   * The vendor's callback for an event, or null when the vendor does not say this one. Pure and
   * quick: it runs inside the transaction that commits the event.
   */
  webhook(change: EventOfPayment, settings: MerchantSettings): RenderedWebhook | null;
  readonly schedule: Schedule;
};
