// `dragoman ledger audit`: proves that what the accounts say is what the transfers say.

import { loadConfig } from '../config.ts';
import { audit, type AuditReport } from '../ledger/audit.ts';
import { columns, readOptions, type Command } from './command.ts';
import { withDatabase } from './database.ts';

export const ledgerAudit: Command = {
  usage: 'ledger audit',
  summary: 'Reads the whole ledger again from zero and says whether it adds up.',
  async run(words, terminal) {
    readOptions(words, []);
    const report = await withDatabase(loadConfig(), terminal, (db) => db.unhurried(audit));
    for (const line of lines(report)) terminal.out(line);
    return report.ok ? 0 : 1;
  },
};

function lines(report: AuditReport): string[] {
  const totals = report.assets.map(({ mode, asset, debits, credits }) => [
    mode,
    asset,
    String(debits),
    String(credits),
    debits === credits ? 'balanced' : 'UNBALANCED',
  ]);
  const differences = report.differences.map(
    ({ merchantId, account, stored, counted }) =>
      `merchant ${merchantId}, ${account}: the account says ` +
      `${stored ? `${stored.debits}/${stored.credits}` : 'nothing'}, its transfers say ` +
      `${counted.debits}/${counted.credits}`,
  );
  return [
    ...columns([['mode', 'asset', 'debits', 'credits', ''], ...totals]),
    `${report.accounts} accounts, ${report.transfers} transfers, ${report.differing} accounts ` +
      `differ, ${report.malformed} malformed transfers, ${report.overdrawn} overdrawn accounts`,
    ...differences,
    report.ok ? 'The ledger adds up.' : 'The ledger does NOT add up.',
  ];
}
