// `npx dragoman <command>`: how operators talk to us from a shell.

import { fileURLToPath } from 'node:url';
import { ConfigError } from '../config.ts';
import { UsageError, type Command, type Terminal } from './command.ts';

type Load = () => Promise<Command>;

// Each is loaded when it is called: a small command need not wait for the whole gateway.
const commands: ReadonlyMap<string, Load> = new Map<string, Load>([
  ['doctor', async () => (await import('./doctor.ts')).doctor],
  ['merchant create', async () => (await import('./merchant.ts')).merchantCreate],
  ['merchant list', async () => (await import('./merchant.ts')).merchantList],
  ['merchant set', async () => (await import('./merchant-set.ts')).merchantSet],
  ['merchant commerce', async () => (await import('./merchant-commerce.ts')).merchantCommerce],
  ['user create', async () => (await import('./user.ts')).userCreate],
  ['user list', async () => (await import('./user.ts')).userList],
  ['user set', async () => (await import('./user.ts')).userSet],
  ['user password', async () => (await import('./user-proof.ts')).userPassword],
  ['user token', async () => (await import('./user-proof.ts')).userToken],
  ['user second-factor', async () => (await import('./user-proof.ts')).userSecondFactor],
  ['staff log', async () => (await import('./staff-log.ts')).staffLog],
  ['key create', async () => (await import('./key.ts')).keyCreate],
  ['key list', async () => (await import('./key.ts')).keyList],
  ['key revoke', async () => (await import('./key.ts')).keyRevoke],
  ['payment show', async () => (await import('./payment.ts')).paymentShow],
  ['payment refund', async () => (await import('./payment.ts')).paymentRefund],
  ['exchange account set', async () => (await import('./exchange-account.ts')).exchangeAccountSet],
  [
    'exchange account list',
    async () => (await import('./exchange-account.ts')).exchangeAccountList,
  ],
  [
    'exchange account remove',
    async () => (await import('./exchange-account.ts')).exchangeAccountRemove,
  ],
  ['exchange check', async () => (await import('./exchange.ts')).exchangeCheck],
  ['exchange conversions', async () => (await import('./exchange.ts')).exchangeConversions],
  ['desk set', async () => (await import('./desk.ts')).deskSet],
  ['desk requisite add', async () => (await import('./desk-requisite.ts')).deskRequisiteAdd],
  ['desk requisite list', async () => (await import('./desk-requisite.ts')).deskRequisiteList],
  ['desk requisite set', async () => (await import('./desk-requisite.ts')).deskRequisiteSet],
  ['desk trader deposit', async () => (await import('./desk.ts')).deskTraderDeposit],
  ['desk inbox', async () => (await import('./desk-money.ts')).deskInbox],
  ['desk statement import', async () => (await import('./desk-money.ts')).deskStatementImport],
  ['desk device create', async () => (await import('./desk-money.ts')).deskDeviceCreate],
  ['desk payout list', async () => (await import('./desk-payout.ts')).deskPayoutList],
  ['desk payout take', async () => (await import('./desk-payout.ts')).deskPayoutTake],
  ['desk payout confirm', async () => (await import('./desk-payout.ts')).deskPayoutConfirm],
  ['desk payout reject', async () => (await import('./desk-payout.ts')).deskPayoutReject],
  ['desk payout reverse', async () => (await import('./desk-payout.ts')).deskPayoutReverse],
  ['desk payout set', async () => (await import('./desk-payout.ts')).deskPayoutSet],
  ['desk dispute list', async () => (await import('./desk-dispute.ts')).deskDisputeList],
  ['desk dispute show', async () => (await import('./desk-dispute.ts')).deskDisputeShow],
  ['desk dispute decide', async () => (await import('./desk-dispute.ts')).deskDisputeDecide],
  ['webhooks replay', async () => (await import('./webhooks.ts')).webhooksReplay],
  ['ledger audit', async () => (await import('./ledger.ts')).ledgerAudit],
]);

const exitWrongUse = 2;
const nameLengths = [3, 2, 1];
const helpWords = [undefined, 'help', '--help', '-h'];

/** Runs the command that the words name and answers the exit code; never throws. */
export async function runCommand(words: string[], terminal: Terminal): Promise<number> {
  const [first] = words;
  if (helpWords.includes(first)) {
    for (const line of await help()) terminal.out(line);
    return 0;
  }
  const length = nameLengths.find((count) => commands.has(nameOf(words, count))) ?? 1;
  const load = commands.get(nameOf(words, length));
  if (!load) {
    terminal.say(`"${words.join(' ')}" is no command; "dragoman help" lists them`);
    return exitWrongUse;
  }
  const command = await load();
  try {
    return await command.run(words.slice(length), terminal);
  } catch (error) {
    return explain(error, command, terminal);
  }
}

function nameOf(words: readonly string[], count: number): string {
  return words.slice(0, count).join(' ');
}

async function help(): Promise<string[]> {
  const lines = ['Usage: npx dragoman <command>'];
  const all = await Promise.all([...commands.values()].map((load) => load()));
  for (const { usage, summary } of all) {
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
