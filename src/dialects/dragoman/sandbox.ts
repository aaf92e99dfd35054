// The sandbox's controls: with any test credential, a test payment is made to happen.

import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Credentials } from '../../merchants/credentials.ts';
import type { Merchants } from '../../merchants/merchants.ts';
import { may } from '../../merchants/roles.ts';
import type { User, Users } from '../../merchants/users.ts';
import type { Caller, MerchantSettings } from '../../merchants/settings.ts';
import { decimalsOf } from '../../money/assets.ts';
import { formatDecimal, parseDecimal } from '../../money/decimal.ts';
import type { Payment, PaymentView } from '../../payments/nouns.ts';
import type { Payments } from '../../payments/payments.ts';
import { type SandboxEvent, sandboxEvents } from '../../payments/play.ts';
import { Refusal, type RefusalCode } from '../../payments/refusals.ts';

export type SandboxDeps = {
  readonly payments: Pick<Payments, 'find' | 'findByNumber' | 'findOperation' | 'play'>;
  readonly credentials: Pick<Credentials, 'identify'>;
  readonly users: Pick<Users, 'byToken'>;
  readonly merchants: Pick<Merchants, 'updateSettings'>;
};

type PlayBody = { readonly event: SandboxEvent; readonly amount?: string };
type SettingsBody = { readonly bitxpay_webhook_url?: string | null };

const playBody = Type.Object({
  event: Type.Union(sandboxEvents.map((event) => Type.Literal(event))),
  amount: Type.Optional(Type.String({ maxLength: 80, description: 'Decimal text, in the price.' })),
});
const MAX_URL_LENGTH = 2_048;
const settingsBody = Type.Object(
  {
    bitxpay_webhook_url: Type.Optional(
      // Null first: the validator would turn it into an empty text to make it fit the other.
      Type.Union([Type.Null(), Type.String({ maxLength: MAX_URL_LENGTH })]),
    ),
  },
  { additionalProperties: false },
);

/** Who asks: a merchant's program, or one of its people, who may do what their role may. */
type Asking = Caller & { readonly user: User | null };

/** The statuses of the answers to what the core refuses here. */
const statusOf: Partial<Record<RefusalCode, number>> = { payment_not_found: 404, overloaded: 503 };

export function createSandboxControls(deps: SandboxDeps): FastifyPluginAsync {
  return async (instance) => {
    const callers = new WeakMap<FastifyRequest, Asking>();
    instance.setErrorHandler((error, request, reply) => answerError(error, request, reply));
    instance.addHook('onRequest', async (request, reply) => {
      const caller = await identify(deps, request);
      if (!caller) return say(reply, 401, 'unauthorized', 'A test credential is needed here.');
      callers.set(request, caller);
    });
    playRoute(instance, deps, callers);
    settingsRoute(instance, deps, callers);
  };
}

type Callers = WeakMap<FastifyRequest, Asking>;

function playRoute(instance: FastifyInstance, deps: SandboxDeps, callers: Callers): void {
  instance.post<{ Params: { id: string }; Body: PlayBody }>(
    '/sandbox/payments/:id',
    { schema: { body: playBody } },
    async (request, reply) => {
      const caller = callers.get(request);
      const view = caller && (await findPayment(deps.payments, caller, request.params.id));
      if (!caller || !view || !mayPlay(caller.user, view.payment)) {
        return say(reply, 404, 'not_found', 'No test payment has this identifier.');
      }
      const { event, amount } = request.body;
      const units = amount === undefined ? undefined : unitsOf(amount, view.payment.price.asset);
      if (units === null) return say(reply, 400, 'invalid_request', 'The amount is no amount.');
      return pageOf(await deps.payments.play(view.payment, event, units));
    },
  );
}

function settingsRoute(instance: FastifyInstance, deps: SandboxDeps, callers: Callers): void {
  instance.put<{ Body: SettingsBody }>(
    '/sandbox/settings',
    { schema: { body: settingsBody } },
    async (request, reply) => {
      const caller = callers.get(request);
      const { bitxpay_webhook_url: url } = request.body;
      if (!caller) return say(reply, 401, 'unauthorized', 'A test credential is needed here.');
      if (caller.user && !may(caller.user.role, 'settings.change')) {
        return say(reply, 403, 'forbidden', 'This person may not change settings.');
      }
      if (typeof url === 'string' && !isWebUrl(url)) {
        return say(reply, 400, 'invalid_request', 'The webhook URL must be http or https.');
      }
      const merchant = await deps.merchants.updateSettings(caller.merchantId, 'test', (settings) =>
        url === undefined ? settings : withWebhookUrl(settings, url),
      );
      return { bitxpay_webhook_url: webhookUrlOf(merchant.settings.test) };
    },
  );
}

