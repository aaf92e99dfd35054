// Field 86 of MT940, which the standard leaves free: the ways in which banks fill it.

export type Narrative = {
  readonly text: string;
  readonly name: string | null;
  readonly account: string | null;
  readonly endToEndId: string | null;
};

/** Six lines of 65 characters: a line that long goes on in the next without a space. */
const FULL_LINE_CHARACTERS = 65;

/**
 * Numbered subfields behind a code of three digits (Germany, Austria, Poland), codes between
 * strokes (Netherlands, SWIFT), or plain text, whose whole then is the payer's text.
 */
export function readNarrative(lines: readonly string[]): Narrative {
  const joined = lines.join('');
  // The code of the business transaction, then whatever letter the bank separates with, then two
  // digits.
  const numbered = /^ ?\d{3}([^0-9A-Za-z\s])(?=\d\d)/.exec(joined);
  if (numbered !== null) return readNumbered(joined.slice(numbered[0].length), numbered[1] ?? '?');
  if (/^\/[A-Z]{2,8}\//.test(joined)) return readStroked(joined);
  return { text: withBreaks(lines), name: null, account: null, endToEndId: null };
}

function withBreaks(lines: readonly string[]): string {
  return lines.map((line) => (line.length >= FULL_LINE_CHARACTERS ? line : `${line} `)).join('');
}

// Deutsche Kreditwirtschaft, “Anlage 3 DFÜ-Abkommen”, chapter 8.2.6: 20 to 29 and 60 to 63 are the
// text in pieces of 27 characters, 30 and 31 the other bank and account, 32 and 33 the name, 38 the
// IBAN.
function readNumbered(text: string, separator: string): Narrative {
  const pieces = new Map<number, string>();
  for (const piece of text.split(separator)) {
    const number = /^\d\d/.exec(piece)?.[0];
    const key = number === undefined ? [...pieces.keys()].at(-1) : parseInt(number, 10);
    if (key === undefined) continue;
    // A separator inside a text is no separator: what follows it is not two digits.
    const value = number === undefined ? `${pieces.get(key)}${separator}${piece}` : piece.slice(2);
    pieces.set(key, number === undefined ? value : (pieces.get(key) ?? '') + value);
  }
  const range = (from: number, to: number): string =>
    [...pieces].flatMap(([key, value]) => (key >= from && key <= to ? [value] : [])).join('');
  const remittance = range(20, 29) + range(60, 63);
  const sepa = sepaPieces(remittance);
  const account = pieces.get(38) ?? pieces.get(31) ?? sepa.get('IBAN') ?? null;
  return {
    text: sepa.has('SVWZ') ? (sepa.get('SVWZ') ?? '') : remittance,
    name: range(32, 33) || sepa.get('ABWA') || null,
    account,
    endToEndId: sepa.get('EREF') ?? null,
  };
}

const sepaCodes = /(EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE|IBAN|BIC)\+/;

/** `EREF+…SVWZ+…`; what stands before the first code counts as text too. */
function sepaPieces(text: string): Map<string, string> {
  const [before = '', ...pieces] = text.split(sepaCodes);
  const found = new Map<string, string>();
  for (let at = 0; at < pieces.length; at += 2) {
    found.set(pieces[at] ?? '', (pieces[at + 1] ?? '').trim());
  }
  const said = found.get('SVWZ');
  if (said !== undefined && before.trim() !== '') found.set('SVWZ', `${before} ${said}`);
  return found;
}

const strokeCodes = new Set(
  (
    'ACCW ADDR BENM BIC CNTP CSID CREF EREF IBAN ID ISDT MARF NAME NRTX OCMT ORDP PREF PURP ' +
    'REMI RTRN SVCL TRCD TRTP ULTB ULTD VACC'
  ).split(' '),
);

function readStroked(text: string): Narrative {
  const values = new Map<string, string[]>();
  let value: string[] = [];
  for (const part of text.split('/').slice(1)) {
    if (strokeCodes.has(part) && !values.has(part)) values.set(part, (value = []));
    else value.push(part);
  }
  const said = (code: string): string => (values.get(code) ?? []).join('/').replace(/\/+$/, '');
  const [other = '', , name = ''] = values.get('CNTP') ?? [];
  return {
    text: values.has('REMI') ? remittanceOf(said('REMI')) : text,
    name: said('NAME') || name || null,
    account: said('IBAN') || other || null,
    endToEndId: said('EREF') || null,
  };
}

/** `USTD//text`, `STRD/CUR/reference`, or the text itself. */
function remittanceOf(text: string): string {
  return text.replace(/^(USTD|STRD(\/[A-Z]{3})?)\/+/, '');
}
