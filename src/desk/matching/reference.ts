// References inside of what payers write: cut by line breaks, spaced, in either case.

/** A shorter reference stands in too many texts by accident. */
const minReferenceCharacters = 5;
const MAX_TEXT_CHARACTERS = 1_000;

/** Letters and digits only, in capitals: what banks and people leave of names and numbers. */
export function compact(text: string | null): string | null {
  return text?.toUpperCase().replace(/[^\p{L}\p{N}]/gu, '') || null;
}

/** The same of a reference; null when it is too short to prove anything. */
export function compactReference(reference: string | null): string | null {
  const short = compact(reference);
  return short === null || short.length < minReferenceCharacters ? null : short;
}

/**
 * The references that stand in a text: each begins where a word does and ends where one does, or
 * where letters turn into digits (`DRG4711DATUM`), with anything but letters and digits inside. The
 * longest counts where one is the beginning of another. Takes time in proportion to the text times
 * the number of different lengths in `lengths` (descending).
 */
export function findReferences(
  text: string,
  known: (compact: string) => boolean,
  lengths: readonly number[],
): Set<string> {
  const { letters, starts } = compactText(text.slice(0, MAX_TEXT_CHARACTERS));
  const found = new Set<string>();
  let reached = 0;
  for (const start of starts) {
    if (start < reached) continue;
    const length = lengths.find(
      (one) =>
        start + one <= letters.length &&
        endsAt(letters, starts, start + one) &&
        known(letters.slice(start, start + one)),
    );
    if (length === undefined) continue;
    found.add(letters.slice(start, start + length));
    reached = start + length;
  }
  return found;
}

type Compact = { readonly letters: string; readonly starts: ReadonlySet<number> };

function compactText(text: string): Compact {
  let letters = '';
  const starts = new Set<number>();
  for (const word of text.toUpperCase().split(/[^\p{L}\p{N}]+/u)) {
    if (word === '') continue;
    starts.add(letters.length);
    letters += word;
  }
  return { letters, starts };
}

function endsAt(letters: string, starts: ReadonlySet<number>, end: number): boolean {
  if (end === letters.length || starts.has(end)) return true;
  return isDigit(letters, end - 1) !== isDigit(letters, end);
}

function isDigit(letters: string, at: number): boolean {
  const code = letters.charCodeAt(at);
  return code >= 48 && code <= 57;
}
