// XML of strangers, read strictly and with limits: no document type, no entities of its own.

import { SaxesParser } from 'saxes';
import { StatementFault } from './statement.ts';

/** An element without its prefix; `text` is that of an element without children. */
export type Element = {
  readonly name: string;
  readonly line: number;
  readonly parent: Element | null;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
};

const MAX_DEPTH = 32;
const MAX_TEXT_CHARACTERS = 10_000;
const CHUNK_CHARACTERS = 65_536;

export type Reader = {
  /** Elements of these names are handed over whole when they end, and then forgotten. */
  readonly names: ReadonlySet<string>;
  /** Once, with the namespace of the root, before anything is handed over. */
  begin(namespace: string): void;
  end(element: Element): void;
};

/**
 * Reads a document piece by piece, so that a long statement is never held whole. Refuses what is
 * not well-formed, a DOCTYPE (and with it every entity that expands or reads files), and deep
 * nests: throws `StatementFault` with the line and the element.
 */
export function readXml(text: string, reader: Reader): void {
  const parser = new SaxesParser({ xmlns: false, position: true });
  let begun = false;
  let open: Element | null = null;
  let depth = 0;
  const fault = (what: string): never => {
    throw new StatementFault(parser.line, open === null ? 'document' : `<${open.name}>`, what);
  };
  parser.on('error', (error) => fault(withoutPosition(error.message)));
  parser.on('doctype', () => fault('a document type declaration is not accepted'));
  parser.on('opentag', (tag) => {
    depth += 1;
    if (depth > MAX_DEPTH) fault(`more than ${MAX_DEPTH} elements inside each other`);
    const attributes: Readonly<Record<string, string>> = tag.attributes;
    const local = tag.name.slice(tag.name.indexOf(':') + 1);
    const { line } = parser;
    open = { name: local, line, parent: open, attributes, children: [], text: '' };
    if (!begun) reader.begin(attributes[declarationOf(tag.name)] ?? '');
    begun = true;
  });
  const take = (part: string): void => {
    // Between elements there is nothing but layout, however much of it.
    if (open === null || (open.text === '' && part.trim() === '')) return;
    if (open.text.length + part.length > MAX_TEXT_CHARACTERS) fault('the text is too long');
    open.text += part;
  };
  parser.on('text', take);
  parser.on('cdata', take);
  parser.on('closetag', () => {
    depth -= 1;
    const done = open;
    open = done?.parent ?? null;
    if (done === null) return;
    if (reader.names.has(done.name)) reader.end(done);
    else open?.children.push(done);
  });
  for (let at = 0; at < text.length; at += CHUNK_CHARACTERS) {
    parser.write(text.slice(at, at + CHUNK_CHARACTERS));
  }
  parser.close();
}

/** The first child on a path of names, or undefined. */
export function childAt(of: Element | undefined, ...path: readonly string[]): Element | undefined {
  let found = of;
  for (const name of path) found = found?.children.find((child) => child.name === name);
  return found;
}

/** Every element that a path of names leads to, in the order of the document. */
export function childrenAt(of: Element | undefined, ...path: readonly string[]): Element[] {
  let found = of === undefined ? [] : [of];
  for (const name of path) {
    found = found.flatMap(({ children }) => children.filter((child) => child.name === name));
  }
  return found;
}

function declarationOf(qualified: string): string {
  const colon = qualified.indexOf(':');
  return colon < 0 ? 'xmlns' : `xmlns:${qualified.slice(0, colon)}`;
}

function withoutPosition(message: string): string {
  return message.replace(/^[^:]*:?\d+:\d+: /, '').replace(/\.$/, '');
}
