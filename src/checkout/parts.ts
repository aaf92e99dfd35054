// Parts of the hosted page that several of its states show.

import { addressGroups, digitGroups, moneyText, type Money, withCommas } from './display.ts';
import { type Html, html, type Piece } from './html.ts';
import { icon } from './icons.ts';
import type { Arrival, Choice, Directions, Page } from './page-model.ts';
import { qrCode } from './qr.ts';

/** An amount for the eye in groups of three and, for screen readers, as one exact text. */
export function amountOf(money: Money): Html {
  const length = money.exact.length;
  const size = length > 24 ? 'tiny' : length > 15 ? 'small' : length > 10 ? 'medium' : 'full';
  return html`<span class="amount" data-size="${size}"><span class="vh">${moneyText(
    money,
  )}</span><span aria-hidden="true">${digits(money)} <span class="asset">${
    money.asset
  }</span></span></span>`;
}

function digits(money: Money): Piece {
  if (money.coin) return digitGroups(money.exact).map(group);
  // A very long amount may break after a comma, and nowhere else.
  return withCommas(money.exact)
    .split(',')
    .map((part, at) => (at === 0 ? part : html`,<wbr>${part}`));
}

export function group(text: string): Html {
  return html`<span class="group">${text}</span>`;
}

export function heading(mark: Html | null, title: Piece, lead: Piece): Html {
  return html`<header class="head">${mark}<h1 id="title" tabindex="-1">${title}</h1>${
    lead === null ? null : html`<p class="lead">${lead}</p>`
  }</header>`;
}

/** `mood` colours the mark: good, wait, bad or still. */
export function mark(mood: string, drawing: Parameters<typeof icon>[0]): Html {
  return html`<span class="mark" data-mood="${mood}">${icon(drawing)}</span>`;
}

export function notice(mood: string, content: Piece): Html {
  return html`<div class="notice" data-mood="${mood}">${icon(
    mood === 'bad' || mood === 'warn' ? 'warn' : 'clock',
  )}<div>${content}</div></div>`;
}

/** Everything a payer needs to send one exact amount. */
export function directionsBlock(directions: Directions): Html {
  const { amount, target, uri } = directions;
  const code = qrCode(uri ?? target, `QR code to pay ${moneyText(amount)}`);
  return html`<div class="directions">${
    code === null ? null : html`<div class="scan">${code}<p>Scan with your wallet</p></div>`
  }<div class="fields">${copyField(
    'amount',
    'Send exactly',
    amount.exact,
    amountOf(amount),
  )}${copyField('address', 'To this address', target, addressOf(target))}${
    uri === null
      ? null
      : html`<a class="button primary" href="${uri}">${icon('wallet')}Open in wallet app</a>`
  }</div>${networkWarning(directions)}</div>`;
}

function networkWarning({ network, amount }: Directions): Html {
  const where = network === '' ? html`` : html` on the <strong>${network}</strong> network`;
  return notice(
    'warn',
    html`<p>Send only <strong>${amount.asset}</strong>${where}. Anything else sent to this address
may be lost.</p>`,
  );
}

export function copyField(name: string, label: string, text: string, shown: Html): Html {
  return html`<div class="field"><span class="label" id="label-${name}">${label}</span><button
type="button" class="copy" hidden data-copy="${text}" aria-describedby="label-${name}">${icon(
    'copy',
  )}<span>Copy</span></button><span class="value" id="value-${name}">${shown}</span></div>`;
}

function addressOf(target: string): Html {
  return html`<span class="address">${addressGroups(target).map(group)}</span>`;
}

/** One form, one button for each way to pay: works without JavaScript and with one press. */
export function choicesForm(page: Page, choices: readonly Choice[]): Html {
  return html`<form class="choices" method="post" action="/p/${page.id}/choose">${choices.map(
    (choice) => html`<button class="choice" name="method" value="${choice.id}"><span class="coin"
aria-hidden="true">${choice.asset.slice(0, 4)}</span><span class="choice-text"><strong>${
      choice.label
    }</strong><span class="soft">on ${choice.network}</span></span><span class="choice-amount">${
      choice.amount === null ? null : amountOf(choice.amount)
    }</span>${icon('next')}</button>`,
  )}</form>`;
}

export function arrivalsList(arrivals: readonly Arrival[]): Html {
  return html`<ul class="arrivals">${arrivals.map(arrivalRow)}</ul>`;
}

const MOST_SEGMENTS = 12;

function arrivalRow(arrival: Arrival): Html {
  const { confirmations, needed, final } = arrival;
  const most = Math.min(confirmations, needed);
  const words = `${most} of ${needed} ${needed === 1 ? 'confirmation' : 'confirmations'}`;
  const segmented = !final && needed <= MOST_SEGMENTS;
  return html`<li><span class="row"><span>${amountOf(arrival.amount)}</span><span class="soft">${
    final ? 'Confirmed' : words
  }</span></span>${
    segmented
      ? html`<span class="segments" aria-hidden="true">${Array.from(
          { length: needed },
          (_, at) => html`<span class="segment"${at < most ? html` data-done` : null}></span>`,
        )}</span>`
      : null
  }<details><summary>Transaction</summary><code>${arrival.transactionId}</code></details></li>`;
}

/** The way out, in words that say what it does. */
export function backLink(page: Page): Html | null {
  if (page.back === null) return null;
  const { url, paid } = page.back;
  const shop = html`<bdi class="shop">${page.merchant}</bdi>`;
  if (page.deadline !== null) {
    return html`<p class="leave"><a rel="noreferrer" href="${url}">${icon('back')}<span>Return to ${
      shop
    }${page.state.kind === 'short' ? null : ' without paying'}</span></a></p>`;
  }
  return paid
    ? html`<div class="return"><a class="button primary" rel="noreferrer" data-return href="${url}"
><span>Return to ${shop}</span></a><p class="soft" data-return-note hidden><span
data-return-text></span> <button type="button" class="link" data-stay>Stay here</button></p></div>`
    : html`<a class="button way-out" rel="noreferrer" href="${url}"><span>Return to ${
        shop
      }</span></a>`;
}

/** The line that tells a payer that nothing needs reloading. */
export function liveLine(text: string): Html {
  return html`<p class="live"><span class="pulse" aria-hidden="true"></span>${text} <span
class="soft">This page updates by itself.</span></p>`;
}
