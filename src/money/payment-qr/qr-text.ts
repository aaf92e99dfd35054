// What every payment QR standard here answers: the exact text of the code, or why it cannot say it.

/** `refused` is one sentence for a person: which member the standard cannot carry, and why. */
export type QrText = { readonly text: string } | { readonly refused: string };

/** The first complaint of a list of checks, or null. */
export function firstOf(complaints: Iterable<string | null>): string | null {
  for (const complaint of complaints) if (complaint !== null) return complaint;
  return null;
}

export type TextRule = {
  readonly max: number;
  readonly optional?: true;
  /** Every character must match; line breaks are never allowed, they separate elements. */
  readonly allowed?: RegExp;
};

/** Checks one member: present, short enough in characters (not UTF-16 units), of known letters. */
export function textFault(name: string, value: string | null, rule: TextRule): string | null {
  if (value === null || value === '') return rule.optional ? null : `${name} is missing`;
  const length = [...value].length;
  if (length > rule.max) return `${name} has ${length} characters, at most ${rule.max} are allowed`;
  if (/\p{Cc}|[\u2028\u2029]|\p{Cs}/u.test(value)) return `${name} has a control character`;
  if (value.trim() !== value) return `${name} begins or ends with a space`;
  const foreign = [...value].find((letter) => rule.allowed && !rule.allowed.test(letter));
  return foreign === undefined ? null : `${name} has the character “${foreign}”, not allowed here`;
}

/** ISO 11649: RF, two check digits, up to 21 letters and digits; mod 97-10 over all of it. */
export function isCreditorReference(text: string): boolean {
  return /^RF\d{2}[A-Z0-9]{1,21}$/.test(text) && mod97(text.slice(4) + text.slice(0, 4)) === 1n;
}

function mod97(text: string): bigint {
  const digits = text.replace(/[A-Z]/g, (letter) => (letter.charCodeAt(0) - 55).toString());
  return BigInt(digits) % 97n;
}
