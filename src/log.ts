// The process' log: what is masked in it, and what of an error is shown.

import { type Logger, pino } from 'pino';
import type { Config } from './config.ts';

/** Where secrets stand if a whole request, its headers or a setting is ever logged: for pino. */
export const maskedLogPaths: readonly string[] = [
  'authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'x-api-signature',
  'x-webhook-signature',
].flatMap((name) => [`["${name}"]`, `headers["${name}"]`, `*.headers["${name}"]`, `*["${name}"]`]);

export function createLog(config: Config): Logger {
  return pino({
    level: config.logLevel,
    redact: { paths: [...maskedLogPaths], censor: '***' },
    serializers: { err: shownError },
  });
}

// Errors of the database driver carry their whole connection; only what explains them is logged.
function shownError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause } = error;
  const { code } = error as { code?: unknown };
  return { name, message, code, stack, ...(cause ? { cause: shownError(cause) } : {}) };
}
