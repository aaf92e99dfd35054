// The gateway as the commands of the desk need it: what the desk refuses is a wrong call.

import type { App } from '../app.ts';
import { loadConfig } from '../config.ts';
import { DeskRefused } from '../desk/refused.ts';
import { StatementFault } from '../desk/statements/statement.ts';
import { uuidPattern } from '../merchants/ids.ts';
import { withApp } from './app.ts';
import { type Terminal, UsageError } from './command.ts';

export async function atDesk(terminal: Terminal, work: (app: App) => Promise<void>): Promise<void> {
  await withApp(loadConfig(), terminal, work).catch((error: unknown) => {
    const isNo = error instanceof DeskRefused || error instanceof StatementFault;
    throw isNo ? new UsageError(error.message) : error;
  });
}

/** An id in lower case; throws what `otherwise` says. */
export function idOf(text: string, otherwise: string): string {
  if (uuidPattern.test(text)) return text.toLowerCase();
  throw new UsageError(otherwise);
}
