// `npm run bench`: what the gateway reaches on this machine, each figure beside its limit in the
// same run. `--quick` takes one short round; `--profile` writes a profile of the gateway's time.

import { cpus } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { measureCreates, measureLimits, measureReads, warmUp } from './creates.ts';
import { deskComplaints, measureDesk } from './desk.ts';
import { goals, reachedBy } from './gates.ts';
import { newDataFolder, removeFolder, secondsToStart } from './gateway.ts';
import { measureAudit } from './ledger-audit.ts';
import { measureLists } from './lists.ts';
import { measureMatching } from './matching.ts';
import { type Facts, printReport, writeResults } from './report.ts';
import { type Plan, type Scene, openScene } from './scene.ts';
import { measureStatements } from './statements.ts';
import { measureTill } from './till.ts';
import { verdictOf } from './verdict.ts';
import { measureWebhooks } from './webhooks.ts';

const full: Plan = {
  rounds: 3,
  seconds: 3,
  warmUpSeconds: 0.5,
  deliveries: 20_000,
  ledgerTransfers: 300_000,
};
const short: Plan = {
  rounds: 1,
  seconds: 1,
  warmUpSeconds: 0.3,
  deliveries: 3_000,
  ledgerTransfers: 100_000,
};
const IDLE_ENOUGH = 0.9;
const PROFILE = '--cpu-prof --cpu-prof-dir=data/profile';

const words = process.argv.slice(2);
const quick = words.includes('--quick');
const profile = words.includes('--profile');
if (words.every((word) => ['--quick', '--profile'].includes(word))) await main();
else {
  console.error('Usage: npm run bench [-- --quick] [-- --profile]');
  process.exitCode = 2;
}

async function main(): Promise<void> {
  const idleBefore = await idleShare();
  if (idleBefore < IDLE_ENOUGH) {
    say(`WARNING: the machine is only ${Math.round(idleBefore * 100)} % idle: trust ratios alone`);
  }
  const freshFolder = await newDataFolder();
  say('starting on a fresh folder');
  const freshStart = await secondsToStart(freshFolder);
  await removeFolder(freshFolder);
  const scene = await openScene(quick ? short : full, profile ? PROFILE : '');
  scene.series.add('fresh start s', freshStart);
  try {
    await measureAll(scene);
    const voided = [...(await verdictOf(scene)), ...(await deskComplaints(scene))];
    scene.series.add('memory MB', scene.mostMemoryMb);
    const facts = await factsOf(scene, idleBefore, voided);
    await scene.close();
    say('starting again on the folder of this run');
    scene.series.add('existing start s', await secondsToStart(scene.dataDir));
    report(scene, facts);
  } finally {
    await scene.close();
    await removeFolder(scene.dataDir);
  }
}

async function measureAll(scene: Scene): Promise<void> {
  say('warming up');
  await warmUp(scene);
  for (let round = 1; round <= scene.plan.rounds; round += 1) {
    say(`round ${round} of ${scene.plan.rounds}`);
    await measureLimits(scene);
    await measureCreates(scene);
    await measureReads(scene);
    await measureWebhooks(scene);
    await measureTill(scene);
    await measureDesk(scene);
  }
  say('matching a block');
  await measureMatching(scene);
  say('proving a ledger');
  await measureAudit(scene);
  say('matching a statement');
  await measureStatements(scene);
  say('listing operations');
  await measureLists(scene);
}

function report(scene: Scene, facts: Facts): void {
  const reached = reachedBy(scene.series);
  printReport(facts, scene.series, reached);
  if (facts.voided.length > 0) {
    console.log(`THIS RUN IS VOID:\n${facts.voided.join('\n')}`);
    process.exitCode = 1;
    return;
  }
  writeResults(facts, scene.series, reached);
  const missed = reached.filter(({ verdict }) => verdict === 'missed').length;
  console.log(
    `${goals.length - missed} of ${goals.length} gates reached; written to bench/results.json`,
  );
  console.log('Every acknowledged payment is there once, and the ledger adds up.');
}

async function factsOf(
  { db, inserts }: Scene,
  idleBefore: number,
  voided: readonly string[],
): Promise<Facts> {
  const rows = await db.query<{ name: string; setting: string }>(
    `select name, setting from pg_settings
      where name in ('fsync', 'synchronous_commit', 'full_page_writes', 'server_version')`,
  );
  const { server_version: postgres = '', ...databaseSettings } = Object.fromEntries(
    rows.map(({ name, setting }) => [name, setting]),
  );
  const date = new Date().toISOString().slice(0, 10);
  return { date, quick, idleBefore, postgres, databaseSettings, insertTool: inserts.tool, voided };
}

/** How much of the machine nobody used in the last second. */
async function idleShare(): Promise<number> {
  const before = processorTimes();
  await pause(1_000);
  const after = processorTimes();
  return (after.idle - before.idle) / (after.all - before.all);
}

function processorTimes(): { idle: number; all: number } {
  let [idle, all] = [0, 0];
  for (const { times } of cpus()) {
    idle += times.idle;
    for (const time of Object.values(times)) all += time;
  }
  return { idle, all };
}

function say(what: string): void {
  console.error(`bench: ${what} ...`);
}
