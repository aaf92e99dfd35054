// Markup that nothing can be injected into: a tagged template that escapes whatever is put into it.

// A symbol cannot come out of JSON, a form or a database, so no data can pass for markup.
const markup = Symbol('markup');

export type Html = { readonly [markup]: string };

/** What a template takes: text is escaped, markup goes in as it is, nothing prints nothing. */
export type Piece = string | number | Html | null | false | readonly Piece[];

/** Attributes stand in double quotes, so text and attribute values need the same escapes. */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  let text = strings[0] ?? '';
  for (let index = 0; index < pieces.length; index += 1) {
    text += print(pieces[index] as Piece) + (strings[index + 1] ?? '');
  }
  return { [markup]: text };
}

/** Markup from our own code that is no template: drawings and files beside this one. */
export function trusted(text: string): Html {
  return { [markup]: text };
}

export function print(piece: Piece): string {
  if (typeof piece === 'string') return escape(piece);
  if (typeof piece === 'number') return String(piece);
  if (piece === null || piece === false) return '';
  if (isList(piece)) return piece.map(print).join('');
  return piece[markup];
}

function isList(piece: Html | readonly Piece[]): piece is readonly Piece[] {
  return Array.isArray(piece);
}

const special = /[&<>"'`]/;
const everySpecial = /[&<>"'`]/g;
const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

function escape(text: string): string {
  return special.test(text) ? text.replace(everySpecial, (sign) => escapes[sign] ?? '') : text;
}
