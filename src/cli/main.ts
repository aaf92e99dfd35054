// `npx dragoman <command>`: how operators talk to us from a shell.

import { fileURLToPath } from 'node:url';
import { ConfigError } from '../config.ts';
import { UsageError, type Command, type Terminal } from './command.ts';
import { deskRequisiteAdd, deskRequisiteList, deskRequisiteSet } from './desk-requisite.ts';
import { deskSet, deskTraderDeposit } from './desk.ts';
import { doctor } from './doctor.ts';
import {
  exchangeAccountList,
  exchangeAccountRemove,
  exchangeAccountSet,
} from './exchange-account.ts';
import { exchangeCheck, exchangeConversions } from './exchange.ts';
import { keyCreate, keyList, keyRevoke } from './key.ts';
import { ledgerAudit } from './ledger.ts';
import { merchantCommerce } from './merchant-commerce.ts';
import { merchantSet } from './merchant-set.ts';
import { merchantCreate, merchantList } from './merchant.ts';
import { paymentRefund, paymentShow } from './payment.ts';
import { staffLog } from './staff-log.ts';
import { userCreate, userList, userSet } from './user.ts';
import { userPassword, userSecondFactor, userToken } from './user-proof.ts';
import { webhooksReplay } from './webhooks.ts';

const commands: ReadonlyMap<string, Command> = new Map([
  ['doctor', doctor],
  ['merchant create', merchantCreate],
  ['merchant list', merchantList],
  ['merchant set', merchantSet],
  ['merchant commerce', merchantCommerce],
  ['user create', userCreate],
  ['user list', userList],
  ['user set', userSet],
  ['user password', userPassword],
  ['user token', userToken],
  ['user second-factor', userSecondFactor],
  ['staff log', staffLog],
  ['key create', keyCreate],
  ['key list', keyList],
  ['key revoke', keyRevoke],
  ['payment show', paymentShow],
  ['payment refund', paymentRefund],
  ['exchange account set', exchangeAccountSet],
  ['exchange account list', exchangeAccountList],
  ['exchange account remove', exchangeAccountRemove],
  ['exchange check', exchangeCheck],
  ['exchange conversions', exchangeConversions],
  ['desk set', deskSet],
  ['desk requisite add', deskRequisiteAdd],
  ['desk requisite list', deskRequisiteList],
  ['desk requisite set', deskRequisiteSet],
  ['desk trader deposit', deskTraderDeposit],
  ['webhooks replay', webhooksReplay],
  ['ledger audit', ledgerAudit],
]);

const exitWrongUse = 2;
const nameLengths = [3, 2, 1];
const helpWords = [undefined, 'help', '--help', '-h'];

/** Runs the command that the words name and answers the exit code; never throws. */
export async function runCommand(words: string[], terminal: Terminal): Promise<number> {
  const [first] = words;
  if (helpWords.includes(first)) {
    for (const line of help()) terminal.out(line);
    return 0;
  }
  const length = nameLengths.find((count) => commands.has(nameOf(words, count))) ?? 1;
  const command = commands.get(nameOf(words, length));
  if (!command) {
    terminal.say(`"${words.join(' ')}" is no command; "dragoman help" lists them`);
    return exitWrongUse;
  }
  try {
    return await command.run(words.slice(length), terminal);
  } catch (error) {
    return explain(error, command, terminal);
  }
}

function nameOf(words: readonly string[], count: number): string {
  return words.slice(0, count).join(' ');
}

function help(): string[] {
  const lines = ['Usage: npx dragoman <command>'];
  for (const { usage, summary } of commands.values()) {
    lines.push('', `  ${usage}`, `      ${summary}`);
  }
  return lines;
}

function explain(error: unknown, command: Command, terminal: Terminal): number {
  if (error instanceof UsageError) {
    terminal.say(`${error.message}\nUsage: npx dragoman ${command.usage}`);
    return exitWrongUse;
  }
  if (error instanceof ConfigError) terminal.say(`The settings cannot be used:\n${error.message}`);
  else terminal.say(error instanceof Error ? error.message : String(error));
  return 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = await runCommand(process.argv.slice(2), {
    out: (line) => console.log(line),
    say: (line) => console.error(line),
  });
}