/** Accepts the credential wherever one of the dialects would carry it. */
async function identify(
  { credentials, users }: Pick<SandboxDeps, 'credentials' | 'users'>,
  request: FastifyRequest,
): Promise<Asking | null> {
  const { authorization, 'x-api-key': key } = request.headers;
  const [scheme, value] = authorization?.split(' ') ?? [];
  const bearer = /^(bearer|token)$/i.test(scheme ?? '') ? value : undefined;
  const pair = /^basic$/i.test(scheme ?? '') ? textOfBase64(value) : undefined;
  const secret = typeof key === 'string' ? key : (bearer ?? pair);
  if (secret === undefined) return null;
  const program = await credentials.identify(null, secret);
  const caller = program ? { ...program, user: null } : await personOf(users, secret);
  return caller?.mode === 'test' ? caller : null;
}

/** Both halves of HTTP Basic (RFC 7617) are one secret. */
function textOfBase64(value: string | undefined): string | undefined {
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8');
}

/** A person's token is a credential of the merchant they work for. */
async function personOf(users: SandboxDeps['users'], token: string): Promise<Asking | null> {
  const user = await users.byToken(token);
  if (!user?.active || user.merchantId === null) return null;
  return { merchantId: user.merchantId, credentialId: user.id, mode: user.mode, user };
}

/** A person moves what they could have sold: all of the merchant's, or only their own. */
function mayPlay(user: User | null, { createdBy }: Payment): boolean {
  if (user === null) return true;
  const sees = may(user.role, 'payments.read.all') || createdBy === user.id;
  return sees && may(user.role, 'payments.create');
}

const smallInteger = /^[1-9]\d{0,14}$/;

/** By any identifier that a dialect printed for it. */
async function findPayment(
  payments: SandboxDeps['payments'],
  caller: Caller,
  name: string,
): Promise<PaymentView | null> {
  if (!smallInteger.test(name)) {
    // By its id a payout, too; by a printed reference only what comes in.
    return (await payments.findOperation(caller, name)) ?? payments.find(caller, name);
  }
  const view = await payments.findByNumber(Number(name));
  const { merchantId, mode } = view?.payment ?? {};
  return merchantId === caller.merchantId && mode === caller.mode ? view : null;
}

function unitsOf(text: string, asset: string): bigint | null {
  const units = parseDecimal(text, decimalsOf(asset));
  return typeof units === 'bigint' && units > 0n ? units : null;
}

function isWebUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:');
}

function withWebhookUrl(settings: MerchantSettings, webhookUrl: string | null): MerchantSettings {
  const bitxpay = { ...settings.dialects?.['bitxpay'], webhookUrl };
  return { ...settings, dialects: { ...settings.dialects, bitxpay } };
}

function webhookUrlOf(settings: MerchantSettings): unknown {
  return settings.dialects?.['bitxpay']?.['webhookUrl'] ?? null;
}

function pageOf({ payment, sightings }: PaymentView): object {
  return {
    id: payment.id,
    reference: payment.reference,
    status: payment.status,
    uses: payment.uses,
    seen: sightings.map(({ amount, present, final }) => ({
      amount: formatDecimal(amount.units, decimalsOf(amount.asset)),
      asset: amount.asset,
      present,
      final,
    })),
  };
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof Refusal) {
    return say(reply, statusOf[error.code] ?? 409, error.code, error.message);
  }
  const { statusCode: status = 500, message } = error as { statusCode?: number; message: string };
  if (status < 500) return say(reply, status, 'invalid_request', message);
  request.log.error({ err: error }, 'sandbox');
  return say(reply, 500, 'internal_error', 'Internal server error');
}

function say(reply: FastifyReply, status: number, error: string, message: string): FastifyReply {
  return reply.code(status).send({ error, message, detail: message, code: status });
}
