// A QR code as one crisp SVG path: black on white in every colour scheme, as scanners want it.

import QRCode from 'qrcode';
import { type Html, html } from './html.ts';

/** ISO/IEC 18004 asks for four clear modules on each side. */
const QUIET_MODULES = 4;
const CACHED_CODES = 512;
const cache = new Map<string, Html>();

/**
 * The drawing of a text, or null when the text is too long for any QR code. `cross`: the Swiss one
 * in the middle, which tells a Swiss QR code from all others.
 */
export function qrCode(text: string, title: string, { cross = false } = {}): Html | null {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const drawn = draw(text, title, cross);
  if (drawn === null) return null;
  if (cache.size >= CACHED_CODES) cache.delete(cache.keys().next().value ?? '');
  cache.set(text, drawn);
  return drawn;
}

function draw(text: string, title: string, cross: boolean): Html | null {
  const modules = modulesOf(text);
  if (modules === null) return null;
  const side = modules.size + 2 * QUIET_MODULES;
  const [paper, ink] = [`M0 0h${side}v${side}H0z`, pathOf(modules)];
  return html`<svg class="qr" viewBox="0 0 ${side} ${side}" role="img" aria-label="${title}"
shape-rendering="crispEdges"><path fill="#fff" d="${paper}"/><path fill="#000" d="${ink}"/>${
    cross ? swissCross(modules.size, side) : null
  }</svg>`;
}

/**
 * Of 46 millimetres the white square takes 7 and the black one in it 6, the cross as on the
 * flag, 20 of its 32 and 6 wide: Implementation Guidelines QR-bill, 6.4.2.
 */
function swissCross(size: number, side: number): Html {
  const unit = size / 46;
  const square = (millimetres: number) => {
    const width = unit * millimetres;
    const start = (side - width) / 2;
    return `M${round(start)} ${round(start)}h${round(width)}v${round(width)}h-${round(width)}z`;
  };
  const bar = (width: number, height: number) => {
    const [x, y] = [(side - width) / 2, (side - height) / 2];
    return `M${round(x)} ${round(y)}h${round(width)}v${round(height)}h-${round(width)}z`;
  };
  const part = (6 * unit) / 32;
  const arms = bar(6 * part, 20 * part) + bar(20 * part, 6 * part);
  return html`<g shape-rendering="geometricPrecision"><path fill="#fff" d="${square(7)}"/><path
fill="#000" d="${square(6)}"/><path fill="#fff" d="${arms}"/></g>`;
}

function round(length: number): number {
  return Math.round(length * 100) / 100;
}

type Modules = { readonly size: number; readonly data: ArrayLike<number> };

function modulesOf(text: string): Modules | null {
  try {
    // One segment of bytes: looking for a denser mix takes longer than the drawing.
    const bytes = Buffer.from(text);
    const segments = [{ data: bytes, mode: 'byte' as const }];
    return QRCode.create(segments, { errorCorrectionLevel: 'M' }).modules;
  } catch {
    // The library throws when the text does not fit the largest code; the address is still there.
    return null;
  }
}

/** Each run of dark modules in a row is one rectangle of the path. */
function pathOf({ size, data }: Modules): string {
  let path = '';
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      const start = column;
      while (column < size && data[row * size + column]) column += 1;
      const run = column - start;
      if (run > 0) path += `M${start + QUIET_MODULES} ${row + QUIET_MODULES}h${run}v1h-${run}z`;
    }
  }
  return path;
}
