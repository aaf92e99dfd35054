// All that a payer can have written on a transfer, read once however often it is looked at.

import type { Incoming } from './incoming.ts';
import { type Words, wordsOf } from './reference.ts';

const read = new WeakMap<Incoming, Words>();

/** Some banks carry what the payer wrote in the field of the end-to-end id. */
export function writtenOn(incoming: Incoming): Words {
  const known = read.get(incoming);
  if (known !== undefined) return known;
  const words = wordsOf(`${incoming.text} ${incoming.endToEndId ?? ''}`);
  read.set(incoming, words);
  return words;
}
