// The drawn path is the code: every module where the library put it, and a quiet zone around it.

import QRCode from 'qrcode';
import { describe, expect, test } from 'vitest';
import { print } from '../../src/checkout/html.ts';
import { qrCode } from '../../src/checkout/qr.ts';

const QUIET = 4;

describe('qr code', () => {
  test.each(['litecoin:ltc1q9v7z?amount=2.9723811&label=Order%201042', 'sandbox-00ff', 'ü 東京'])(
    '%s',
    (text) => {
      const drawn = print(qrCode(text, 'title')!);
      const side = parseInt(/viewBox="0 0 (\d+)/.exec(drawn)?.[1] ?? '', 10);
      const segments = [{ data: Buffer.from(text), mode: 'byte' as const }];
      const { modules } = QRCode.create(segments, { errorCorrectionLevel: 'M' });
      expect(side).toBe(modules.size + 2 * QUIET);
      const dark = new Set<string>();
      for (const [, x, y, run] of drawn.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
        const [start, length] = [parseInt(x!, 10), parseInt(run!, 10)];
        for (let at = 0; at < length; at += 1) dark.add(`${start + at} ${y}`);
      }
      for (let row = 0; row < side; row += 1) {
        for (let column = 0; column < side; column += 1) {
          const [y, x] = [row - QUIET, column - QUIET];
          const inside = y >= 0 && x >= 0 && y < modules.size && x < modules.size;
          const expected = inside && Boolean(modules.get(y, x));
          expect(dark.has(`${column} ${row}`)).toBe(expected);
        }
      }
    },
  );

  test('the Swiss cross covers the middle, and less than error correction mends', () => {
    const drawn = print(qrCode('swiss', 'title', { cross: true })!);
    expect(drawn.match(/<path/g)).toHaveLength(5);
    const side = parseInt(/viewBox="0 0 (\d+)/.exec(drawn)?.[1] ?? '', 10);
    const square = /geometricPrecision"><path fill="#fff" d="M([\d.]+) [\d.]+h([\d.]+)/.exec(drawn);
    const [start = 0, width = 0] = (square?.slice(1) ?? []).map((text) => parseFloat(text));
    expect(start + width / 2).toBeCloseTo(side / 2, 1);
    expect(width).toBeCloseTo(((side - 2 * QUIET) * 7) / 46, 1);
  });

  test('what fits no code is left to the copy button', () => {
    expect(qrCode('x'.repeat(5_000), 'title')).toBeNull();
  });

  test('its title is text', () => {
    expect(print(qrCode('other', '"><script>')!)).not.toContain('<script>');
  });
});
