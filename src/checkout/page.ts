// The whole hosted page as one HTML document, and the page for links that lead nowhere.

import type { Assets } from './assets.ts';
import { durationText, moneyText, timeText } from './display.ts';
import { type Html, html, type Piece, print } from './html.ts';
import { icon } from './icons.ts';
import { isOpen, type Kind, type Page, type State } from './page-model.ts';
import { headlineOf, panelOf } from './panels.ts';
import { amountOf, backLink, notice } from './parts.ts';
import { isPayoutOpen } from './payout-panel.ts';
import { sandboxPanel } from './sandbox-panel.ts';

export type Frame = {
  readonly assets: Assets;
  readonly testButtons: boolean;
  /** One sentence about what the payer just tried and what became of it. */
  readonly notice: string | null;
};

/** Seconds between reloads where no script runs. */
const RELOAD_SECONDS = 15;

const watched: ReadonlySet<Kind> = new Set(['choose', 'pay', 'short', 'confirming', 'paused']);
const reloading: ReadonlySet<Kind> = new Set(['pay', 'short', 'confirming']);

export function renderPage(page: Page, frame: Frame): string {
  const { state } = page;
  const { kind } = state;
  const reload = isReloaded(state)
    ? html`<noscript><meta http-equiv="refresh" content="${RELOAD_SECONDS}"></noscript>`
    : null;
  const headline = headlineOf(state);
  const title = `${headline} - ${moneyText(page.price)} - ${page.merchant}`;
  const own = kind === 'used' ? null : backLink(page);
  return document(
    frame.assets,
    title,
    reload,
    html`${
      page.testMode ? testBanner() : null
    }<main id="main" data-id="${page.id}" data-kind="${wordOf(state)}" data-version="${
      page.version
    }"${
      isWatched(state) ? html` data-watched` : null
    }${isOpen(kind) || kind === 'confirming' ? html` data-open` : null} data-headline="${
      headline
    }">${bill(page)}<section class="panel" aria-labelledby="title">${steps(kind)}${
      frame.notice === null ? null : notice('warn', html`<p>${frame.notice}</p>`)
    }${page.vanished ? vanishedNotice() : null}${panelOf(page)}${own}</section>${
      page.testMode && frame.testButtons && kind !== 'payout' ? sandboxPanel(page) : null
    }</main>`,
  );
}

/** May it still change by itself? */
function isWatched(state: State): boolean {
  return state.kind === 'payout' ? isPayoutOpen(state.status) : watched.has(state.kind);
}

/** Where no script runs; the choice does not reload, since nothing is awaited there. */
function isReloaded(state: State): boolean {
  return state.kind === 'payout' ? isPayoutOpen(state.status) : reloading.has(state.kind);
}

/** By which the script sees that a change is worth telling. */
function wordOf(state: State): string {
  return state.kind === 'payout' ? `payout-${state.status}` : state.kind;
}

/** A page without a payment: the unknown link, the broken request, our own mishap. */
export function renderPlain(assets: Assets, title: string, lead: string): string {
  return document(
    assets,
    title,
    null,
    html`<main id="main" class="plain"><section class="panel"
aria-labelledby="title"><header class="head"><span class="mark" data-mood="still">${icon(
      'warn',
    )}</span><h1 id="title">${title}</h1><p class="lead">${lead}</p></header></section></main>`,
  );
}

function document(assets: Assets, title: string, head: Html | null, body: Piece): string {
  return print(html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex, nofollow">
<meta name="format-detection" content="telephone=no, email=no, address=no">
<meta name="theme-color" media="(prefers-color-scheme: light)" content="#f5f3ee">
<meta name="theme-color" media="(prefers-color-scheme: dark)" content="#0f1514">
<link rel="stylesheet" href="${assets.style}"><link rel="icon" href="${assets.icon}">
<script src="${assets.script}" defer></script>${head}</head><body>${body}
<footer class="foot"><p>Payment page by <span translate="no">Dragoman</span></p></footer>
<p id="announce" class="vh" role="status"></p></body></html>
`);
}

function testBanner(): Html {
  return html`<aside class="test-banner" aria-label="Test mode"><strong>Test mode</strong> &ndash;
no real money moves</aside>`;
}

function vanishedNotice(): Html {
  return notice(
    'bad',
    html`<p>A payment that had been seen is gone again: the network dropped or replaced it. If you
did not replace it yourself, wait a while before you pay once more.</p>`,
  );
}

function bill(page: Page): Html {
  const label = page.state.kind === 'payout' ? 'What is paid out' : 'What you are paying';
  return html`<section class="bill" aria-label="${label}"><p class="merchant"><span
class="monogram" aria-hidden="true">${initial(page.merchant)}</span><bdi>${
    page.merchant
  }</bdi></p><p class="price">${amountOf(page.price)}</p><p class="what"><bdi>${
    page.name
  }</bdi></p>${page.deadline === null ? null : countdown(page, page.deadline)}<p
class="reference">Reference <span translate="no">${page.reference}</span></p></section>`;
}

function initial(name: string): string {
  const [first] = name;
  return first === undefined ? '?' : first.toUpperCase();
}

function countdown(page: Page, deadline: Date): Html {
  const leftMs = deadline.getTime() - page.now.getTime();
  const [left, until, iso] = [durationText(leftMs), timeText(deadline), deadline.toISOString()];
  const time = html`<time datetime="${iso}" data-left-ms="${leftMs}">${left}</time>`;
  return html`<p class="deadline">${icon('clock')}<span>Pay within ${time}
<span class="until">until ${until}</span></span></p>`;
}

const stepNames = ['Choose', 'Pay', 'Confirm', 'Done'] as const;
const stepOf: Partial<Record<Kind, number>> = {
  choose: 0,
  pay: 1,
  short: 1,
  confirming: 2,
  completed: 4,
};

const stepLists = new Map(
  Object.entries(stepOf).map(([kind, current]) => [kind, stepList(current)]),
);

function steps(kind: Kind): Html | null {
  return stepLists.get(kind) ?? null;
}

function stepList(current: number): Html {
  return html`<ol class="steps" aria-label="Progress">${stepNames.map((name, at) => {
    const done = at < current ? html` data-done` : null;
    const here = at === current ? html` aria-current="step"` : null;
    return html`<li${done}${here}>${name}</li>`;
  })}</ol>`;
}
