// npm run test:chaos: kills the gateway and its database at random moments under load, and then
// proves that nothing was lost, doubled, forgotten or told in the wrong order.

import { parseArgs } from 'node:util';
import { runCycles } from './cycles.ts';
import { createGateway } from './gateway.ts';
import { createRandom } from './random.ts';
import { createReport } from './report.ts';
import { startReceiver } from './receiver.ts';

const USUAL_KILLS = 20;
const SHORT_KILLS = 4;
const SEED_LIMIT = 1_000_000_000;

const { values } = parseArgs({
  options: {
    kills: { type: 'string' },
    seed: { type: 'string' },
    short: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});
const kills = Number.parseInt(values.kills ?? String(values.short ? SHORT_KILLS : USUAL_KILLS), 10);
const seed = Number.parseInt(values.seed ?? String(Date.now() % SEED_LIMIT), 10);
if (!(kills > 0) || Number.isNaN(seed)) {
  console.error('usage: npm run test:chaos -- [--kills N] [--seed S] [--short] [--keep]');
  process.exit(2);
}

const random = createRandom(seed);
const report = createReport();
const receiver = await startReceiver(createRandom(seed + 1));
const gateway = await createGateway({
  LOG_LEVEL: 'warn',
  RATE_LIMITS: 'off',
  SANDBOX_DELAY_MS: '200',
  WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8',
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    gateway.killEverything();
    void gateway.remove().finally(() => process.exit(130));
  });
}
process.once('exit', () => gateway.killEverything());

console.log(`seed ${seed}, ${kills} kills, data in ${gateway.dataDir}`);
try {
  await runCycles({ kills, random, gateway, receiver, report });
} catch (error) {
  report.broke(error);
} finally {
  await receiver.close();
  if (report.failed() > 0) console.log(`\nthe gateway's last lines:\n${gateway.log()}`);
  if (values.keep) gateway.killEverything();
  else await gateway.remove();
}
console.log(`seed ${seed}: to see it again, npm run test:chaos -- --kills ${kills} --seed ${seed}`);
console.log(`${report.passed()} passed, ${report.failed()} failed`);
process.exit(report.failed() === 0 ? 0 : 1);
