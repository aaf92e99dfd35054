// The Accept header: whether the caller can take JSON at all.

const jsonRanges: ReadonlySet<string> = new Set(['*/*', 'application/*', 'application/json']);
const noQuality = /^q=0(?:\.0{0,3})?$/;

/** False only when the list names none of JSON's media ranges with a quality above 0. */
export function acceptsJson(header: string | undefined): boolean {
  if (header === undefined || header.trim() === '') return true;
  return header.split(',').some((range) => {
    const [type = '', ...parameters] = range.toLowerCase().split(';');
    const refused = parameters.some((one) => noQuality.test(one.trim()));
    return !refused && jsonRanges.has(type.trim());
  });
}
