// `npm run demo:litecoin`: one whole sale on a real Litecoin node, from link to verified webhook.

import { hasLitecoind, howToInstall } from '../test/harness/litecoind.ts';
import { buildStage } from './stage.ts';
import { stories } from './stories.ts';
import { DemoFailed, say } from './timeline.ts';

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  const name = words[0]?.replace(/^--/, '') ?? 'plain';
  const story = stories[name];
  if (!story || words.length > 1) {
    console.error('Usage: npm run demo:litecoin [-- --<variant>], with one of the variants');
    for (const [word, { summary }] of Object.entries(stories)) {
      if (word !== 'plain') console.error(`  --${word.padEnd(10)} ${summary}`);
    }
    return 2;
  }
  if (!hasLitecoind()) {
    console.error(howToInstall);
    return 1;
  }
  const cleanups: { name: string; work: () => Promise<unknown> }[] = [];
  const cleanUp = once(async () => {
    for (const { name: what, work } of cleanups.reverse()) {
      await work().catch((error: Error) => console.error(`${what}: ${error.message}`));
    }
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void cleanUp().then(() => process.exit(1)));
  }
  try {
    say('story', story.summary);
    const stage = await buildStage(story.lifetimeSeconds, (what, work) => {
      cleanups.push({ name: what, work });
    });
    await story.play(stage);
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

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null;
  return () => (done ??= work());
}
