// References inside of what payers write: cut by line breaks, spaced, in either case.

/** A shorter reference stands in too many texts by accident. */
const minReferenceCharacters = 5;
const MAX_TEXT_CHARACTERS = 1_000;
const wordForm = /[\p{L}\p{N}]+/gu;

/** Letters and digits only, in capitals: what banks and people leave of names and numbers. */
export function compact(text: string | null): string | null {
  return text?.toUpperCase().replace(/[^\p{L}\p{N}]/gu, '') || null;
}

/** The same of a reference; null when it is too short to prove anything. */
export function compactReference(reference: string | null): string | null {
  const short = compact(reference);
  return short === null || short.length < minReferenceCharacters ? null : short;
}

/** The beginning by which references are looked up: all have as many letters. */
const PREFIX_CHARACTERS = minReferenceCharacters;

/** References by their beginning, and their lengths, longest first. */
export type References = { readonly known: ReadonlySet<string>; lengths(prefix: string): number[] };

export function indexReferences(references: Iterable<string>): References {
  const known = new Set(references);
  const byPrefix = new Map<string, Set<number>>();
  for (const reference of known) {
    const prefix = reference.slice(0, PREFIX_CHARACTERS);
    byPrefix.set(prefix, (byPrefix.get(prefix) ?? new Set()).add(reference.length));
  }
  const sorted = new Map(
    [...byPrefix].map(([prefix, lengths]) => [
      prefix,
      [...lengths].sort((one, other) => other - one),
    ]),
  );
  return { known, lengths: (prefix) => sorted.get(prefix) ?? [] };
}

/** What a payer wrote, ready for looking into it. */
export type Words = { readonly letters: string; readonly starts: ReadonlySet<number> };

/**
 * The references that stand in a text: each begins where a word does and ends where one does, or
 * where letters turn into digits (`DRG4711DATUM`), with anything but letters and digits inside. The
 * longest counts where one is the beginning of another.
 */
export function findReferences({ letters, starts }: Words, references: References): Set<string> {
  const found = new Set<string>();
  let reached = 0;
  for (const start of starts) {
    if (start < reached) continue;
    const length = references
      .lengths(letters.slice(start, start + PREFIX_CHARACTERS))
      .find((one) => stands(letters.slice(start, start + one), start));
    if (length === undefined) continue;
    found.add(letters.slice(start, start + length));
    reached = start + length;
  }
  return found;

  function stands(reference: string, start: number): boolean {
    return references.known.has(reference) && endsAt(letters, starts, start + reference.length);
  }
}

/** Whether one reference stands in a text, whatever others do. */
export function mentions({ letters, starts }: Words, reference: string): boolean {
  for (let at = letters.indexOf(reference); at >= 0; at = letters.indexOf(reference, at + 1)) {
    if (starts.has(at) && endsAt(letters, starts, at + reference.length)) return true;
  }
  return false;
}

const printed = /[A-Z]{3}\d{6}PMT/g;
const printedAnywhere = /(?=([A-Z]{3}\d{6}PMT))/g;

/** The references of payments that a text says, among whatever letters: banks join words. */
export function printedReferences(letters: string): string[] {
  return letters.match(printed) ?? [];
}

/** Also those that begin inside of others. */
export function everyPrintedReference(letters: string): string[] {
  return [...letters.matchAll(printedAnywhere)].flatMap(([, reference]) => reference ?? []);
}

/** `ABC123456PMT` as it is stored. */
export function storedReference(printedOne: string): string {
  return `${printedOne.slice(0, 3)}-${printedOne.slice(3, 9)}-${printedOne.slice(9)}`;
}

export function wordsOf(text: string): Words {
  let letters = '';
  const starts = new Set<number>();
  for (const [word] of text.slice(0, MAX_TEXT_CHARACTERS).toUpperCase().matchAll(wordForm)) {
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
