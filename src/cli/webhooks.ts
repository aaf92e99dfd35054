// `dragoman webhooks replay`: sends again what was delivered, or given up on.

import { loadConfig } from '../config.ts';
import { replay } from '../webhooks/replay.ts';
import { readOptions, required, UsageError, type Command, type Options } from './command.ts';
import { withDatabase } from './database.ts';

export const webhooksReplay: Command = {
  usage: 'webhooks replay --id <delivery> | --from <time> --to <time>',
  summary: 'Sends webhooks again: one, or all made in a span of time.',
  async run(words, terminal) {
    const which = selection(readOptions(words, ['id', 'from', 'to']));
    return withDatabase(loadConfig(), terminal, async (db) => {
      const count = await replay(db, which, new Date());
      terminal.out(String(count));
      terminal.say(count === 1 ? '1 webhook is due again.' : `${count} webhooks are due again.`);
      return count > 0 ? 0 : 1;
    });
  },
};

function selection(options: Options): { id: string } | { from: Date; to: Date } {
  if (options.id !== undefined) {
    if (options.from !== undefined || options.to !== undefined) {
      throw new UsageError('give --id, or --from and --to');
    }
    const id = required(options, 'id');
    if (!/^[0-9a-f-]{36}$/i.test(id)) throw new UsageError('--id is a delivery’s id (a UUID)');
    return { id };
  }
  const from = timeOf(options, 'from');
  const to = timeOf(options, 'to');
  if (to < from) throw new UsageError('--to is before --from');
  return { from, to };
}

function timeOf(options: Options, name: string): Date {
  const text = required(options, name);
  const time = new Date(text);
  // Without a zone the same words would mean different moments on different machines.
  if (Number.isNaN(time.getTime()) || !/(Z|[+-]\d\d:?\d\d)$/.test(text)) {
    throw new UsageError(`--${name} must be a time like 2026-01-31T14:00:00Z`);
  }
  return time;
}
