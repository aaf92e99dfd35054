// `npm run demo:litecoin`: one whole sale on a real Litecoin node, from link to verified webhook.

import { hasLitecoind, howToInstall } from '../test/harness/litecoind.ts';
import { type Cleanup, buildStage } from './stage.ts';
import { stories } from './stories.ts';
import { playTill, summary } from './till.ts';
import { DemoFailed, say } from './timeline.ts';

process.exitCode = await main(process.argv.slice(2));

type Part = { readonly summary: string; play(later: Cleanup): Promise<void> };

/** The part that the words ask for; null when there is no such. */
function partOf(words: readonly string[]): Part | null {
  if (words.join(' ') === '--dialect xpay') return { summary, play: playTill };
  const story = stories[words[0]?.replace(/^--/, '') ?? 'plain'];
  if (!story || words.length > 1) return null;
  return {
    summary: story.summary,
    play: async (later) => story.play(await buildStage(story.lifetimeSeconds, later)),
  };
}

function usage(): void {
  console.error('Usage: npm run demo:litecoin [-- --<variant>], with one of the variants');
  for (const [word, story] of Object.entries(stories)) {
    if (word !== 'plain') console.error(`  --${word.padEnd(14)} ${story.summary}`);
  }
  console.error(`  --dialect xpay   ${summary}`);
}

async function main(words: readonly string[]): Promise<number> {
  const part = partOf(words);
  if (!part) {
    usage();
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
    say('story', part.summary);
    await part.play((what, work) => {
      cleanups.push({ name: what, work });
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

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null;
  return () => (done ??= work());
}
