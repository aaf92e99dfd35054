// `dragoman doctor`: explains what is wrong with an installation, in sentences, with what to do.

import { ConfigError, loadConfig, shownConfig, type Config } from '../config.ts';
import { cautions } from '../dangers.ts';
import { columns, readOptions, type Command, type Terminal } from './command.ts';
import { checkChains } from './doctor-chains.ts';
import { checkDatabase } from './doctor-database.ts';
import { checkDataFolder, checkNode, checkSecretKey } from './doctor-machine.ts';
import { checkRates } from './doctor-rates.ts';
import { worst, type Finding } from './finding.ts';

const marks = { good: 'ok   ', note: 'note ', bad: 'WRONG' } as const;

export const doctor: Command = {
  usage: 'doctor',
  summary: 'Explains what is wrong with this installation, and what to do.',
  async run(words, terminal) {
    readOptions(words, []);
    const findings: Finding[] = [];
    for await (const finding of examine(terminal)) {
      findings.push(finding);
      terminal.out(`${marks[finding.state]} ${finding.sentence}`);
      if (finding.advice) terminal.out(`      ${finding.advice}`);
    }
    const isBad = worst(findings) === 'bad';
    terminal.out(isBad ? 'Something is wrong; see above.' : 'Nothing is wrong.');
    return isBad ? 1 : 0;
  },
};

async function* examine(terminal: Terminal): AsyncGenerator<Finding> {
  yield checkNode(process.versions.node);
  const config = readConfig();
  if (!('host' in config)) {
    yield* config;
    return;
  }
  const shown = shownConfig(config).map(({ name, value }) => [`      ${name}`, value]);
  yield { state: 'good', sentence: 'The settings can be used:' };
  for (const row of columns(shown)) terminal.out(row);
  for (const sentence of cautions(config)) yield { state: 'note', sentence };
  yield* await checkDataFolder(config.dataDir);
  yield await checkSecretKey(config);
  yield* checkDatabase(config, terminal);
  yield* checkChains(config);
  yield* checkRates(config, terminal);
}

function readConfig(): Config | Finding[] {
  try {
    return loadConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.split('\n').map((line) => ({
      state: 'bad',
      sentence: `The settings cannot be used: ${line}.`,
      advice: 'docs/configuration.md lists every setting.',
    }));
  }
}
