// Test mode's buttons: everything the outside world could do to a payment, done by hand.

import { type SandboxEvent, sandboxEvents } from '../payments/play.ts';
import { type Html, html } from './html.ts';
import type { Page } from './page-model.ts';

const labels: Readonly<Record<SandboxEvent, string>> = {
  pay: 'Pay in full',
  underpay: 'Pay too little',
  overpay: 'Pay too much',
  confirm: 'Confirm',
  fail: 'Fail',
  reverse: 'Reverse',
  expire: 'Expire',
};

export function isSandboxEvent(text: unknown): text is SandboxEvent {
  return sandboxEvents.some((event) => event === text);
}

export function sandboxPanel(page: Page): Html {
  return html`<section class="sandbox" aria-labelledby="sandbox-title"><h2
id="sandbox-title">Test controls</h2><p class="soft">Play what the outside world would do. Shown in
test mode only.</p><form method="post" action="/p/${page.id}/sandbox">${wishFields(page)}<div
class="buttons">${sandboxEvents.map(
    (event) =>
      html`<button class="button small" name="event" value="${event}">${labels[event]}</button>`,
  )}</div></form></section>`;
}

// So that the page comes back with the same way to pay still chosen.
function wishFields({ chosen, use }: Page): Html {
  return html`${hidden('method', chosen)}${hidden('use', use)}`;
}

function hidden(name: string, value: string | number | null): Html | null {
  return value === null ? null : html`<input type="hidden" name="${name}" value="${value}">`;
}
