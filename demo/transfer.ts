// `npm run demo:transfer`: a day at the desk, from two hundred pay-ins to the audited ledger.

import { playDay } from './desk-day.ts';
import { DemoFailed, say } from './timeline.ts';

/** Another one is another order of the same day. */
const usualSeed = '20261121';

process.exitCode = await main(process.argv.slice(2));

async function main([option = '--seed', seed = usualSeed, ...more]: string[]): Promise<number> {
  if (option !== '--seed' || more.length > 0 || !/^\d{1,9}$/.test(seed)) {
    console.error('Usage: npm run demo:transfer [-- --seed <number>]');
    return 2;
  }
  const cleanups: { name: string; work: () => Promise<unknown> }[] = [];
  let ending: Promise<void> | null = null;
  const cleanUp = (): Promise<void> => (ending ??= cleanAll());
  async function cleanAll(): Promise<void> {
    for (const { name: what, work } of cleanups.reverse()) {
      await work().catch((error: Error) => console.error(`${what}: ${error.message}`));
    }
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void cleanUp().then(() => process.exit(1)));
  }
  try {
    await playDay(Number(seed), (name, work) => {
      cleanups.push({ name, work });
    });
    say('everything held');
    return 0;
  } catch (error) {
    const plain = error instanceof DemoFailed ? error.message : error;
    console.error('The demo failed:', plain);
    return 1;
  } finally {
    await cleanUp();
  }
}
