// The cursor: how far the chain was read, and enough of the way there to find a fork.

import type { Point } from './node.ts';

export type Cursor = Point & {
  /** Counts answers, so that no two committed cursors are alike. */
  readonly seq: number;
  /** Ancestors, highest first: every one for a while, then at doubling distances. */
  readonly trail: readonly Point[];
};

const denseDepth = 10;
const furthestDepth = 8_192;

export function printCursor(cursor: Cursor): string {
  const trail = cursor.trail.map((point) => [point.height, point.hash]);
  return JSON.stringify({ height: cursor.height, hash: cursor.hash, seq: cursor.seq, trail });
}

export function parseCursor(text: string): Cursor {
  const { height, hash, seq, trail } = JSON.parse(text) as {
    height: number;
    hash: string;
    seq: number;
    trail: [number, string][];
  };
  return { height, hash, seq, trail: trail.map(([at, of]) => ({ height: at, hash: of })) };
}

/** The heights a trail remembers below `height`, highest first, as in the nodes' block locators. */
export function trailHeights(height: number): number[] {
  const heights: number[] = [];
  for (let depth = 1; depth <= furthestDepth; depth = depth < denseDepth ? depth + 1 : depth * 2) {
    if (height - depth < 0) break;
    heights.push(height - depth);
  }
  return heights;
}
