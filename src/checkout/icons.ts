// The page's drawings: a few strokes each, in the colour of the text around them.

import { type Html, trusted } from './html.ts';

const strokes = {
  check: '<path d="m5 12.5 4.5 4.5L19 7.5"/>',
  cross: '<path d="m7 7 10 10M17 7 7 17"/>',
  clock: '<circle cx="12" cy="12" r="8.5"/><path d="M12 7.5V12l3 2"/>',
  pause: '<path d="M9 7v10M15 7v10"/>',
  back: '<path d="M19 12H5m6-6-6 6 6 6"/>',
  next: '<path d="m9 6 6 6-6 6"/>',
  copy: '<rect x="9" y="9" width="11" height="11" rx="2.5"/><path d="M5 15V6a2 2 0 0 1 2-2h8"/>',
  wallet: '<path d="M4 7.5A2.5 2.5 0 0 1 6.5 5H17v3M4 7.5V17a2 2 0 0 0 2 2h14V8H6m10 5.5h.01"/>',
  warn: '<path d="M12 4 2.8 19.5h18.4Z"/><path d="M12 10v4.5M12 17.2v.1"/>',
  part: '<path d="M12 3.5a8.5 8.5 0 1 0 8.5 8.5"/><path d="M12 7.5V12h4.5"/>',
  dots: '<path stroke-width="3" d="M5.5 12h.01M12 12h.01M18.5 12h.01"/>',
} as const;

export type IconName = keyof typeof strokes;

const frame = `<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"
fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">`;
const drawings = new Map(
  Object.entries(strokes).map(([name, path]) => [name, trusted(`${frame}${path}</svg>`)]),
);

/** Decoration only: the words beside it say the same. */
export function icon(name: IconName): Html {
  return drawings.get(name) ?? trusted('');
}
